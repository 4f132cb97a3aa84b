"""A short report about your documents, written by one agent, reviewed by another, saved as Markdown.

    python main.py ingest examples/documents --kb handbook
    ROUNDTABLE_KB=handbook python examples/report_writer.py "Safety in the workshop" safety.md

Without a language model the report is quotations, and the review compares them with their sources.
"""

import sys
from contextlib import closing
from pathlib import Path

from agents.app import build_app
from agents.events import Failed, MessageCompleted
from agents.log.exporting import as_markdown
from configs.settings import load_settings

if len(sys.argv) != 3:
    sys.exit(__doc__)
subject, file = sys.argv[1], Path(sys.argv[2])

with closing(build_app(load_settings())) as app:
    conversation = app.new_conversation(team="report")
    for event in conversation.ask(subject):
        if isinstance(event, MessageCompleted):
            print(f"{event.agent} is done.")
        elif isinstance(event, Failed):
            sys.exit(f"{event.message} {event.hint}")

    file.write_text(as_markdown(app.store.info(conversation.id), conversation.events()), encoding="utf-8")
    print(f"The report, its review and its sources are in {file}.")
