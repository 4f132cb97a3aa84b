"""Code without a wall: what it can do, and that it still comes to an end (more of that in test_kept)."""

from __future__ import annotations

from pathlib import Path

from agents.sandbox.unsandboxed import UnsandboxedWall
from tests.agents.sandbox.boxes import begin, interpreter, line, new_marker, printed, sleepers, until


def wall() -> UnsandboxedWall:
    return UnsandboxedWall(interpreter=interpreter())


def test_it_says_what_it_is() -> None:
    assert (wall().name, wall().isolation) == ("unsandboxed", "none")


def test_it_holds_nothing_back_that_the_user_may_do(world: Path) -> None:
    (world / "file").write_text("read", encoding="utf-8")
    code = "import socket; print(open(CONFIG['file']).read(), socket.socket(socket.AF_INET).close())"

    assert printed(wall(), code, file=str(world / "file")) == "read None\n"


def test_it_grants_no_new_rights() -> None:
    assert printed(wall(), "import ctypes; print(ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))") == "1\n"


def test_code_that_ends_its_keeper_ends_with_it() -> None:
    marker = new_marker()
    code = """
import os, signal
os.kill(os.getppid(), signal.SIGKILL)
os.execv("/bin/sleep", ["/bin/sleep", CONFIG["marker"]])
"""
    box = begin(wall(), code, marker=marker)

    assert box.process.wait(10) == -9
    until(lambda: not sleepers(marker))
    box.bury()
    assert not Path(box.inside.workspace).parent.exists()


def test_code_that_stops_its_keeper_is_ended() -> None:
    code = """
import os, signal, time
os.kill(os.getppid(), signal.SIGSTOP)
print("ready", flush=True)
time.sleep(60)
"""
    box = begin(wall(), code)
    assert line(box) == "ready"

    box.bury()

    assert box.process.poll() is not None
    assert not Path(box.inside.workspace).exists()
