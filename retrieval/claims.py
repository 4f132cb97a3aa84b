"""What an answer states, sentence by sentence, and which markers each statement rests on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from retrieval.sentences import split
from retrieval.terms import is_cjk, normalize, question_terms, word_count
from retrieval.types import Passage


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A sentence of the answer: `text` is one line without markers; `joined` when it follows another on its line."""

    start: int
    end: int
    text: str
    item: bool
    joined: bool
    heading: bool
    markers: tuple[int, ...] = ()


_SKIPPED = re.compile(r"(```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z))|(`[^`\n]*`)|\[(\d{1,5})\](?!\()", re.DOTALL)
_ITEM = re.compile(r"[ \t]*(?:[-*+•·▪◦‣]|\d{1,3}[.)、]|[(（]\d{1,3}[)）])\s+")
_BREAK = re.compile(rf"\n(?={_ITEM.pattern})")
_NO_STATEMENT = re.compile(r"\*\*[^*\n]+\*\*|`[^`]*`|.*[?？][\"'”’)\]」』）*_]*")
_LEAD = re.compile(r".*[:：][*_\s]*")
FILLER = re.compile(
    r"\b(?:based|passages?|sources?|context|found|find|below|above|hope|helps?|sure|yes|okay|ok|let|know|information|"
    r"summary|overall|therefore|thus|however|moreover|furthermore|additionally|finally|follows?|provided|here|please|"
    r"further|details?|answers?|questions?|percent|pounds?|dollars?|euros?)\b|根据|依据|按照|文档|资料|文中|以下|如下|上述|总之|综上|因此|所以|此外|另外|其中|"
    "希望|帮助|对[您你]|您|相关|信息|内容|回答|问题|[这该有]"
)
_SILENCE = re.compile(
    r"\b(?:documents?|passages?|sources?|context|excerpts?)\b.{0,12}\b(?:(?:do|does|did)(?: not|n't) (?:say|mention|"
    "state|specify|answer|contain|provide|give|describe|tell|explain)|(?:say|contain)s? no)|"
    "(?:文档|资料|段落|文中|原文|来源).{0,6}(?:没有?|未|不).{0,4}(?:提[到及]|说明|包含|给出|涉及|找到|回答|记载)"
)


def claims_of(answer: str, given: Mapping[int, Passage]) -> list[Claim]:
    """The sentences of an answer in order, each with the markers of `given` passages that it rests on."""
    plain, places = _without_markers(answer, given)
    claims = list(_pieces(plain))
    for marker, start, end in places:
        line = plain.rfind("\n", 0, start) + 1
        at = sum(claim.start < start for claim in claims)
        at -= bool(at) and (claims[at - 1].end > line or at == len(claims))
        if claims:
            claim = claims[at]
            markers = tuple(dict.fromkeys([*claim.markers, marker]))
            claims[at] = replace(claim, start=min(claim.start, start), end=max(claim.end, end), markers=markers)
    return _covered(claims)


def _without_markers(answer: str, given: Mapping[int, Passage]) -> tuple[str, list[tuple[int, int, int]]]:
    """`answer` with markers and blocks of code blanked (a full stop where one ends a line), and each marker's span."""
    places: list[tuple[int, int, int]] = []

    def blank(match: re.Match[str]) -> str:
        if match[1]:
            return re.sub(r"[^\n]", " ", match[1])
        if not match[3] or int(match[3]) not in given:
            return match[0]
        places.append((int(match[3]), match.start(), match.end()))
        return ("." if answer[match.end() :].lstrip(" \t").startswith("\n") else " ").rjust(len(match[0]))

    return _SKIPPED.sub(blank, answer), places


def _pieces(plain: str) -> Iterator[Claim]:
    end = 0
    for sentence in split(plain):
        for piece in [sentence.text] if sentence.cells else _BREAK.split(sentence.text):
            start = plain.index(piece, max(end, sentence.start))
            mark = _ITEM.match(piece) if start > sentence.start else None
            start, last = start + (mark.end() if mark else 0), start + len(piece)
            line = plain[plain.rfind("\n", 0, start) + 1 : start]
            item = bool(sentence.cells or _ITEM.match(line))
            text = sentence.shown if sentence.cells else " ".join(plain[start:last].split())
            joined = not item and not plain[end:start].strip() and "\n" not in plain[end:start]
            heading = line.lstrip().startswith("#")
            yield Claim(start=start, end=last, text=text, item=item, joined=joined, heading=heading)
            end = last


def _covered(claims: list[Claim]) -> list[Claim]:
    for i in reversed(range(len(claims) - 1)):
        if not claims[i].markers and claims[i + 1].joined:
            claims[i] = replace(claims[i], markers=claims[i + 1].markers)
    lead: tuple[int, ...] = ()
    for i, claim in enumerate(claims):
        if not claim.item:
            lead = claim.markers if _LEAD.fullmatch(claim.text) else ()
        elif not claim.markers:
            claims[i] = replace(claim, markers=lead)
    return claims


def states(claim: Claim) -> bool:
    """Whether it says anything that could be true or false."""
    lead = _LEAD.fullmatch(claim.text) and not claim.markers
    if claim.heading or lead or _NO_STATEMENT.fullmatch(claim.text) or _SILENCE.search(normalize(claim.text)):
        return False
    return word_count(content(claim.text)) >= 0.5


def content(text: str) -> list[str]:
    """The terms of `text` without fillers; of Chinese the single characters, which paraphrases change less."""
    return [term for term in question_terms(FILLER.sub(" ", normalize(text))) if len(term) == 1 or not is_cjk(term)]
