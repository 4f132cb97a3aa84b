"""Whether a person is asked before code runs, and why; pure."""

from __future__ import annotations

import hashlib

from agents.ports import Isolation, Language
from agents.safety.harmless import risk
from configs.settings import ApprovalPolicy

LONG_S = 10.0
"""Under the policy `risky`, what takes longer than this many seconds is asked for, and the rest is ended then."""


def why_ask(
    policy: ApprovalPolicy, *, language: Language, code: str, timeout_s: float | None, isolation: Isolation
) -> str:
    """Why a person must allow this code, in one sentence; empty when it may run at once.

    A `timeout_s` of None is whatever it gets that asks for nothing.
    """
    long = timeout_s is not None and timeout_s > LONG_S
    also = f", and it may take up to {timeout_s:g} s." if long else "."
    if isolation != "full":
        return f"The sandbox here isolates code less than fully ({isolation}), so every run is asked for{also}"
    if policy == "never":
        return ""
    if policy == "always":
        return f"Every run of code is asked for{also}"
    if language == "sh":
        return f"It is a shell script, which may write files and run long{also}"
    if found := risk(code):
        return f"It may write files or run long, because {found}{also}"
    return f"It may take up to {timeout_s:g} s; only up to {LONG_S:g} s are not asked for." if long else ""


def one_line_end(code: str) -> str:
    """Code as it is shown, hashed and run: a lone carriage return would look like a new line and not be one."""
    return code.replace("\r\n", "\n").replace("\r", "\n")


def code_hash(code: str) -> str:
    """By which an answer names the code it is about: SHA-256 of its UTF-8, in hexadecimal."""
    return hashlib.sha256(code.encode()).hexdigest()
