"""Sessions in a host process: they outlive their users, nobody loses state unawares, and nothing outlives them."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agents.errors import SandboxFileRefused, SandboxSessionGone, SandboxSessionRefused
from agents.sandbox.client import RemoteSession, close_session, live_sessions
from agents.sandbox.place import Place
from configs.settings import SandboxSettings
from retrieval.stores.lock import DataDirectoryLock
from tests.agents.sandbox.hosts import close_all, hosts_of, marked, marker, until
from tests.test_architecture import HEAVY

ROOT = Path(__file__).parents[3]

CLIENT = """
import sys
from pathlib import Path
from agents.sandbox.client import RemoteSession
from agents.sandbox.place import Place
from configs.settings import SandboxSettings
session = RemoteSession(Place.within(Path(sys.argv[1]), "s"), SandboxSettings(backends=("bubblewrap",)))
print(session.run(sys.argv[2]))
"""

DEAF = """
import signal, subprocess
signal.signal(signal.SIGINT, signal.SIG_IGN)
subprocess.run(["sleep", "{0}"], preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
while True: pass
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    close_all(tmp_path / "data")


def begin(home: Path, name: str = "s", **settings: object) -> RemoteSession:
    return RemoteSession(Place.within(home, name), SandboxSettings(backends=("bubblewrap",), **settings))


def client(home: Path, code: str) -> subprocess.Popen[bytes]:
    """The same in a process of its own."""
    return subprocess.Popen([sys.executable, "-c", CLIENT, str(home), code], cwd=ROOT, stdout=subprocess.PIPE)


def test_variables_and_files_outlive_their_user(home: Path) -> None:
    begin(home).run("x = 6\nopen('note.txt', 'w').write('kept')")

    result = begin(home).run("print(x * 7, open('note.txt').read())")

    assert (result.status, result.stdout, result.state_lost) == ("ok", "42 kept\n", False)
    assert (result.backend, result.isolation) == ("bubblewrap", "full")


def test_a_shell_cell_sees_the_same_files(home: Path) -> None:
    begin(home).run("open('note.txt', 'w').write('kept')")

    assert begin(home).run("cat note.txt", language="sh").stdout == "kept"


def test_what_is_inside_dies_with_its_host_and_the_next_user_is_told(home: Path) -> None:
    number = marker()
    begin(home).run(f"x = 1; import subprocess; child = subprocess.Popen(['sleep', '{number}'])")
    (host,) = hosts_of(home)
    assert marked(number)

    host.kill()

    until(lambda: not marked(number))
    assert Place.within(home, "s").socket.exists()
    first, second = begin(home).run("print('x' in globals())"), begin(home).run("1")
    assert (first.status, first.stdout, first.state_lost) == ("ok", "False\n", True)
    assert not second.state_lost


def test_a_host_that_dies_under_a_cell_is_reported_as_such(home: Path) -> None:
    number = marker()
    with ThreadPoolExecutor() as pool:
        running = pool.submit(begin(home).run, f"import subprocess; subprocess.run(['sleep', '{number}'])")
        until(lambda: marked(number))
        hosts_of(home)[0].kill()
        result = running.result(timeout=5)

    assert (result.status, result.state_lost) == ("killed", True)
    assert result.stderr.startswith("The host of the session ended while the code was running.")
    until(lambda: not marked(number))


def test_a_socket_nobody_listens_at_is_in_nobodys_way(home: Path) -> None:
    place = Place.within(home, "s")
    place.prepare()
    with socket.socket(socket.AF_UNIX) as abandoned:
        abandoned.bind(str(place.socket))

    result = begin(home).run("print(1)")

    assert (result.status, result.stdout, result.state_lost) == ("ok", "1\n", False)


def test_an_idle_session_ends_and_the_next_user_is_told(home: Path) -> None:
    begin(home, idle_s=0.3).run("x = 1")
    until(lambda: not hosts_of(home))

    assert begin(home).run("1").state_lost


def test_a_busy_session_is_not_idle(home: Path) -> None:
    result = begin(home, idle_s=0.3).run("import time; time.sleep(1.5); print('done')")

    assert (result.status, result.stdout) == ("ok", "done\n")


def test_a_closed_session_leaves_nothing_and_the_next_is_new(home: Path) -> None:
    number = marker()
    session = begin(home)
    session.run(f"x = 1; import subprocess; child = subprocess.Popen(['sleep', '{number}'])")

    close_session(Place.within(home, "s"))

    until(lambda: not marked(number) and not hosts_of(home), 1)
    assert list((home / "sandbox").iterdir()) == []
    result = session.run("print('x' in globals())")
    assert (result.stdout, result.state_lost) == ("False\n", False)


def test_closing_ends_a_cell_under_way(home: Path) -> None:
    number = marker()
    with ThreadPoolExecutor() as pool:
        running = pool.submit(begin(home).run, f"import subprocess; subprocess.run(['sleep', '{number}'])")
        until(lambda: marked(number))
        begin(home).close()
        result = running.result(timeout=1)

    assert (result.status, result.state_lost) == ("killed", True)
    until(lambda: not marked(number) and not hosts_of(home), 1)


def test_a_session_that_was_closed_by_its_user_is_refused(home: Path) -> None:
    session = begin(home)
    session.run("x = 1")
    session.close()

    assert (session.run("x").status, hosts_of(home)) == ("refused", [])


def test_closing_what_is_not_there_is_an_error(home: Path) -> None:
    place = Place.within(home, "s")
    with pytest.raises(SandboxSessionGone, match="There is no session by the name of 's'"):
        close_session(place)

    begin(home).run("x = 1")
    hosts_of(home)[0].kill()
    until(lambda: not hosts_of(home))
    with pytest.raises(SandboxSessionGone, match="There is no session any more by the name of 's'"):
        close_session(place)
    assert list((home / "sandbox").iterdir()) == []
    assert not begin(home).run("1").state_lost


def test_a_host_that_does_not_answer_is_killed_when_its_session_is_closed(home: Path) -> None:
    begin(home).run("x = 1")
    (host,) = hosts_of(home)
    host.suspend()

    close_session(Place.within(home, "s"))

    assert not hosts_of(home)


def test_users_who_begin_a_session_at_once_share_one_host(home: Path) -> None:
    code = "import os; seen = [*globals().get('seen', []), 1]; print(len(seen), os.getpid())"
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: begin(home).run(code), range(8)))

    assert sorted(int(result.stdout.split()[0]) for result in results) == list(range(1, 9))
    assert len({result.stdout.split()[1] for result in results}) == 1
    assert not any(result.state_lost for result in results)
    assert len(hosts_of(home)) == 1


