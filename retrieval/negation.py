"""Whether a sentence denies what another says, or says what it denies."""

from __future__ import annotations

import re
from collections.abc import Sequence

from retrieval.terms import STOP_WORDS, is_cjk, normalize, stem

_NOT = (
    r"(?:\b(?:not|never|no|zero|cannot|without|neither|nor|none)\b|n't\b)"
    r"(?!\s+(?:only|just|more|less|fewer|later|earlier|longer than)\b)"
    "|没(?!收)有?|不(?![仅但同断少久过管论])|未(?!来)|并非|无(?![论数疑])|勿|禁止"
)
_SOMEHOW_NOT = re.compile(
    rf"{_NOT}|\b(?:un\w{{4,}}|dis\w{{4,}}|lack|fail|refus|prohibit|forbid|exclu|except|hardly|rarely|avoid|prevent|only)|"
    "[不没未无非否禁勿难仅只缺除]|拒绝|避免|阻"
)
_SAID = re.compile(
    rf"(?P<negation>{_NOT})|(?P<stop>[,.;:!?、。()](?!\d))|\d+(?:[.,]\d+)*|[㐀-䶿一-鿿]|[^\W\d_㐀-䶿一-鿿]+"
)
_LIGHT = frozenset("有是会能可以得再被予要应必需曾经的了由")
_REACH = 4
"""Words between a negation and what it denies; only light ones are skipped."""


def is_denied(claim: str, near: Sequence[str], closest: str) -> bool:
    """Whether all sentences about the same thing say the opposite, or `claim` denies and the closest does not."""
    own = _stances(claim)
    if near and all(_flips(own, said) or _flips(said, own) for said in map(_stances, near)):
        return True
    denies = re.search(_NOT, normalize(claim)) is not None
    return denies and not _SOMEHOW_NOT.search(normalize(closest))


def _stances(text: str) -> list[tuple[str, bool]]:
    """The words (stems, numbers, Chinese characters) of `text`, and whether a negation stands before each."""
    said: list[tuple[str, bool]] = []
    reach = 0
    for match in _SAID.finditer(normalize(text)):
        if match["negation"] or match["stop"]:
            reach = _REACH if match["negation"] else 0
        elif match[0] in STOP_WORDS or match[0] in _LIGHT:
            reach -= 1
        else:
            said.append((stem(match[0]), reach > 0))
            reach = 0
    return said


def _flips(denying: Sequence[tuple[str, bool]], other: Sequence[tuple[str, bool]]) -> bool:
    """Whether something is always denied in the one and said, never denied, in the other."""
    for at, (word, denied) in enumerate(denying):
        if denied:
            lengths = (4, 3, 2) if is_cjk(word) else (3, 2, 1)
            keys = [[said for said, _ in denying[at : at + length]] for length in lengths]
            key = next((key for key in keys if _occurrences(key, other)), None)
            if key and all(_occurrences(key, denying)) and not any(_occurrences(keys[-1], other)):
                return True
    return False


def _occurrences(key: Sequence[str], said: Sequence[tuple[str, bool]]) -> list[bool]:
    """For each place of the words `key` in `said`, whether it is denied."""
    words = [word for word, _ in said]
    return [said[at][1] for at in range(len(words) - len(key) + 1) if words[at : at + len(key)] == key]
