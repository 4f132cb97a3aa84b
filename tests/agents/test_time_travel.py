"""Conversations are resumed, branched, retried with something else, renamed and deleted; each belongs to its owner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents.app import App, build_app
from agents.errors import ConversationError
from agents.events import MessageCompleted, Noted, Retrieved, RunCompleted, RunStarted
from agents.team import Team
from configs.errors import ConfigError
from configs.settings import LLMSettings, Settings
from tests.agents.table import completed, of
from tests.openai_server import ScriptedServer, fail, say
from ui.web.reducer import replay

FIRST, SECOND = "What does the standard plan cost?", "What does the premium plan cost?"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "prices.md").write_text(
        "# Prices\n\nThe standard plan costs 40 euros a month.\n\nThe premium plan costs 90 euros a month.\n",
        encoding="utf-8",
    )
    home = tmp_path_factory.mktemp("home")
    app = build_app(Settings(data_dir=home))
    app.library.create("default").ingest([str(folder)])
    app.close()
    return home


@pytest.fixture
def app(home: Path) -> Iterator[App]:
    app = build_app(Settings(data_dir=home))
    yield app
    app.close()


def test_a_branch_goes_its_own_way_from_any_message(app: App) -> None:
    talk = app.new_conversation()
    first = list(talk.ask(FIRST))
    list(talk.ask(SECOND))
    whole = talk.events()
    branch = app.branch(talk.id, through=first[-1].seq)
    assert [type(e) for e in branch.events()] == [type(e) for e in first]
    assert {event.conversation_id for event in branch.events()} == {branch.id}
    assert (branch.info.parent, branch.info.title) == (talk.id, talk.info.title)
    again = completed(branch.ask(SECOND))
    assert "90 euros" in again.answer
    assert talk.events() == whole
    markers = {p["chunk_id"]: p["marker"] for e in of(Retrieved, whole) for p in e.passages}
    assert all(markers[p["chunk_id"]] == p["marker"] for e in of(Retrieved, branch.events()) for p in e.passages)


def test_a_branch_in_the_middle_of_a_run_ends_it_with_what_was_said(app: App) -> None:
    talk = app.new_conversation()
    list(talk.ask(FIRST))
    answer = of(MessageCompleted, talk.events())[-1]
    end = completed(app.branch(talk.id, through=answer.seq).events())
    assert (end.stopped, end.answer) == (True, answer.content)
    assert [c["marker"] for c in end.citations] == [1]
    asked = app.branch(talk.id, through=1).events()
    assert [type(event) for event in asked] == [RunStarted, RunCompleted]


def test_the_last_question_is_asked_again_with_something_else(app: App) -> None:
    talk = app.new_conversation()
    list(talk.ask(FIRST))
    list(talk.ask(SECOND))
    other, question = app.retry(talk.id, team="analyst", strategy="lexical")
    assert question == SECOND
    assert [run.question for run in of(RunStarted, other.events())] == [FIRST]
    events = list(other.ask(question))
    (begun,) = of(RunStarted, events)
    assert (begun.team, begun.strategy) == ("analyst", "lexical")
    assert "90 euros" in completed(events).answer
    only, question = app.retry(app.branch(talk.id, through=1).id)
    assert (question, only.events()) == (FIRST, [])


def test_a_conversation_is_its_owner_s(app: App) -> None:
    talk = app.new_conversation(owner="ines")
    list(talk.ask(FIRST))
    assert app.conversation(talk.id, owner="ines") is talk
    refused: list[Callable[[], object]] = [
        lambda: app.conversation(talk.id, owner="otto"),
        lambda: app.branch(talk.id, owner="otto"),
        lambda: app.retry(talk.id, owner="otto"),
        lambda: app.rename(talk.id, "mine", owner="otto"),
        lambda: app.delete(talk.id, owner="otto"),
        lambda: app.conversation("nowhere", owner="otto"),
    ]
    told = []
    for attempt in refused:
        with pytest.raises(ConversationError) as caught:
            attempt()
        told.append(caught.value.message.replace(talk.id, "ID").replace("nowhere", "ID"))
    assert set(told) == {"There is no conversation 'ID'."}
    assert talk.id in {info.id for info in app.store.list(owner="ines")}
    assert app.store.list(owner="otto") == []


def test_a_deleted_conversation_takes_no_question_and_leaves_no_word(app: App, home: Path) -> None:
    talk = app.new_conversation()
    list(talk.ask("What does the zanzibarian plan cost?"))
    assert any(b"zanzibarian" in file.read_bytes() for file in home.glob("roundtable.sqlite*"))
    app.delete(talk.id)
    with pytest.raises(ConversationError, match="was deleted"):
        talk.ask(FIRST)
    with pytest.raises(ConversationError, match="There is no conversation"):
        app.conversation(talk.id)
    assert not any(b"zanzibarian" in file.read_bytes() for file in home.glob("roundtable.sqlite*"))


def test_conversations_are_found_by_what_was_said(app: App) -> None:
    talk = app.new_conversation()
    list(talk.ask("What does the PREMIUM plan cost?"))
    app.rename(talk.id, "Preise 价格 100%_")
    for words in ("premium plan", "90 EUROS", "价格", "100%_"):
        assert talk.id in {info.id for info in app.store.list(containing=words)}, words
    assert app.store.list(containing="chunk_id") == []
    assert app.store.list(containing="100%%") == []


def test_replay_is_what_was_seen_live(app: App) -> None:
    talk = app.new_conversation(team="analyst")
    live = [event for question in (FIRST, "And the premium plan?", "thanks") for event in talk.ask(question)]
    assert replay(talk.events()) == replay(live)
    assert list(app.store.events(talk.id)) == live


def with_models(home: Path, **models: ScriptedServer) -> App:
    default, *others = models.items()

    def settings(server: ScriptedServer, **more: str) -> LLMSettings:
        return LLMSettings(provider="openai", base_url=server.base_url, model="scripted", max_retries=0, **more)

    named = {name: settings(server) for name, server in others}
    return build_app(Settings(data_dir=home, llm=settings(default[1], fallback=others[0][0]), models=named))


def test_when_a_model_fails_the_fallback_answers_and_it_is_said(home: Path) -> None:
    with ScriptedServer([fail(503)]) as first, ScriptedServer([say("90 euros [1].")]) as second:
        app = with_models(home, first=first, spare=second)
        events = list(app.new_conversation().ask(SECOND))
        app.close()
    assert completed(events).answer == "90 euros [1]."
    (note,) = of(Noted, events)
    assert note.kind == "fallback"
    assert "503" in note.text


def test_a_conversation_and_each_seat_may_have_a_model_of_their_own(home: Path) -> None:
    agents = (
        {"name": "retriever", "role": "retriever"},
        {"name": "expert", "role": "assistant", "model": "spare"},
        {"name": "assistant", "role": "assistant"},
    )
    team = Team.of("two", *agents)
    with ScriptedServer([say("Both [1].")]) as first, ScriptedServer([say("90 [1]."), say("It is 90 [1].")]) as second:
        app = with_models(home, first=first, spare=second)
        assert completed(app.new_conversation(model="spare").ask(SECOND)).answer == "90 [1]."
        app.close()
        settings = app.settings
        app = build_app(settings, teams=[team])
        assert completed(app.new_conversation(team="two").ask(SECOND)).answer == "Both [1]."
        app.close()


def test_a_model_that_is_not_there_is_said_before_anything_is_asked(home: Path) -> None:
    seats = ({"name": "r", "role": "retriever"}, {"name": "a", "role": "assistant", "model": "gone"})
    app = build_app(Settings(data_dir=home), teams=[Team.of("lost", *seats)])
    with pytest.raises(ConfigError, match="There is no model 'gone'"):
        app.new_conversation(model="gone")
    with pytest.raises(ConfigError, match="There is no model 'gone'"):
        app.new_conversation(team="lost")
    app.close()