def test_processes_that_begin_a_session_at_once_share_one_host(home: Path) -> None:
    clients = [client(home, "print('ran')") for _ in range(4)]

    assert all(b"stdout='ran\\n'" in process.communicate()[0] for process in clients)
    assert len(hosts_of(home)) == 1


def test_the_second_user_waits_for_a_turn_and_can_give_up(home: Path) -> None:
    number, stop = marker(), threading.Event()
    with ThreadPoolExecutor() as pool:
        first_stop = threading.Event()
        first = pool.submit(
            begin(home).run, f"import subprocess; subprocess.run(['sleep', '{number}'])", stop=first_stop
        )
        until(lambda: marked(number))
        impatient = pool.submit(begin(home).run, "print('never')", stop=stop)
        patient = pool.submit(begin(home).run, "print('at last')")
        stop.set()
        assert impatient.result(timeout=3).status == "killed"
        assert not first.done()
        assert not patient.done()
        first_stop.set()
        assert first.result().status == "killed"
        assert patient.result().stdout == "at last\n"


def test_a_stopped_cell_leaves_the_variables(home: Path) -> None:
    number, stop = marker(), threading.Event()
    begin(home).run("x = 1")
    with ThreadPoolExecutor() as pool:
        running = pool.submit(begin(home).run, f"import subprocess; subprocess.run(['sleep', '{number}'])", stop=stop)
        until(lambda: marked(number))
        stop.set()
        result = running.result(timeout=3)

    assert (result.status, result.state_lost) == ("killed", False)
    until(lambda: not marked(number))
    assert begin(home).run("print(x)").stdout == "1\n"


def test_a_cell_stops_when_its_user_dies(home: Path) -> None:
    number = marker()
    begin(home).run("x = 1")
    process = client(home, f"import subprocess; subprocess.run(['sleep', '{number}'])")
    until(lambda: marked(number))

    process.kill()
    process.communicate()

    until(lambda: not marked(number), 3)
    result = begin(home).run("print(x)")
    assert (result.stdout, result.state_lost) == ("1\n", False)


