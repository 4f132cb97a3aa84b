"""Starts a keeper, and through it the runner, behind whatever walls the keeper can put up."""

from __future__ import annotations

import json
import os
import platform
import socket
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from agents.errors import SandboxUnavailable
from agents.sandbox.boot import BOOT
from agents.sandbox.command import ENVIRONMENT, NOBODY, Interpreter
from agents.sandbox.entrance import LOADER, modules
from agents.sandbox.kept import KeptBox
from agents.sandbox.output import plain
from agents.sandbox.remedies import remedy
from agents.sandbox.spawn import spawn
from agents.sandbox.walls import Inside

MODULES = ("confine", "burial", "disk", "keeper")
SETUP_S = 10.0
PROCESSES = 256
"""How many more a user may have while code runs: a limit of the kernel counts other sessions of that user as well."""


def keep(interpreter: Interpreter, packages: str | None, walls: tuple[list[str], str] | None) -> KeptBox:
    """Start a keeper and the runner; `walls` are what may be read there and the filter, None for no walls.

    Raises SandboxUnavailable.
    """
    if platform.system() != "Linux":
        raise SandboxUnavailable(f"Processes are kept together on Linux only; this is {platform.system()}.")
    link, theirs = socket.socketpair()
    with theirs:
        words = [interpreter.executable, "-I", "-S", "-c", LOADER, str(theirs.fileno())]
        try:
            process = spawn(words, pass_fds=(theirs.fileno(),))
        except SandboxUnavailable:
            link.close()
            raise
    inside = Inside(workspace="", packages=packages, processes=_tasks() + PROCESSES)
    try:
        workspace = _begun(process, link, {**_orders(interpreter), "walls": walls})
    except SandboxUnavailable:
        KeptBox(process, link, inside, interpreter.executable).bury()
        raise
    return KeptBox(process, link, replace(inside, workspace=workspace), interpreter.executable)


def _orders(interpreter: Interpreter) -> dict[str, Any]:
    return {
        "application": os.getpid(),
        "folders": list(dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp"))),
        "command": [interpreter.executable, "-I", "-S", "-c", BOOT],
        "environment": ENVIRONMENT,
    }


def _begun(process: subprocess.Popen[bytes], link: socket.socket, orders: dict[str, Any]) -> str:
    """The folder the runner works in, once it is there. Raises SandboxUnavailable."""
    sent = json.dumps({"modules": modules(MODULES), "config": orders}).encode()
    link.settimeout(SETUP_S)
    try:
        link.sendall(b"%08d" % len(sent) + sent)
        answer = link.recv(8192)
        told = json.loads(answer) if answer else {"error": _complaint(process)}
    except (OSError, ValueError) as error:
        told = {"error": str(error)}
    link.settimeout(None)
    if "error" in told:
        raise SandboxUnavailable(f"The sandbox cannot be set up: {plain(told['error'])}.", hint=remedy(told["error"]))
    return str(told["workspace"])


def _complaint(process: subprocess.Popen[bytes]) -> str:
    """The last line of what a keeper printed that is gone."""
    with suppress(subprocess.TimeoutExpired):
        stderr = process.communicate(timeout=SETUP_S)[1].decode(errors="replace")
        return stderr.strip().rpartition("\n")[2] or f"the keeper ended with exit code {process.returncode}"
    return "the keeper does not answer"


def _tasks() -> int:
    """How many processes and threads the user has that code runs as, as the kernel counts them."""
    user, total = str(NOBODY if 0 in os.getresuid() else os.getuid()), 0
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            facts = dict(
                line.split(":", 1) for line in status.read_text(encoding="utf-8", errors="replace").splitlines()
            )
            if facts["Uid"].split()[0] == user:
                total += int(facts["Threads"])
    return total
