"""Tables that code displayed, as HTML that can neither run, load, lead anywhere nor spread over the page."""

from __future__ import annotations

import nh3

_TAGS = {"table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption"}
_SPANS = {"th": {"colspan", "rowspan"}, "td": {"colspan", "rowspan"}}
_SPAN_DIGITS = 2


def safe_table(text: str) -> str:
    """Only the tables and the words of some HTML; spans of a hundred cells and more become one cell."""
    return nh3.clean(text, tags=_TAGS, attributes=_SPANS, attribute_filter=_small)


def _small(tag: str, attribute: str, value: str) -> str | None:  # noqa: ARG001 - the signature is nh3's
    return value if value.isascii() and value.isdecimal() and len(value) <= _SPAN_DIGITS else None
