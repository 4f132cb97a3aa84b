"""Draws a picture, or one frame of it, as a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from retrieval.errors import ParseError
from retrieval.evidence.marking import Drawn
from retrieval.types import Box

_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP")
_MOST_PIXELS = 100_000_000
"""Larger pictures would fill the memory before a smaller copy is made."""
_POINTS_PER_INCH = 72


def draw_picture(path: Path, page: int, *, boxes: Sequence[Box], width: int, most_pixels: int) -> Drawn:
    """The frame, turned as its camera held it, at most `width` wide and of at most `most_pixels`."""
    frame, (dpi_x, dpi_y) = _frame(path, page)
    across, down = frame.size
    scale = min(1.0, width / across, (most_pixels / (across * down)) ** 0.5)
    x, y = scale * dpi_x / _POINTS_PER_INCH, scale * dpi_y / _POINTS_PER_INCH
    size = max(1, round(across * scale)), max(1, round(down * scale))
    passage = tuple((left * x, top * y, right * x, bottom * y) for left, top, right, bottom in boxes)
    return Drawn(image=frame.resize(size, Image.Resampling.LANCZOS), passage=passage)


def _frame(path: Path, number: int) -> tuple[Image.Image, tuple[float, float]]:
    """The frame on white, and its dots per inch; 72 when it does not tell."""
    try:
        with Image.open(path, formats=_FORMATS) as picture:
            picture.seek(number - 1)
            if picture.width * picture.height > _MOST_PIXELS:
                raise ParseError(f"{path.name} is too large to be shown.", hint=f"{_MOST_PIXELS:,} pixels are shown.")
            across, down = picture.info.get("dpi", (0, 0))
            dpi = (float(across), float(down)) if across > 1 and down > 1 else (_POINTS_PER_INCH, _POINTS_PER_INCH)
            return _on_white(ImageOps.exif_transpose(picture)), dpi
    except EOFError as error:
        raise ParseError(f"{path.name} has no page {number}.", hint="Turn back to an earlier page.") from error
    except Image.DecompressionBombError as error:
        raise ParseError(
            f"{path.name} is too large to be shown.", hint=f"{_MOST_PIXELS:,} pixels are shown."
        ) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ParseError(f"{path.name} is damaged, or is not a picture.", hint="Open it in a viewer.") from error


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
