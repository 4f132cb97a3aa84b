"""An application that is killed in the middle of an answer: what was said is there, marked, and can be asked again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from agents.conversation import Conversation
from agents.events import Failed, MessageCompleted, RunCompleted, TokenDelta
from agents.log.store import SQLiteConversationStore
from agents.turns.memory import remember
from tests.agents.table import completed, conversation, of, served
from tests.openai_server import ScriptedServer, say

APPLICATION = """
import sys
from pathlib import Path
from agents.events import TokenDelta
from tests.agents.table import conversation, served

class Server:
    base_url = sys.argv[2]

talk = conversation(Path(sys.argv[1]), model=served(Server()))
list(talk.ask("What does the standard plan cost?"))
told = 0
for event in talk.ask("What does the premium plan cost?"):
    told += isinstance(event, TokenDelta)
    if told == 12:
        print(talk.id, flush=True)
"""


def killed(folder: Path, server: ScriptedServer) -> str:
    """The conversation of an application that was killed while it answered its second question."""
    command = [sys.executable, "-c", APPLICATION, str(folder), server.base_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as application:
        assert application.stdout is not None
        conversation_id = application.stdout.readline().strip()
        application.send_signal(signal.SIGKILL)
    return conversation_id


def test_the_partial_answer_is_kept_marked_and_can_be_asked_again(tmp_path: Path) -> None:
    answer = "The premium plan costs 90 euros a month [1]. "
    script = [say("40 euros [1]."), say(answer * 30, delay_s=0.02), say(answer, streamed=False)]
    with ScriptedServer(script) as server:
        conversation_id = killed(tmp_path, server)
        store = SQLiteConversationStore(tmp_path / "roundtable.sqlite")
        before = list(store.events(conversation_id))
        assert not isinstance(before[-1], RunCompleted | Failed)
        resources = conversation(tmp_path, model=served(server))._resources
        talk = Conversation(store.info(conversation_id), resources, memory=remember(before))
        talk.recover()
        *kept, partial, end = talk.events()
        assert kept == before
        said = "".join(d.text for d in of(TokenDelta, before) if d.message_id == getattr(partial, "message_id", ""))
        assert isinstance(partial, MessageCompleted)
        assert partial.interrupted
        assert partial.content == said
        assert len(said.split()) >= 6
        assert isinstance(end, Failed)
        assert (end.error_type, end.seq) == ("RunInterrupted", len(before) + 2)
        talk.recover()
        assert talk.events()[-1] == end
        again = completed(talk.ask("What does the premium plan cost?"))
        assert again.answer == answer.strip()
        assert [c["source"] for c in again.citations] == ["prices.md"]
        sent = [m["content"] for m in server.requests[-1].body["messages"]]
        assert sent[1:3] == ["What does the standard plan cost?", "40 euros [1]."]


def test_a_run_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    with ScriptedServer([say("slow " * 40, delay_s=0.02)]) as server:
        talk = conversation(tmp_path, model=served(server))
        run = talk.ask("What does the premium plan cost?")
        while not of(TokenDelta, talk.events()):
            time.sleep(0.01)
        beside = Conversation(talk.info, talk._resources, memory=remember(talk.events()))
        beside.recover()
        assert not of(Failed, beside.events())
        assert completed(run).answer.startswith("slow")
