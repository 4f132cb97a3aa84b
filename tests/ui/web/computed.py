"""A run in which code waits for a person, then draws a picture, shows a table and writes a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from agents.events import ApprovalRequested, CodeRan, Event, RunCompleted, RunStarted, ToolCalled, ToolReturned
from tests.ui.web.scripted import Script, ScriptedBackend, sha256, streamed

CODE = """import matplotlib.pyplot as plt
import pandas as pd

rates = pd.read_csv("inputs/rates.csv")
rates.plot.bar(x="City", y="Rate", legend=False)
plt.ylabel("euros a night")
plt.savefig("rates.png")"""
REASON = "It writes files."
ANSWER = "Shanghai is the dearest city, at **140 euros** a night."
TABLE = (
    "<table><thead><tr><th>City</th><th>Rate</th></tr></thead><tbody><tr><td>上海</td><td>140</td></tr></tbody></table>"
)
TIMEOUT_S = 60.0


def artifact(path: Path, media_type: str) -> Mapping[str, Any]:
    """A file as events have it."""
    return {"name": path.name, "media_type": media_type, "bytes": path.stat().st_size, "path": str(path)}


def drawn(path: Path, *, size: tuple[int, int] = (640, 360)) -> Mapping[str, Any]:
    """A picture of three bars."""
    picture = Image.new("RGB", size, "white")
    pen, (width, height) = ImageDraw.Draw(picture), size
    for number, share in enumerate((0.85, 0.65, 1.0)):
        left = width * (0.12 + 0.28 * number)
        pen.rectangle((left, height * (0.95 - 0.85 * share), left + width * 0.2, height * 0.95), fill="#4f46e5")
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path)
    return artifact(path, "image/png")


def written(path: Path, text: str, media_type: str) -> Mapping[str, Any]:
    """A file of text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return artifact(path, media_type)


def made(folder: Path) -> tuple[Mapping[str, Any], ...]:
    """A picture, a table and a file."""
    return (
        drawn(folder / "rates.png"),
        written(folder / "table-1.html", TABLE, "text/html"),
        written(folder / "rates.csv", "City,Rate\n上海,140\n", "text/csv"),
    )


def request(code: str = CODE, **more: Any) -> ApprovalRequested:
    """An executor asks for permission."""
    given = {"reason": REASON, "timeout_s": TIMEOUT_S, "call_id": "t1", "approval_id": "a1", **more}
    return ApprovalRequested(agent="code_executor", code=code, code_sha256=sha256(code), **given)


def ran(code: str = CODE, **more: Any) -> CodeRan:
    """Code that ran well."""
    given: dict[str, Any] = {"isolation": "full", "status": "ok", "exit_code": 0, "stdout": "", "stderr": "", **more}
    return CodeRan(agent="code_executor", call_id="t1", code=code, backend="bubblewrap", ms=640, **given)


def computing(backend: ScriptedBackend, folder: Path, code: str = CODE) -> Script:
    """A run whose code runs as it was approved, and whose files lie in `folder`."""

    def script(question: str) -> Iterator[Event]:
        yield RunStarted(question=question, team="analyst", kb="handbook", strategy="hybrid")
        yield ToolCalled(agent="assistant", call_id="t1", tool="run_python", arguments={"code": code})
        yield request(code)
        yield from outcome(backend, folder)

    return script


def outcome(backend: ScriptedBackend, folder: Path) -> Iterator[Event]:
    """What follows an answer."""
    answer = backend.answers[-1]
    if not answer.approved:
        said = f"The person did not allow this code: {answer.reason}"
        yield ToolReturned(agent="code_executor", call_id="t1", tool="run_python", content=said, ok=False, ms=1)
        yield from streamed("assistant", "m", "The figures were not computed.")
        yield RunCompleted(answer="The figures were not computed.", abstained=False)
        return
    artifacts = made(folder)
    yield ran(answer.code, stdout="max: 140\n", artifacts=artifacts)
    yield ToolReturned(agent="code_executor", call_id="t1", tool="run_python", content="max: 140", ok=True, ms=700)
    yield from streamed("assistant", "m", ANSWER)
    yield RunCompleted(answer=ANSWER, abstained=False, artifacts=artifacts)
