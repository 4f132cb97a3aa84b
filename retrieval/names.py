"""Whether the names of a sentence stand in a text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from retrieval.claims import FILLER, content
from retrieval.figures import MONTH
from retrieval.language import is_chinese
from retrieval.terms import STOP_WORDS, is_cjk, normalize, stem, terms

STRANGE, KNOWN_BESIDES = "□□□", 0.8
"""So many unknown Chinese characters in a row are a name, when one sentence has this share of the other characters."""


_LATIN = re.compile(r"[A-Za-zÀ-ɏ]{2,}")
_NAME = re.compile(r"(?<![A-Za-zÀ-ɏ])[A-ZÀ-Þ][A-Za-zÀ-ɏ]+")
_LABEL = re.compile(r"[^:：.]{1,60}[:：]\**\s")
_OPENING = re.compile(r"(?:^|[.!?:;·|/“\"‘(（\[「《。！？：；])[\s*_]*$")


def names_stand(claim: str, text: str, *, foreign: bool) -> bool:
    """Whether `text` has the Latin words of a Chinese claim, or the names of an English one if it is in English too."""
    words = _LATIN.findall(normalize(text))
    if is_chinese(claim):
        return all(_is_known(word, words) for word in _LATIN.findall(claim))
    if foreign:
        return True
    start = label.end() if (label := _LABEL.match(claim)) else 0
    names = [match[0] for match in _NAME.finditer(claim, start) if not _OPENING.search(claim[start : match.start()])]
    return all(_is_known(name, words) for name in names if not MONTH.fullmatch(name.casefold()))


def _is_known(name: str, words: Sequence[str]) -> bool:
    """Whether `name` is among `words`, or another ending of it (`British`, `Britain`), or the words it abbreviates."""
    word = normalize(name)
    if word in STOP_WORDS or (name.isupper() and word in "".join(other[0] for other in words)):
        return True
    beginning = word[: max(4, len(word) - 3)]
    return any(stem(other) == stem(word) or (len(word) > 4 and other.startswith(beginning)) for other in words)


def is_strange(claim: str, text: str, sentences: Sequence[str]) -> bool:
    """Whether a Chinese claim says what a sentence says, but for a name (or another long word) that is nowhere."""
    known = normalize(text)
    marked = "".join("□" if is_cjk(sign) and sign not in known else sign for sign in FILLER.sub(" ", normalize(claim)))
    if STRANGE not in marked:
        return False
    rest = content(re.sub("□{2,}", " ", marked))
    return any(sum(term in terms(sentence) for term in rest) >= KNOWN_BESIDES * len(rest) for sentence in sentences)
