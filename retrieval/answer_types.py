"""What kind of answer a question asks for, and whether a sentence holds one."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_PERIOD = r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|quarters?|years?|decades?|centur(?:y|ies))"
_NUMBER = (
    r"(?:\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|"
    r"sixty|hundred|thousand|million|billion|dozens?|half)"
)
_HAN_NUMBER = "[\\d〇零一二三四五六七八九十百千万亿两半几数]"


@dataclass(frozen=True)
class AnswerType:
    """A kind of answer: a pattern for the questions that ask for it, and one for the sentences that hold it."""

    name: str
    asked: re.Pattern[str]
    held: re.Pattern[str]


def _type(name: str, *, asked: list[str], held: list[str]) -> AnswerType:
    question, sentence = (re.compile("|".join(patterns), re.IGNORECASE) for patterns in (asked, held))
    return AnswerType(name, question, sentence)


TYPES = (
    _type(
        "money",
        asked=[
            r"\bhow much\b.*\b(?:cost|pay|paid|price|spen[dt]|charge|worth|earn)",
            r"\b(?:price|salary|wage|cost)s?\b",
            "多少[钱元]|价格|售价|费用|(?:工资|薪水).*多少",
        ],
        held=[
            r"[£$€¥]|\b(?:price|salary|wage|cost|fee|amount|pence|pound|dollar|euro|cent|free)s?\b",
            f"{_HAN_NUMBER}元|价格|售价|费用|免费",
        ],
    ),
    _type(
        "weight",
        asked=[r"\bhow heavy\b|\bhow much\b.*\bweigh", "多重|重量"],
        held=[
            rf"\bweigh|\b{_NUMBER} ?(?:kg|g|lbs?|tons?|tonnes?|kilo\w*|grams?|pounds?)\b",
            "重|公斤|千克|[\\d两]克|吨",
        ],
    ),
    _type(
        "measure",
        asked=[r"\bhow (?:tall|high|deep|wide|far|fast)\b", "多高|多远|多宽|多深|多快"],
        held=[
            rf"\b{_NUMBER} ?(?:[ckm]?m|\w*met(?:re|er)s?|f(?:ee|oo)?t|miles?|inch(?:es)?|storeys?)\b",
            r"[%°]|\b(?:height|depth|width|distance|speed|degrees|percent|km/h|mph|knots|per (?:second|minute|hour))\b",
            f"{_HAN_NUMBER}[多余几]?[公英海]?[米里尺层度]|{_HAN_NUMBER}[厘毫千]米|高度|深度|宽度|距离|速度",
        ],
    ),
    _type(
        "period",
        asked=[r"\bhow (?:long|often|soon|old)\b", "多久|多长时间|期限"],
        held=[
            rf"\b{_NUMBER}[ -]{_PERIOD}\b|\b(?:every|each|per|an?) (?:\w+ )?(?:{_PERIOD}|{_DAY})\b",
            r"\b(?:once|twice|daily|weekly|monthly|yearly|annual\w*)\b",
            f"{_HAN_NUMBER}[个多]?[年月日天周秒分小季时]|每[年月日天周季次个]",
        ],
    ),
    _type(
        "time",
        asked=[
            r"^(?:\W*\w+\W+)?when\b|\bwhen (?:did|do|does|is|are|was|were|will|can|may|must|should|has|have|had)\b",
            r"\b(?:what|which) (?:date|day|time|year|month|century|decade)\b",
            "什么时候|什么时间|何时|哪一?[年天日]|几[月号点]|日期",
        ],
        held=[
            rf"\d{{4}}|\b(?:{_MONTH}|{_DAY}|days?|noon|midnight|today)\b|\d{{1,2}}[:.]\d\d|\b\d+(?:st|nd|rd|th)\b",
            rf"\b(?:{_NUMBER}|first|last) {_PERIOD}\b|\b(?:at|before|after|by|since|until) {_NUMBER}\b",
            f"{_HAN_NUMBER}[年月日号点时天周个]|世纪|星期|周[一-日]|期|[春夏秋冬]",
        ],
    ),
    _type(
        "number",
        asked=[
            r"\bhow (?:many|much|large|big)\b|\b(?:number|percentage|amount) of\b",
            "多少|多长|多大|几(?!乎)",
        ],
        held=[rf"\b(?:{_NUMBER}|once|twice|no|none)\b|\d", _HAN_NUMBER],
    ),
)
"""From the most to the least specific."""
_OWN_NUMBER = re.compile(rf"\d[\d.,:]*|{_HAN_NUMBER}\w")


def asked_for(question: str) -> AnswerType | None:
    """The most specific kind of answer that `question` asks for; None when it could be anything."""
    return next((kind for kind in TYPES if kind.asked.search(question)), None)


def holds(text: str, kind: AnswerType, question: str) -> bool:
    """Whether `text` holds an answer of that kind, not counting the numbers that `question` itself brings."""
    for number in sorted(_OWN_NUMBER.findall(question), key=len, reverse=True):
        text = text.replace(number, " ")
    return kind.held.search(text) is not None
