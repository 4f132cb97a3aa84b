"""What a question needs, told from its words and from what was said before."""

from __future__ import annotations

import pytest

from agents.turns.memory import Exchange, Memory
from agents.turns.readings import replaced
from agents.turns.turn import plan

ENGLISH, CHINESE = "What does the standard plan cost?", "标准套餐每月多少钱？"


def after(question: str) -> Memory:
    answer = Exchange(question=question, query=question, answer="40 euros [1].", markers=(1,), through=5)
    return Memory(exchanges=(answer,))


SMALL_TALK = (
    "Hello", "hi there!", "Good morning, everyone", "Thanks", "thank you so much!", "Great, thanks a lot", "ok", "Bye",
    "How are you?", "Who are you?", "What can you do?", "你好", "您好！", "大家好", "谢谢", "好的，谢谢你", "再见",
    "你是谁？", "你能做什么？",
)  # fmt: skip
ABOUT_THE_ANSWER = (
    "Shorter, please", "Translate it into Chinese", "Can you summarize your answer in one sentence?", "Say that again",
    "in simpler words", "Explain it in two sentences", "Make it a table", "用一句话总结", "翻译成英文", "简短一点",
    "换个说法", "再说一遍",
)  # fmt: skip
MORE = (
    "more", "More context", "more context, please", "Show me more passages", "Give me some more details", "continue",
    "Is there anything else?", "anything else?", "更多", "继续", "还有吗？", "请给我更多资料",
)  # fmt: skip
NEW = (
    "What is the one-time fee?", "What is the same-day delivery fee?", "Who is the first contact?",
    "Does IT support weekends?", "Is one year the limit?", "Who is the one office manager?",
    "What should the vendor list hold?", "应该怎么做？", "其他套餐多少钱？", "此外还有什么费用？", "其余费用是多少？",
    "应该续约吗？",
    "Who is the office manager?", "And who is the office manager?", "How much is the thank-you bonus?",
    "What is said about hello kitty?", "Is there more context switching on Linux than on Windows?",
    "Summarize the annual report", "Translate the safety notice into Chinese", "List all suppliers",
    "Where did the company open more offices in 2019?",
    "谁是办公室经理？", "办公室经理是谁", "总结年度报告的主要内容",
    "更多员工选择了哪个套餐？", "公司哪一年成立？",
)  # fmt: skip
LEANS = (
    "And the premium plan?", "What about premium?", "the other one?", "How much is it per year?", "Why is that?",
    "in 2020?", "premium", "高级套餐呢？", "那高级套餐呢？", "它什么时候开始？", "那2020年呢？",
)  # fmt: skip


@pytest.mark.parametrize("question", SMALL_TALK)
def test_small_talk_needs_no_documents(question: str) -> None:
    assert plan(question, Memory()).kind == plan(question, after(ENGLISH)).kind == "small_talk"


@pytest.mark.parametrize("question", ABOUT_THE_ANSWER)
def test_a_wish_about_the_answer_is_one_only_after_an_answer(question: str) -> None:
    assert plan(question, after(ENGLISH)).kind == "about_answer"
    assert plan(question, Memory()).kind == "search"


@pytest.mark.parametrize("question", MORE)
def test_more_goes_on_with_the_last_search(question: str) -> None:
    assert plan(question, after(ENGLISH)).kind == "more"
    assert plan(question, after(ENGLISH)).query == ENGLISH
    assert plan(question, Memory()).kind == "search"


@pytest.mark.parametrize("question", NEW)
def test_a_whole_question_is_searched_as_it_is(question: str) -> None:
    for memory in (Memory(), after(ENGLISH), after(CHINESE)):
        found = plan(question, memory)
        assert (found.kind, found.query, found.leans) == ("search", question, False)


POINTING = (
    "What does the second one cost?", "When was the first one built?", "Which one is cheaper?",
    "What does the latter mean?", "How many days does the other plan give?", "What does either cost?",
    "What happens then?", "WHAT DOES IT COST?", "Does IT support their laptops?", "Does it include breakfast?",
    "这本书的作者是谁？", "这座桥是哪年建的？", "这是什么意思？", "其价格是多少？", "此政策适用于谁？",
    "该政策何时生效？", "该合同什么时候到期？", "那里有停车场吗？",
)  # fmt: skip


@pytest.mark.parametrize("question", POINTING)
def test_a_whole_question_may_point_at_what_was_said(question: str) -> None:
    found = plan(question, after(ENGLISH))
    assert found.leans
    assert found.variants == (question, found.query)


@pytest.mark.parametrize("question", LEANS)
def test_what_cannot_stand_alone_leans_on_the_question_before(question: str) -> None:
    found = plan(question, after(CHINESE if any("一" <= c <= "鿿" for c in question) else ENGLISH))
    assert found.leans
    assert found.query.endswith(question)
    assert found.query != question
    assert plan(question, Memory()).query == question


def test_a_courtesy_before_a_question_is_none_of_it() -> None:
    for asked in ("Thanks! Who is the office manager?", "OK, who is the office manager?", "谢谢！谁是办公室经理？"):
        found = plan(asked, after(ENGLISH))
        assert (found.kind, found.leans) == ("search", False)
        assert found.query.lower() in ("who is the office manager?", "谁是办公室经理？")


@pytest.mark.parametrize("words", ["the price for 2019", "vendor list", "a floor plan", "land use"])
def test_only_a_beginning_is_taken_for_a_continuation(words: str) -> None:
    readings = plan(words, after(ENGLISH)).variants
    assert all(words.split()[0] in reading or words.split()[-1] in reading for reading in readings)


def test_what_was_added_takes_the_place_of_each_thing_it_may_stand_for() -> None:
    assert replaced("the premium plan", ENGLISH)[0] == "What does the premium plan cost?"
    assert "What does the standard plan weigh?" in replaced("weigh", ENGLISH)
    assert replaced("高级套餐", CHINESE) == ("高级套餐每月多少钱？",)
    assert replaced("  ?", ENGLISH) == replaced("的", CHINESE) == ()


def test_a_long_question_gives_few_readings() -> None:
    assert len(replaced("premium", "standard " + " ".join(f"word{n}" for n in range(500)))) <= 8


def test_a_chain_of_follow_ups_does_not_grow_without_end() -> None:
    memory = after(ENGLISH)
    for number in range(60):
        asked = f"And plan number {number}?"
        query = plan(asked, memory).query
        said = Exchange(question=asked, query=query, answer="40 [1].", markers=(1,), through=number)
        memory = Memory(exchanges=(said,))
        assert len(query) < 300
