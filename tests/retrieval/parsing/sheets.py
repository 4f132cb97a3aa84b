"""Writes small PDFs by hand, so that the tests know where every word stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

WIDTH, HEIGHT = 595, 842
FONTS = {"plain": "Helvetica", "bold": "Helvetica-Bold", "mono": "Courier"}


@dataclass
class Sheet:
    """One page, A4, filled from the top left corner in points."""

    operators: list[str] = field(default_factory=list)

    def text(self, left: float, baseline: float, text: str, *, size: float = 10, font: str = "plain") -> Sheet:
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        self.operators.append(f"BT /{font} {size} Tf 1 0 0 1 {left} {HEIGHT - baseline} Tm ({escaped}) Tj ET")
        return self

    def lines(self, left: float, baseline: float, lines: Sequence[str], *, leading: float = 12) -> Sheet:
        for number, line in enumerate(lines):
            self.text(left, baseline + number * leading, line)
        return self

    def rule(self, left: float, top: float, right: float, bottom: float) -> Sheet:
        self.operators.append(f"0.5 w {left} {HEIGHT - top} m {right} {HEIGHT - bottom} l S")
        return self


def write_pdf(path: Path, sheets: Sequence[Sheet], *, encrypted: bool = False) -> Path:
    """Write `sheets` as a PDF 1.4; an encrypted one opens with no password."""
    fonts = "".join(
        f"/{key} <</Type/Font/Subtype/Type1/BaseFont/{name}/Encoding/WinAnsiEncoding>>" for key, name in FONTS.items()
    )
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(sheets)))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(sheets)}/Kids[{kids}]>>",
        f"<</Font<<{fonts}>>>>",
    ]
    for number, sheet in enumerate(sheets):
        content = "\n".join(sheet.operators)
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {WIDTH} {HEIGHT}]/Resources 3 0 R/Contents {5 + 2 * number} 0 R>>"
        )
        objects.append(f"<</Length {len(content.encode('latin-1'))}>>\nstream\n{content}\nendstream")
    trailer = f"/Size {len(objects) + 1}/Root 1 0 R"
    if encrypted:
        trailer += f"/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<{'11' * 32}>/U<{'22' * 32}>>>"
    path.write_bytes(serialize(objects, trailer))
    return path


def serialize(objects: Sequence[str], trailer: str) -> bytes:
    """The bytes of a PDF of `objects`, numbered from 1."""
    data = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    end = (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer <<{trailer}>>\nstartxref\n{len(data)}\n%%EOF"
    )
    return data + end.encode()
