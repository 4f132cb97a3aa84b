"""Whether each sentence of an answer stands in the passages it cites, judged without a language model."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import PurePath
from typing import Any, Literal

from retrieval.extractive import MIN_READABLE, UNRELATED
from retrieval.language import detect_language
from retrieval.ports import Embedder
from retrieval.sentences import split
from retrieval.terms import STOP_WORDS, is_cjk, normalize, question_terms, stem, terms
from retrieval.types import Passage

Status = Literal["supported", "unsupported", "uncited"]

ENOUGH_WORDS = 0.65
ENOUGH_MEANING = 0.7
MAX_EMBEDDED = 2
STRANGE_CHARACTERS = 3
SAME_SENTENCE = 0.6
NEARLY_BEST = 0.9
LARGEST_COMMON_NUMBER = 12


@dataclass(frozen=True, kw_only=True)
class Verdict:
    sentence: str
    start: int
    end: int
    markers: tuple[int, ...]
    status: Status
    score: float

    def as_dict(self) -> dict[str, Any]:
        """The verdict as it stands in JSON."""
        return {**self.__dict__, "markers": list(self.markers), "score": round(self.score, 3)}


def check_support(answer: str, passages: Sequence[Passage], embedder: Embedder | None) -> tuple[Verdict, ...]:
    """x"""
    given = {passage.marker: passage for passage in passages}
    rarity = _Rarity(_sentences(passages))
    claims = _claims(answer, given)
    found = [_compare(claim, [given[marker] for marker in claim.markers], rarity) for claim in claims]
    if embedder is not None:
        found = _with_meaning(found, embedder)
    return tuple(_verdict(answer, entry) for entry in found)


# ---- claims

_SKIPPED = re.compile(r"(```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z))|(`[^`\n]*`)|\[(\d{1,3})\](?!\()", re.DOTALL)
_ITEM = re.compile(r"[ \t]*(?:[-*+•·▪◦‣]|\d{1,3}[.)、]|[(（]\d{1,3}[)）])\s+")
_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]+$")
_TITLE = re.compile(r"\*\*[^*\n]+\*\*\s*|`[^`\n]*`\s*")
_LEAD = re.compile(r"[:：][*_\s]*$")
_QUESTION = re.compile(r"[?？][\"'”’)\]」』）*_\s]*$")
_FILLER = re.compile(
    r"\b(?:based|passages?|sources?|context|found|find|below|above|hope|helps?|sure|yes|okay|ok|let|know|"
    r"information|summary|overall|therefore|thus|however|moreover|furthermore|additionally|finally|"
    r"follows?|provided|here|please|further|detail(?:s|ed)?|answers?|questions?)\b|"
    "根据|依据|按照|文档|资料|文中|以下|如下|上述|所述|总之|综上|因此|所以|此外|另外|其中|希望|帮助|您|相关|信息|内容|回答|问题"
)
_SILENCE = re.compile(
    r"\b(?:documents?|passages?|sources?|context|excerpts?|text)\b[^.!?]{0,30}\b(?:not|n't|no|nothing|never)\b[^.!?]{0,20}"
    r"\b(?:say|mention|contain|state|specify|provide|include|answer|information|anything|cover|hold|give)|"
    "(?:文档|资料|段落|文中|原文|来源|文本)[^。！？]{0,6}(?:没有|未|并未|不)[^。！？]{0,4}(?:提到|提及|说明|包含|给出|涉及|找到|提供|回答|记载)"
)


@dataclass(frozen=True)
class _Claim:
    """A statement: `text` is it as one line, without markers and list marks."""

    start: int
    end: int
    text: str
    item: bool
    joined: bool
    markers: tuple[int, ...] = ()
    stated: bool = True


def _claims(answer: str, given: Collection[int]) -> list[_Claim]:
    plain, places = _without(answer, given)
    pieces = list(_pieces(plain))
    for marker, start, end in places:
        at = _carrier(plain, pieces, start)
        if at is not None:
            old = pieces[at]
            markers = tuple(dict.fromkeys([*old.markers, marker]))
            pieces[at] = replace(old, start=min(old.start, start), end=max(old.end, end), markers=markers)
    return [claim for claim in _covered(pieces) if claim.stated and _states(claim)]


def _without(answer: str, given: Collection[int]) -> tuple[str, list[tuple[int, int, int]]]:
    """`answer` with markers and fenced code blanked, every other character in its place, and where each marker was.

    A marker at the end of a line leaves a full stop: what follows is another statement.
    """
    places: list[tuple[int, int, int]] = []

    def blank(match: re.Match[str]) -> str:
        fence, _, marker = match.groups()
        if fence:
            return re.sub(r"[^\n]", " ", fence)
        if marker is None or int(marker) not in given:
            return match[0]
        places.append((int(marker), match.start(), match.end()))
        ends = re.compile(r"[ \t]*\n").match(answer, match.end())
        return " " * (len(match[0]) - 1) + ("." if ends else " ")

    return _SKIPPED.sub(blank, answer), places


def _pieces(plain: str) -> Iterator[_Claim]:
    end = 0
    for sentence in split(plain):
        if sentence.cells:
            yield _Claim(sentence.start, sentence.end, sentence.shown, item=True, joined=False)
            end = sentence.end
            continue
        start = sentence.start
        for line in re.split(rf"(?=\n{_ITEM.pattern})", sentence.text):
            mark = re.match(rf"\n{_ITEM.pattern}", line)
            first, last = start + (mark.end() if mark else 0), start + len(line)
            start = last
            gap = plain[end:first]
            item = mark is not None or _ITEM.search(plain[plain.rfind("\n", 0, first) + 1 : first]) is not None
            heading = _HEADING.search(plain[plain.rfind("\n", 0, first) + 1 : first])
            text = " ".join(plain[first:last].split())
            yield _Claim(
                first, last, text, item=item, joined=not gap.strip() and "\n\n" not in gap, stated=not heading
            )
            end = last


def _carrier(plain: str, pieces: Sequence[_Claim], place: int) -> int | None:
    line = plain.rfind("\n", 0, place) + 1
    before = sum(piece.start < place for piece in pieces)
    if before and (pieces[before - 1].end > line or before == len(pieces)):
        return before - 1
    return before if before < len(pieces) else None


def _covered(pieces: Sequence[_Claim]) -> list[_Claim]:
    covered = list(pieces)
    for i in reversed(range(len(pieces) - 1)):
        if not covered[i].markers and covered[i + 1].joined:
            covered[i] = replace(covered[i], markers=covered[i + 1].markers)
    lead: tuple[int, ...] = ()
    for i, claim in enumerate(covered):
        if not claim.item:
            lead = claim.markers if _LEAD.search(claim.text) else ()
        elif not claim.markers:
            covered[i] = replace(claim, markers=lead)
    return covered


def _states(claim: _Claim) -> bool:
    text = claim.text
    if _QUESTION.search(text) or _TITLE.fullmatch(text) or _SILENCE.search(normalize(text)):
        return False
    if _LEAD.search(text) and not claim.markers:
        return False
    return sum(0.25 if is_cjk(term) else 1 for term in _content(text)) >= 0.5


def _content(text: str) -> list[str]:
    """Terms without fillers; of Chinese the single characters."""
    return [term for term in question_terms(_FILLER.sub(" ", normalize(text))) if not is_cjk(term) or len(term) == 1]


# ---- words


class _Rarity:
    def __init__(self, sentences: Sequence[str]) -> None:
        self._counts = Counter(term for sentence in sentences for term in terms(sentence))
        self._n = len(sentences)

    def of(self, term: str) -> float:
        return math.log(1 + (self._n + 1) / (self._counts[term] + 0.5))

    def share(self, wanted: Sequence[str], found: Collection[str]) -> float:
        total = sum(map(self.of, wanted))
        return sum(self.of(term) for term in wanted if term in found) / total if total else 1.0


def _sentences(passages: Sequence[Passage]) -> list[str]:
    """Each after its headings"""
    return [
        ": ".join([*passage.hit.chunk.headings, sentence.shown])
        for passage in passages
        for sentence in split(passage.hit.chunk.text)
    ]


def _everything(passage: Passage) -> str:
    chunk, document = passage.hit.chunk, passage.hit.document
    name = re.sub(r"[\W_]+", " ", PurePath(document.source).stem)
    page = [] if chunk.page is None else [str(chunk.page)]
    return "\n".join([document.title, name, *page, *chunk.headings, chunk.text])


@dataclass(frozen=True)
class _Found:
    claim: _Claim
    words: float = 0.0
    against: bool = False
    foreign: bool = False
    nearest: tuple[str, ...] = ()
    similarity: float = 0.0
    why: str = ""


def _compare(claim: _Claim, passages: Sequence[Passage], rarity: _Rarity) -> _Found:
    if not passages:
        return _Found(claim)
    text = "\n".join(map(_everything, passages))
    chinese = detect_language(claim.text) == "zh"
    foreign = any((detect_language(p.hit.chunk.text) == "zh") is not chinese for p in passages)
    wanted = _content(claim.text)
    sentences = _sentences(passages)
    shares = [rarity.share(wanted, terms(sentence)) for sentence in sentences]
    near = [s for share, s in zip(shares, sentences, strict=True) if share >= max(SAME_SENTENCE, NEARLY_BEST * max(shares))]
    why = ""
    if not figures_stand(claim.text, text): why = "figures"
    elif chinese and not foreign and _strange(claim.text, text, sentences): why = "strange"
    elif not (_names_stand(claim.text, text, foreign)): why = "names"
    closeness = [
        sum(rarity.of(t) for t in set(wanted) & terms(s)) / math.sqrt(4 + len(terms(s))) for s in sentences
    ]
    order = sorted(range(len(sentences)), key=lambda i: -closeness[i])
    nearest = tuple(sentences[i] for i in order[:MAX_EMBEDDED])
    if not why and not foreign and near and all(_denies(claim.text, s) for s in near): why = "negation"
    if not why and not foreign and _NOT.search(normalize(claim.text)) and not any(_SOMEHOW_NOT.search(normalize(s)) for s in nearest): why = "negation2"
    return _Found(claim, rarity.share(wanted, terms(text)), bool(why), foreign, nearest, why=why)


# ---- figures
_SMALL = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_NUMBERS = {
    **{word: i for i, word in enumerate(_SMALL, 1)},
    **{word: 10 * i for i, word in enumerate(_TENS, 2)},
    **{digit: i for i, digit in enumerate("零一二三四五六七八九")},
    "〇": 0, "两": 2, "twice": 2, "both": 2, "third": 3, "fifth": 5, "ninth": 9, "twelfth": 12,
}  # fmt: skip
_SCALES = {
    "hundred": 100, "thousand": 10**3, "million": 10**6, "mn": 10**6, "billion": 10**9, "bn": 10**9,
    "trillion": 10**12, "十": 10, "百": 100, "千": 10**3, "万": 10**4, "亿": 10**8,
}  # fmt: skip
_WORD = "|".join(word for word in [*_NUMBERS, *_SCALES] if word.isascii())
_LARGE = r"(?:\s*(?:hundred|thousand|million|billion|trillion|[mb]n)\b|百(?!分)|千(?![克米瓦])|[万亿])*"
_FIGURE = re.compile(
    rf"(?P<digits>\d{{1,3}}(?:,\d{{3}})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?){_LARGE}"
    rf"|\b(?:{_WORD})(?:[\s-]+(?:and\s+)?(?:{_WORD}))*(?:th|h)?\b"
    "|(?:(?!百分)[零一二三四五六七八九〇两十百千万亿])+"
)
_TOKEN = re.compile(rf"[\d.,]*\d|{_WORD}|[零一二三四五六七八九〇两十百千万亿]")
_MEASURE = re.compile(
    r"[\s-]*(?:%|percent|per cent|second|minute|hour|day|week|month|quarter|year|dollar|pound|euro|cent|met(?:er|re)|kilo|"
    r"gram|mile|foot|feet|inch|degree|times)"
    "|个?(?:小时|分钟|秒|天|日|号|年|月|周|星期|季度|元|块|米|公里|厘米|毫米|岁|倍|吨|克|公斤|千克|斤|升|度|次)"
)
_MONTHS = {
    name: i
    for i, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
_MONTH = re.compile(
    r"\b(?:(jan)(?:uary)?|(feb)(?:ruary)?|(mar)(?:ch)?|(apr)(?:il)?|(may)(?=\.? \d)|(?<=\d )(may)|(jun)e?|(jul)y?|(aug)(?:ust)?|"
    r"(sep)(?:t(?:ember)?)?|(oct)(?:ober)?|(nov)(?:ember)?|(dec)(?:ember)?)\b"
)
_DATES = (
    (re.compile(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b"), r"\1年\2月\3日"),
    (re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b"), r"\3年\2月\1日"),
)
_SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{2,4})\b")
_SPACED = re.compile(r"(?<![\d.,])(\d{1,3})((?: \d{3})+)(?![\d,]|\.\d)")
_CODE = re.compile(r"\b(?:[A-Z]{1,6}-?|[A-Za-z]+)\d\w*")


@dataclass(frozen=True)
class _Figure:
    """A number of a text: what it `offers` to claims about it, and what it `accepts` as the same when claimed."""

    offers: tuple[str, ...]
    accepts: tuple[str, ...]
    certain: bool


def figures_stand(claim: str, text: str) -> bool:
    spelled = _spelled(text)
    offered = {
        offer
        for variant in (spelled, _joined(spelled), _SLASHED.sub(r"\1月 \2月 ", spelled))
        for figure in _figures(variant)
        for offer in figure.offers
    }
    wanted = [figure for figure in _figures(_joined(re.sub(r"[(（]\d[)）]", " ", _spelled(claim)))) if figure.certain]
    if not all(offered.intersection(figure.accepts) for figure in wanted):
        return False
    squeezed = _squeezed(text)
    return all(re.search(rf"{re.escape(_squeezed(code))}(?!\d)", squeezed) for code in _CODE.findall(_narrow(claim)))


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", re.sub("[²³]", "", text.replace("，", "， ")))


def _squeezed(text: str) -> str:
    return re.sub(r"[\s_–-]+", "", _narrow(text).casefold())


def _spelled(text: str) -> str:
    text = normalize(_narrow(text)).replace("‑", "-")
    for pattern, date in _DATES:
        text = pattern.sub(date, text)
    text = re.sub(r"(?<=\d):00\b", "", text)
    return _MONTH.sub(lambda match: f" {_MONTHS[next(filter(None, match.groups()))]}月 ", text)


def _joined(text: str) -> str:
    return _SPACED.sub(lambda match: match[0].replace(" ", ""), text)


def _figures(text: str) -> Iterator[_Figure]:
    for match in _FIGURE.finditer(text):
        tokens = _TOKEN.findall(match[0])
        value = _value(tokens)
        name, plain = _canonical(value), _canonical(_value(tokens[:1]))
        measured = _MEASURE.match(text, match.end()) is not None
        certain = bool(match["digits"]) or (value >= 2 and measured) or (value > LARGEST_COMMON_NUMBER and _is_number(match[0]))
        if text.startswith("月", match.end()) and value <= 12:
            yield _Figure((f"{name}月", name), (f"{name}月",), certain)
        elif match["digits"]:
            yield _Figure((name,), (name, plain), certain)
        else:
            yield _Figure((name,), (name,), certain)


def _is_number(text: str) -> bool:
    """Not 万一, 千万, 三四, which are words."""
    if text.isascii():
        return True
    return text[0] in _NUMBERS and (any(c in _SCALES for c in text) or len(text) == 4 or "〇" in text)


def _value(tokens: Sequence[str]) -> Decimal:
    if len(tokens) > 1 and all(len(token) == 1 and token in _NUMBERS for token in tokens):
        return Decimal("".join(str(_NUMBERS[token]) for token in tokens))
    total = Decimal(0)
    for token in tokens:
        if token in _SCALES:
            low = total % _SCALES[token]
            total += (low or 1) * _SCALES[token] - low
        else:
            total += Decimal(_NUMBERS[token]) if token in _NUMBERS else Decimal(token.replace(",", ""))
    return total


def _canonical(value: Decimal) -> str:
    return format(value.normalize(), "f")


# ---- names
_NAME = re.compile(r"(?<![.!?:·|“\"(*] )(?<![.!?:·|“\"(*])(?<=[^\W\d_][ ,;)'’] )?")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]+")
_CAPITAL = re.compile(r"[A-Z][\w'’]*(?:-\w+)*")
_LABEL = re.compile(r"\**[^:：]{1,60}[:：]\**\s")


def _names(text: str) -> list[str]:
    label = _LABEL.match(text)
    text = text[label.end() :] if label else text
    found = []
    for match in _CAPITAL.finditer(text):
        before = text[: match.start()].rstrip(" *_")
        opening = not before or before[-1] in ".!?:;·|“\"‘'(（[。！？：；/"
        if not opening and not _CODE.match(match[0]) and not _MONTH.fullmatch(match[0].lower()):
            found.append(match[0])
    return found


def _names_stand(claim: str, text: str, foreign: bool) -> bool:
    have = {stem(w) for w in _LATIN.findall(normalize(text))}
    if detect_language(claim) == "zh":
        latin = [w for w in _LATIN.findall(claim) if len(w) > 1]
        if not all(_known(w, have, text) for w in latin):
            return False
        return True
    return foreign or all(_known(w, have, text) for w in _names(claim))


def _known(name: str, have: Collection[str], text: str) -> bool:
    words = [stem(w) for w in _LATIN.findall(normalize(name)) if w not in STOP_WORDS and len(w) > 1]
    if name.isupper() and name.lower() in "".join(w[0] for w in _LATIN.findall(text)).lower():
        return True
    return all(any(w == h or (len(h) >= 4 and w.startswith(h)) or (len(w) >= 4 and h.startswith(w[: max(4, len(w) - 2)])) for h in have) for w in words)


def _strange(claim: str, text: str, sentences: Sequence[str]) -> bool:
    known = normalize(text)
    marked = "".join("□" if is_cjk(c) and c not in known else c for c in _FILLER.sub(" ", normalize(claim)))
    if "□" * STRANGE_CHARACTERS not in marked:
        return False
    rest = _content(re.sub("□{2,}", " ", marked))
    return any(sum(term in terms(s) for term in rest) >= 0.8 * len(rest) for s in sentences)


# ---- negation
_NOT = re.compile(
    r"(?:\b(?:not|never|no|zero|cannot|without|neither|nor|none)\b|n't\b)(?!\s+(?:only|just|more|less|fewer|later|earlier|longer than)\b)"
    r"|没有|没(?!收)|不(?![仅但同断少久过管论])|未(?!来)|并非|无(?![论数疑])|勿|禁止"
)
_SOMEHOW_NOT = re.compile(
    rf"{_NOT.pattern}|\b(?:un\w{{4,}}|dis\w{{4,}}|lack|fail|refus|prohibit|forbid|exclud|except|hardly|rarely|avoid|prevent|only)|"
    "[不没未无非否禁勿难仅只]|拒绝|缺|除|避免|阻|劝阻"
)
_UNIT = re.compile(rf"(?P<not>{_NOT.pattern})|(?P<stop>[,.;:!?、，。；：！？()（）](?!\d))|\d+(?:[.,]\d+)*|[^\W\d_㐀-䶿一-鿿]+|[㐀-䶿一-鿿]")
_LIGHT = frozenset("有是会能可以得再被予要应必需曾经的了由")
_REACH = 4


def _stances(text: str) -> list[tuple[str, bool]]:
    """The words (stems, numbers, Chinese characters) of a text, and whether a negation stands right before each."""
    units: list[tuple[str, bool]] = []
    left = 0
    for match in _UNIT.finditer(normalize(text)):
        if match["not"]:
            left = _REACH
        elif match["stop"]:
            left = 0
        elif match[0] in STOP_WORDS or match[0] in _LIGHT:
            left -= 1
        else:
            units.append((stem(match[0]), left > 0))
            left = 0
    return units


def _denies(claim: str, sentence: str) -> bool:
    first, second = _stances(claim), _stances(sentence)
    return _flips(first, second) or _flips(second, first)


def _flips(first, second) -> bool:
    for i, (unit, denied) in enumerate(first):
        if not denied:
            continue
        shortest, longest = (2, 4) if is_cjk(unit) else (1, 3)
        keys = [[u for u, _ in first[i : i + length]] for length in range(longest, shortest - 1, -1)]
        key = next((key for key in keys if _found(key, second)), None)
        if key and all(_found(key, first)) and not any(_found(keys[-1], second)):
            return True
    return False


def _found(key, units) -> list[bool]:
    return [units[i][1] for i in range(len(units) - len(key) + 1) if [u for u, _ in units[i : i + len(key)]] == key]


# ---- meaning
def _with_meaning(found: Sequence[_Found], embedder: Embedder) -> list[_Found]:
    asked = [
        entry for entry in found
        if entry.nearest and not entry.against and entry.words < ENOUGH_WORDS
        and min(map(embedder.reads, [entry.claim.text, *entry.nearest])) >= MIN_READABLE
    ]
    if not asked:
        return list(found)
    texts = list(dict.fromkeys(t for e in asked for t in (*UNRELATED[_language(e)], e.claim.text, *e.nearest)))
    vectors = dict(zip(texts, embedder.embed(texts), strict=True))
    out = []
    for entry in found:
        if entry in asked:
            v = vectors[entry.claim.text]
            zero = sum(float(vectors[u] @ v) for u in UNRELATED[_language(entry)]) / 3
            best = max(float(vectors[t] @ v) for t in entry.nearest)
            entry = replace(entry, similarity=max(0.0, (best - zero) / max(1 - zero, 1e-6)))
        out.append(entry)
    return out


def _language(entry: _Found) -> str:
    return "zh" if detect_language(entry.claim.text) == "zh" else "en"


def _verdict(answer: str, found: _Found) -> Verdict:
    claim = found.claim
    status: Status = "uncited"
    if claim.markers:
        stands = found.foreign or found.words >= ENOUGH_WORDS or found.similarity >= ENOUGH_MEANING
        status = "supported" if stands and not found.against else "unsupported"
    return Verdict(sentence=answer[claim.start:claim.end], start=claim.start, end=claim.end, markers=claim.markers, status=status, score=min(1.0, max(found.words, found.similarity)))
