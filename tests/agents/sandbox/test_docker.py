"""The docker backend with an engine of our own, which makes real containers and refuses a line without walls."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.errors import SandboxUnavailable
from agents.sandbox.command import ENVIRONMENT, MB
from agents.sandbox.docker import DockerWall, find_docker
from agents.sandbox.engine import call, new_name, unavailable
from agents.sandbox.probe import probe
from tests.agents.sandbox import stand_in_engine
from tests.agents.sandbox.boxes import DAEMON, REPOSITORY, begin, line, new_marker, printed, sleepers, until

MEMORY = 1024 * MB
STAY = "\nprint('ready', flush=True)\nos.read(0, 1)"

APPLICATION = """
import sys, time
from agents.sandbox.docker import DockerWall
from tests.agents.sandbox.boxes import begin, line
wall = DockerWall(client=sys.argv[1], image="roundtable-sandbox", memory_bytes=1 << 30)
box = begin(wall, sys.argv[2], marker=sys.argv[3])
print(line(box), flush=True)
time.sleep(60)
"""


def install(folder: Path, name: str = "docker", **odd: Any) -> str:
    """An engine's client in a folder; returns its path."""
    client = folder / name
    text = Path(stand_in_engine.__file__).read_text(encoding="utf-8")
    client.write_text(f"#!{sys.executable}\n{text}", encoding="utf-8")
    client.chmod(0o755)
    (folder / "engine.json").write_text(json.dumps(odd), encoding="utf-8")
    return str(client)


def complaining(folder: Path, complaint: str, *, name: str = "docker", code: int = 125) -> str:
    """A client that can only complain."""
    client = folder / name
    client.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{complaint}\nEND\nexit {code}\n", encoding="utf-8")
    client.chmod(0o755)
    return str(client)


def containers(client: str) -> list[str]:
    return sorted(path.name for path in (Path(client).parent / "containers").iterdir())


def wall(client: str, **more: Any) -> DockerWall:
    return DockerWall(client=client, image=more.pop("image", "roundtable-sandbox"), memory_bytes=MEMORY, **more)


@pytest.fixture
def client(world: Path) -> Iterator[str]:
    path = install(world)
    yield path
    for name in containers(path) if (world / "containers").exists() else []:
        call(path, "rm", "--force", name)


def test_code_runs_in_a_container(client: str) -> None:
    code = """
import ctypes, os
libc = ctypes.CDLL(None)
print(os.getresuid(), os.getpid(), os.getcwd(), libc.prctl(39, 0, 0, 0, 0), libc.prctl(21, 0, 0, 0, 0))
print(sorted(os.environ))
os.close(os.open("here", os.O_CREAT | os.O_WRONLY))
for path in ("/", "/usr", "/etc", "/proc"):
    try:
        os.open(path + "/there", os.O_CREAT | os.O_WRONLY)
    except OSError as error:
        print(error.strerror)
"""

    told = printed(wall(client), code).splitlines()

    assert told[0] == "(65534, 65534, 65534) 1 /workspace 1 2"
    assert told[1] == str(sorted(ENVIRONMENT))
    assert len(told) == 6
    assert containers(client) == []


def test_the_probe_finds_no_way_out(client: str) -> None:
    assert probe(wall(client), namespaces=("pid", "net", "ipc", "uts", "mnt")) == ""
    assert containers(client) == []


def test_the_filter_of_every_wall_is_on(client: str) -> None:
    code = """
import os, socket
for what in (socket.AF_VSOCK, socket.AF_INET, None):
    try:
        print("LEAK", socket.socket(what) if what else os.memfd_create("x"))
    except OSError:
        print("held")
"""

    assert printed(wall(client), code) == "held\n" * 3


def test_the_wall_says_what_it_is(client: str) -> None:
    box = wall(client).start()
    box.bury()

    assert (wall(client).name, wall(client).isolation) == ("docker", "full")
    assert (box.inside.workspace, box.inside.packages, box.inside.processes) == ("/workspace", "/packages", None)
    assert not box.exceeds(1)


