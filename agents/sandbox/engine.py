"""The client of a container engine (Docker, Podman): found, asked in bounded time, and understood when it complains."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path
from secrets import token_hex

from agents.errors import SandboxUnavailable
from agents.sandbox.output import plain
from configs.settings import docker_environment

SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin"  # not the caller's PATH, for it is trusted with all
ENGINE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CLIENTS = ("docker", "podman")
CALL_S = 15.0
LABEL = "roundtable.sandbox"
BUILD = "docker build -t {image} -f agents/sandbox/image/Dockerfile ."

_USAGE = ("See 'docker", "Run 'docker", "See 'podman")
_REMEDIES = (
    (
        "ermission denied while trying",
        "Add this user to the group docker (`sudo usermod -aG docker $USER`) and sign in again.",
    ),
    ("annot connect to the Docker daemon", "Start it: `sudo systemctl start docker`, or Docker Desktop."),
    ("failed to connect to the docker API", "Start it: `sudo systemctl start docker`, or Docker Desktop."),
    ("annot connect to Podman", "Start it: `podman machine start`."),
    ("error during connect", "See that DOCKER_HOST names an engine that runs."),
    ("o such image", "Build it in the folder of this application: `{build}`."),
    ("nable to find image", "Build it in the folder of this application: `{build}`."),
    ("image not known", "Build it in the folder of this application: `{build}`."),
    ("did not resolve", "Build it in the folder of this application: `{build}`."),
    ("executable file not found", "The image has no Python; build it anew: `{build}`."),
    ("subuid", "{subuid}"),
    ("subgid", "{subuid}"),
    ("newuidmap", "{subuid}"),
    ("cannot find UID/GID", "{subuid}"),
    ("insufficient UIDs or GIDs", "{subuid}"),
    ("cgroup controller", "Let users limit CPU and memory: systemd's Delegate=cpu memory pids for user@.service."),
)
_SUBUID = (
    "Give this user a range of ids: `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER`, "
    "then `podman system migrate`."
)


def find_docker(search_path: str = SEARCH_PATH) -> str:
    """The path of the first client whose engine answers. Raises SandboxUnavailable with what the first one said."""
    complaints = []
    for name in CLIENTS:
        if (client := shutil.which(name, path=search_path)) is not None:
            complaint = call(client, "version")
            if complaint is None:
                return client
            complaints.append(unavailable(complaint))
    if complaints:
        raise complaints[0]
    raise SandboxUnavailable(
        "Neither Docker nor Podman is installed.", hint="Install one: apt-get install docker.io, or podman."
    )


def environment() -> dict[str, str]:
    """What the client gets to know: where the engine is, and nothing of this application."""
    return {"PATH": ENGINE_PATH, **docker_environment()}


def call(client: str, *words: str) -> str | None:
    """Let the client do something, within CALL_S; what it complains of, None if it does not."""
    try:
        done = _run(client, *words)
    except subprocess.TimeoutExpired:
        return f"{words[0]} was not answered within {CALL_S:g} s"
    except OSError as error:
        return str(error)
    return None if done.returncode == 0 else _text(done.stderr) or f"exit code {done.returncode}"


def unavailable(complaint: str, *, image: str = "roundtable-sandbox") -> SandboxUnavailable:
    """The error for an engine that starts nothing, with the remedy if the complaint is a known one."""
    cause = " ".join(line for line in plain(complaint).split("\n") if not line.startswith(_USAGE))
    advice = next((advice for part, advice in _REMEDIES if part in cause), "")
    hint = advice.format(build=BUILD.format(image=image), subuid=_SUBUID)
    cause = " ".join(cause.removeprefix("docker: ").removeprefix("Error: ").split()) or "it ended without a word"
    return SandboxUnavailable(
        f"The container engine starts nothing: {cause}{'' if cause[-1] in '.?!' else '.'}", hint=hint
    )


def new_name() -> str:
    """A name for a container, which tells whose it is."""
    return f"{_owner()}{os.getpid()}-{token_hex(6)}"


@cache
def sweep(client: str) -> None:
    """Remove what applications left behind on this machine that are no more; once per process."""
    import psutil

    with suppress(OSError, subprocess.TimeoutExpired):
        listed = _run(client, "ps", "--all", "--filter", f"label={LABEL}", "--format", "{{.Names}}")
        for name in _text(listed.stdout).split():
            pid = name.removeprefix(_owner()).partition("-")[0]
            if name.startswith(_owner()) and pid.isdigit() and not psutil.pid_exists(int(pid)):
                call(client, "rm", "--force", name)


def _run(client: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [client, *words], stdin=subprocess.DEVNULL, capture_output=True, env=environment(), timeout=CALL_S, check=False
    )


@cache
def _owner() -> str:
    """The beginning of all names that processes give which see each other's ids: an engine may serve others, too."""
    where = socket.gethostname()
    with suppress(OSError):
        where += str(Path("/proc/self/ns/pid").readlink())
    return f"roundtable-{hashlib.sha256(where.encode()).hexdigest()[:12]}-"


def _text(data: bytes) -> str:
    return data.decode(errors="replace").strip()
