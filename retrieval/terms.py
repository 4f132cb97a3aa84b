"""The words of a text that carry meaning: English stems without stop words, Chinese characters and their pairs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

_STOP_WORDS = (
    "a about all also am an and any are as at be been being but by can could did do does each for from get give given "
    "had has have her his how i if in into is it its list many may me might mention mentioned most much must my name "
    "of on one or our please shall she he should so some such tell than that the their them then there these they this "
    "those to upon us was we were what when where which while who whom whose why will with would you your according "
    "explain describe following kind type document documents say says"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())
QUESTION_WORDS = re.compile(
    r"\bhow (?:big|deep|far|fast|heavy|high|large|long|many|much|often|old|soon|tall|wide)\b|"
    "请问|为什么|为何|什么时候|何时|什么|多少|多久|多长|多大|多高|多远|多重|几|哪一|哪些|哪里|哪儿|哪个|哪种|哪位|哪|"
    "怎么样|怎么|怎样|如何|是谁|谁|是否|是不是|有没有|能不能|可不可以|可以|应当|应该|需要|一次|吗|呢|的|了|是|在|和|与|被|及"
)
_CJK = "㐀-䶿一-鿿豈-\ufaff぀-ヿ가-힯"
_TOKEN = re.compile(rf"\d+(?:[.,:]\d+)*|[{_CJK}]+|[^\W\d_{_CJK}]+(?:'s\b)?")
_GAP = re.compile(rf"(?<=[{_CJK}])\s+(?=[{_CJK}])")
_SUFFIXES = (
    ("ies", "y"), ("sses", "ss"), ("ations", "at"), ("ation", "at"), ("ings", ""), ("ing", ""),
    ("ied", "y"), ("ed", ""), ("ly", ""), ("s", ""),
)  # fmt: skip


def normalize(text: str) -> str:
    """`text` in one spelling: full-width forms narrowed, lower case, plain apostrophes, no gaps in Chinese."""
    return _GAP.sub("", unicodedata.normalize("NFKC", text).casefold().replace("’", "'"))


@lru_cache(maxsize=4096)
def terms(text: str) -> frozenset[str]:
    """Every stem, number, Chinese character and pair of neighbouring Chinese characters in `text`."""
    return frozenset(_terms(normalize(text)))


def question_terms(question: str) -> tuple[str, ...]:
    """The terms of `question` worth looking for, in order and once each; stop and question words are left out."""
    return tuple(dict.fromkeys(_terms(QUESTION_WORDS.sub(" ", normalize(question)))))


def word_count(terms: Iterable[str]) -> float:
    """About how many words these terms make."""
    return sum(0.25 if is_cjk(term) else 1.0 for term in terms)


def is_cjk(term: str) -> bool:
    """Whether `term` is made of Chinese, Japanese or Korean characters: about four such terms make a word."""
    return re.match(f"[{_CJK}]", term) is not None


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """`word` without its English ending, so that `change`, `changes` and `changing` agree."""
    word = word.removesuffix("'s")
    for suffix, replacement in _SUFFIXES:
        root = word.removesuffix(suffix) + replacement
        if word.endswith(suffix) and len(root) >= 3 and not word.endswith(("ss", "us", "is")):
            word = root
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def _terms(text: str) -> Iterator[str]:
    for match in _TOKEN.finditer(text):
        token = match[0]
        if is_cjk(token):
            yield from token
            yield from (token[i : i + 2] for i in range(len(token) - 1))
        elif token not in STOP_WORDS:
            yield token if token[0].isdigit() else stem(token)