def test_nothing_of_the_host_is_in_the_line_or_the_environment(client: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDTABLE_LLM__API_KEY", "sk-canary")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/user/1000/docker.sock")
    wall(client).start().bury()

    words, environment = json.loads((Path(client).parent / "last-run.json").read_text(encoding="utf-8"))

    assert not {"-v", "--volume", "--mount", "--privileged", "--device", "--env"} & set(words)
    assert "sk-canary" not in str(words) + str(environment)
    assert environment["DOCKER_HOST"] == "unix:///run/user/1000/docker.sock"
    assert f"{MEMORY // MB}m" in words


@pytest.mark.parametrize("end", ["kill", "bury"])
def test_nothing_survives(client: str, end: str) -> None:
    marker = new_marker()
    box = begin(wall(client), f"{DAEMON}daemon('/bin/sleep', CONFIG['marker']){STAY}", marker=marker)
    assert line(box) == "ready"
    until(lambda: bool(sleepers(marker)))

    thread = threading.Thread(target=getattr(box, end))
    thread.start()
    thread.join()

    until(lambda: not sleepers(marker))
    box.bury()
    box.bury()
    assert box.process.poll() is not None
    assert containers(client) == []


def test_a_container_outlives_neither_its_runner(client: str) -> None:
    marker = new_marker()
    box = begin(wall(client), f"{DAEMON}daemon('/bin/sleep', CONFIG['marker']){STAY}\nsys.exit(3)", marker=marker)
    assert line(box) == "ready"

    assert box.process.stdin is not None
    box.process.stdin.write(b"x")
    box.process.stdin.flush()

    assert box.process.wait(10) == 3
    assert sleepers(marker) == []
    assert containers(client) == []
    box.bury()


def test_nor_a_client_that_was_killed(client: str) -> None:
    marker = new_marker()
    box = begin(wall(client), f"{DAEMON}daemon('/bin/sleep', CONFIG['marker']){STAY}", marker=marker)
    assert line(box) == "ready"
    until(lambda: bool(sleepers(marker)))
    box.process.kill()
    box.process.wait()
    assert len(containers(client)) == 1

    box.bury()

    until(lambda: not sleepers(marker))
    assert containers(client) == []


def test_nor_an_application_that_was_killed(client: str) -> None:
    marker = new_marker()
    code = f"{DAEMON}daemon('/bin/sleep', CONFIG['marker']){STAY}"
    application = subprocess.Popen(
        [sys.executable, "-c", APPLICATION, client, code, marker], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert application.stdout is not None
    assert application.stdout.readline() == "ready\n"
    until(lambda: bool(sleepers(marker)))

    application.kill()
    application.wait()

    until(lambda: not sleepers(marker))
    until(lambda: containers(client) == [])
    application.stdout.close()


def test_what_dead_applications_left_is_swept_and_nothing_else(client: str) -> None:
    dead = subprocess.run([sys.executable, "-c", NEW_NAME], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    left, living, foreign = (
        dead.stdout.strip(),
        new_name(),
        dead.stdout.strip().replace("roundtable-", "roundtable-0", 1),
    )
    folder = Path(client).parent / "containers"
    folder.mkdir()
    for name in (left, living, foreign):
        (folder / name).write_text(json.dumps({"pid": 0, "label": "roundtable.sandbox"}), encoding="utf-8")
    (folder / f"{left}x").write_text(json.dumps({"pid": 0, "label": "another"}), encoding="utf-8")

    wall(client).start().bury()

    assert containers(client) == sorted([living, foreign, f"{left}x"])
    for name in containers(client):
        (folder / name).unlink()


NEW_NAME = "from agents.sandbox.engine import new_name; print(new_name())"


def test_names_are_new_and_tell_whose_they_are() -> None:
    names = {new_name() for _ in range(100)}

    assert len(names) == 100
    assert all(f"-{os.getpid()}-" in name and len(name) < 64 for name in names)
    assert not any(socket.gethostname() in name for name in names)


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"memory.max": "max"}, "does not limit memory: 1073741824 was asked for, max is set"),
        ({"memory.max": str(MEMORY + 4096)}, "does not limit memory"),
        ({"memory.max": ""}, "does not limit memory: 1073741824 was asked for, none is set"),
        ({"pids.max": "max"}, "does not limit pids: 128 was asked for, max is set"),
    ],
)
def test_an_engine_that_does_not_limit_is_refused(world: Path, limits: dict[str, str], sentence: str) -> None:
    client = install(world, limits=limits)

    with pytest.raises(SandboxUnavailable) as refusal:
        wall(client).start()

    assert sentence in str(refusal.value)
    assert "cgroup v2" in str(refusal.value)
    assert containers(client) == []


