"""Our side of a keeper: a process outside the wall that ends everything inside, also when we are no more."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from agents.errors import SandboxUnavailable
from agents.sandbox import memory
from agents.sandbox.entrance import source
from agents.sandbox.spawn import spawn
from agents.sandbox.walls import Inside

BURIAL_S = 10.0
REMOVAL_S = 60.0
LOOK_S = 0.5


class KeptBox:
    """A Box whose keeper is at the other end of `link`."""

    def __init__(self, process: subprocess.Popen[bytes], link: socket.socket, inside: Inside, python: str) -> None:
        self.process, self.inside = process, inside
        self._link, self._disk, self._python = link, _Disk(link), python

    def exceeds(self, memory_bytes: int) -> bool:
        """Whether processes and what they wrote to disk hold more; the disk is looked at twice a second."""
        left = memory_bytes - self._disk.used()
        return left < 0 or memory.exceeds(left, self.process.pid, ())

    def kill(self) -> None:
        """End everything inside at once, even if code that no wall holds has stopped the keeper."""
        with suppress(OSError):
            self._link.shutdown(socket.SHUT_WR)
            self.process.send_signal(signal.SIGCONT)

    def bury(self) -> None:
        """Kill, and wait until nothing is left, on disk neither."""
        self.kill()
        if not (self._ended() and _ends(self.process, REMOVAL_S)):
            _end(self.process)
        folder = Path(self.inside.workspace).parent
        if self.inside.workspace and folder.exists():
            _remove(str(folder), self._python)
        self._link.close()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _ended(self) -> bool:
        """Whether the keeper lets go of the link in time, which it does when all processes are gone."""
        try:
            self._link.settimeout(BURIAL_S)
            while self._link.recv(4096):
                pass
        except TimeoutError:
            return False
        except OSError:  # it went without reading all, or was buried before
            return True
        return True


class _Disk:
    """What the keeper last told of the disk; asks again when it has answered and some time has passed."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._used, self._next, self._asked = 0, 0.0, False

    def used(self) -> int:
        with suppress(OSError, ValueError):
            if self._asked:
                self._used = int(self._link.recv(64, socket.MSG_DONTWAIT))
                self._asked = False
            elif time.monotonic() >= self._next:
                self._next, self._asked = time.monotonic() + LOOK_S, True
                self._link.send(b"?")
        return self._used


def _ends(process: subprocess.Popen[bytes], seconds: float) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
        return True
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a keeper that does not do its work, and all that came of it."""
    import psutil

    with suppress(psutil.Error):
        for one in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
            with suppress(psutil.Error):
                one.kill()
    _ends(process, BURIAL_S)


def _remove(folder: str, python: str) -> None:
    """Do what a keeper that was killed did not come to, as the user it was: the folder may hold anything."""
    with (
        suppress(SandboxUnavailable),
        spawn([python, "-I", "-S", "-c", f"{source('burial')}\nremove({folder!r})"]) as one,
    ):
        _ends(one, REMOVAL_S)
