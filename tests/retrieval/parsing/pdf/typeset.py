"""Sets pages in proportional type of any script and writes them as a PDF, so that every word's place is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

WIDTH, HEIGHT = 595, 842
FONTS = ("Serif", "Serif-Bold", "Sans", "Sans-Bold")
NARROW, WIDE, FULL = "iljtf.,:;'()! ", "mwMW", "\u2e80"
_WIDTHS = "".join(f"{ord(c)} {ord(c)} 280 " for c in NARROW) + "".join(f"{ord(c)} {ord(c)} 780 " for c in WIDE)
_DESCRIPTOR = "/FontBBox[0 -200 1000 800]/Ascent 800/Descent -200/CapHeight 700/Flags 4/ItalicAngle 0/StemV 80"


def width(text: str, size: float) -> float:
    """The width of `text` in points."""
    return sum(280 if c in NARROW else 780 if c in WIDE else 1000 if c >= FULL else 500 for c in text) * size / 1000


@dataclass
class Leaf:
    """One A4 page, filled in points from the top left corner."""

    operators: list[str] = field(default_factory=list)

    def text(
        self, left: float, baseline: float, text: str, size: float = 10, font: str = "Serif", turn: int = 0
    ) -> Leaf:
        """Set one line; with `turn` 1 it is read upwards."""
        matrix = f"0 1 -1 0 {left} {HEIGHT - baseline}" if turn else f"1 0 0 1 {left} {HEIGHT - baseline}"
        glyphs = text.encode("utf-16-be").hex()
        self.operators.append(f"BT /{font} {size} Tf {matrix} Tm <{glyphs}> Tj ET")
        return self

    def lines(
        self, left: float, baseline: float, lines: Sequence[str], *, size: float = 10, font: str = "Serif"
    ) -> Leaf:
        """Set lines below each other, 1.25 times their size apart."""
        for number, line in enumerate(lines):
            self.text(left, baseline + 1.25 * size * number, line, size, font)
        return self

    def right_to_left(self, right: float, baseline: float, words: Sequence[str], size: float = 10) -> Leaf:
        """Set words from the right edge, their letters in the order in which they stand on the page."""
        for word in words:
            right -= width(word, size)
            self.text(right, baseline, word[::-1] if word > "\u0590" else word, size)
            right -= width(" ", size)
        return self

    def rows(self, lefts: Sequence[float], baseline: float, rows: Sequence[Sequence[str]], step: float = 16) -> Leaf:
        """Set the cells of rows at the places of their columns."""
        for number, row in enumerate(rows):
            for left, cell in zip(lefts, row, strict=True):
                if cell:
                    self.text(left, baseline + step * number, cell)
        return self

    def rule(self, left: float, top: float, right: float, bottom: float) -> Leaf:
        """Draw a line."""
        self.operators.append(f"0.5 w {left} {HEIGHT - top} m {right} {HEIGHT - bottom} l S")
        return self

    def box(self, left: float, top: float, size: float) -> Leaf:
        """Draw a filled square."""
        self.operators.append(f"{left} {HEIGHT - top - size} {size} {size} re f")
        return self


def write_leaves(path: Path, leaves: Sequence[Leaf]) -> Path:
    """Write the pages as a PDF whose fonts say by a table which character each glyph is."""
    fonts = "".join(f"/{name} {3 + 4 * number} 0 R" for number, name in enumerate(FONTS))
    first = 3 + 4 * len(FONTS)
    kids = " ".join(f"{first + 2 * number} 0 R" for number in range(len(leaves)))
    objects = ["<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Count {len(leaves)}/Kids[{kids}]>>"]
    for number, name in enumerate(FONTS):
        objects += _font(name, 3 + 4 * number)
    for number, leaf in enumerate(leaves):
        box = f"/MediaBox[0 0 {WIDTH} {HEIGHT}]/Resources<</Font<<{fonts}>>>>"
        objects.append(f"<</Type/Page/Parent 2 0 R{box}/Contents {first + 2 * number + 1} 0 R>>")
        objects.append(_stream("\n".join(leaf.operators)))
    path.write_bytes(_serialize(objects))
    return path


def _font(name: str, first: int) -> list[str]:
    ranges = [f"<{high:02x}00> <{high:02x}ff> <{high:02x}00>" for high in range(256)]
    blocks = "\n".join(f"64 beginbfrange\n{chr(10).join(ranges[i : i + 64])}\nendbfrange" for i in range(0, 256, 64))
    to_unicode = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /U def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{blocks}\nendcmap end end"
    )
    descendant = (
        f"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 500/W[{_WIDTHS}11904 65535 1000]"
    )
    return [
        f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H/DescendantFonts[{first + 1} 0 R]"
        f"/ToUnicode {first + 3} 0 R>>",
        f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}{descendant}/FontDescriptor {first + 2} 0 R>>",
        f"<</Type/FontDescriptor/FontName/{name}{_DESCRIPTOR}>>",
        _stream(to_unicode),
    ]


def _stream(content: str) -> str:
    return f"<</Length {len(content)}>>\nstream\n{content}\nendstream"


def _serialize(objects: Sequence[str]) -> bytes:
    data, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    trailer = f"trailer <</Size {size}/Root 1 0 R>>\nstartxref\n{len(data)}\n%%EOF"
    return data + f"xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode()
