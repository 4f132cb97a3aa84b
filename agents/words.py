"""The words prompts and code have agreed on, and the sentences the agents' own code says to the user."""

from __future__ import annotations

NOT_IN_DOCUMENTS = "NOT_IN_DOCUMENTS"
"""What a model replies, and nothing else, when the documents do not hold the answer."""

REVISE = "REVISE"
"""How a critic's reply begins when the answer must be corrected."""

_ENGLISH = {
    "nothing_found": "No passage was found.",
    "page": "page {page}",
    "no_search": "This needs no search.",
    "greeting": "I am here for questions about your documents: I quote what they say, and where.",
    "needs_a_model": "Without a language model I can only quote the documents, not rework an answer.",
    "nothing_to_check": "There is no citation to check.",
    "quotes_hold": "Checked {count} of {count} quotations: each stands word for word in its source.",
    "quotes_fail": "Checked {count} quotations: {failed} do not stand word for word in their source.",
}
_CHINESE = {
    "nothing_found": "没有找到相关段落。",
    "page": "第 {page} 页",
    "no_search": "这不需要检索。",
    "greeting": "请就您的文档提问：我会引用原文，并注明出处。",
    "needs_a_model": "没有语言模型时，我只能引用文档原文，不能改写回答。",
    "nothing_to_check": "没有需要核对的引用。",
    "quotes_hold": "已核对 {count} 处引文，全部与原文逐字一致。",
    "quotes_fail": "已核对 {count} 处引文，其中 {failed} 处与原文不一致。",
}


def say(key: str, language: str, **values: object) -> str:
    """The sentence `key` in Chinese for `zh…`, else in English."""
    return (_CHINESE if language.startswith("zh") else _ENGLISH)[key].format(**values)
