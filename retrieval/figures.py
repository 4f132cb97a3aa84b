"""Whether the numbers, dates and codes of a sentence stand in a text, however each spells them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from retrieval.terms import normalize, stem

LARGEST_IDLE = 12
"""Numbers in words up to this are checked before a unit only: “two ways” or 三种 may count what the answer lists."""


_SMALL = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_NUMBERS = {
    **{word: n for n, word in enumerate(_SMALL.split(), 1)},
    **{word: 10 * n for n, word in enumerate(_TENS.split(), 2)},
    **{digit: n for n, digit in enumerate("零一二三四五六七八九")},
    "〇": 0, "两": 2, "twice": 2, "both": 2, "third": 3, "fifth": 5, "ninth": 9, "twelfth": 12,
}  # fmt: skip
_SCALES = {
    "hundred": 100, "thousand": 10**3, "million": 10**6, "mn": 10**6, "billion": 10**9, "bn": 10**9,
    "trillion": 10**12, "十": 10, "百": 100, "千": 10**3, "万": 10**4, "亿": 10**8,
}  # fmt: skip
COUNTS = frozenset(map(stem, [*_NUMBERS, *_SCALES]))
_WORD = "|".join(sorted((word for word in [*_NUMBERS, *_SCALES] if word.isascii()), key=len, reverse=True))
_HAN = "[零一二三四五六七八九〇两十百千万亿]"
_FIGURE = re.compile(
    r"(\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:\s*(?:hundred|thousand|million|billion|trillion|[mb]n)\b|百(?!分)|千(?![克米瓦])|[万亿])*"
    rf"|\b(?:{_WORD})(?:[\s-]+(?:and\s+)?(?:{_WORD}))*(?:th|h)?\b|(?:(?!百分){_HAN})+"
)
_TOKEN = re.compile(rf"[\d.,]*\d|{_WORD}|{_HAN}")
_UNIT = re.compile(
    r"[\s-]*(?:%|per ?cent|second|minute|hour|day|week|month|quarter|year|dollar|pound|euro|cent|met(?:er|re)|kilo|"
    "gram|mile|f[oe][oe]t|inch|degree|times)|个?(?:小时|分钟|秒|天|日|号|年|月|周|星期|季度|元|块|米|公里|厘米|毫米|岁|倍|吨|"
    "克|公斤|千克|斤|升|度|次)"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = re.compile(
    r"\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|"
    r"sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)
_MAY = re.compile(r"\bMay(?=\.? \d)|(?<=\d )May\b")
_SPELLINGS = (
    (re.compile(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b"), r"\1年\2月\3日"),
    (re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b"), r"\3年\2月\1日"),
    (re.compile(r"(?<=\d):00\b"), ""),
    (MONTH, lambda match: f" {_MONTHS.index(match[0][:3]) + 1}月 "),
)
_SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})/(?=\d)")
_SPACED = re.compile(r"(?<![\d.,])\d{1,3}(?: \d{3})+(?![\d,]|\.\d)")
_CODE = re.compile(r"\b(?:[A-Z]{1,6}-?|[A-Za-z]+)\d\w*")


@dataclass(frozen=True)
class _Figure:
    """What a number is as evidence, and what bears it out: 1.2 million may be 1.2 in a table; a month is a `3月`."""

    offers: frozenset[str]
    accepts: frozenset[str]
    certain: bool


def figures_stand(claim: str, text: str) -> bool:
    """Whether every number, date and code (`R-118`) of `claim` stands in `text`, however either spells it."""
    spelled, squeezed = _spelled(text), _squeezed(text)
    variants = (spelled, _unspaced(spelled), _SLASHED.sub(r"\1月 \2月 ", spelled))
    stands = frozenset[str]().union(*(figure.offers for variant in variants for figure in _figures(variant)))
    wanted = [figure for figure in _figures(_unspaced(re.sub(r"\(\d\)", " ", _spelled(claim)))) if figure.certain]
    codes = [re.escape(_squeezed(code)) for code in _CODE.findall(_narrow(claim))]
    return all(stands & figure.accepts for figure in wanted) and all(
        re.search(rf"{code}(?!\d)", squeezed) for code in codes
    )


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", re.sub("[²³]", "", text.replace("，", "， ")))


def _squeezed(text: str) -> str:
    return re.sub(r"[\s_‑–-]+", "", _narrow(text).casefold())


def _unspaced(text: str) -> str:
    return _SPACED.sub(lambda match: match[0].replace(" ", ""), text)


def _spelled(text: str) -> str:
    text = normalize(_MAY.sub("5月", _narrow(text)))
    for pattern, spelling in _SPELLINGS:
        text = pattern.sub(spelling, text)
    return text


def _figures(text: str) -> Iterator[_Figure]:
    for match in _FIGURE.finditer(text):
        tokens = _TOKEN.findall(match[0])
        number = _value(tokens)
        value, bare = (f"{each.normalize():f}" for each in (number, _value(tokens[:1])))
        counted = (number >= 2 and _UNIT.match(text, match.end())) or (number > LARGEST_IDLE and _counts(match[0]))
        certain = bool(match[1] or counted)
        if text.startswith("月", match.end()) and number <= len(_MONTHS):
            yield _Figure(frozenset({f"{value}月", value}), frozenset({f"{value}月"}), certain)
        else:
            yield _Figure(frozenset({value}), frozenset({value, bare} if match[1] else {value}), certain)


def _counts(word: str) -> bool:
    """Whether a number in words is one wherever it stands: not 万一, 千万 or 三五, which mean something else."""
    return word.isascii() or (word[0] in _NUMBERS and (len(word) == 4 or any(sign in _SCALES for sign in word)))


def _value(tokens: Sequence[str]) -> Decimal:
    if len(tokens) > 1 and all(len(token) == 1 and token in _NUMBERS for token in tokens):
        return Decimal("".join(str(_NUMBERS[token]) for token in tokens))
    total = Decimal(0)
    for token in tokens:
        if token in _SCALES:
            low = total % _SCALES[token]
            total += (low or 1) * _SCALES[token] - low
        else:
            total += Decimal(_NUMBERS[token] if token in _NUMBERS else token.replace(",", ""))
    return total
