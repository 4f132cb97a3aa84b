"""The sandbox commands as people and scripts meet them: real processes, interrupted and killed."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.agents.sandbox.hosts import close_all, hosts_of, marked, marker, until
from tests.ui.sandbox_command import ENVIRONMENT, run, sandbox, start

KEYS = {"backend", "isolation", "status", "exit_code", "stdout", "stderr", "artifacts", "state_lost", "ms"}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    close_all(tmp_path / "data")


# Runs that leave nothing


def test_a_run_prints_what_the_design_says(home: Path) -> None:
    code, out, err = sandbox(home, "run", "-", "--json", given="print(6 * 7)")

    document = json.loads(out)
    assert (code, err) == (0, "")
    assert set(document) == KEYS
    assert {name: document[name] for name in KEYS - {"ms"}} == {
        "backend": "bubblewrap",
        "isolation": "full",
        "status": "ok",
        "exit_code": 0,
        "stdout": "42\n",
        "stderr": "",
        "artifacts": [],
        "state_lost": False,
    }
    assert not (home / "artifacts").exists()


def test_as_text_a_run_is_what_the_program_printed(home: Path) -> None:
    given = "import sys; sys.stdout.write('no end'); sys.stderr.write('a warning'); open('a.csv', 'w').write('a,b')"

    code, out, err = sandbox(home, "run", "-", given=given)

    assert (code, out) == (0, "no end")
    warning, file = err.splitlines()
    assert warning == "a warning"
    name, _, path = file.partition(": ")
    assert (name, Path(path).read_text()) == ("File a.csv", "a,b")


def test_files_go_to_a_new_folder_of_the_data_directory(home: Path) -> None:
    (first,), (second,) = (run(home, "open('a.csv', 'w').write('a,b')")["artifacts"] for _ in range(2))

    assert set(first) == {"name", "media_type", "bytes", "path"}
    assert (first["name"], first["media_type"], first["bytes"]) == ("a.csv", "text/csv", 3)
    assert Path(first["path"]).parents[1] == Path(second["path"]).parents[1] == home / "artifacts"
    assert first["path"] != second["path"]


@pytest.mark.parametrize("session", [(), ("--session", "s")], ids=["alone", "session"])
def test_files_go_where_they_are_wanted_and_replace_nothing(home: Path, tmp_path: Path, session: tuple[str]) -> None:
    wanted = tmp_path / "wanted"
    for content in ("first", "second"):
        run(home, f"open('a.txt', 'w').write('{content}')", "--keep", str(wanted), *session)

    assert {path.name: path.read_text() for path in wanted.iterdir()} == {"a.txt": "first", "a-2.txt": "second"}
    assert not [path for path in (home / "artifacts").rglob("*") if path.is_file()]


def test_a_place_where_nothing_can_be_kept_is_said(home: Path) -> None:
    for session in ([], ["--session", "s"]):
        document = run(home, "open('a.txt', 'w').write('x'); print('ran')", "--keep", "/proc/nowhere", *session)
        assert (document["status"], document["stdout"]) == ("ok", "ran\n")
        assert "cannot be kept in /proc/nowhere" in document["stderr"]


@pytest.mark.parametrize(
    ("name", "code", "options"),
    [
        ("a.sh", "echo $((6 * 7))", ()),
        ("a.SH", "echo $((6 * 7))", ()),
        ("a.py", "print(6 * 7)", ()),
        ("a.txt", "print(6 * 7)", ()),
        ("a.txt", "echo $((6 * 7))", ("--language", "sh")),
        ("bom.py", "\ufeffprint(6 * 7)", ()),
    ],
)
def test_the_suffix_or_an_option_says_the_language(
    home: Path, tmp_path: Path, name: str, code: str, options: tuple[str]
) -> None:
    (tmp_path / name).write_text(code, encoding="utf-8")

    assert sandbox(home, "run", tmp_path / name, *options) == (0, "42\n", "")


@pytest.mark.parametrize("language", ["python", "sh"])
def test_a_run_leaves_no_process_behind(home: Path, language: str) -> None:
    number = marker()
    code = {
        "python": f"import subprocess; print(subprocess.Popen(['sleep', '{number}'], start_new_session=True).pid > 0)",
        "sh": f"setsid sleep {number} & echo True",
    }[language]

    assert run(home, code, "--language", language)["stdout"] == "True\n"

    until(lambda: not marked(number), 1)


@pytest.mark.parametrize("session", [(), ("--session", "s")], ids=["alone", "session"])
def test_a_failure_is_its_stderr_and_exit_code_1(home: Path, session: tuple[str]) -> None:
    code, out, err = sandbox(home, "run", "-", *session, given="print('begun'); 1 / 0")
    assert (code, out) == (1, "begun\n")
    assert err.endswith("ZeroDivisionError: division by zero\n")

    code, out, err = sandbox(home, "run", "-", "--json", *session, given="print('begun'); 1 / 0")
    document = json.loads(out)
    assert (code, document["status"], document["exit_code"]) == (1, "error", 1)
    assert document["stderr"].rstrip() == err.rstrip()


@pytest.mark.parametrize("session", [(), ("--session", "s")], ids=["alone", "session"])
def test_a_hang_is_back_in_time(home: Path, session: tuple[str]) -> None:
    run(home, "1", *session)
    since = time.monotonic()

    code, out, err = sandbox(home, "run", "-", "--json", "--timeout", "1", *session, given="while True: pass")

    assert time.monotonic() - since < 1 + 3
    document = json.loads(out)
    assert (code, document["status"], document["state_lost"]) == (1, "timeout", False)
    assert err.rstrip().endswith("it took longer than 1 s.")


def test_ctrl_c_ends_a_run_alone(home: Path) -> None:
    number = marker()
    process = start(home, "run", "-", "--json")
    assert process.stdin is not None
    process.stdin.write(f"import subprocess; subprocess.run(['sleep', '{number}'])")
    process.stdin.close()
    process.stdin = None
    until(lambda: marked(number))

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)

    assert (process.returncode, err) == (130, "Interrupted.\n")
    assert json.loads(out)["error"]["message"] == "Interrupted."
    until(lambda: not marked(number), 2)


# Sessions


def test_a_session_lives_on_until_it_is_closed(home: Path) -> None:
    assert run(home, "x = 6\nopen('a.txt', 'w').write('kept')", "--session", "s")["state_lost"] is False
    document = run(home, "print(x * 7, open('a.txt').read())", "--session", "s")
    assert set(document) == KEYS
    assert (document["stdout"], document["state_lost"]) == ("42 kept\n", False)
    assert run(home, "cat a.txt", "--session", "s", "--language", "sh")["stdout"] == "kept"

    (host,) = hosts_of(home)
    listed = json.loads(sandbox(home, "list", "--json")[1])
    (session,) = listed["sessions"]
    assert set(session) == {"id", "pid", "backend", "isolation", "busy", "waiting", "idle_s"}
    assert (session["id"], session["pid"], session["busy"]) == ("s", host.pid, False)
    assert sandbox(home, "list")[1].startswith("s: idle for ")

    assert json.loads(sandbox(home, "close", "s", "--json")[1]) == {"closed": "s"}
    assert hosts_of(home) == []
    assert json.loads(sandbox(home, "list", "--json")[1]) == {"sessions": []}
    assert run(home, "print('x' in globals())", "--session", "s")["stdout"] == "False\n"


def test_sessions_do_not_see_each_other(home: Path) -> None:
    run(home, "x = 1", "--session", "a")
    assert run(home, "print('x' in globals())", "--session", "b")["stdout"] == "False\n"


def test_closing_a_session_that_is_not_there_is_one_sentence(home: Path) -> None:
    code, out, err = sandbox(home, "close", "s", "--json")

    assert code == 1
    assert json.loads(out)["error"]["type"] == "SandboxSessionGone"
    assert err == "Error: There is no session by the name of 's'. `sandbox list` shows those that are there.\n"


def test_after_the_host_was_killed_the_next_run_says_that_state_is_lost(home: Path) -> None:
    run(home, "x = 1", "--session", "s")
    hosts_of(home)[0].kill()
    until(lambda: not hosts_of(home))

    code, out, err = sandbox(home, "run", "-", "--session", "s", given="print('x' in globals())")

    assert (code, out, err) == (0, "False\n", "The variables made before are lost.\n")
    assert run(home, "1", "--session", "s")["state_lost"] is False


def test_an_idle_session_ends(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENVIRONMENT, "ROUNDTABLE_SANDBOX__IDLE_S", "0.3")
    run(home, "x = 1", "--session", "s")
    until(lambda: not hosts_of(home))

    assert run(home, "1", "--session", "s")["state_lost"] is True


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_cell_stops_with_its_command_and_the_session_stays(home: Path, how: signal.Signals) -> None:
    number = marker()
    run(home, "x = 1", "--session", "s")
    process = start(home, "run", "-", "--session", "s")
    assert process.stdin is not None
    process.stdin.write(f"import subprocess; subprocess.run(['sleep', '{number}'])")
    process.stdin.close()
    process.stdin = None
    until(lambda: marked(number))

    process.send_signal(how)
    process.communicate()

    assert process.returncode == (130 if how is signal.SIGINT else -how)
    until(lambda: not marked(number), 3)
    document = run(home, "print(x)", "--session", "s")
    assert (document["stdout"], document["state_lost"]) == ("1\n", False)


def test_commands_that_begin_a_session_at_once_share_it(home: Path) -> None:
    code = "seen = [*globals().get('seen', []), 1]; print(len(seen))"
    with ThreadPoolExecutor(4) as pool:
        documents = list(pool.map(lambda _: run(home, code, "--session", "s"), range(4)))

    assert sorted(document["stdout"] for document in documents) == ["1\n", "2\n", "3\n", "4\n"]
    assert len(hosts_of(home)) == 1


def test_a_command_that_waits_for_its_turn_can_be_interrupted(home: Path) -> None:
    number = marker()
    first, second = start(home, "run", "-", "--session", "s"), start(home, "run", "-", "--session", "s")
    for process, code in ((first, f"import subprocess; subprocess.run(['sleep', '{number}'])"), (second, "print(2)")):
        assert process.stdin is not None
        process.stdin.write(code)
        process.stdin.close()
        process.stdin = None
        until(lambda: marked(number))
    until(lambda: json.loads(sandbox(home, "list", "--json")[1])["sessions"][0]["waiting"] == 1)

    second.send_signal(signal.SIGINT)

    assert second.communicate(timeout=3)[0] == ""
    assert second.returncode == 130
    assert marked(number)
    first.send_signal(signal.SIGINT)
    first.communicate()


def test_a_long_data_directory_and_a_long_id_work(tmp_path: Path) -> None:
    home = tmp_path / ("d" * 200) / ("e" * 200)
    try:
        assert run(home, "x = 6", "--session", "x" * 64)["status"] == "ok"
        assert run(home, "print(x * 7)", "--session", "x" * 64)["stdout"] == "42\n"
    finally:
        close_all(home)


# What is not right


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (["run", "/nowhere.py"], "", "/nowhere.py cannot be read as text (No such file or directory)."),
        (["run", "/usr"], "", "/usr cannot be read as text (Is a directory)."),
        (["run", "/usr/bin/env"], "", "/usr/bin/env cannot be read as text (it is not UTF-8)."),
        (["run", "-", "--session", "a b"], "1", "'a b' is no ID of a session."),
        (["run", "-", "--session", "../x"], "1", "'../x' is no ID of a session."),
        (["run", "-", "--session", ""], "1", "'' is no ID of a session."),
        (["close", "a/b"], "", "'a/b' is no ID of a session."),
        (["shell", "--session", "a b"], "", "'a b' is no ID of a session."),
    ],
    ids=str,
)
def test_bad_input_is_one_line(home: Path, arguments: list[str], given: str, said: str) -> None:
    code, out, err = sandbox(home, *arguments, given=given)

    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert err.startswith(f"Error: {said}")


@pytest.mark.parametrize(
    ("given", "said"),
    [("", "There is no code to run."), ("x\0", "NUL"), ("#" * 10_000_000, "10000000 bytes")],
    ids=["empty", "NUL", "10 MB"],
)
@pytest.mark.parametrize("session", [(), ("--session", "s")], ids=["alone", "session"])
def test_what_is_no_code_is_a_result(home: Path, given: str, said: str, session: tuple[str]) -> None:
    code, out, err = sandbox(home, "run", "-", "--json", *session, given=given)

    document = json.loads(out)
    assert (code, set(document), document["status"]) == (1, KEYS, "error")
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("session", [(), ("--session", "s")], ids=["alone", "session"])
def test_without_a_sandbox_a_run_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch, session: tuple[str]) -> None:
    monkeypatch.setitem(ENVIRONMENT, "ROUNDTABLE_SANDBOX__BACKENDS", "none")

    code, out, err = sandbox(home, "run", "-", "--json", *session, given="print(1)")

    document = json.loads(out)
    assert (code, set(document), document["status"], document["isolation"]) == (1, KEYS, "refused", "none")
    assert "code is never run" in err


@pytest.mark.parametrize(
    "arguments",
    [["run"], ["run", "-", "--timeout", "0"], ["run", "-", "--language", "perl"], ["close"], ["list", "x"], ["fly"]],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(home: Path, arguments: list[str]) -> None:
    assert sandbox(home, *arguments)[0] == 2


def test_a_folder_somebody_else_may_enter_is_closed_to_them(home: Path) -> None:
    (home / "sandbox").mkdir(parents=True, mode=0o777)
    (home / "sandbox").chmod(0o777)

    assert run(home, "1", "--session", "s")["status"] == "ok"
    assert (home / "sandbox").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("command", ["check", "run", "shell", "list", "close"])
def test_help_teaches_with_an_example(home: Path, command: str) -> None:
    code, out, _ = sandbox(home, command, "--help")

    assert code == 0
    assert f"python main.py sandbox {command}" in " ".join(out.split())


def test_check_says_where_code_would_run(home: Path) -> None:
    code, out, _ = sandbox(home, "check", "--json")

    document = json.loads(out)
    assert code == 0
    assert set(document) == {"backend", "isolation", "usable", "backends"}
    assert (document["backend"], document["isolation"], document["usable"]) == ("bubblewrap", "full", True)