def test_state_lost_under_a_user_who_died_is_told_to_the_next(home: Path) -> None:
    number = marker()
    begin(home).run("x = 1")
    process = client(home, DEAF.format(number))
    until(lambda: marked(number))

    process.kill()
    process.communicate()

    first, second = begin(home).run("print('x' in globals())"), begin(home).run("1")
    assert (first.stdout, first.state_lost) == ("False\n", True)
    assert not second.state_lost
    assert not marked(number)


@pytest.mark.parametrize(
    ("code", "lost"), [("x = 1\nwhile True: pass", False), (DEAF.format(marker()), True)], ids=["interrupted", "killed"]
)
def test_a_hang_is_back_in_time_and_says_whether_state_is_lost(home: Path, code: str, lost: bool) -> None:
    begin(home).run("1")
    since = time.monotonic()

    result = begin(home).run(code, timeout_s=1)

    assert time.monotonic() - since < 4
    assert (result.status, result.state_lost) == ("timeout", lost)


def test_files_are_laid_and_laid_again_in_a_new_host(home: Path) -> None:
    session, content = begin(home), os.urandom(3_000_000)
    assert session.put("a.bin", content) == "inputs/a.bin"
    check = "import hashlib; print(hashlib.sha256(open('inputs/a.bin', 'rb').read()).hexdigest())"
    expected = hashlib.sha256(content).hexdigest() + "\n"
    assert session.run(check).stdout == expected
    hosts_of(home)[0].kill()
    until(lambda: not hosts_of(home))

    result = session.run(check)

    assert (result.stdout, result.state_lost) == (expected, True)


@pytest.mark.parametrize("name", ["../a", "", "a/b", "a\nb"])
def test_a_hostile_file_name_is_refused(home: Path, name: str) -> None:
    with pytest.raises(SandboxFileRefused):
        begin(home).put(name, b"x")


def test_files_are_copied_out_below_the_data_directory(home: Path) -> None:
    result = begin(home).run("open('out.csv', 'w').write('a,b')")

    (artifact,) = result.artifacts
    assert Path(artifact["path"]).is_relative_to(home / "artifacts")
    assert Path(artifact["path"]).read_text() == "a,b"


@pytest.mark.parametrize("length", [90, 107, 108, 200, 2000])
def test_a_data_directory_may_have_a_long_path(tmp_path: Path, length: int) -> None:
    home = tmp_path
    while (room := length - len(str(home / "sandbox" / "s.sock"))) > 0:
        home = home / ("d" * max(1, min(200, room - 1)))
    try:
        begin(home).run("x = 1")
        assert begin(home).run("print(x)").stdout == "1\n"
        assert [session.id for session in live_sessions(home)] == ["s"]
    finally:
        close_all(home)


@pytest.mark.parametrize("name", ["", "a b", "../s", "a/b", "é", "x" * 65, "a\n", "a.b", "\0"])
def test_a_bad_name_is_refused(home: Path, name: str) -> None:
    with pytest.raises(SandboxSessionRefused, match="is no ID of a session"):
        begin(home, name)


def test_the_longest_name_works(home: Path) -> None:
    assert begin(home, "-" + "x" * 63).run("print(1)").stdout == "1\n"


def test_only_we_may_reach_the_socket(home: Path) -> None:
    (home / "sandbox").mkdir(parents=True)
    (home / "sandbox").chmod(0o755)

    begin(home).run("1")

    modes = {path.name: path.stat().st_mode & 0o777 for path in [home / "sandbox", *(home / "sandbox").iterdir()]}
    assert modes == {"sandbox": 0o700, "s.sock": 0o600, "s.state": 0o600, "s.log": 0o600}


def test_a_folder_that_is_a_link_is_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    home.mkdir()
    (home / "sandbox").symlink_to(tmp_path / "elsewhere")

    result = begin(home).run("1")

    assert (result.status, (tmp_path / "elsewhere").stat().st_mode & 0o777) == ("refused", 0o755)
    assert "is not a folder of our own user" in result.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can put a socket of another user there.")
