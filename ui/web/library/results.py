"""What a search found, as HTML: every passage with its fusion ledger, and the steps with their milliseconds."""

from __future__ import annotations

from retrieval.types import Step
from ui.web.library.ledger import ArmEntry, Entry, Ledger
from ui.web.library.pieces import button, empty, listed, passage, text
from ui.web.listing import base_name
from ui.web.words import Words

_STEPS = ("embed", "dense", "lexical", "vectors", "fusion", "feedback", "fetch")


def results(words: Words, found: Ledger, *, query: str) -> str:
    """The passages, best first."""
    if not found.entries:
        return empty(words("library.nothing_found"), words("library.nothing_found_hint")) + _steps(words, found.steps)
    said = text(words("library.found", n=len(found.entries), seen=found.seen, strategy=found.strategy))
    hits = "".join(_hit(words, found, entry, query) for entry in found.entries)
    steps = _steps(words, found.steps)
    return f'<p role="status" class="lib-note">{said}</p><ol class="lib-hits">{hits}</ol>{steps}'


def why(words: Words, found: Ledger, entry: Entry) -> str:
    """One sentence: which arms found it, how high, and what that came to."""
    saw = [arm for arm in entry.arms if arm.rank]
    ranked = [words("library.arm_rank", arm=arm_name(words, arm.name), rank=arm.rank, of=arm.of) for arm in saw]
    told, score = listed(words, ranked), _number(entry.hit.scores.get("fused", 0.0))
    if len(entry.arms) == 1:
        return words("library.why_single", arms=told)
    missed = [arm for arm in entry.arms if not arm.rank]
    fusion = words(f"library.fusion_{found.fusion}")
    if missed:
        missing = listed(words, [arm_name(words, arm.name) for arm in missed])
        return words("library.why_alone", arms=told, missing=missing, of=missed[0].of, fusion=fusion, score=score)
    parts = " + ".join(_number(arm.part) for arm in saw)
    return words("library.why_both", arms=told, fusion=fusion, score=score, parts=parts)


def arm_name(words: Words, name: str) -> str:
    """An arm by what it looks for."""
    return words(f"library.arm_{name}") if name in ("dense", "lexical") else name


def _hit(words: Words, found: Ledger, entry: Entry, query: str) -> str:
    hit, chunk = entry.hit, entry.hit.chunk
    name = base_name(hit.document.source)
    place = f"{name} · {words('library.page', n=chunk.page)}" if chunk.page else name
    opens = button(
        text(place), "preview", kind="lib-open-document", document=hit.document.id, page=chunk.page or 0, chunk=chunk.id
    )
    path = f'<p class="lib-path">{text(" › ".join(chunk.headings))}</p>' if chunk.headings else ""
    said = text(words("library.by_query", query=hit.query))
    other = f'<p class="lib-note">{said}</p>' if hit.query != query.strip() else ""
    return (
        f'<li class="lib-hit"><header><b>{hit.rank}</b>{opens}</header>{path}{passage(chunk, scrolls=True)}'
        f'<p class="lib-why">{text(why(words, found, entry))}</p>{other}{_ledger(words, entry)}</li>'
    )


def _ledger(words: Words, entry: Entry) -> str:
    heads = "".join(_head(words, f"ledger_{name}") for name in ("arm", "rank", "score", "part"))
    known = {arm.name for arm in entry.arms}
    arms = "".join(_arm(words, arm) for arm in entry.arms)
    others = "".join(
        f'<tr><th scope="row">{text(words("library.ledger_fused") if name == "fused" else name)}</th>'
        f"<td>{entry.hit.rank}</td><td>{_number(score)}</td><td></td></tr>"
        for name, score in entry.hit.scores.items()
        if name not in known
    )
    return (
        f'<table class="lib-ledger"><caption class="lib-unseen">{text(words("library.ledger"))}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{arms}{others}</tbody></table>"
    )


def _head(words: Words, name: str) -> str:
    return f'<th scope="col">{text(words(f"library.{name}"))}</th>'


def _arm(words: Words, arm: ArmEntry) -> str:
    figures = (f"{arm.rank} / {arm.of}", _number(arm.score), f"+{_number(arm.part)}") if arm.rank else ("–", "–", "–")
    cells = "".join(f"<td>{figure}</td>" for figure in figures)
    return f'<tr class="lib-arm-{text(arm.name)}"><th scope="row">{text(arm_name(words, arm.name))}</th>{cells}</tr>'


def _steps(words: Words, steps: tuple[Step, ...]) -> str:
    total = sum(step.ms for step in steps)
    rows = "".join(
        f'<tr><th scope="row">{text(words(f"library.step_{step.name}") if step.name in _STEPS else step.name)}</th>'
        f"<td>{text(step.inputs)}</td><td>{text(step.outputs)}</td><td>{step.ms:.1f}</td></tr>"
        for step in steps
    )
    heads = "".join(_head(words, f"steps_{name}") for name in ("step", "in", "out", "ms"))
    return (
        f'<details class="lib-steps"><summary>{text(words("library.steps", ms=f"{total:.0f}"))}</summary>'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></details>"
    )


def _number(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}"
