"""What kind of trouble a document has, told by the library's sentence about it, so that every language can say it."""

from __future__ import annotations

import re

_KINDS = (
    ("encrypted", r"is encrypted|does not open"),
    ("empty", r"is empty \(0 bytes\)|contains no text|has no text layer|There are no files"),
    ("large", r"; at most|larger than|too many pixels|too large|more than \d+ MiB|unpacks to|would unpack"),
    ("damaged", r"is damaged|is corrupt|holds binary data|as a ZIP:|crashed its reader|nested too deeply"),
    (
        "type",
        r"(Files ending in .+|Files without a suffix) cannot be read|which is not read|kind that is read|of a type",
    ),
    ("slow", r"took longer than"),
    ("address", r"cannot be reached|answered \d|No host |not a public address|http and https|is not valid|was not re"),
    ("gone", r"does not exist|has changed or is gone"),
)


def reason(sentence: str) -> str:
    """`encrypted`, `empty`, `large`, `damaged`, `type`, `slow`, `address`, `gone`, or `other`."""
    return next((kind for kind, pattern in _KINDS if re.search(pattern, sentence)), "other")