def test_an_engine_that_shows_no_limits_is_trusted(world: Path) -> None:
    client = install(world, limits={"memory.max": "", "pids.max": ""})

    assert printed(wall(client), "print('here')") == "here\n"


def test_a_machine_without_a_filter_is_refused(world: Path) -> None:
    client = install(world, before=["/usr/bin/setarch", "linux32"])

    with pytest.raises(SandboxUnavailable, match=r"no system call table for .*; it knows x86_64, aarch64"):
        wall(client).start()
    assert containers(client) == []


COMPLAINTS = {
    "no daemon": (
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "systemctl start docker",
    ),
    "no daemon, said anew": (
        "docker: failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct",
        "systemctl start docker",
    ),
    "no permission": (
        "docker: permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
        "usermod -aG docker",
    ),
    "no image": (
        "docker: Error response from daemon: No such image: other:latest\n\nRun 'docker run --help' for more",
        "docker build -t other -f agents/sandbox/image/Dockerfile .",
    ),
    "no image, says podman": (
        "Error: other: image not known",
        "docker build -t other -f agents/sandbox/image/Dockerfile .",
    ),
    "no python": (
        'docker: Error response from daemon: exec: "python3": executable file not found in $PATH: unknown',
        "build it anew: `docker build -t other",
    ),
    "no subordinate ids": (
        'Error: cannot find UID/GID for user alice: no subuid ranges found for user "alice" in /etc/subuid',
        "usermod --add-subuids",
    ),
    "no controllers": (
        "Error: crun: the requested cgroup controller `cpu` is not available: OCI runtime error",
        "Delegate=cpu memory pids",
    ),
    "no reason": ("", "it ended without a word"),
}


@pytest.mark.parametrize(("complaint", "part"), [pytest.param(*pair, id=name) for name, pair in COMPLAINTS.items()])
def test_what_an_engine_complains_of_becomes_advice(world: Path, complaint: str, part: str) -> None:
    client = complaining(world, complaint)

    with pytest.raises(SandboxUnavailable) as refusal:
        wall(client, image="other").start()

    assert part in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert "--help" not in str(refusal.value)


def test_an_image_that_is_missing_is_said(client: str) -> None:
    with pytest.raises(SandboxUnavailable, match="No such image: other") as refusal:
        wall(client, image="other").start()

    assert "docker build -t other" in str(refusal.value)


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, Path.exists])
def test_a_client_that_is_none_is_said(world: Path, make: Callable[[Path], object]) -> None:
    make(world / "docker")

    with pytest.raises(SandboxUnavailable, match="The container engine starts nothing: "):
        wall(str(world / "docker")).start()


def test_terminal_escapes_of_an_engine_are_not_shown() -> None:
    assert "\x1b" not in str(unavailable("\x1b[31mred\x1b[0m\u202e"))


def test_the_client_whose_engine_answers_is_found(world: Path) -> None:
    complaining(world, COMPLAINTS["no daemon"][0])
    podman = install(world, "podman")

    assert find_docker(str(world)) == podman


def test_the_first_engine_that_does_not_answer_is_said(world: Path) -> None:
    complaining(world, COMPLAINTS["no daemon"][0])
    complaining(world, COMPLAINTS["no subordinate ids"][0], name="podman")

    with pytest.raises(SandboxUnavailable, match="Is the docker daemon running") as refusal:
        find_docker(str(world))
    assert "systemctl start docker" in str(refusal.value)


def test_no_engine_is_said(world: Path) -> None:
    with pytest.raises(SandboxUnavailable, match="Neither Docker nor Podman is installed"):
        find_docker(str(world))
