"""Reads the words off pictures with the models in RapidOCR's wheel: English and Chinese, offline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from PIL.Image import Image

from retrieval.parsing.pdf.page import Word

DOTS_PER_INCH = 200
TIME_SHARE = 0.8
"""How much of the time for a document OCR may take; a dense page takes 7 s, and what was read must not be lost."""
NO_TIME = "parsing.timeout_s left no time for OCR"
_SAME_SIZE = 1.25
"""Boxes drawn around lines of one type size differ in height by no more than this factor from the usual one."""
_ON_SIDE = 1.5
"""A box this much taller than wide holds a line that is read upwards."""
_OPTIONS = {
    "Global.log_level": "critical",
    "Global.use_cls": False,
    "Global.max_side_len": 3000,
    "Det.limit_type": "max",
    "Det.limit_side_len": 960,
    "Rec.rec_batch_num": 1,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}
"""The classifier of upside-down lines turns good ones round; large batches and pictures cost twice the memory."""


@dataclass(frozen=True)
class _Line:
    """What is written in one box, in pixels."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top


class Ocr:
    """Opens its models when first asked, then keeps them: 0.9 s, and 300 MB while it reads."""

    def __init__(self) -> None:
        self._engine: Any = None

    def words(self, picture: Image, *, x: float, y: float) -> tuple[Word, ...]:
        """The words of an RGB picture, in points; `x` and `y` are the points per pixel across and down."""
        import numpy

        if not any(low != high for low, high in picture.getextrema()):  # type: ignore[misc]  # RGB has a pair per band
            return ()
        if self._engine is None:
            from rapidocr import RapidOCR

            self._engine = RapidOCR(params=_OPTIONS)
        found = self._engine(numpy.asarray(picture)[:, :, ::-1])
        if not found.txts:
            return ()
        lines = [_line(text, box) for text, box in zip(found.txts, found.boxes, strict=True)]
        return tuple(word for line in _even(lines) for word in _words(line, x, y))


def _line(text: str, box: Any) -> _Line:
    """The upright rectangle for a box of four corners, clockwise from the top left."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = (map(float, corner) for corner in box)
    return _Line(text.strip(), (ax + dx) / 2, (ay + by) / 2, (bx + cx) / 2, (cy + dy) / 2)


def _even(lines: Iterable[_Line]) -> Iterator[_Line]:
    """Lines of about the usual height get just that: the boxes follow the letters that happen to be in them."""
    known = list(lines)
    usual = median(line.height for line in known for _ in line.text)
    for line in known:
        if usual / _SAME_SIZE <= line.height <= usual * _SAME_SIZE:
            middle = (line.top + line.bottom) / 2
            line = _Line(line.text, line.left, middle - usual / 2, line.right, middle + usual / 2)
        yield line


def _words(line: _Line, x: float, y: float) -> Iterator[Word]:
    """The words of a line, placed by their share of its letters; a line on its side stays whole."""
    left, top, right, bottom = line.left * x, line.top * y, line.right * x, line.bottom * y
    if line.height > _ON_SIDE * (line.right - line.left) and len(line.text) > 1:
        yield Word(left=left, top=top, right=right, bottom=bottom, text=line.text, turn=1)
        return
    letter = (right - left) / max(len(line.text), 1)
    start = 0
    for text in line.text.split(" "):
        if text:
            end = start + len(text)
            yield Word(left=left + start * letter, top=top, right=left + end * letter, bottom=bottom, text=text)
        start += len(text) + 1
