from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

CL100K = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
DEAD_PROXY = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}


def _run(code: str, cache: Path | str) -> str:
    """What `code` prints in a fresh process: vocabularies are kept for the life of one."""
    environment = {**os.environ, **DEAD_PROXY, "TIKTOKEN_CACHE_DIR": str(cache)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _count(text: str, cache: Path | str, model: str | None = None) -> int:
    return int(_run(f"from retrieval.tokens import count_tokens; print(count_tokens({text!r}, {model!r}))", cache))


@pytest.mark.parametrize("model", [None, "gpt-4", "gpt-4o", "qwen3", "text-davinci-003", ""])
def test_without_a_vocabulary_the_count_is_an_estimate(tmp_path: Path, model: str | None) -> None:
    assert 9 <= _count("The quick brown fox jumps over the lazy dog.", tmp_path, model) <= 11


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        pytest.param("", 0, 0, id="nothing"),
        pytest.param("公司周一宣布了新的服务价格。", 11, 15, id="Chinese"),
        pytest.param("<|endoftext|>", 3, 9, id="a special token is plain text"),
        pytest.param("| a-1 | 12.50 |", 8, 13, id="a table row"),
        pytest.param("internationalisation", 3, 5, id="a long word"),
        pytest.param("file \udcff.pdf", 3, 7, id="half a character"),
        pytest.param("😀" * 5, 5, 10, id="emoji"),
    ],
)
def test_the_estimate_fits_the_script(tmp_path: Path, text: str, least: int, most: int) -> None:
    assert least <= _count(text, tmp_path) <= most


def test_a_file_that_is_not_the_vocabulary_is_neither_used_nor_replaced(tmp_path: Path) -> None:
    impostor = tmp_path / CL100K
    impostor.write_bytes(b"IQ== 0\n")
    assert _count("one two three", tmp_path, "gpt-4") == 3
    assert impostor.read_bytes() == b"IQ== 0\n"


def test_a_cache_that_is_switched_off_or_unreadable_means_an_estimate(tmp_path: Path) -> None:
    (tmp_path / CL100K).mkdir()
    assert _count("one two three", "", "gpt-4") == 3
    assert _count("one two three", tmp_path, "gpt-4") == 3


def test_the_vocabulary_is_looked_for_where_tiktoken_puts_it() -> None:
    url = "https://openaipublic.blob.core.windows.net/encodings/cl100k_base.tiktoken"
    assert hashlib.sha1(url.encode()).hexdigest() == CL100K


LETTERS = """
import tiktoken, tiktoken.registry
ranks = {bytes([i]): i for i in range(256)}
special = {"<|endoftext|>": 256}
letters = tiktoken.Encoding("cl100k_base", pat_str=r"(?s).", mergeable_ranks=ranks, special_tokens=special)
tiktoken.registry.ENCODINGS["cl100k_base"] = letters
from retrieval.tokens import count_tokens
"""


@pytest.mark.parametrize("model", ["gpt-4", "gpt-3.5-turbo-0125", "qwen3", None])
def test_a_loaded_vocabulary_counts_exactly(tmp_path: Path, model: str | None) -> None:
    text = "<|endoftext|> 中" * 2000
    assert _run(f"{LETTERS}print(count_tokens({'<|endoftext|> 中'!r} * 2000, {model!r}))", tmp_path) == str(
        len(text.encode())
    )


def test_hostile_lengths_neither_fail_nor_take_long(tmp_path: Path) -> None:
    started = time.monotonic()
    code = "from retrieval.tokens import count_tokens; print([count_tokens(c * 1_000_000) for c in ' a中'])"
    assert _run(code, tmp_path) == "[0, 125000, 1000000]"
    assert time.monotonic() - started < 10
