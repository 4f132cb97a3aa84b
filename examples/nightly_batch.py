"""Answer a file of questions overnight, a line of JSON each; started again, it goes on with those without an answer.

Try: ROUNDTABLE_KB=handbook python examples/nightly_batch.py examples/questions.jsonl answers.jsonl
"""

import json
import sys
from contextlib import closing
from pathlib import Path

from agents.app import App, build_app
from agents.errors import ConversationError
from agents.events import RunCompleted
from configs.settings import load_settings


def answered(app: App, question: str) -> dict:
    """The end of one conversation about it, good or bad."""
    try:
        *_, end = app.new_conversation().ask(question)
    except ConversationError as refused:  # it is empty or too long
        end = refused
    if isinstance(end, RunCompleted):
        return {"answer": end.answer, "citations": end.citations, "usage": end.usage}
    return {"error": f"{end.message} {end.hint}".strip()}


questions, answers = (Path(name) for name in sys.argv[1:])
*lines, cut_short = answers.read_text(encoding="utf-8").split("\n") if answers.exists() else [""]
if cut_short:  # by what ended the last night
    answers.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
done = {line["id"] for line in map(json.loads, lines) if "answer" in line}

with closing(build_app(load_settings())) as app, answers.open("a", encoding="utf-8") as file:
    for asked in map(json.loads, filter(None, questions.read_text(encoding="utf-8").split("\n"))):
        line = {"id": asked.get("id", asked["question"]), "question": asked["question"]}  # without an id it is its own
        if line["id"] not in done:
            print(json.dumps({**line, **answered(app, line["question"])}, ensure_ascii=False), file=file, flush=True)
