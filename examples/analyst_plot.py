"""A plot from the figures in the documents: a model writes the code, the sandbox runs it, this script allows it.

Try: python examples/analyst_plot.py "Plot how heavy the instruments are."

With ROUNDTABLE_SANDBOX__APPROVAL=always it is asked before each run of code, and shows what it allows.
"""

import sys
from contextlib import closing
from pathlib import Path

from agents.app import build_app
from agents.events import ApprovalRequested, Failed, RunCompleted
from configs.settings import load_settings

QUESTION = sys.argv[1] if len(sys.argv) > 1 else "Plot the prices of our instruments as bars."

settings = load_settings()
if settings.llm.provider == "extractive":
    sys.exit("This example needs a language model; the README says how to set one.")

with closing(build_app(settings)) as app:
    app.library.create("plots").ingest([Path(__file__).parent / "documents" / "price-list-2025.xlsx"])
    conversation = app.new_conversation(kb="plots", team="analyst")
    for event in conversation.ask(QUESTION):
        if isinstance(event, ApprovalRequested):
            print(f"Allowed, because {event.reason}\n{event.code}\n")
            conversation.answer(event.approval_id, approved=True, code_sha256=event.code_sha256)
        elif isinstance(event, Failed):
            sys.exit(f"{event.message} {event.hint}")
        elif isinstance(event, RunCompleted):
            print(event.answer)
            for file in event.artifacts:
                print(f"{file['name']}: {file['path']}")
