"""A short report about your documents, written by one agent, reviewed by another, saved as Markdown.

    python examples/report_writer.py "What must a newcomer know about safety in the workshop?" safety.md

Without a language model the report is quotations, and the review compares them with their sources.
"""

import sys
from contextlib import closing
from pathlib import Path

from agents.app import build_app
from agents.events import Failed, MessageCompleted
from agents.exporting import as_markdown
from configs.settings import load_settings

subject = sys.argv[1]
file = Path(sys.argv[2] if len(sys.argv) > 2 else "report.md")

with closing(build_app(load_settings())) as app:
    app.library.create("reports").ingest([Path(__file__).parent / "documents"])
    conversation = app.new_conversation(kb="reports", team="report")
    for event in conversation.ask(subject):
        if isinstance(event, MessageCompleted):
            print(f"{event.agent} is done.")
        elif isinstance(event, Failed):
            sys.exit(f"{event.message} {event.hint}")

    file.write_text(as_markdown(app.store.info(conversation.id), conversation.events()), encoding="utf-8")
    print(f"The report, its review and its sources are in {file}.")
