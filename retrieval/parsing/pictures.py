"""Reads image files: every frame is a page, and its words come from OCR."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from docling_core.types.doc import DoclingDocument
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from configs.settings import ParsingSettings
from retrieval.errors import ParseError
from retrieval.parsing.ocr import NO_TIME, TIME_SHARE, Ocr
from retrieval.parsing.pdf.document import OnPage, geometry_document
from retrieval.parsing.pdf.page import Page

_FORMATS = ("BMP", "JPEG", "PNG", "TIFF", "WEBP")
_POINTS_PER_INCH = 72.0


def read_picture(
    path: Path, ocr: Ocr, settings: ParsingSettings, *, on_page: OnPage | None
) -> tuple[DoclingDocument, tuple[str, ...]]:
    """The document on a picture, and which frames there was no time for.

    Sizes are points by the file's resolution, 72 dots per inch when it has none.

    Raises ParseError when the file is damaged, or has too many pixels or frames.
    """
    name = path.name
    try:
        with Image.open(path, formats=_FORMATS) as picture:
            frames = getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1
            if frames > settings.max_pages:
                raise ParseError(
                    f"{name} has {frames} pages; at most {settings.max_pages} are read.",
                    hint="Split it, or raise parsing.max_pages.",
                )
            until = time.monotonic() + TIME_SHARE * settings.timeout_s
            pages: list[Page] = []
            for page in _pages(picture, frames, ocr):
                pages.append(page)
                if on_page:
                    on_page(page.number, frames)
                if time.monotonic() > until:
                    break
    except Image.DecompressionBombError as error:
        raise ParseError(f"{name} has too many pixels to be read.", hint="Scale it down.") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise ParseError(
            f"{name} is damaged, or is not a picture.", hint="Open it in a viewer and save it again."
        ) from error
    missing = range(len(pages) + 1, frames + 1)
    problems = tuple(f"Page {number} cannot be read ({NO_TIME})." for number in missing)
    return geometry_document(path.stem, pages), problems


def _pages(picture: Image.Image, frames: int, ocr: Ocr) -> Iterator[Page]:
    for number, frame in enumerate(ImageSequence.Iterator(picture), 1):
        across, down = frame.info.get("dpi", (0, 0))
        known = across > 1 and down > 1
        x, y = (_POINTS_PER_INCH / float(dots) if known else 1.0 for dots in (across, down))
        flat = _on_white(ImageOps.exif_transpose(frame))
        words = ocr.words(flat, x=x, y=y)
        yield Page(number=number, width=flat.width * x, height=flat.height * y, words=words)
        if number == frames:
            return


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode[0] in "IF":
        return _in_256_shades(picture)
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")


def _in_256_shades(picture: Image.Image) -> Image.Image:
    """A picture of more shades, from its darkest to its lightest: how many bits of them are in use, no file tells."""
    wide = picture.convert("I").convert("F") if picture.mode.startswith("I") else picture
    low, high = map(float, wide.getextrema())  # type: ignore[arg-type]  # of one band it is one pair
    step = 255 / (high - low or 1)
    return wide.point(lambda shade: shade * step - low * step).convert("RGB")
