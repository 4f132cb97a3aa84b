"""Encrypts the PDFs of `sheets` with a password, as PDF 1.4 says (RC4, 40 bits)."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
_PERMISSIONS = -4


def lock(path: Path, password: str) -> Path:
    """Encrypt every stream of `path` in place; lengths and offsets stay as they are."""
    padded = (password.encode() + _PADDING)[:32]
    owner = _rc4(hashlib.md5(padded).digest()[:5], padded)
    permissions = _PERMISSIONS.to_bytes(4, "little", signed=True)
    key = hashlib.md5(padded + owner + permissions + b"\0").digest()[:5]
    encrypt = (
        f"/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P {_PERMISSIONS}"
        f"/O<{owner.hex()}>/U<{_rc4(key, _PADDING).hex()}>>>"
    ).encode()

    def encrypted(match: re.Match[bytes]) -> bytes:
        number = int(match[1]).to_bytes(3, "little") + b"\0\0"
        return match[0].replace(match[2], _rc4(hashlib.md5(key + number).digest()[:10], match[2]))

    data = re.sub(rb"(\d+) 0 obj\n<</Length \d+>>\nstream\n(.*?)\nendstream", encrypted, path.read_bytes(), flags=re.S)
    path.write_bytes(data.replace(b"/Root 1 0 R", b"/Root 1 0 R" + encrypt))
    return path


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i, j, out = 0, 0, bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
