"""A bar opens everything that was said in it, as text and nothing but text."""

from __future__ import annotations

import html
import re

from agents import events as kinds
from agents.tracing.spans import Span, spans
from tests.agents.tracing.logs import PASSAGE, called, log, named, one_question
from tests.ui.web.markup import Markup
from ui.web.traces.details import details
from ui.web.words import words_in

EN, ZH = words_in("en"), words_in("zh")
HOSTILE = '</pre><script>alert(1)</script><img src="http://evil.example/a" onerror="alert(2)">\u202e\ud800{{x}}'


def told(span: Span, begin: float = 100.0) -> str:
    return details(span, EN, begin=begin, live=False)


def texts(shown: str) -> list[tuple[str, str]]:
    return [
        (html.unescape(label), html.unescape(text))
        for label, text in re.findall(r"<h4>(.*?)</h4><pre[^>]*>(.*?)</pre>", shown, re.S)
    ]


def figures(shown: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>(?:<code>)?(.*?)(?:</code>)?</dt><dd>(.*?)</dd>", shown))


def test_a_model_call_shows_the_prompt_the_reply_the_tools_and_what_it_cost() -> None:
    trace = spans(one_question(), content=True)
    call, answer = [span for span in trace if span.name == "chat scripted"][1:]
    assert texts(told(call)) == [
        ("User", "高级套餐一年多少钱？"),
        ("Reply", 'calls run_python {\n "code": "print(90 * 12)"\n}'),
    ]
    assert "1 tool offered" in told(call)
    assert "Runs code." in told(call)
    shown = figures(told(answer))
    assert (shown["Agent"], shown["Started"], shown["Took"]) == ("assistant", "+4.5 s", "500 ms")
    assert (shown["Tokens in"], shown["Tokens out"], shown["Cost in US dollars"]) == ("120", "30", "0.0012")
    assert texts(told(answer))[-1] == ("Reply", "一千零八十欧元 [1]。")
    assert ("Tool result", "1080") in texts(told(answer))


def test_a_search_shows_its_query_and_every_passage_with_its_scores() -> None:
    trace = spans(one_question(), content=True)
    assert texts(told(named(trace, "retrieval"))) == [
        ("Query", "高级套餐 价格"),
        ("[1] 价格.md · page 3 · dense 0.700, fused 0.900", str(PASSAGE["text"])),
    ]
    assert texts(told(named(trace, "lexical"))) == [("In", "高级套餐多少钱？"), ("Out", "7 chunks")]


def test_a_tool_call_shows_its_arguments_and_result_and_the_code_what_it_printed() -> None:
    trace = spans(one_question(), content=True)
    assert texts(told(named(trace, "execute_tool run_python"))) == [
        ("Argument code", "print(90 * 12)"),
        ("Result", "1080"),
    ]
    assert texts(told(named(trace, "run_code python"))) == [("Code", "print(90 * 12)"), ("Output", "1080\n")]
    assert figures(told(named(trace, "wait_for_approval")))["approval.approved"] == "✓"


def test_a_failure_is_told_with_what_to_do() -> None:
    events = log(
        (1.0, kinds.RunStarted(question="q", team="qa", kb="k", strategy="hybrid")),
        (2.0, kinds.Failed(error_type="ModelTimeout", message="No answer.", hint="Wait longer.")),
    )
    shown = told(spans(events, content=True)[0], begin=1.0)
    assert '<p class="failure">No answer. Wait longer.</p>' in shown
    assert ("What to do", "Wait longer.") in texts(shown)


def test_the_words_are_chinese_for_those_who_read_it() -> None:
    shown = details(named(spans(one_question(), content=True), "retrieval"), ZH, begin=100.0, live=False)
    assert "检索词" in shown
    assert "第 3 页" in shown


def test_whatever_anyone_wrote_stays_text() -> None:
    passage = {**PASSAGE, "text": HOSTILE, "source": HOSTILE}
    message = {"role": HOSTILE, "content": HOSTILE}
    events = log(
        (1.0, kinds.RunStarted(question=HOSTILE, team=HOSTILE, kb=HOSTILE, strategy=HOSTILE)),
        (1.1, kinds.TurnPlanned(kind="search", query=HOSTILE, variants=(HOSTILE,))),
        (1.2, kinds.Retrieved(agent=HOSTILE, query=HOSTILE, passages=(passage,))),
        (1.3, called(agent=HOSTILE, model=HOSTILE, messages=(message,), reply={"text": HOSTILE}, tools=(message,))),
        (1.4, kinds.ToolCalled(agent=HOSTILE, call_id="c", tool=HOSTILE, arguments={HOSTILE: HOSTILE})),
        (
            1.5,
            kinds.ToolReturned(agent="a", call_id="c", tool="t", content=HOSTILE, ok=False, ms=1, error_type=HOSTILE),
        ),
        (1.6, kinds.Noted(kind="loop", text=HOSTILE, agent=HOSTILE)),
        (1.7, kinds.Compacted(summary=HOSTILE, through=1, tokens_before=1, tokens_after=1)),
        (1.8, kinds.Failed(error_type=HOSTILE, message=HOSTILE, hint=HOSTILE)),
    )
    trace = spans(events, content=True)
    assert len(trace) == 7
    for span in trace:
        shown = told(span, begin=1.0)
        assert Markup(shown).active == set()
        assert "&lt;script&gt;" in shown
        shown.encode("utf-8")
