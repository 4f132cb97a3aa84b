"""Our end of the talk with a runner: JSON lines over its pipes. What it says may be the code's own: it is only data."""

from __future__ import annotations

import base64
import json
import os
import select
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.errors import SandboxFileRefused, SandboxUnavailable
from agents.sandbox.command import MB
from agents.sandbox.launch import BURIAL_S, SETUP_S, not_started, readable
from agents.sandbox.output import plain
from agents.sandbox.runner import source
from agents.sandbox.walls import Box, Wall

LINE_BYTES = 4 * MB
PIECE_BYTES = 512 * 1024
SEND_S = 10.0

Event = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What code behind a wall may use, and give back."""

    memory_bytes: int
    artifacts: int
    artifact_bytes: int

    def resources(self, processes: int | None) -> dict[str, int]:
        """Limits of the kernel for every process inside; the watchdog counts what all of them use together."""
        limits = {
            "AS": self.memory_bytes + 1024 * MB,  # address space is reserved generously
            "NOFILE": 256,
            "FSIZE": 256 * MB,
            "MEMLOCK": 64 * 1024,
            "MSGQUEUE": 0,
            "CORE": 0,
        }
        return limits if processes is None else {**limits, "NPROC": processes}


class LinkBroken(Exception):
    """The other end is gone, or speaks no JSON lines."""


class Link:
    """A box with a runner in it that answers. Not thread-safe, but for `box.kill`."""

    def __init__(self, wall: Wall, limits: Limits, *, kernel: bool) -> None:
        """Start it; `kernel` also starts what runs cells. Raises SandboxUnavailable."""
        try:
            self.box: Box = wall.start()
        except OSError as error:
            raise SandboxUnavailable(
                f"The sandbox cannot be started: {error.strerror or error}.", hint="Close files or programs; try again."
            ) from error
        self.lost = False
        """Whether the kernel ended between two runs, and the variables with it."""
        self._held = bytearray()
        try:
            self._hand_over(limits, kernel=kernel)
            self._wait("ready", SETUP_S)
        except (LinkBroken, OSError) as error:
            complaint = self._complaint()
            self.box.bury()
            raise (not_started(complaint) if complaint else _silent(wall.name)) from error
        except BaseException:
            self.box.bury()
            raise

    def wait_until_warm(self) -> None:
        """Wait for the kernel. Raises SandboxUnavailable."""
        try:
            self._wait("warm", SETUP_S)
        except LinkBroken as error:
            raise _silent("The kernel") from error

    def send(self, **request: Any) -> None:
        """One request. Raises LinkBroken when the runner does not take it."""
        self._write(json.dumps(request).encode() + b"\n")

    def put(self, name: str, content: bytes) -> None:
        """Send a file in pieces, and wait until it lies there. Raises LinkBroken; SandboxFileRefused without room."""
        for start in range(0, max(1, len(content)), PIECE_BYTES):
            piece = content[start : start + PIECE_BYTES]
            more = start + PIECE_BYTES < len(content)
            self.send(op="put", name=name, data=base64.b64encode(piece).decode(), more=more)
        if problem := plain(str(self._wait("put", SEND_S).get("problem", "")))[:200]:
            raise SandboxFileRefused(
                f"{name} cannot be laid into the sandbox ({problem}).", hint="Begin a new session."
            )

    def events(self, seconds: float) -> list[Event]:
        """What comes within that time, not waiting for more than the first. Raises LinkBroken at the end."""
        if not readable(self._stdout, seconds):
            return []
        data = os.read(self._stdout, 1 << 18)
        if not data:
            raise LinkBroken
        self._held += data
        *lines, self._held = self._held.split(b"\n")
        if len(self._held) > LINE_BYTES:
            raise LinkBroken
        found = [_event(line) for line in lines]
        self.lost = self.lost or any(event["event"] == "lost" for event in found)
        return found

    def close(self) -> None:
        """End everything inside."""
        self.box.bury()

    @property
    def alive(self) -> bool:
        """Whether the box still stands."""
        return self.box.process.poll() is None

    @property
    def _stdout(self) -> int:
        assert self.box.process.stdout is not None
        return self.box.process.stdout.fileno()

    def _hand_over(self, limits: Limits, *, kernel: bool) -> None:
        assert self.box.process.stdin is not None
        os.set_blocking(self.box.process.stdin.fileno(), False)
        inside = self.box.inside
        program = source("supervisor").encode()
        config = {
            "source": len(program),
            "kernel": kernel,
            "kernel_source": source("kernel"),
            "limits": limits.resources(inside.processes),
            "packages": inside.packages,
            "artifacts": limits.artifacts,
            "artifact_bytes": limits.artifact_bytes,
        }
        header = json.dumps(config).encode()
        self._write(b"%08d" % len(header) + header + program)

    def _write(self, data: bytes) -> None:
        assert self.box.process.stdin is not None
        descriptor, deadline, view = self.box.process.stdin.fileno(), time.monotonic() + SEND_S, memoryview(data)
        writable = select.poll()
        writable.register(descriptor, select.POLLOUT)
        while view:
            if not writable.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise LinkBroken
            try:
                view = view[os.write(descriptor, view) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise LinkBroken from error

    def _wait(self, kind: str, seconds: float) -> Event:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            for event in self.events(left):
                if event["event"] == kind:
                    return event
        raise LinkBroken

    def _complaint(self) -> str:
        stderr, said = self.box.process.stderr, b""
        while stderr is not None and len(said) < 4096 and readable(stderr.fileno(), BURIAL_S):
            piece = os.read(stderr.fileno(), 4096)
            said += piece
            if not piece:
                break
        return said.decode(errors="replace")


def _event(line: bytes | bytearray) -> Event:
    try:
        event = json.loads(line)
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            return event
    except (ValueError, RecursionError):
        pass
    raise LinkBroken


def _silent(who: str) -> SandboxUnavailable:
    return SandboxUnavailable(f"{who} started, but its runner gave no sign of life.", hint="Try again.")
