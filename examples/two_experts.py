"""Two experts, each with documents of its own, and a judge who answers from what both say: two_experts.py [QUESTION]"""

import sys
from contextlib import closing
from pathlib import Path

from agents.app import build_app
from agents.events import Failed, MessageCompleted
from agents.team import Team
from configs.settings import load_settings

DOCUMENTS = Path(__file__).parent / "documents"
QUESTION = sys.argv[1] if len(sys.argv) > 1 else "How much is a Tidewatch clock, and how long is its warranty?"

panel = Team.of(
    "panel",
    {"name": "prices", "role": "retriever", "kb": "prices"},
    {"name": "seller", "role": "assistant", "prompt": "expert"},
    {"name": "terms", "role": "retriever", "kb": "terms"},
    {"name": "lawyer", "role": "assistant", "prompt": "expert"},
    {"name": "judge", "role": "assistant"},
    order="round_robin",
)

with closing(build_app(load_settings(), teams=[panel])) as app:
    app.library.create("prices").ingest([DOCUMENTS / "price-list-2025.xlsx"])
    app.library.create("terms").ingest([DOCUMENTS / "warranty-and-returns.html"])
    for event in app.new_conversation(kb="prices", team="panel").ask(QUESTION):
        if isinstance(event, MessageCompleted):
            print(f"{event.agent}: {event.content}\n")
    if isinstance(event, Failed):
        sys.exit(f"{event.message} {event.hint}")
