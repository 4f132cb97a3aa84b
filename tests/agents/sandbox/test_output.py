from __future__ import annotations

import time

import pytest

from agents.sandbox.output import Capture, plain

DIRTY = {
    "plain": ("a\tb\nc", "a\tb\nc"),
    "colour": ("\x1b[1;31mred\x1b[0m", "red"),
    "8-bit control sequence": ("\x9b31mred", "red"),
    "title by OSC and BEL": ("\x1b]0;title\x07text", "text"),
    "link by OSC and ST": ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
    "device control string": ("\x1bPq#0;2;0\x1b\\text", "text"),
    "unterminated string ends with the line": ("\x1b]0;title\ntext", "\ntext"),
    "nested escape": ("\x1b\x1b[0m[31mtext", "[31mtext"),
    "lone escape at the end": ("text\x1b", "text"),
    "charset": ("\x1b(Btext", "text"),
    "bidirectional": ("\u202eabc\u202c \u2066x\u2069", "abc x"),
    "zero width": ("a\u200bb\u2060c\ufeff", "abc"),
    "tags": ("a\U000e0041b", "ab"),
    "carriage returns": ("a\r\nb\rc", "a\nb\nc"),
    "backspace, bell, NUL": ("a\x08\x07\x00b", "ab"),
    "Chinese, accents, emoji": ("雪 é 🙂", "雪 é 🙂"),
}


@pytest.mark.parametrize(("dirty", "clean"), [pytest.param(*row, id=name) for name, row in DIRTY.items()])
def test_only_visible_text_remains(dirty: str, clean: str) -> None:
    assert plain(dirty) == clean


@pytest.mark.parametrize("piece", ["\x1b]", "\x1b[", "\x1b[0 ", "\x1b", "\x9b0", "\x90x"])
def test_hostile_output_is_cleaned_in_linear_time(piece: str) -> None:
    started = time.monotonic()
    plain(piece * 50_000)
    plain(piece + "0" * 100_000 + " " * 100_000)

    assert time.monotonic() - started < 2


def test_a_capture_shares_its_limit_between_the_streams() -> None:
    capture = Capture(10)
    capture.feed("stdout", b"12345678")
    capture.feed("stderr", b"ab")
    before = capture.overflowed
    capture.feed("stderr", b"c")

    assert (before, capture.overflowed) == (False, True)
    assert (capture.text("stdout"), capture.text("stderr")) == ("12345678", "ab")


def test_a_capture_counts_characters_and_joins_split_ones() -> None:
    capture = Capture(3)
    for byte in "雪雪雪".encode():
        capture.feed("stdout", bytes([byte]))

    assert (capture.text("stdout"), capture.overflowed) == ("雪雪雪", False)


def test_a_character_cut_off_at_the_end_is_marked() -> None:
    capture = Capture(10)
    capture.feed("stdout", "雪".encode()[:2])
    capture.feed("stdout", b"")

    assert capture.text("stdout") == "\ufffd"
