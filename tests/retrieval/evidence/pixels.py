"""What can be seen in an image."""

from __future__ import annotations

from PIL import Image, ImageChops

Edges = tuple[int, int, int, int]


def yellow(image: Image.Image) -> Edges | None:
    """The edges around everything as yellow as a marker, or darkened by the words under it."""
    red, green, blue = image.convert("RGB").split()
    strong = ImageChops.subtract(ImageChops.darker(red, green), blue).point(lambda value: 255 * (value > 100))
    return strong.getbbox()


def tinted(image: Image.Image) -> Edges | None:
    """The edges around everything that is a little yellow at least."""
    red, _, blue = image.convert("RGB").split()
    return ImageChops.subtract(red, blue).point(lambda value: 255 * (value > 15)).getbbox()


def dark(image: Image.Image) -> Edges | None:
    """The edges around everything written in black."""
    return image.convert("L").point(lambda value: 255 * (value < 100)).getbbox()
