"""Ask one question about a folder of documents: the answer, and the files and pages it rests on.

Try: python examples/ask_a_folder.py examples/documents "How long is the warranty of a Tidewatch clock?"

Without a language model the answer is quoted from the documents; the README says how to set one.
"""

import re
import sys
from contextlib import closing
from pathlib import Path

from agents.app import build_app
from agents.events import Failed
from configs.settings import load_settings

if len(sys.argv) != 3:
    sys.exit(__doc__)
folder, question = Path(sys.argv[1]), sys.argv[2]
kb = re.sub(r"\W+", "-", str(folder.resolve()))[-60:].strip("-")  # a knowledge base for each folder

with closing(build_app(load_settings())) as app:
    for document in app.library.create(kb).ingest([folder]).documents:  # reads only what has changed
        if document.error:
            print(f"Not read: {document.source}: {document.error}", file=sys.stderr)

    *_, end = app.new_conversation(kb=kb).ask(question)
    if isinstance(end, Failed):
        sys.exit(f"{end.message} {end.hint}")
    print(end.answer)
    for citation in end.citations:
        page = f", page {citation['page']}" if citation["page"] else ""
        print(f"[{citation['marker']}] {citation['source']}{page}")
