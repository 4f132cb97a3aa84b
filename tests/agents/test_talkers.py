"""One conversation in several hands, and runs that wait: nobody breaks or holds up another."""

from __future__ import annotations

import sqlite3
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.conversation import Conversation
from agents.errors import ConversationError
from agents.events import Event, Failed, MessageCompleted, Retrieved, RunCompleted, RunStarted, TokenDelta
from agents.log import ledger
from agents.log.exporting import as_markdown
from agents.log.store import SQLiteConversationStore
from agents.ports import ConversationInfo
from agents.turns.memory import remember
from tests.agents.table import completed, conversation, of, served
from tests.openai_server import Request, ScriptedServer, say, silence

QUESTION = "What does the premium plan cost?"


def again(talk: Conversation) -> Conversation:
    """The same conversation as another window has it open."""
    return Conversation(talk.info, talk._resources, memory=remember(talk.events()))


def test_a_second_window_is_told_to_wait_and_then_goes_on_with_everything(tmp_path: Path) -> None:
    with ScriptedServer([say("90 euros [1]. " * 20, delay_s=0.02), say("40 euros [2].")]) as server:
        talk = conversation(tmp_path, model=served(server))
        run = talk.ask(QUESTION)
        assert isinstance(next(run), RunStarted)
        beside = again(talk)
        with pytest.raises(ConversationError, match="answered in another window or process"):
            beside.ask("What does the standard plan cost?")
        end = completed(run)
        assert completed(beside.ask("What does the standard plan cost?")).answer == "40 euros [2]."
        asked = [m["content"] for m in server.requests[1].body["messages"]]
        assert asked[1:3] == [QUESTION, end.answer]
    assert [event.seq for event in talk.events()] == list(range(1, len(talk.events()) + 1))


