"""The wall of a container: no network, no rights, a read-only system, the limits of the engine, nothing of the host."""

from __future__ import annotations

import json
import os
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from agents.errors import SandboxUnavailable
from agents.ports import Isolation
from agents.sandbox import engine, seccomp
from agents.sandbox.boot import BOOT
from agents.sandbox.command import ENVIRONMENT, MB, MEMORY_MOUNTS, NOBODY, PACKAGES, WORKSPACE
from agents.sandbox.engine import find_docker
from agents.sandbox.entrance import LOADER, modules
from agents.sandbox.launch import readable
from agents.sandbox.walls import Inside

__all__ = ["DockerBox", "DockerWall", "find_docker"]

START_S = 30.0
BURIAL_S = 10.0
PROCESSES = 128
CPUS = 2


@dataclass(frozen=True, kw_only=True)
class DockerWall:
    """A Wall; `client` is the path of docker or podman, `image` has the Python and the packages."""

    client: str
    image: str
    memory_bytes: int
    name: str = "docker"
    isolation: Isolation = "full"

    def start(self) -> DockerBox:
        """Start the runner in a new container. Raises SandboxUnavailable."""
        engine.sweep(self.client)
        name = engine.new_name()
        words = [self.client, *arguments(name, image=self.image, memory_bytes=self.memory_bytes)]
        pipe = subprocess.PIPE
        try:
            process = subprocess.Popen(
                words, stdin=pipe, stdout=pipe, stderr=pipe, env=engine.environment(), cwd="/", start_new_session=True
            )
        except OSError as error:
            raise engine.unavailable(str(error)) from error
        box = DockerBox(self.client, name, process)
        try:
            self._check(_first_word(process))
        except SandboxUnavailable:
            box.bury()
            raise
        return box

    def _check(self, said: str) -> None:
        """See that the container is what was asked for."""
        try:
            told = json.loads(said)
        except ValueError:
            raise engine.unavailable(said, image=self.image) from None
        if not told["filtered"]:
            known = ", ".join(seccomp.machines())
            raise SandboxUnavailable(f"The sandbox has no system call table for {told['machine']}; it knows {known}.")
        if not told["memory"] and not told["pids"]:
            return  # an engine with a kernel of its own, which shows no limits
        for kind, most in (("memory", self.memory_bytes), ("pids", PROCESSES)):
            if not (told[kind].isdigit() and int(told[kind]) <= most):
                raise SandboxUnavailable(
                    f"The container engine does not limit {kind}: {most} was asked for, {told[kind] or 'none'} is set.",
                    hint="Start Linux with cgroup v2 and its memory controller (cgroup_enable=memory).",
                )


class DockerBox:
    """A Box in the container `name`; `process` is the client that holds its pipes."""

    def __init__(self, client: str, name: str, process: subprocess.Popen[bytes]) -> None:
        self.process, self.inside = process, Inside(workspace=WORKSPACE, packages=PACKAGES, processes=None)
        self._client, self._name, self._buried = client, name, False

    def exceeds(self, memory_bytes: int) -> bool:  # noqa: ARG002
        """Never, for the engine itself ends what takes more."""
        return False

    def kill(self) -> None:
        """End everything inside at once."""
        if self.process.poll() is None:
            engine.call(self._client, "kill", self._name)

    def bury(self) -> None:
        """Kill, and wait until nothing is left."""
        if self._buried:
            return
        self.kill()
        try:
            self.process.wait(BURIAL_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        engine.call(self._client, "rm", "--force", self._name)  # had the client ended before its container
        self._buried = True
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def arguments(name: str, *, image: str, memory_bytes: int) -> list[str]:
    """What follows `docker` or `podman` on its command line."""
    memory = f"{memory_bytes // MB}m"
    sizes = {mount: f"{size // MB}m" for mount, size in MEMORY_MOUNTS.items()}
    # fmt: off
    return [
        "run", "--rm", "--interactive", "--pull", "never", "--name", name, "--label", engine.LABEL,
        "--network", "none", "--hostname", "sandbox", "--ipc", "private", "--log-driver", "none", "--no-healthcheck",
        "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", f"{NOBODY}:{NOBODY}",
        "--pids-limit", str(PROCESSES), "--memory", memory, "--memory-swap", memory, "--cpus", str(CPUS),
        "--ulimit", "core=0:0", "--shm-size", sizes["/dev/shm"],
        "--tmpfs", f"/tmp:rw,nosuid,nodev,mode=1777,size={sizes['/tmp']}",
        "--tmpfs", f"{WORKSPACE}:rw,exec,nosuid,nodev,mode=1777,size={sizes[WORKSPACE]}", "--workdir", WORKSPACE,
        "--entrypoint", "python3", image, "-I", "-S", "-c", LOADER, "0",
    ]
    # fmt: on


def _orders() -> bytes:
    config: dict[str, Any] = {
        "filters": {machine: seccomp.program(machine).hex() for machine in seccomp.machines()},
        "boot": BOOT,
        "environment": ENVIRONMENT,
    }
    sent = json.dumps({"modules": modules(("confine", "container")), "config": config}).encode()
    return b"%08d" % len(sent) + sent


def _first_word(process: subprocess.Popen[bytes]) -> str:
    """The line the container tells of itself, or else what the client complains of."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(OSError):
        process.stdin.write(_orders())
        process.stdin.flush()
    deadline, said = time.monotonic() + START_S, b""
    while not said.endswith(b"\n"):
        if not readable(process.stdout.fileno(), deadline - time.monotonic()):
            return f"it started no container within {START_S:g} s"
        piece = os.read(process.stdout.fileno(), 4096)
        if not piece:
            return _complaint(process)
        said += piece
    return said.decode(errors="replace")


def _complaint(process: subprocess.Popen[bytes]) -> str:
    assert process.stderr is not None
    stderr, said = process.stderr.fileno(), b""
    while len(said) < 4096 and readable(stderr, BURIAL_S) and (piece := os.read(stderr, 4096)):
        said += piece
    return said.decode(errors="replace")
