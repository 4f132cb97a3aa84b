"""Files that are laid before the code: read-only copies under plain names, bounded in all."""

from __future__ import annotations

from agents.errors import SandboxFileRefused
from agents.sandbox.command import MB
from agents.sandbox.output import plain

MOST_MB = 64
NAME_BYTES = 200


class Inputs(dict[str, bytes]):
    """The files of a session by name; kept, so that they can be laid again after a restart."""

    def add(self, name: str, content: bytes) -> None:
        """Take one in, or another version of it. Raises SandboxFileRefused."""
        size = name_bytes(name)
        if not 0 < size <= NAME_BYTES or "/" in name or name in (".", "..") or name != plain(name).strip():
            raise SandboxFileRefused(
                f"{name[:80]!r} is not a plain file name.",
                hint=f"Give a name without slashes, of 1 to {NAME_BYTES} bytes.",
            )
        total = len(content) + sum(len(held) for other, held in self.items() if other != name)
        if total > MOST_MB * MB:
            raise SandboxFileRefused(
                f"With {name} the files of the session would be {total / MB:.1f} MB; at most {MOST_MB} MB are allowed.",
                hint="Give fewer or smaller files.",
            )
        self[name] = content


def name_bytes(name: str) -> int:
    """How long a name is on disk; 0 for one that cannot be written there."""
    try:
        return 0 if "\0" in name or "\n" in name or "\t" in name else len(name.encode())
    except UnicodeEncodeError:
        return 0