def test_many_who_open_an_interrupted_conversation_end_it_once(tmp_path: Path) -> None:
    store = SQLiteConversationStore(tmp_path / "roundtable.sqlite")
    talk = conversation(tmp_path)
    info = ConversationInfo(id="cut", kb="k", team="qa", strategy="hybrid")
    store.create(info)
    begun = RunStarted(question=QUESTION, team="qa", kb="k", strategy="hybrid", process="1@0.00")
    words = TokenDelta(agent="assistant", message_id="m", text="It is [see](http://evil.example/?q=1)")
    store.append(replace(begun, conversation_id="cut", seq=1))
    store.append(replace(words, conversation_id="cut", seq=2))
    opened = Conversation(info, talk._resources, memory=remember(store.events("cut")))
    threads = [threading.Thread(target=opened.recover) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = list(store.events("cut"))
    assert [type(event) for event in events] == [RunStarted, TokenDelta, MessageCompleted, Failed]
    assert "evil" not in of(MessageCompleted, events)[0].content


def test_a_run_whose_small_call_hangs_holds_up_no_other(tmp_path: Path) -> None:
    def answer(request: Request) -> Any:
        return silence() if str(request.body["messages"][0]["content"]).startswith("Rewrite") else say("90 [1].")

    with ScriptedServer(answer) as server:
        first, second = (conversation(tmp_path, model=served(server, timeout_s=20.0)) for _ in range(2))
        list(first.ask(QUESTION))
        waiting = first.ask("And the standard one?")
        while len(server.requests) < 2:
            time.sleep(0.01)
        started = time.monotonic()
        assert completed(second.ask(QUESTION)).answer == "90 [1]."
        assert time.monotonic() - started < 5
        first.stop()
        assert completed(waiting).stopped


def test_what_was_said_before_a_stop_leads_nowhere(tmp_path: Path) -> None:
    words = "It is 90 euros [1][777]. [details](http://evil.example/?q=secret) and so on. " + "More of it. " * 200
    with ScriptedServer([say(words, delay_s=0.005)]) as server:
        talk = conversation(tmp_path, model=served(server))
        seen: list[Event] = []
        for event in talk.ask(QUESTION):
            seen.append(event)
            if len(of(TokenDelta, seen)) == 60:
                talk.stop()
    end = completed(seen)
    assert end.answer.startswith("It is 90 euros [1].")
    assert end.removed_markers == (777,)
    told = [end.answer, of(MessageCompleted, seen)[-1].content, as_markdown(talk.info, seen)]
    assert not [text for text in told if "evil.example/" in text]


def test_numbers_of_an_older_log_are_taken_over_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "roundtable.sqlite"
    talk = conversation(tmp_path)
    list(talk.ask(QUESTION))
    given = {p["marker"]: p["chunk_id"] for e in of(Retrieved, talk.events()) for p in e.passages}
    with sqlite3.connect(path) as db:
        db.execute(f"DROP TABLE {ledger.TABLE}")
        db.execute("""INSERT INTO events VALUES ('broken', 1, '{"type": "Retrieved", "agent": "r", "query": "q"}')""")
    for _ in range(2):
        passages = SQLiteConversationStore(path).ledger(talk.id).of_markers(list(given))
        assert {p.marker: p.hit.chunk.id for p in passages} == given


def test_a_branch_keeps_its_files_when_what_it_came_from_is_deleted(tmp_path: Path) -> None:
    from agents.app import build_app
    from configs.settings import Settings

    app = build_app(Settings(data_dir=tmp_path))
    app.library.create("default")
    store, made = app.store, tmp_path / "artifacts" / "trunk" / "plot-1.png"
    made.parent.mkdir(parents=True)
    made.write_bytes(b"a picture")
    store.create(ConversationInfo(id="trunk", kb="default", team="qa", strategy="hybrid"))
    begun = RunStarted(conversation_id="trunk", seq=1, question=QUESTION, team="qa", kb="default", strategy="hybrid")
    picture = {"name": "plot-1.png", "media_type": "image/png", "bytes": 9, "path": str(made)}
    end = RunCompleted(conversation_id="trunk", seq=2, answer="Here.", abstained=False, artifacts=(picture,))
    store.append(begun)
    store.append(end)
    branch = app.branch("trunk")
    app.delete("trunk")
    (kept,) = completed(branch.events()).artifacts
    assert not made.exists()
    assert Path(kept["path"]).read_bytes() == b"a picture"
    assert branch.id in kept["path"]
    app.close()


class Forgetful(SQLiteConversationStore):
    """Cannot keep the end of the first run."""

    failed = False

    def append(self, event: Event) -> None:
        if isinstance(event, RunCompleted) and not self.failed:
            self.failed = True
            raise ConversationError("The disk is full.")
        super().append(event)


def test_a_run_whose_end_could_not_be_kept_does_not_lock_its_conversation(tmp_path: Path) -> None:
    talk = conversation(tmp_path)
    talk._resources = replace(talk._resources, store=Forgetful(tmp_path / "roundtable.sqlite"))
    with pytest.raises(ConversationError, match="The disk is full"):
        list(talk.ask(QUESTION))
    assert "40 euros" in completed(talk.ask("What does the standard plan cost?")).answer
    assert [type(event).__name__ for event in talk.events()].count("Failed") == 1


def test_a_branch_through_words_that_were_never_whole_leads_nowhere(tmp_path: Path) -> None:
    words = "It is [see](http://evil.example/?q=1) [777] and more " + "of it " * 100
    with ScriptedServer([say(words, delay_s=0.002)]) as server:
        talk = conversation(tmp_path, model=served(server))
        list(talk.ask(QUESTION))
        at = of(TokenDelta, talk.events())[40].seq
        info = ConversationInfo(id="branch", kb="k", team="qa", strategy="hybrid")
        talk._resources.store.copy(talk.id, info, through=at)  # type: ignore[attr-defined]
        branch = Conversation(info, talk._resources, memory=remember(talk._resources.store.events("branch")))
        branch.cut()
    told = [of(MessageCompleted, branch.events())[-1].content, completed(branch.events()).answer]
    assert not [text for text in told if "evil.example/" in text or "777" in text]
    assert all("and more" in text for text in told)