def test_a_socket_of_another_user_is_not_talked_to(home: Path) -> None:
    place = Place.within(home, "s")
    place.prepare()
    listen = f"""
import os, socket
listener = socket.socket(socket.AF_UNIX)
listener.bind({str(place.socket)!r})
os.setuid(65534)
listener.listen()
print("listening", flush=True)
print(listener.accept()[0].recv(100))
"""
    with subprocess.Popen([sys.executable, "-c", listen], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "listening\n"
        result = begin(home).run("1")
        heard = other.communicate()[0]

    assert (result.status, heard) == ("refused", "b''\n")


def test_a_host_ends_when_its_data_directory_is_gone(home: Path) -> None:
    begin(home).run("x = 1")

    shutil.rmtree(home)

    until(lambda: not hosts_of(home))


def test_a_host_knows_no_secret_and_shows_no_settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROUNDTABLE_LLM__API_KEY", "OPENAI_API_KEY", "CI_JOB_THING"):
        monkeypatch.setenv(name, "sk-canary")
    begin(home).run("1")

    (host,) = hosts_of(home)
    assert "sk-canary" not in Path(f"/proc/{host.pid}/environ").read_text()
    assert host.cmdline()[1:3] == ["-m", "agents.sandbox.host"]
    assert all(word.isdigit() for word in host.cmdline()[3:])
    assert (host.terminal(), os.getsid(host.pid) != os.getsid(0)) == (None, True)


def test_hosts_live_beside_each_other_and_beside_the_owner_of_the_data(home: Path) -> None:
    lock = DataDirectoryLock(home, exclusive=True, command="test")
    try:
        for name in ("a", "b"):
            begin(home, name).run(f"x = '{name}'")
        assert [begin(home, name).run("print(x)").stdout for name in ("a", "b")] == ["a\n", "b\n"]
        found = live_sessions(home)
    finally:
        lock.close()
    DataDirectoryLock(home, exclusive=True, command="again").close()
    assert [(session.id, session.backend, session.isolation, session.busy) for session in found] == [
        ("a", "bubblewrap", "full", False),
        ("b", "bubblewrap", "full", False),
    ]
    assert sorted(session.pid for session in found) == sorted(host.pid for host in hosts_of(home))


def test_without_a_sandbox_the_run_is_refused_and_no_host_stays(home: Path) -> None:
    session = RemoteSession(Place.within(home, "s"), SandboxSettings(backends=("none",)))

    result = session.run("1")

    assert (result.status, result.isolation) == ("refused", "none")
    assert "code is never run" in result.stderr
    until(lambda: not hosts_of(home), 1)
    assert not Place.within(home, "s").state.exists()


@pytest.mark.parametrize(
    "code", ["", "x\0", "x = '\ud800'", "#" * 10_000_000], ids=["empty", "binary", "surrogate", "10 MB"]
)
def test_what_is_no_code_is_an_error_and_starts_nothing(home: Path, code: str) -> None:
    result = begin(home).run(code)

    assert (result.status, result.state_lost, len(result.stderr.splitlines())) == ("error", False, 1)
    assert hosts_of(home) == []


def test_a_host_survives_nonsense(home: Path) -> None:
    begin(home).run("x = 1")
    place = Place.within(home, "s")
    for nonsense in (b"\xff\n", b"[]\n", b'{"op": "fly"}\n', b'{"op": "run"}\n', b'{"no": 1}\n', b"x" * 1000, b""):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(place.socket))
            connection.sendall(nonsense)

    assert begin(home).run("print(x)").stdout == "1\n"


def test_a_host_loads_nothing_heavy() -> None:
    code = f"import sys, agents.sandbox.host; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_host_can_be_terminated_like_any_process(home: Path) -> None:
    number = marker()
    begin(home).run(f"import subprocess; child = subprocess.Popen(['sleep', '{number}'])")

    hosts_of(home)[0].send_signal(signal.SIGTERM)

    until(lambda: not hosts_of(home) and not marked(number))
    assert begin(home).run("1").state_lost


def test_a_session_does_not_outlive_what_the_settings_allow(home: Path) -> None:
    begin(home).run("x = 1")
    for backends in (("none",), ("docker", "landlock")):
        refused = RemoteSession(Place.within(home, "s"), SandboxSettings(backends=backends)).run("print(x)")
        assert (refused.status, refused.stdout) == ("refused", "")
        assert "runs behind bubblewrap, which the settings no longer allow" in refused.stderr
        assert "sandbox close s" in refused.stderr
    assert begin(home).run("print(x)").stdout == "1\n"
