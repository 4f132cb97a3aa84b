"""What a question needs, told from its words and from what was said before; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from agents.memory import Exchange, Memory
from agents.readings import replaced
from retrieval.terms import is_cjk, normalize, question_terms

Kind = Literal["search", "more", "about_answer", "small_talk"]

MANY_WORDS = 6
"""What has this many words of meaning stands on its own, also when it is not put as a question."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`query` is what to search with and `variants` how the question may be meant; `leans` says that it cannot be
    understood without the conversation, so that a model, where there is one, reads it better."""

    kind: Kind
    query: str
    variants: tuple[str, ...] = ()
    leans: bool = False


def plan(question: str, memory: Memory) -> Plan:
    """What kind of turn `question` is. When in doubt it is searched for: a search too many costs little."""
    said = " ".join(re.sub(r"[,，、;；]", " ", normalize(question)).strip(" .!?:。！？：~～").split())
    last = memory.last
    if _SMALL_TALK.fullmatch(said):
        return Plan(kind="small_talk", query=question)
    if last is None:
        return Plan(kind="search", query=question, variants=(question,))
    if _MORE.fullmatch(said):
        return Plan(kind="more", query=last.query, variants=(last.query,))
    if _ABOUT_ANSWER.fullmatch(said):
        return Plan(kind="about_answer", query=question)
    return _follow_up(question, said, last)


def _follow_up(question: str, said: str, last: Exchange) -> Plan:
    continued = _CONTINUES.sub("", said, count=1)
    refers, whole = _REFERS.search(continued), _WHOLE.search(continued) or _words(question) >= MANY_WORDS
    if whole and not refers:
        return Plan(kind="search", query=question, variants=(question,))
    both = f"{last.query} {question}"
    readings = () if refers and whole else replaced(continued, last.query)
    return Plan(kind="search", query=both, variants=(both, *readings), leans=True)


def _words(question: str) -> float:
    return sum(0.25 if is_cjk(term) else 1.0 for term in question_terms(question))


_THANKS = (
    r"(?:ok(?:ay)?|great|perfect|super|nice|good|cool|got it|i see|understood|alright)?[\s,]*"
    r"(?:many |much )?(?:thanks|thank you|thx|cheers|ta)(?: (?:a lot|so much|very much|again|for (?:your|the) help|everyone))?"
)
_SMALL_TALK = re.compile(
    rf"(?:{_THANKS})"
    r"|(?:ok(?:ay)?|great|perfect|nice|cool|got it|i see|understood|alright|well done|good job|bye|goodbye|see you(?: later)?)"
    r"|(?:hi|hello|hey|good (?:morning|afternoon|evening|day|night))(?: (?:there|all|everyone|team|again))?"
    r"(?:[\s,.!]*how are you(?: today| doing)?)?"
    r"|how are you(?: today| doing)?|who are you|what are you|what(?:'s| is) your name"
    r"|what can you do(?: for me)?|what do you do|can you help(?: me)?|help"
    r"|(?:你|您|大家)(?:们)?好(?:[呀啊吗])?|嗨|哈喽|早上好|上午好|中午好|下午好|晚上好|早安|晚安|再见|拜拜"
    r"|(?:好的?|嗯|行|明白了?|知道了|了解|太好了|不错)?[,，\s]*(?:非常|多|太)?(?:感谢|谢谢|谢了|多谢)(?:你|您|大家|你们|啦|了|你的帮助|您的帮助)*"
    r"|好的?|嗯+|明白了?|知道了|了解了?|太好了|不错|收到"
    r"|(?:你|您)(?:是谁|叫什么(?:名字)?|(?:能|会|可以)(?:做|干)(?:些|点)?(?:什么|啥)|最近怎么样)"
)
_MORE = re.compile(
    r"(?:(?:please |can you |could you )?(?:give|show|find|get|tell)(?: me| us)? )?(?:some |any |a bit |a little )?more"
    r"(?: (?:context|passages|evidence|sources|results|details|information|about (?:it|this|that)|please|on (?:it|this|that)))*"
    r"|(?:update|need|needs|want)? ?more context|update context|go on|continue|keep going|(?:is there |are there )?(?:anything|any more|any others|what) ?(?:else)?(?: is there)?"
    r"|(?:请)?(?:再|还|继续)?(?:给|找|看|查|说|来)?(?:我|我们)?(?:更|再)多(?:一?些|一?点)?(?:的)?(?:上下文|段落|证据|资料|信息|内容|结果|来源|细节)?"
    r"|(?:请)?继续(?:说|找|查|讲)?(?:下去|吧)?|还有(?:呢|吗|别的吗|其他的吗|什么)?|(?:更多|再来)(?:一?些|一?点)?(?:上下文|段落|证据|资料|信息|内容|结果)?"
)
_IT = r"(?:it|that|this|them|your (?:last )?(?:answer|reply|response)|the (?:last |above )?(?:answer|reply|response)|the above)"
_LANGUAGES = (
    r"(?:english|chinese|mandarin|german|french|spanish|italian|japanese|korean|portuguese|russian|plain english)"
)
_FORM = (
    r"(?:in (?:one|a|two|three|a few|other|simple|simpler|plain|your own) (?:sentences?|words?|terms?|lines?|bullet points?)"
    r"|in other words|briefly|as a (?:list|table)|as bullet points|as (?:a )?markdown(?: table)?|more (?:briefly|simply|clearly|formally)"
    rf"|(?:in|to|into) {_LANGUAGES}|again|for (?:a )?(?:child|beginner|layman)s?|shorter|simpler|longer)"
)
_ABOUT_ANSWER = re.compile(
    r"(?:(?:please|can you|could you|would you|now|and|ok(?:ay)?,?) )*(?:"
    rf"(?:shorten|simplify|summari[sz]e|rephrase|reword|reformat|translate|repeat|paraphrase|expand|condense) {_IT}(?: {_FORM})*"
    rf"|(?:say|write|put|explain|give|repeat|make|answer|format) (?:{_IT} )?{_FORM}(?: {_FORM})*"
    rf"|(?:{_FORM}|shorter|simpler|longer|tl;?dr)"
    r"|make it (?:short|shorter|simple|simpler|longer|a list|a table)|say that again"
    r")(?: please)?"
    r"|(?:请|麻烦|能不能|可以|能|再|那|好,)*(?:你|您)?(?:"
    r"(?:把|将)?(?:它|这个?|那个?|上面(?:的)?|刚才(?:的)?|你的|您的)?(?:答案|回答|回复|内容|话)?(?:再)?"
    r"(?:翻译|译|改写|总结|概括|简化|缩短|重复|重新表述)(?:成|为|一下|一遍)?(?:英文|英语|中文|汉语|德语|法语|日语|西班牙语)?(?:一下|一遍)?(?:你的|上面的|刚才的|上述)?(?:答案|回答|内容)?"
    r"|(?:用|以)(?:一句话|两句话|三句话|几句话|英文|英语|中文|表格|列表|要点|简单的话|通俗的话|自己的话)(?:的形式)?(?:再)?(?:说|讲|总结|概括|回答|解释|表达|列出)?(?:一下|一遍)?(?:它|这个|上面的|你的)?(?:答案|回答)?"
    r"|(?:说|讲|写)(?:得)?(?:简短|简单|详细|清楚|短|通俗)(?:一?点|一?些)|(?:简短|简单|详细|短)(?:一?点|一?些)|再说一(?:遍|次)|换(?:个|一种)(?:说法|方式)(?:说)?"
    r")(?:吧|吗|好吗|可以吗)?"
)
_CONTINUES = re.compile(
    r"(?:(?:and|but|or|so|then|ok(?:ay)?|also)[\s,]+)*(?:what|how) about\s+|(?:and|but|or)\s+(?=\S)|(?:那么?|还有|以及|那如果)[,，\s]*(?=\S)"
)
_REFERS = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )\bthere\b(?! (?:is|are|was|were)\b)|\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|those|then|both|either|neither"
    r"|same|the (?:other|former|latter|first|second|third|last|previous|next)(?: one)?|one|ones|instead|too|else|again)\b"
    r"|它们?|他们?|她们?|这|那|此|其|该|两者|前者|后者|同样|上述|上面|刚才"
)
_WHOLE = re.compile(
    r"^(?:(?:in|on|at|for|to|from|by|of|since|until|with) )?(?:who|whom|whose|what|when|where|which|why|how)\b(?! about)"
    r"|^(?:is|are|was|were|do|does|did|has|have|had|can|could|may|must|should|will|would)\b"
    r"|^(?:tell|show|list|find|explain|describe|compare|give|name|calculate|compute|plot|draw|summari[sz]e|translate|write|read|search|look)\b"
    r"|什么|谁|哪|多少|多久|多长|多大|几|吗|怎么|怎样|如何|何|为啥|是否|是不是|有没有|能否|请|列出|总结|概括|翻译|介绍|说明|解释|比较|计算|画"
)
"""Put as a whole question or request; anything shorter is one that goes on from the last."""
