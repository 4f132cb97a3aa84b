"""What an attack is: code to run behind a wall, and how it is known whether it succeeded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from agents.ports import CodeResult, Language, RunStatus

Category = Literal["information exposure", "file system", "external communication", "dangerous operations", "resources"]
HELPERS = Path(__file__).with_name("inside.py").read_text(encoding="utf-8")
ENDS_ALL: tuple[RunStatus, ...] = ("ok", "error", "timeout", "killed")


@dataclass(frozen=True)
class Cell:
    """A step after the attack: another cell, in the same session or in one beside it."""

    code: str
    language: Language = "python"
    elsewhere: bool = False


@dataclass(frozen=True)
class Put:
    """A step after the attack: the application lays a file before the code."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Wait:
    """A step after the attack: nothing runs until everything inside has been ended, or for `seconds`."""

    seconds: float


Check = Callable[[list[CodeResult], Path], str]
"""What is wrong with the results of a case and the folder of its artifacts; empty when nothing is."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One attack. It prints LEAK for what it reaches, and END so that a crash is not taken for a wall.

    `alone`: in a session of its own, which must answer afterwards and tell the truth about its state; else in one that
    many share. With other `statuses` than `ok` the code never comes to its end, and `says` is the reason given.
    `leaks_outside`: the same code leaks when an ordinary user runs it without a wall, so that the case can fail. What
    is not harmless there it only does when it is `walled`.
    """

    number: int
    name: str
    category: Category
    code: str
    language: Language = "python"
    alone: bool = False
    program: bool = False
    statuses: tuple[RunStatus, ...] = ("ok",)
    says: str = ""
    timeout_s: float = 20.0
    then: tuple[Cell | Put | Wait, ...] = ()
    check: Check | None = None
    leaks_outside: bool = False

    def __str__(self) -> str:
        return f"{self.number:02d} {self.name}"

    def source(self, host: dict[str, Any]) -> str:
        """The code with what it is told of the host."""
        return whole(self.code, self.language, host)


def whole(code: str, language: Language, host: dict[str, Any]) -> str:
    """A cell with its helpers and its END."""
    if language == "sh":
        settings = "".join(
            f"{name.upper()}='{value}'\n" for name, value in host.items() if isinstance(value, str | int)
        )
        return f"{settings}{code}\necho END"
    return f"{HELPERS}\nHOST = {host!r}\n{code}\nprint('END')"
