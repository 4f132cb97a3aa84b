"""What runs on the way in, before the runner. Its files are sent as text: only the standard library of Python 3.10."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

LOADER = """\
import json, os, sys
link = int(sys.argv[1])
def take(n):
    data = b""
    while len(data) < n:
        piece = os.read(link, n - len(data))
        if not piece:
            sys.exit(0)
        data += piece
    return data
sent = json.loads(take(int(take(8))))
for name, text in sent["modules"].items():
    module = sys.modules[name] = type(sys)(name)
    exec(compile(text, name, "exec"), module.__dict__)
module.main(link, **sent["config"])
"""
"""For `python -I -S -c`, with the number of a descriptor: eight digits, and as many bytes of JSON."""


def source(name: str) -> str:
    """The text of one file."""
    return Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")


def modules(names: Sequence[str]) -> dict[str, str]:
    """The files by the names they import each other with, as LOADER takes them: the last one has `main`."""
    return {f"{__name__}.{name}": source(name) for name in names}
