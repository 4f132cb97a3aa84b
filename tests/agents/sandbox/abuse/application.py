"""An application with secrets: what code in its sandbox would like to reach, planted for the suite to look for."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.settings import Settings, load_settings

SECRET_NAMES = ("ROUNDTABLE_LLM__API_KEY", "OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "DATABASE_URL")
SECRET_FILES = (
    "canary",
    "data/roundtable.sqlite",
    "roundtable.toml",
    ".ssh/id_ed25519",
    ".aws/credentials",
    ".netrc",
    ".config/pip/pip.conf",
    ".bash_history",
)
REPOSITORY = Path(__file__).resolve().parents[4]


def canary() -> str:
    """A secret that is known for one when it is seen, and that no attack knows beforehand."""
    return f"sk-canary-{secrets.token_hex(8)}"


def environment(home: Path) -> dict[str, str]:
    """Of an application that is given its secrets the usual way."""
    return {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ} | {
        "HOME": str(home),
        **{name: canary() for name in SECRET_NAMES},
    }


@dataclass(frozen=True)
class Application:
    """What runs the suite: `host` is what attacks are told, `settings` are its own, with a secret in them."""

    host: dict[str, Any]
    settings: Settings
    udp: socket.socket
    servers: tuple[socket.socket, ...]

    def was_reached(self) -> bool:
        """Whether anyone knocked at one of its sockets, or left a file with it; asking forgets it."""
        reached = bool(os.listdir(self.host["open"]))
        with suppress(BlockingIOError):
            reached = bool(self.udp.recv(100)) or reached
        for server in self.servers:
            with suppress(BlockingIOError):
                server.accept()[0].close()
                reached = True
        return reached


@contextmanager
def application(home: Path, backend: str, token: str, mark: str) -> Iterator[Application]:
    """Plant everything below `home`, which every user of this machine may enter: the wall alone is to hold."""
    for name in SECRET_FILES:
        _plant(home / name)
    open_folder = home / "open"
    open_folder.mkdir(mode=0o777)
    open_folder.chmod(0o777)
    with ExitStack() as held:
        tcp = held.enter_context(socket.create_server(("127.0.0.1", 0)))
        tcp6 = held.enter_context(socket.create_server(("::1", 0), family=socket.AF_INET6))
        named, abstract = (held.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2))
        udp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        named.bind(str(home / "roundtable.sock"))
        (home / "roundtable.sock").chmod(0o777)
        abstract.bind(f"\0{mark}")
        for unix in (named, abstract):
            unix.listen()
        for each in (tcp, tcp6, named, abstract, udp):
            each.setblocking(False)
        inheritable = held.enter_context((home / "canary").open("rb"))
        os.set_inheritable(inheritable.fileno(), True)
        host = {
            "backend": backend,
            "walled": True,
            "token": token,
            "mark": mark,
            "pid": os.getpid(),
            "folder": str(home),
            "home": str(home),
            "data": str(home / "data"),
            "open": str(open_folder),
            "repository": str(REPOSITORY),
            "secrets": [str(home / name) for name in SECRET_FILES],
            "files": _digests(),
            "hostname": socket.gethostname(),
            "port": tcp.getsockname()[1],
            "port6": tcp6.getsockname()[1],
            "udp": udp.getsockname()[1],
            "socket": str(home / "roundtable.sock"),
            "abstract": mark,
            "python": sys.executable,
        }
        yield Application(host, load_settings(data_dir=home / "data"), udp, (tcp, tcp6, named, abstract))


def _plant(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".sqlite":
        with sqlite3.connect(path) as database:
            database.execute("create table secrets (value text)")
            database.execute("insert into secrets values (?)", (canary(),))
    else:
        path.write_text(f"key = {canary()}\n", encoding="utf-8")
    path.chmod(0o644)


def _digests() -> dict[str, str]:
    """Of files that tell who this machine is."""
    digests = {}
    for path in ("/etc/passwd", "/etc/group", "/etc/hostname", "/etc/hosts", "/etc/machine-id", "/etc/resolv.conf"):
        with suppress(OSError):
            digests[path] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return digests
