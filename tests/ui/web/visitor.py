"""A browser without a screen: speaks the page's own protocol and keeps its cookies."""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx


class Visitor:
    """One browser with one tab on the page."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url, timeout=20)
        self.client.get("/").raise_for_status()
        self._tab = uuid.uuid4().hex
        dependencies = self.client.get("/config").json()["dependencies"]
        self._watch = next(d["id"] for d in dependencies if d["targets"][0][1] == "load")
        self._calls = {event: d["id"] for d in dependencies for _, event in d["targets"]}

    def call(self, event: str, *data: Any, **event_data: Any) -> list[str]:
        """Let something happen on the page; every message that came of it."""
        return self.send(event, event_data, *data)

    def send(self, event: str, event_data: Any, *data: Any) -> list[str]:
        """The same with any data about the event."""
        call = {"data": data, "fn_index": self._calls[event], "session_hash": self._tab, "event_data": event_data}
        joined = self.client.post("/gradio_api/queue/join", json=call)
        if joined.status_code != 200:
            return []
        messages = []
        with self.client.stream("GET", "/gradio_api/queue/data", params={"session_hash": self._tab}) as answer:
            for line in answer.iter_lines():
                messages.append(line.removeprefix("data: "))
                if "process_completed" in line:
                    break
        return messages

    def ask(self, question: str) -> None:
        """Send a question."""
        self.call("submit", question)

    def begin(self, kb: str, team: str) -> None:
        """Begin a new conversation."""
        self.call("input", kb, team)

    def watch(self, words: str) -> str:
        """The first screen with these words on it."""
        call = {"data": [], "fn_index": self._watch, "session_hash": self._tab}
        self.client.post("/gradio_api/queue/join", json=call).raise_for_status()
        with self.client.stream("GET", "/gradio_api/queue/data", params={"session_hash": self._tab}) as answer:
            return next(line for line in answer.iter_lines() if words in line)

    def cite(self, marker: int) -> str:
        """The evidence of a citation, as HTML."""
        shown: str = json.loads(self.call("cite", marker=marker)[-1])["output"]["data"][0]
        return shown

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        """Send a file; how the page speaks of it."""
        (path,) = self.client.post("/gradio_api/upload", files={"files": (name, content)}).json()
        return file_data(path, name)

    def add(self, *files: dict[str, Any]) -> str:
        """Tell the page that files were uploaded; everything it answers."""
        return "\n".join(self.call("upload", list(files)))


def file_data(path: str, name: str) -> dict[str, Any]:
    """A file as the page's protocol has it."""
    return {"path": path, "orig_name": name, "size": 1, "mime_type": "", "meta": {"_type": "gradio.FileData"}}
