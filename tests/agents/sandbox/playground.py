"""A host of its own, for attacks on a wall: everything in it belongs to the user that code behind the wall runs as.

`python -m tests.agents.sandbox.playground` reads `{"wall", "attacks"}` and prints what each attack printed, and in what
state it left the host. It may run as any user.
"""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agents.sandbox.command import NOBODY
from agents.sandbox.landlock import LandlockWall
from agents.sandbox.unsandboxed import UnsandboxedWall
from tests.agents.sandbox.boxes import REPOSITORY, interpreter, printed

WALLS: dict[str, type[LandlockWall | UnsandboxedWall]] = {"landlock": LandlockWall, "unsandboxed": UnsandboxedWall}
IPC_CREAT, IPC_RMID, SHM_FREE_FOR_ALL = 0o1000, 0, 0o666


def play(wall: str, attacks: Mapping[str, str], *, user: int | None = None) -> dict[str, Any]:
    """What came of it: `{"said": {attack: text}, "after": {attack: state}, "before": state}`."""
    drop: dict[str, Any] = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    paths = [str(REPOSITORY), sysconfig.get_paths()["purelib"]]
    done = subprocess.run(
        [interpreter().executable, "-m", "tests.agents.sandbox.playground"],
        input=json.dumps({"wall": wall, "attacks": attacks}),
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(paths), "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
        **drop,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@contextmanager
def host() -> Iterator[dict[str, Any]]:
    """Things that code behind a wall would like to reach."""
    secret = f"sk-{secrets.token_hex(8)}"
    user = os.getuid() or NOBODY
    own: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if os.getuid() != user else {}
    libc = ctypes.CDLL(None, use_errno=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as named,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as letters,
        socket.socket(socket.AF_UNIX) as abstract,
        subprocess.Popen(["/bin/sleep", "600"], env={"SECRET": secret}, start_new_session=True, **own) as victim,
    ):
        for name, mode in (("private", 0o600), ("public", 0o644)):
            (Path(folder) / name).write_text(secret, encoding="utf-8")
            (Path(folder) / name).chmod(mode)
            os.chown(Path(folder) / name, user, user)
        os.chown(folder, user, user)
        for sock, address in ((named, "stream"), (letters, "letters")):
            sock.bind(f"{folder}/{address}")
            (Path(folder) / address).chmod(0o777)
        abstract.bind(f"\0{secret}")
        for sock in (named, abstract):
            sock.listen()
        shared = libc.shmget(0, 4096, IPC_CREAT | SHM_FREE_FOR_ALL)
        try:
            yield {
                "secret": secret,
                "folder": folder,
                "private": f"{folder}/private",
                "public": f"{folder}/public",
                "stream": f"{folder}/stream",
                "letters": f"{folder}/letters",
                "port": tcp.getsockname()[1],
                "abstract": f"\0{secret}",
                "victim": victim.pid,
                "application": os.getpid(),
                "shared": shared,
                "repository": str(REPOSITORY),
            }
        finally:
            victim.kill()
            libc.shmctl(shared, IPC_RMID, None)


def state(things: Mapping[str, Any]) -> dict[str, Any]:
    """What an attack must leave as it is."""
    folder, victim = Path(things["folder"]), things["victim"]
    files = {
        path.name: (oct(path.stat().st_mode), path.stat().st_uid, path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(folder.iterdir())
    }
    return {
        "files": files,
        "folder": oct(folder.stat().st_mode),
        "attributes": os.listxattr(things["private"]),
        "content": Path(things["private"]).read_text(encoding="utf-8"),
        "victim": Path(f"/proc/{victim}/stat").read_text(encoding="utf-8").split()[2] in "SRD",
        "nice": os.getpriority(os.PRIO_PROCESS, victim),
        "limits": Path(f"/proc/{victim}/limits").read_text(encoding="utf-8"),
        "processors": sorted(os.sched_getaffinity(victim)),
    }


def main() -> None:
    """One attack after the other, each in a box of its own."""
    asked = json.load(sys.stdin)
    wall = WALLS[asked["wall"]](interpreter=interpreter())
    with host() as things:
        before = state(things)
        said, after = {}, {}
        for name, code in asked["attacks"].items():
            said[name] = printed(wall, code, host=things)
            after[name] = state(things)
    sys.stdout.write(json.dumps({"before": before, "said": said, "after": after}))


if __name__ == "__main__":
    main()
