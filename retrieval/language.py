"""Tells the language of a text by its script and its commonest words."""

from __future__ import annotations

import re

CJK = r"\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
"""Characters of Chinese and Japanese text, its punctuation included, for a regular expression's `[...]`."""

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\u31f0-\u31ff\u1100-\u11ff\uac00-\ud7a3]")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]+")
_ENGLISH = frozenset(
    _WORD.findall(
        "a about all an and any are as at be been but by can did do does for from had has have how i if in into is it "
        "its my no not of on or our should so than that the their there these they this to was we were what when where "
        "which who why will with would you your"
    )
)
_OTHER = frozenset(
    _WORD.findall(
        "aan alla alle auf aux avec che con como da das de dei del della den der des die dla do du é ein eine el en er "
        "est et för het il ist je jest la las le les los mais med mit na não nicht nie och ook par per por pour que "
        "qui się som sont su sur todo um un una und une van von voor werden y zu è"
    )
)
_SAMPLE = 20_000
_FEW_WORDS = 40
"""A text this short may lack stop words, so plain ASCII without a common word of another language counts as English."""


def detect_language(text: str) -> str:
    """ISO 639-1 code of the main language: `en`, `zh`, or `und` when it is neither or cannot be told.

    A Chinese word is about two characters, so Han characters count half against words in other scripts.
    """
    sample = text[:_SAMPLE]
    if len(_KANA_OR_HANGUL.findall(sample)) > 0.1 * len(sample):
        return "und"
    han = len(_HAN.findall(sample))
    words = [word.lower() for word in _WORD.findall(_HAN.sub(" ", sample))]
    if han and han / 2 >= len(words):
        return "zh"
    return "en" if _is_english(words) else "und"


def _is_english(words: list[str]) -> bool:
    latin = [word for word in words if _LATIN.fullmatch(word)]
    if not latin or len(latin) < 0.6 * len(words):
        return False
    english = sum(word in _ENGLISH for word in latin)
    other = sum(word in _OTHER for word in latin)
    if len(latin) < _FEW_WORDS and not other:
        return all(word.isascii() for word in latin)
    return english > other and english >= 0.05 * len(latin)


def is_chinese(text: str) -> bool:
    """Whether most of it is Chinese."""
    return detect_language(text) == "zh"
