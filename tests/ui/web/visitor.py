"""A browser without a screen: speaks the page's own protocol and keeps its cookies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx


class Visitor:
    """One browser with one tab on the page."""

    def __init__(self, url: str, client: httpx.Client | None = None) -> None:
        self.client = client or httpx.Client(base_url=url, timeout=20)
        self.client.get("/").raise_for_status()
        self.conversation = ""
        self.wish: dict[str, Any] = {}

    def ask(self, question: str, **more: Any) -> httpx.Response:
        """Send a question."""
        if self.conversation:
            return self.act("ask", question=question, **more)
        answer = self.client.post("/conversations", json={"question": question, **self.wish, **more})
        self.conversation = answer.json().get("conversation", "")
        return answer

    def act(self, action: str, **body: Any) -> httpx.Response:
        """Do something with the conversation."""
        return self.client.post(f"/conversations/{self.conversation}/{action}", json=body)

    def live(self, conversation: str | None = None) -> Iterator[dict[str, Any]]:
        """What the page is told, patch by patch."""
        at = {"conversation": self.conversation if conversation is None else conversation}
        with self.client.stream("GET", "/live", params=at) as answer:
            answer.raise_for_status()
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))

    def watch(self, words: str) -> str:
        """Everything the page is told until these words are among it."""
        told = []
        for patch in self.live():
            told.append(json.dumps(patch, ensure_ascii=False))
            if words in told[-1]:
                break
        return "\n".join(told).replace('\\"', '"')

    def cite(self, marker: int) -> str:
        """The evidence of a citation, as HTML; empty when there is none to see."""
        answer = self.client.get(f"/conversations/{self.conversation}/passages/{marker}")
        return str(answer.json()["html"]) if answer.status_code == 200 else ""

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        """Send a file; how Gradio speaks of it."""
        (path,) = self.client.post("/gradio_api/upload", files={"files": (name, content)}).json()
        return file_data(path, name)


def file_data(path: str, name: str) -> dict[str, Any]:
    """A file as the page's protocol has it."""
    return {"path": path, "orig_name": name, "size": 1, "mime_type": "", "meta": {"_type": "gradio.FileData"}}
