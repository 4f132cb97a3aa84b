"""A model for tests that reads what it is sent: its answer is the passage that shares most words with the question."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.openai_server import Request, Step, say

_PASSAGE = re.compile(r"^==\w+== \[(\d+)\] [^\n]*\n(.*?)(?=\n==)", re.M | re.S)
_QUESTION = re.compile(r"Question: (.*?)(?:\n\(that is: (.*?)\))?\n\n", re.S)


def words(text: str) -> set[str]:
    return {word.removesuffix("s") for word in re.findall(r"[a-z]{3,}|[一-鿿]", text.lower())}


@dataclass
class Reader:
    """Answers a ScriptedServer's requests; `rewrites` are its condensed questions, `speakers` its plan for a table."""

    rewrites: Mapping[str, str] = field(default_factory=dict)
    speakers: str = "expert, assistant"
    purposes: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Step:
        system, told = request.body["messages"][0]["content"], request.body["messages"][-1]["content"]
        if system.startswith("Rewrite"):
            self.purposes.append("condense")
            asked = told.rpartition("Last message of the user: ")[2]
            return say(self.rewrites.get(asked, asked))
        if system.startswith("A question was put"):
            self.purposes.append("speakers")
            return say(self.speakers)
        self.purposes.append("message")
        return say(self.answer("\n\n".join(str(m["content"]) for m in request.body["messages"][1:])))

    @staticmethod
    def answer(told: str) -> str:
        """The best passage of the last question, cited; a greeting where there is no question."""
        asked = _QUESTION.findall(told)
        if "This needs no documents" in told.rpartition("Question: ")[2] or not asked:
            return "You are welcome."
        question = words(asked[-1][1] or asked[-1][0])
        passages = _PASSAGE.findall(told[told.rfind("Question: ") :])
        if not passages:
            return "NOT_IN_DOCUMENTS"
        marker, text = max(passages, key=lambda passage: len(question & words(passage[1])))
        return f"{text.strip()} [{marker}]"
