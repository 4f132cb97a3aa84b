"""Whether bubblewrap really isolates here: code in it tries to break out before any other code may run in it."""

from __future__ import annotations

import json
import platform
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from agents.sandbox.bubblewrap import BubblewrapSandbox
from agents.sandbox.command import ENVIRONMENT, Interpreter, interpreters
from agents.sandbox.remedies import INSTALL
from configs.settings import SandboxSettings

SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin"  # not the caller's PATH: this program is trusted with everything
PROBE_S = 10.0
NAMESPACES = ("user", "pid", "net", "ipc", "uts", "mnt")

# Prints a JSON list of what it could do; an empty list when the walls held. TARGETS is put before it.
BREAK_OUT = """
import json, os, socket

def attempt(what, action):
    try:
        return [what] if action() is not False else []
    except OSError:
        return []

def connect(family, address):
    with socket.socket(family) as sock:
        sock.settimeout(1)
        sock.connect(address)

def write(path, flags=0):
    os.close(os.open(path, os.O_WRONLY | flags))

def shares_namespace():
    return any(os.readlink("/proc/self/ns/" + name) == link for name, link in TARGETS["namespaces"].items())

def has_secrets():
    inherited = open("/proc/1/environ").read()
    return bool(inherited) or not set(os.environ) <= set(TARGETS["environment"])

def has_rights():
    status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
    locked = {"CapEff": "0000000000000000", "CapBnd": "0000000000000000", "NoNewPrivs": "1", "Seccomp": "2"}
    return any(status[name].strip() != value for name, value in locked.items())

print(json.dumps(
    attempt("read a file of the host", lambda: open(TARGETS["canary"]).read())
    + attempt("connect to a TCP port of the host", lambda: connect(socket.AF_INET, tuple(TARGETS["port"])))
    + attempt("connect to a socket of the host", lambda: connect(socket.AF_UNIX, TARGETS["abstract"]))
    + attempt("write to the kernel's settings", lambda: write("/proc/sys/kernel/core_pattern"))
    + attempt("write to the system's files", lambda: write("/usr/lib/canary", os.O_CREAT))
    + attempt("share a namespace with the host", shares_namespace)
    + attempt("read the host's environment", has_secrets)
    + attempt("keep rights it must not have", has_rights)
))
"""


@dataclass(frozen=True)
class Probe:
    """What the probe found: the interpreter to use in the sandbox, or why there can be none and what to do."""

    bwrap: str = ""
    interpreter: Interpreter | None = None
    reason: str = ""


@cache
def probe(search_path: str = SEARCH_PATH) -> Probe:
    """Try the bubblewrap of this machine, once per process."""
    if platform.system() != "Linux":
        return Probe(reason=f"bubblewrap runs on Linux only; this is {platform.system()}.")
    bwrap = shutil.which("bwrap", path=search_path)
    return probe_program(bwrap) if bwrap else Probe(reason=f"bubblewrap is not installed. {INSTALL}")


def probe_program(bwrap: str) -> Probe:
    """Try the bubblewrap at a path with one interpreter after the other, until one holds."""
    reason = ""
    for interpreter in interpreters():
        reason = _try(bwrap, interpreter)
        if not reason:
            return Probe(bwrap=bwrap, interpreter=interpreter)
    return Probe(reason=reason)


def _try(bwrap: str, interpreter: Interpreter) -> str:
    """Why the sandbox must not be used; empty when code could not break out."""
    sandbox = BubblewrapSandbox(settings=SandboxSettings(), bwrap=bwrap, interpreter=interpreter)
    try:
        with _targets() as targets:
            result = sandbox.run(f"TARGETS = {targets!r}\n{BREAK_OUT}", timeout_s=PROBE_S)
    except OSError as error:
        return f"The sandbox cannot be probed: {error}."
    if result.status != "ok":
        return result.stderr.strip()
    try:
        leaks = json.loads(result.stdout)
    except ValueError:
        return f"The sandbox's probe answered {result.stdout[:80]!r} instead of a list."
    return f"The sandbox does not isolate: code in it can {', '.join(leaks)}." if leaks else ""


@contextmanager
def _targets() -> Iterator[dict[str, Any]]:
    """Things of the host that everybody here may reach, and nobody in the sandbox."""
    abstract = f"\0roundtable-{secrets.token_hex(8)}"
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as unix,
    ):
        Path(folder).chmod(0o755)
        canary = Path(folder, "canary")
        canary.write_text("canary", encoding="utf-8")
        unix.bind(abstract)
        unix.listen()
        yield {
            "canary": str(canary),
            "port": tcp.getsockname(),
            "abstract": abstract,
            "namespaces": {name: str(Path("/proc/self/ns", name).readlink()) for name in NAMESPACES},
            "environment": [*ENVIRONMENT, "PWD"],
        }
