"""Kept conversations on the command line: found, read, continued, compared, exported and deleted."""

from __future__ import annotations

import io
import json
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from agents.app import App, build_app
from agents.errors import ConversationError
from agents.events import from_json
from agents.log.store import SQLiteConversationStore
from agents.ports import ConversationInfo
from configs.settings import Settings
from tests.openai_server import ScriptedServer, call, say
from ui.cli import main
from ui.web.command_route import serve_actions

WARRANTY = "How long is the warranty of the lamp?"
LEAVE = "年假有几天？"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory in which two questions were asked, WARRANTY before LEAVE."""
    root = tmp_path_factory.mktemp("conversations")
    (root / "documents").mkdir()
    (root / "documents" / "lamp.md").write_text(
        "# Lamp\n\n## Warranty\n\nThe lamp has a warranty of two years.\n\n## Price\n\nThe lamp costs 40 euros.\n"
    )
    (root / "documents" / "假期.md").write_text("# 员工手册\n\n## 年假\n\n员工每年有十二天带薪年假。\n")
    for command in (["ingest", str(root / "documents")], ["ask", WARRANTY], ["ask", LEAVE]):
        assert main(["--data-dir", str(root / "data"), *command]) == 0
    return root / "data"


@pytest.fixture
def home(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path / "data")


class Command:
    """Runs commands on one data directory."""

    def __init__(self, capsys: pytest.CaptureFixture[str], home: Path) -> None:
        self._capsys, self.home = capsys, home
        self.config: Path | None = None

    def __call__(self, *words: str | Path, code: int = 0) -> str:
        """What is on stdout once the command has ended with that code."""
        out, err = self.both(*words, code=code)
        assert not (code == 0 and "Error" in err), err
        return out

    def both(self, *words: str | Path, code: int) -> tuple[str, str]:
        self._capsys.readouterr()
        config = ["--config", str(self.config)] if self.config else []
        assert main(["--data-dir", str(self.home), *config, *map(str, words)]) == code
        return self._capsys.readouterr()

    def json(self, *words: str | Path) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self(*words, "--json"))
        return document

    def latest(self) -> str:
        """The id of the conversation that was begun last."""
        return str(self.json("conversations", "list")["conversations"][0]["id"])


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], home: Path) -> Command:
    return Command(capsys, home)


@pytest.fixture
def modelled(run: Command, tmp_path: Path) -> Iterator[Callable[..., ScriptedServer]]:
    """Lets a scripted model answer from now on; `other` is a second name for it."""
    servers = []

    def begin(*script: Any) -> ScriptedServer:
        server = ScriptedServer(list(script))
        servers.append(server)
        llm = {"provider": "openai", "base_url": server.base_url, "model": "scripted", "max_retries": 0}
        run.config = tmp_path / "config.yaml"
        run.config.write_text(json.dumps({"llm": llm, "models": {"other": {"model": "other-model"}}}))
        return server

    yield begin
    for server in servers:
        server.close()
        server.assert_consumed()


@contextmanager
def an_app_running(home: Path) -> Iterator[App]:
    """An app that owns the data directory, with its private interface."""
    app = build_app(Settings(data_dir=home), exclusive=True, command="ui")
    server = FastAPI()
    serve_actions(server, app, "secret")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        service = uvicorn.Server(uvicorn.Config(server, log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=service.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not service.started:
            time.sleep(0.01)
        app.library.lock.announce(command="ui", url=f"http://127.0.0.1:{listener.getsockname()[1]}", token="secret")
        yield app
        service.should_exit = True
        thread.join()
    app.close()


def bytes_of(home: Path) -> dict[str, bytes]:
    """Everything in a folder, the names of files included."""
    files = [path for path in home.rglob("*") if path.is_file()]
    return {str(path.relative_to(home)): path.read_bytes() for path in files}


def test_the_list_says_when_about_what_and_how_much(run: Command) -> None:
    first, second = run("conversations", "list").splitlines()
    assert LEAVE in first
    assert WARRANTY in second
    assert "  default/qa  1 question  " in second
    assert len(second.split()[0]) == 32
    assert time.strftime("%Y-%m-") in second
    assert run.json("conversations", "list")["conversations"][1]["questions"] == 1


@pytest.mark.parametrize(
    ("words", "titles"),
    [("WARRANTY of the", [WARRANTY]), ("十二天", [LEAVE]), ("two years", [WARRANTY]), ("zebra", [])],
)
def test_a_search_looks_into_titles_questions_and_answers(run: Command, words: str, titles: list[str]) -> None:
    found = run.json("conversations", "list", "--search", words)["conversations"]
    assert [info["title"] for info in found] == titles


def test_show_has_everything_in_json_and_says_that_no_model_was_paid(run: Command) -> None:
    conversation = run.latest()
    document = run.json("conversations", "show", conversation[:4])
    assert set(document) == {"conversation_id", "events", "info", "usage"}
    assert document["conversation_id"] == document["info"]["id"] == conversation
    assert document["events"][0]["question"] == LEAVE
    text = run("conversations", "show", conversation)
    assert f"user: {LEAVE}" in text
    assert text.endswith("No language model was called.\n")


def test_the_bill_has_a_line_for_each_agent_and_one_for_all(
    run: Command, modelled: Callable[..., ScriptedServer]
) -> None:
    modelled(say("It is two years [1]."), say("APPROVED"))
    run("ask", WARRANTY, "--team", "analyst")
    *_, assistant, critic, everything = run("conversations", "show", run.latest()).splitlines()
    usage = run.json("conversations", "show", run.latest())["usage"]
    tokens = f"{usage['agents']['assistant']['prompt_tokens']:,}+{usage['agents']['assistant']['completion_tokens']:,}"
    assert assistant.startswith(f"assistant: 1 call, {tokens} tokens, ")
    assert critic.startswith("critic: 1 call, ")
    assert everything.startswith(f"all: 2 calls, {usage['prompt_tokens']:,}+{usage['completion_tokens']:,} tokens, ")


def test_a_trace_is_a_tree_with_what_was_said(run: Command) -> None:
    text = run("conversations", "show", run.latest(), "--trace")
    assert "\ninvoke_workflow qa " in text
    assert "\n  retrieval " in text
    assert f"| user: {LEAVE}" in text
    assert "No language model was called." in text
    names = [span["name"] for span in run.json("conversations", "show", run.latest(), "--trace")["spans"]]
    assert names[0] == "invoke_workflow qa"


def test_a_title_loses_what_cannot_be_seen(run: Command) -> None:
    conversation = run.latest()
    renamed = run.json("conversations", "rename", conversation[:6], " 年假\x1b[2J \u202e2025\n")
    assert renamed == {"conversation_id": conversation, "title": "年假 2025"}
    assert "  年假 2025" in run("conversations", "list").splitlines()[0]


def test_an_export_reads_as_markdown(run: Command, tmp_path: Path) -> None:
    run("conversations", "export", run.latest(), "-o", tmp_path / "leave.md")
    text = (tmp_path / "leave.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {LEAVE}\n\n- Date: ")
    assert f"## Question 1\n\n> {LEAVE}\n" in text
    assert "- [1] 假期.md: “员工每年有十二天带薪年假。”\n" in text
    assert run("conversations", "export", run.latest()) == text


def test_an_export_as_json_holds_every_event(run: Command, tmp_path: Path) -> None:
    conversation = run.latest()
    document = run.json("conversations", "export", conversation, "--format", "json", "-o", tmp_path / "c.json")
    content = (tmp_path / "c.json").read_bytes()
    assert document == {
        "conversation_id": conversation,
        "format": "json",
        "file": str(tmp_path / "c.json"),
        "bytes": len(content),
    }
    kept = json.loads(content)
    store = SQLiteConversationStore(run.home / "roundtable.sqlite")
    assert [from_json(json.dumps(event)) for event in kept["events"]] == list(store.events(conversation))
    assert kept["info"] == vars(store.info(conversation))
    store.close()


def test_an_exported_trace_holds_no_words_unless_asked_for(run: Command) -> None:
    arguments = ("conversations", "export", run.latest(), "--format", "otlp")
    bare, full = json.loads(run(*arguments)), json.loads(run(*arguments, "--content"))
    assert bare["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"] == "invoke_workflow qa"
    assert "十二天" not in json.dumps(bare, ensure_ascii=False)
    assert "十二天" in json.dumps(full, ensure_ascii=False)


def test_an_existing_file_is_written_over_only_by_force(run: Command, tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_text("mine")
    _, err = run.both("conversations", "export", run.latest(), "-o", file, code=1)
    assert err == f"Error: {file} is there already. Add --force to write over it.\n"
    assert file.read_text() == "mine"
    run("conversations", "export", run.latest(), "-o", file, "--force")
    assert file.read_text(encoding="utf-8").startswith(f"# {LEAVE}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "notes.md"]


def test_a_branch_goes_on_and_leaves_the_first_as_it_was(run: Command) -> None:
    first = run.latest()
    before = run.json("conversations", "show", first)
    branch = run("conversations", "branch", first).strip()
    answer = run("ask", "How much is the lamp?", "--conversation", branch[:8])
    assert "40 euros" in answer
    assert run.json("conversations", "show", first) == before
    shown = run.json("conversations", "show", branch)
    assert shown["info"]["parent"] == first
    assert [e["question"] for e in shown["events"] if e["type"] == "RunStarted"] == [LEAVE, "How much is the lamp?"]


def test_a_branch_may_begin_in_the_middle(run: Command) -> None:
    branch = run.json("conversations", "branch", run.latest(), "--at", "1")["conversation_id"]
    shown = run.json("conversations", "show", branch)
    assert shown["events"][0]["question"] == LEAVE
    assert shown["events"][-1]["stopped"]


def test_a_retry_asks_another_model_and_can_be_compared(run: Command, modelled: Callable[..., ScriptedServer]) -> None:
    first = next(c["id"] for c in run.json("conversations", "list")["conversations"] if c["title"] == WARRANTY)
    server = modelled(say("The lamp has a warranty of two years [1]."))
    text = run("conversations", "retry", first, "--model", "other")
    assert text.startswith("The lamp has a warranty of two years [1].\n\n[1] ")
    again = text.split()[-1]
    assert text.endswith(f"\n\nConversation: {again}\n")
    assert server.requests[0].body["model"] == "other-model"
    compared = run.json("conversations", "compare", first, again)
    assert compared["second"]["model"] == "other"
    (question,) = compared["questions"]
    assert (question["matched"], question["same_answer"]) == ("text", False)
    assert len(question["citations"]["shared"]) == 1
    assert compared["totals"]["second"]["usage"]["calls"] == 1
    told = run("conversations", "compare", first, again)
    assert f"1. {WARRANTY}\n" in told
    assert "\n   second: The lamp has a warranty of two years [1]. (1 citation, 0 unsupported, 1 call, " in told
    assert "cited by both: 1, " in told


def test_an_answer_names_what_its_sources_do_not_support(run: Command, modelled: Callable[..., ScriptedServer]) -> None:
    invented = "The committee of Lisbon elected seven purple elephants [1]."
    modelled(*[say(f"The lamp has a warranty of two years [1]. {invented}")] * 2)
    text = run("ask", WARRANTY)
    doubts = [line for line in text.splitlines() if line.startswith("Not supported by what it cites: ")]
    assert len(doubts) == 1
    assert "seven purple elephants" in doubts[0]
    assert text.index("Not supported") < text.index("\n[1] ")
    document = run.json("ask", WARRANTY)
    assert [verdict["status"] for verdict in document["support"]] == ["supported", "unsupported"]
    assert (document["removed_markers"], document["title"]) == ([], WARRANTY)


def test_markers_that_were_never_given_are_named(run: Command, modelled: Callable[..., ScriptedServer]) -> None:
    modelled(say("The lamp has a warranty of two years [1][9]."))
    assert run.json("ask", WARRANTY)["removed_markers"] == [9]


def test_a_question_may_name_its_model(run: Command, modelled: Callable[..., ScriptedServer]) -> None:
    server = modelled(say("Two years [1]."), say("It is 40 euros [2]."))
    asked = run.json("ask", WARRANTY, "--model", "other")
    run("ask", "What does the lamp cost in the shop?", "--conversation", asked["conversation_id"])
    assert [request.body["model"] for request in server.requests] == ["other-model", "other-model"]


def test_a_talk_is_resumed_where_it_ended(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = run.latest()
    monkeypatch.setattr("sys.stdin", io.StringIO("What does the lamp cost?\n"))
    text = run("chat", "--conversation", conversation[:5])
    before, _, after = text.partition("assistant: ")
    assert before.startswith(f"user: {LEAVE}\n\n")
    assert "十二天" in before
    assert "40 euros" in after
    assert len(run.json("conversations", "list")["conversations"]) == 2
    assert run.json("conversations", "list")["conversations"][0]["questions"] == 2


def test_deleting_asks_at_a_terminal_and_refuses_elsewhere(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    class Typing(io.StringIO):
        def isatty(self) -> bool:
            return True

    conversation = run.latest()
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    _, err = run.both("conversations", "delete", conversation, code=1)
    assert err == f"Error: Deleting {conversation} was not confirmed. Add --yes.\n"
    monkeypatch.setattr("sys.stdin", Typing("n\n"))
    _, err = run.both("conversations", "delete", conversation, code=130)
    assert f"Delete the conversation {conversation} “{LEAVE}”?" in err
    assert run.latest() == conversation
    monkeypatch.setattr("sys.stdin", Typing("y\n"))
    run("conversations", "delete", conversation)
    assert run.latest() != conversation


def test_nothing_of_a_deleted_conversation_stays_in_any_file(
    run: Command, modelled: Callable[..., ScriptedServer]
) -> None:
    code = "open('zebrafish.txt', 'w').write('zebrafish')"
    modelled(call("run_python", {"code": code}), say("A zebrafish 斑马鱼 [1]."), say("APPROVED"))
    conversation = run.json("ask", "Is the zebrafish 斑马鱼 a lamp?", "--team", "analyst")["conversation_id"]
    words = (b"zebrafish", "斑马鱼".encode(), conversation.encode())
    before = bytes_of(run.home)
    assert all(any(word in name.encode() + held for name, held in before.items()) for word in words)
    assert any(name.endswith("zebrafish.txt") for name in before)
    run("conversations", "delete", conversation, "--yes")
    left = [(name, word) for name, held in bytes_of(run.home).items() for word in words if word in name.encode() + held]
    assert left == []
    assert len(run.json("conversations", "list")["conversations"]) == 2


def test_an_id_that_begins_several_is_one_error_that_names_them(run: Command) -> None:
    store = SQLiteConversationStore(run.home / "roundtable.sqlite")
    for at, (name, title) in enumerate([("abcd", "Whole"), ("abcd1", "Talk 1"), ("abcd2", "Talk 2")], 1):
        store.create(ConversationInfo(id=name, title=title, kb="k", team="qa", strategy="hybrid", created_at=at))
    store.close()
    assert run.json("conversations", "rename", "abcd", "The whole id")["conversation_id"] == "abcd"
    run("conversations", "delete", "abcd", "--yes")
    _, err = run.both("conversations", "show", "abcd", code=1)
    assert err == ("Error: 2 conversations begin with 'abcd': abcd2 (Talk 2), abcd1 (Talk 1). Give more of the id.\n")
    _, err = run.both("conversations", "show", "abc", code=1)
    assert err.startswith("Error: 'abc' is too short for a conversation;")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["show", "nobody"], "There is no conversation 'nobody'."),
        (["show", ""], "There is no conversation ''."),
        (["show", "x" * 1_000_000], "There is no conversation 'xxx"),
        (["rename", "nobody", "t"], "There is no conversation 'nobody'."),
        (["rename", "{id}", "  "], "The title is empty."),
        (["rename", "{id}", "\x1b[2J\u202e\u200b"], "The title is empty."),
        (["rename", "{id}", "长" * 1_000_000], "The title has 1,000,000 characters, and at most 200 are allowed."),
        (["export", "nobody"], "There is no conversation 'nobody'."),
        (["export", "{id}", "-o", "{folder}"], "is a folder, and an export is one file."),
        (["export", "{id}", "-o", "{folder}", "--force"], "is a folder, and an export is one file."),
        (["export", "{id}", "-o", "/proc/nowhere/x.md"], "/proc/nowhere/x.md cannot be written ("),
        (["export", "{id}", "-o", "/dev/null", "--force"], "/dev/null is there already. Give another name."),
        (["export", "{id}", "-o", "{folder}/file/x.md"], "cannot be written (Not a directory)"),
        (["export", "{id}", "-o", "{folder}/" + "n" * 300], "cannot be written (File name too long)"),
        (["delete", "nobody", "--yes"], "There is no conversation 'nobody'."),
        (["branch", "nobody"], "There is no conversation 'nobody'."),
        (["branch", "{id}", "--at", "100000"], "There is no event 100000: they are numbered from 1 to "),
        (["retry", "nobody"], "There is no conversation 'nobody'."),
        (["retry", "{id}", "--team", "crowd"], "'crowd'"),
        (["retry", "{id}", "--model", "nobody"], "'nobody'"),
        (["compare", "{id}", "nobody"], "There is no conversation 'nobody'."),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else "",
)
def test_bad_input_is_one_clear_sentence(run: Command, tmp_path: Path, words: list[str], part: str) -> None:
    (tmp_path / "file").write_text("")
    given = [word.format(id=run.latest(), folder=tmp_path) for word in words]
    before = run.json("conversations", "list")
    _, err = run.both("conversations", *given, code=1)
    assert err.startswith("Error: ")
    assert part in err
    assert err.count("\n") == 1
    assert len(err) < 1000
    assert run.json("conversations", "list") == before


@pytest.mark.parametrize(
    "words",
    [
        ["conversations", "export", "abcd", "--content"],
        ["conversations", "export", "abcd", "--format", "pdf"],
        ["conversations", "branch", "abcd", "--at", "0"],
        ["conversations", "compare", "abcd"],
        ["ask", "x", "--conversation", "abcd", "--kb", "default"],
        ["chat", "--conversation", "abcd", "--model", "other"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(run: Command, words: list[str]) -> None:
    run.both(*words, code=2)


def test_everything_works_while_an_app_owns_the_data(run: Command, tmp_path: Path) -> None:
    first = run.latest()
    with an_app_running(run.home):
        asked = run.json("ask", "What does the lamp cost?", "--conversation", first)
        assert asked["conversation_id"] == first
        assert "40 euros" in asked["answer"]
        branch = run("conversations", "branch", first, "--at", "1").strip()
        again = run.json("conversations", "retry", first, "--strategy", "lexical")["conversation_id"]
        assert run.json("conversations", "compare", first, again)["second"]["strategy"] == "lexical"
        run("conversations", "rename", branch, "A branch")
        assert run.json("ask", "What does the lamp cost?", "--conversation", branch)["title"] == "A branch"
        run("conversations", "export", again, "-o", tmp_path / "again.md")
        shown = run.json("conversations", "show", branch)
        assert (shown["info"]["title"], shown["info"]["parent"]) == ("A branch", first)
        run("conversations", "delete", first, "--yes")
        assert "There is no conversation" in run.both("ask", "And?", "--conversation", first, code=1)[1]
        found = {info["id"] for info in run.json("conversations", "list")["conversations"]}
    assert {branch, again} < found
    assert first not in found
    assert "40 euros" in (tmp_path / "again.md").read_text(encoding="utf-8")


def test_a_conversation_that_an_app_talks_in_is_deleted_there(run: Command) -> None:
    first = run.latest()
    with an_app_running(run.home) as app:
        talk = app.conversation(first)
        run("conversations", "delete", first, "--yes")
        with pytest.raises(ConversationError, match="was deleted"):
            talk.ask("What does the lamp cost?")


def test_deleting_does_not_wait_for_a_long_ingest(run: Command) -> None:
    first = run.latest()
    app = build_app(Settings(data_dir=run.home), exclusive=True, command="ingest --watch")
    assert app.library
    run("conversations", "delete", first, "--yes")
    assert run.both("ask", "Anything?", code=1)[1].startswith("Error: The data directory")
    app.close()
    assert run.latest() != first
