"""Which scripts an embedder can read, judged by what its tokenizer makes of them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache

from tokenizers import Tokenizer

SAMPLES = {
    "HAN": "公司规定员工每年可以享受带薪年假请提前两周向部门经理提出申请如果设备发生故障应当立即停止使用并联系维修",
    "HIRAGANA": "このしょうひんのほしょうきかんはいつまでですかすぐにおしえてください",
    "KATAKANA": "サービスセンターノデータベースニアクセスシテクダサイ",
    "HANGUL": "제품의 보증 기간은 얼마나 됩니까 고장이 나면 즉시 사용을 중지하십시오",
    "CYRILLIC": "Каков гарантийный срок изделия и что делать при неисправности оборудования",
    "ARABIC": "ما هي مدة ضمان المنتج وماذا يجب أن أفعل عند حدوث عطل في الجهاز",
    "HEBREW": "מהי תקופת האחריות של המוצר ומה יש לעשות במקרה של תקלה במכשיר",
    "GREEK": "Ποια είναι η περίοδος εγγύησης του προϊόντος και τι πρέπει να κάνω σε περίπτωση βλάβης",
    "DEVANAGARI": "उत्पाद की वारंटी अवधि क्या है और खराबी होने पर क्या करना चाहिए",
    "THAI": "ระยะเวลารับประกันสินค้านานเท่าใดและต้องทำอย่างไรเมื่ออุปกรณ์ขัดข้อง",
}
"""A plain sentence or two in each script but Latin, which every model we know reads."""

MAX_UNKNOWN = 0.05
"""More unknown tokens than this and the script is not in the vocabulary."""

MIN_LETTERS_PER_TOKEN = {"HAN": 0.6, "HIRAGANA": 1.2, "KATAKANA": 1.2, "HANGUL": 1.0}
"""A script cut finer than this was seen letter by letter in training, if at all.

MiniLM's English vocabulary cuts English at 3.5 and German at 2.7 letters per token, Russian at 1.1, Korean at 0.45.
"""

MIN_ALPHABETIC = 1.7


def script_of(letter: str) -> str:
    """First word of the letter's Unicode name: LATIN, CYRILLIC, …; all Chinese characters are HAN."""
    name = unicodedata.name(letter, "").split(" ")[0]
    return "HAN" if name == "CJK" else name


@lru_cache(maxsize=4096)
def scripts_in(text: str) -> dict[str, float]:
    """Share of the letters of `text` in each script; empty when it has no letters."""
    counts = Counter(script_of(letter) for letter in text if letter.isalpha())
    return {script: n / counts.total() for script, n in counts.items()}


class ReadableScripts:
    """The scripts a tokenizer's vocabulary covers."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._unreadable = {script for script, sample in SAMPLES.items() if not _reads(tokenizer, script, sample)}

    def share(self, text: str) -> float:
        """Share of the letters of `text` in readable scripts; 1.0 for a text without letters."""
        return 1.0 - sum(share for script, share in scripts_in(text).items() if script in self._unreadable)


def _reads(tokenizer: Tokenizer, script: str, sample: str) -> bool:
    tokens = tokenizer.encode(sample, add_special_tokens=False).tokens
    unknown = sum(token in {"[UNK]", "<unk>"} for token in tokens) / len(tokens)
    letters = sum(character.isalpha() for character in sample)
    return unknown <= MAX_UNKNOWN and letters / len(tokens) >= MIN_LETTERS_PER_TOKEN.get(script, MIN_ALPHABETIC)
