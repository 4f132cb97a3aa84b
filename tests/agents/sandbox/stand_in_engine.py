"""A small container engine, for machines without one: knows the words we use, and makes containers with bubblewrap.

A test installs it as an executable named `docker`. Beside it, `engine.json` says what is odd about this engine, and
`containers` holds what it runs. As the real ones do, it lets a container live on when the client that started it is
killed, removes it when it has ended, and refuses words it does not know.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(sys.argv[0]).parent
CONTAINERS = HERE / "containers"
IMAGE = "roundtable-sandbox"
OF_THE_IMAGE = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHON_VERSION": "3.11", "GPG_KEY": "A035", "HOME": "/"}
SWITCHES = {"--rm", "--interactive", "--read-only", "--no-healthcheck"}
VALUED = {
    *(
        "--pull",
        "--name",
        "--label",
        "--network",
        "--hostname",
        "--ipc",
        "--log-driver",
        "--cap-drop",
        "--security-opt",
    ),
    *(
        "--user",
        "--pids-limit",
        "--memory",
        "--memory-swap",
        "--cpus",
        "--ulimit",
        "--shm-size",
        "--tmpfs",
        "--workdir",
    ),
    "--entrypoint",
}
DEMANDED = {
    "--pull": ["never"],
    "--network": ["none"],
    "--cap-drop": ["ALL"],
    "--security-opt": ["no-new-privileges"],
    "--user": ["65534:65534"],
    "--log-driver": ["none"],
    "--ulimit": ["core=0:0"],
    "--ipc": ["private"],
}
TMPFS = re.compile(r"(/[a-z]+):rw,(?:exec,)?nosuid,nodev,mode=1777,size=(\d+)m")


def fail(code: int, complaint: str) -> None:
    sys.stderr.write(f"docker: {complaint}\n\nRun 'docker run --help' for more information\n")
    sys.exit(code)


def parsed(words: list[str]) -> tuple[dict[str, list[str]], str, list[str]]:
    """Options, image, and what follows it."""
    options: dict[str, list[str]] = {}
    rest = list(words)
    while rest and rest[0].startswith("--"):
        word = rest.pop(0)
        if word in SWITCHES:
            options[word] = []
        elif word in VALUED:
            options.setdefault(word, []).append(rest.pop(0))
        else:
            fail(125, f"unknown flag: {word}")
    return options, rest[0], rest[1:]


def check(options: dict[str, list[str]], odd: dict[str, Any]) -> None:
    """Refuse a line that leaves a wall out."""
    wrong = [f"{name} {options.get(name)}" for name, value in DEMANDED.items() if options.get(name) != value]
    wrong += [name for name in SWITCHES if name not in options]
    if wrong or options["--memory"] != options["--memory-swap"]:
        fail(125, f"walls are missing: {wrong}")


def command(options: dict[str, list[str]], words: list[str], odd: dict[str, Any]) -> list[str]:
    """The container as bubblewrap makes it."""
    limits = {
        "memory.max": str(int(options["--memory"][0].rstrip("m")) << 20),
        "pids.max": options["--pids-limit"][0],
        **odd.get("limits", {}),
    }
    cgroup = Path(tempfile.mkdtemp(dir=HERE))
    cgroup.chmod(0o755)
    for name, value in limits.items():
        (cgroup / name).write_text(f"{value}\n", encoding="utf-8")
    mounts = [match.groups() for match in map(TMPFS.fullmatch, options["--tmpfs"]) if match]
    mounts.append(("/dev/shm", options["--shm-size"][0].rstrip("m")))
    # fmt: off
    return [
        *odd.get("before", []), "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--as-pid-1",
        "--cap-drop", "ALL", "--uid", "65534", "--gid", "65534", "--hostname", options["--hostname"][0], "--clearenv",
        *(word for name, value in OF_THE_IMAGE.items() for word in ("--setenv", name, value)),
        "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib",
        "--symlink", "usr/lib64", "/lib64", "--ro-bind", "/etc/ld.so.cache", "/etc/ld.so.cache",
        "--proc", "/proc", "--dev", "/dev", "--ro-bind", str(cgroup), "/sys/fs/cgroup",
        *(word for mount, size in mounts for word in ("--size", str(int(size) << 20), "--tmpfs", mount)),
        "--remount-ro", "/proc", "--remount-ro", "/", "--chdir", options["--workdir"][0],
        "--", f"/usr/bin/{options['--entrypoint'][0]}", *words,
    ]
    # fmt: on


def run(words: list[str], odd: dict[str, Any]) -> int:
    """The client: has the engine start the container, and waits for it."""
    options, image, rest = parsed(words)
    check(options, odd)
    if image != IMAGE:
        fail(125, f"Error response from daemon: No such image: {image}:latest")
    made = json.dumps([options["--name"][0], options["--label"][0], command(options, rest, odd)])
    (HERE / "last-run.json").write_text(json.dumps([words, dict(os.environ)]), encoding="utf-8")
    return subprocess.Popen([sys.executable, sys.argv[0], "shim", made], start_new_session=True).wait()


def shim(name: str, label: str, words: list[str]) -> int:
    """The engine's part: owns the container until it ends."""
    drop: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
    process = subprocess.Popen(words, **drop)
    record = CONTAINERS / name
    record.write_text(json.dumps({"pid": process.pid, "label": label}), encoding="utf-8")
    code = process.wait()
    record.unlink(missing_ok=True)
    return code if code >= 0 else 128 - code


def kill(name: str, *, remove: bool) -> int:
    """End a container."""
    record = CONTAINERS / name
    try:
        pid = json.loads(record.read_text(encoding="utf-8"))["pid"]
    except FileNotFoundError:
        sys.stderr.write(f"Error response from daemon: No such container: {name}\n")
        return 1
    if pid:
        os.kill(pid, signal.SIGKILL)
    if remove:
        record.unlink(missing_ok=True)
    return 0


def main(words: list[str]) -> int:
    odd = json.loads((HERE / "engine.json").read_text(encoding="utf-8"))
    CONTAINERS.mkdir(exist_ok=True)
    if words[0] == "run":
        return run(words[1:], odd)
    if words[0] == "shim":
        return shim(*json.loads(words[1]))
    if words[0] == "kill":
        return kill(words[1], remove=False)
    if words[:2] == ["rm", "--force"]:
        return kill(words[2], remove=True)
    if words[:3] == ["ps", "--all", "--filter"] and words[4:] == ["--format", "{{.Names}}"]:
        records = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in CONTAINERS.iterdir()}
        names = [name for name, record in records.items() if f"label={record['label']}" == words[3]]
        sys.stdout.write("".join(f"{name}\n" for name in names))
        return 0
    if words == ["version"]:
        return 0
    sys.stderr.write(f"unknown command: {words}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
