"""Whether a wall really isolates here: code behind it tries to break out before any other code may run there."""

from __future__ import annotations

import json
import secrets
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agents.sandbox.command import ENVIRONMENT
from agents.sandbox.sandbox import WalledSandbox
from agents.sandbox.walls import Wall
from configs.settings import SandboxSettings

PROBE_S = 10.0
NAMESPACES = ("user", "pid", "net", "ipc", "uts", "mnt")
_HARMLESS = ("PWD", "PYTHONPATH", "MPLBACKEND", "HOSTNAME", "TMPDIR", "LC_CTYPE", "SHLVL", "_")
_IMAGES = ("GPG_KEY", "PYTHON_VERSION", "PYTHON_SHA256", "PYTHON_PIP_VERSION", "container")
"""What container images and engines set of their own."""

# Prints a JSON list of what it could do; an empty list when the walls held. TARGETS is put before it.
BREAK_OUT = """
import ctypes, json, os, socket

NO_NEW_PRIVS, SECCOMP = 39, 21  # PR_GET_...

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
    return not set(os.environ) <= set(TARGETS["environment"])

def sees_secrets():
    inherited = open("/proc/1/environ").read().split("\\0")
    return not {line.split("=")[0] for line in inherited if line} <= set(TARGETS["environment"])

def has_rights():
    libc = ctypes.CDLL(None)
    header, held = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    libc.capget(header, held)
    locked = libc.prctl(NO_NEW_PRIVS, 0, 0, 0, 0) == 1 and libc.prctl(SECCOMP, 0, 0, 0, 0) == 2
    return not locked or any(held[:2] + held[3:5])

def could_gain_rights():
    status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
    return int(status["CapBnd"], 16) != 0

print(json.dumps(
    attempt("read a file of the host", lambda: open(TARGETS["canary"]).read())
    + attempt("connect to a TCP port of the host", lambda: connect(socket.AF_INET, tuple(TARGETS["port"])))
    + attempt("connect to a socket of the host", lambda: connect(socket.AF_UNIX, TARGETS["abstract"]))
    + attempt("connect to a socket file of the host", lambda: connect(socket.AF_UNIX, TARGETS["named"]))
    + attempt("write to the kernel's settings", lambda: write("/proc/sys/kernel/core_pattern"))
    + attempt("write to the system's files", lambda: write("/usr/lib/canary", os.O_CREAT))
    + attempt("share a namespace with the host", shares_namespace)
    + attempt("read the host's environment", has_secrets)
    + attempt("read the environment of other processes", sees_secrets)
    + attempt("keep rights it must not have", has_rights)
    + attempt("gain rights it must not have", could_gain_rights)
))
"""


def probe(wall: Wall, *, namespaces: Sequence[str] = NAMESPACES) -> str:
    """Why the wall must not be used; empty when code could not break out. `namespaces` must differ from ours."""
    sandbox = WalledSandbox(wall, SandboxSettings())
    try:
        with _targets(namespaces) as targets:
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
def _targets(namespaces: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Things of the host that everybody here may reach, and nobody in the sandbox."""
    abstract = f"\0roundtable-{secrets.token_hex(8)}"
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as unix,
        socket.socket(socket.AF_UNIX) as named,
    ):
        Path(folder).chmod(0o755)
        canary = Path(folder, "canary")
        canary.write_text("canary", encoding="utf-8")
        unix.bind(abstract)
        unix.listen()
        named.bind(f"{folder}/socket")
        Path(folder, "socket").chmod(0o777)
        named.listen()
        yield {
            "canary": str(canary),
            "port": tcp.getsockname(),
            "abstract": abstract,
            "named": f"{folder}/socket",
            "namespaces": {name: str(Path("/proc/self/ns", name).readlink()) for name in namespaces},
            "environment": [*ENVIRONMENT, *_HARMLESS, *_IMAGES],
        }
