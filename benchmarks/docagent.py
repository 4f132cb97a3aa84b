"""How often AG2's own DocAgent calls its model for one question: python -m benchmarks.docagent.

It needs llama-index-core, llama-index-vector-stores-chroma and llama-index-llms-openai, which want an older openai than
we do: install them in a virtual environment of their own that sees ours through a .pth file, and run it there. The
model is scripted to do at once what each prompt asks for. Prints a Markdown table; ours is in benchmarks/overhead.py.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Any

from tests.openai_server import Reply, Request, ScriptedServer, call, say

DOCUMENT = Path(__file__).resolve().parents[1] / "examples" / "documents" / "workshop-safety.md"
QUESTION = "Where do we gather when the fire alarm sounds?"
ANSWER = "On the slipway."
MODEL = "gpt-4o"
"""A name that llama-index knows the limits of."""


def main() -> None:
    """Print who called the model, question by question."""
    with tempfile.TemporaryDirectory() as folder, ScriptedServer(_reply) as server:
        make = maker(server.base_url, Path(folder))
        reader, fresh = make(), make()
        print(f"pyautogen {version('pyautogen')}\n\n| question | model calls | by |\n|---|---|---|")
        for what, agent, message in (
            ("with a document to read first", reader, f"Read {DOCUMENT} . {QUESTION}"),
            ("over what was read before", fresh, QUESTION),
            ("the same agent asked once more, which it does not search for", fresh, QUESTION),
        ):
            before = len(server.requests)
            answer = asked(agent, message)
            by = [_who(request) for request in server.requests[before:]]
            assert ANSWER in answer, answer
            print(f"| {what} | {len(by)} | {', '.join(by)} |")


def maker(base_url: str, folder: Path) -> Callable[[], Any]:
    """Makes agents over one index in `folder`; its embeddings mean nothing, as the document is one passage."""
    from autogen import LLMConfig
    from autogen.agents.experimental import DocAgent, VectorChromaQueryEngine
    from llama_index.core import MockEmbedding, Settings  # type: ignore[import-not-found]  # as the docstring says
    from llama_index.llms.openai import OpenAI  # type: ignore[import-not-found]

    Settings.embed_model = MockEmbedding(embed_dim=8)
    engine = VectorChromaQueryEngine(
        db_path=str(folder / "chroma"), llm=OpenAI(model=MODEL, api_base=base_url, api_key="none", max_retries=0)
    )
    config = LLMConfig(api_type="openai", model=MODEL, api_key="none", base_url=base_url)
    return lambda: DocAgent(llm_config=config, query_engine=engine, parsed_docs_path=folder / "parsed")


def asked(agent: Any, message: str) -> str:
    """Its answer; what it prints on the way is dropped."""
    from autogen import ConversableAgent

    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    with redirect_stdout(StringIO()):
        chat = user.initiate_chat(agent, message=message, max_turns=1, silent=True)
    return str(chat.chat_history[-1]["content"])


def _task(text: str) -> dict[str, Any]:
    """What the message asks for, as DocAgent's DocumentTask."""
    documents = [{"path_or_url": str(DOCUMENT)}] if str(DOCUMENT) in text else []
    return {"ingestions": documents, "queries": [{"query_type": "RAG_QUERY", "query": QUESTION}]}


def _once(tool: str) -> Callable[[str, bool], Reply]:
    return lambda _, returned: say(ANSWER) if returned else call(tool, {})


ROLES: dict[str, tuple[str, Callable[[str, bool], Reply]]] = {
    "You are a document triage agent": ("triage", lambda text, _: say(json.dumps(_task(text)))),
    "You are a task manager agent": (
        "task manager",
        lambda text, _: call("initiate_tasks", {"task_init_info": _task(text)}),
    ),
    "You are an expert in parsing": ("reader", _once("data_ingest_task")),
    "You are a query agent": ("query agent", _once("execute_rag_query")),
    "You are a summary agent": ("summary", lambda *_: say(f"Queries:\n1. Query: {QUESTION}\nAnswer: {ANSWER}")),
    "Context information is below": ("query engine", lambda *_: say(ANSWER)),
}
"""By what its prompt says: who calls, and what the model replies to the whole text and whether a tool has returned."""


def _who(request: Request) -> str:
    return ROLES[_prompt(request)][0]


def _reply(request: Request) -> Reply:
    messages = request.body["messages"]
    return ROLES[_prompt(request)][1](_text(request), messages[-1]["role"] == "tool")


def _prompt(request: Request) -> str:
    text = _text(request)
    return next(prompt for prompt in ROLES if prompt in text)


def _text(request: Request) -> str:
    return "\n".join(str(message.get("content")) for message in request.body["messages"])


if __name__ == "__main__":
    main()
