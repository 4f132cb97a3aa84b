"""How people say that they need no search, more of it, or something about what was said; English and Chinese.

All are matched against normalised text (`retrieval.terms.normalize`) without punctuation between words. What they do
not match is searched for, so they may miss, but must not take a question for something else.
"""

from __future__ import annotations

import re

_FINE = r"(?:ok(?:ay)?|great|perfect|super|nice|good|cool|got it|i see|understood|alright)"
_THANKS = (
    rf"{_FINE}? ?(?:many |much )?(?:thanks|thank you|thx|cheers|ta)"
    r"(?: (?:a lot|so much|very much|again|for (?:your|the) help|everyone))?"
)
_GREETING = (
    r"(?:hi|hello|hey|good (?:morning|afternoon|evening|day|night))(?: (?:there|all|everyone|team|again))?"
    r"(?: how are you(?: today| doing)?)?"
)
_YOU = (
    r"how are you(?: today| doing)?|who are you|what are you|what(?:'s| is) your name"
    r"|what can you do(?: for me)?|what do you do|can you help(?: me)?|help"
)
_GREETING_ZH = r"(?:你|您|大家)(?:们)?好[呀啊吗]?|嗨|哈喽|早上好|上午好|中午好|下午好|晚上好|早安|晚安|再见|拜拜"
_FINE_ZH = r"好的?|嗯+|明白了?|知道了|了解了?|太好了|不错|收到|行"
_THANKS_ZH = rf"(?:{_FINE_ZH})? ?(?:非常|多|太)?(?:感谢|谢谢|谢了|多谢)(?:你们?|您|大家|啦|了|(?:你|您)的帮助)*"
_YOU_ZH = r"[你您](?:是谁|叫什么(?:名字)?|[能会可]以?[做干](?:些|点)?(?:什么|啥)|最近怎么样)"
SMALL_TALK = re.compile(
    "|".join(
        (
            _THANKS,
            rf"{_FINE}|well done|good job|bye|goodbye|see you(?: later)?",
            _GREETING,
            _YOU,
            _GREETING_ZH,
            _FINE_ZH,
            _THANKS_ZH,
            _YOU_ZH,
        )
    )
)

_THINGS = r"(?:context|passages|evidence|sources|results|details|information|please|(?:about|on) (?:it|this|that))"
_THINGS_ZH = r"(?:上下文|段落|证据|资料|信息|内容|结果|来源|细节)"
MORE = re.compile(
    r"(?:(?:please |can you |could you )?(?:give|show|find|get|tell)(?: me| us)? )?(?:some |any |a bit |a little )?more"
    rf"(?: {_THINGS})*"
    r"|(?:(?:need|needs|want) )?more context|update context|go on|continue|keep going"
    r"|(?:is there |are there )?(?:anything|what) else(?: is there)?"
    r"|(?:is|are) there (?:any )?more|any more|more examples"
    r"|请?(?:再|还|继续)?[给找看查说来]?(?:我们?)?[更再]多(?:一?[些点])?的?" + _THINGS_ZH + "?"
    r"|请?继续[说找查讲]?(?:下去|吧)?|还有(?:呢|吗|别的吗|其他的吗|什么)?"
    r"|(?:更多|再来)(?:一?[些点])?" + _THINGS_ZH + "?"
)

_IT = (
    r"(?:it|that|this|them|your (?:last )?(?:answer|reply|response)"
    r"|the (?:last |above )?(?:answer|reply|response)|the above)"
)
_LANGUAGES = (
    r"(?:english|chinese|mandarin|german|french|spanish|italian|japanese|korean|portuguese|russian|plain english)"
)
_SIZES = r"(?:one|a|two|three|a few|other|simple|simpler|plain|your own)"
_FORM = (
    rf"(?:in {_SIZES} (?:sentences?|words?|terms?|lines?|bullet points?)"
    r"|in other words|briefly|as a (?:list|table)|as bullet points|as (?:a )?markdown(?: table)?"
    r"|more (?:briefly|simply|clearly|formally)"
    rf"|(?:in|to|into) {_LANGUAGES}|again|for (?:a )?(?:child|beginner|layman)s?|shorter|simpler|longer)"
)
_PLEASE = r"(?:(?:please|can you|could you|would you|now|and|ok(?:ay)?) )*"
_REWORK = "shorten|simplify|summari[sz]e|rephrase|reword|reformat|translate|repeat|paraphrase|expand|condense"
_ABOUT = (
    rf"(?:{_REWORK}) {_IT}(?: {_FORM})*"
    rf"|(?:say|write|put|explain|give|repeat|make|answer|format) (?:{_IT} )?{_FORM}(?: {_FORM})*"
    rf"|{_FORM}|tl;?dr|repeat|(?:put|make) (?:it |that )?(?:in |into )?a (?:list|table)"
    r"|make it (?:short|shorter|simple|simpler|longer|a list|a table)|say that again"
)
_ANSWER_ZH = r"(?:答案|回答|回复|内容|话)"
_WHICH_ZH = r"(?:它|[这那]个?|(?:上面|刚才|上述)的?|[你您]的)"
_TIMES_ZH = r"(?:一下|一遍)?"
_HOW_ZH = r"(?:[一两三几]句话|英文|英语|中文|表格|列表|要点|简单的话|通俗的话|自己的话)"
_LANGUAGE_ZH = r"(?:英文|英语|中文|汉语|德语|法语|日语|西班牙语)?"
_ABOUT_ZH = (
    rf"[把将]?{_WHICH_ZH}?{_ANSWER_ZH}?再?(?:翻译|译|改写|总结|概括|简化|缩短|重复|重新表述)(?:成|为|一下|一遍)?"
    rf"{_LANGUAGE_ZH}{_TIMES_ZH}{_WHICH_ZH}?{_ANSWER_ZH}?"
    rf"|[用以]{_HOW_ZH}(?:的形式)?再?(?:说|讲|总结|概括|回答|解释|表达|列出)?{_TIMES_ZH}{_WHICH_ZH}?{_ANSWER_ZH}?"
    r"|[说讲写]得?(?:简短|简单|详细|清楚|短|通俗)一?[点些]|(?:简短|简单|详细|短)一?[点些]|再说一[遍次]"
    r"|一句话(?:总结|概括)"
    r"|换(?:个|一种)(?:说法|方式)说?"
)
ABOUT_ANSWER = re.compile(
    rf"{_PLEASE}(?:{_ABOUT})(?: please)?"
    rf"|(?:请|麻烦|能不能|可以|能|再|那|好 )*[你您]?(?:{_ABOUT_ZH})(?:吧|吗|好吗|可以吗)?"
)

COURTESY = re.compile(
    r"^\s*(?:(?:ok(?:ay)?|great|thanks|thank you|hi|hello|hey|sorry|please|好的?|谢谢|[你您]好|请问)"
    r"\s*[,.!;，。！；]+\s*)+(?=\S)",
    re.IGNORECASE,
)
"""What stands before a question and is none of it."""

DEPARTMENT = re.compile(r"\bIT\b")
"""No pronoun in a question that is not all in capitals."""

CONTINUES = re.compile(
    r"^(?:(?:(?:and|but|or|so|then|ok(?:ay)?|also) )*(?:what|how) about |(?:and|but|or) (?=\S)"
    r"|(?:那么?|还有|以及|那如果) ?(?=\S))"
)
"""Goes on from what was said."""

_ORDINALS = r"(?:first|second|third|fourth|last|next|previous)"
REFERS = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )\bthere\b(?! (?:is|are|was|were)\b)"
    r"|\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|those|both|either|neither"
    rf"|the same(?!-)|the (?:other|former|latter)\b|the {_ORDINALS} point"
    r"|(?:which|this|that|another|the (?!one\b)\w+) ones?(?!-)|ones|instead|else)\b|\bthen\W*$|^then\b|\bwho then\b"
    r"|它们?|(?<!其)他们?|她们?|这(?!么)|那(?:里|儿|时|个|些|种|本|部|座|条|张|份|类|款|家|位|次|项|样|两|$)"
    r"|(?:^|[，,。 ])其(?![他实中余它次])|(?:^|[，,。 ])该|此(?![外时后前次刻处])"
    r"|两者|前者|后者|同样|上述|上面|刚才"
)
"""Points at something that was said."""

WHOLE = re.compile(
    r"^(?:(?:in|on|at|for|to|from|by|of|since|until|with) )?"
    r"(?:who|whom|whose|what|when|where|which|why|how)\b(?! about)"
    r"|^(?:is|are|was|were|do|does|did|has|have|had|can|could|may|must|should|will|would)\b"
    r"|^(?:tell|show|list|find|explain|describe|compare|give|name|calculate|compute|plot|draw|summari[sz]e|translate"
    r"|write|read|search|look)\b"
    r"|什么|谁|哪|多少|多久|多长|多大|几|吗|怎么|怎样|如何|何|为啥|是否|是不是|有没有|能否|请|列出|总结|概括"
    r"|翻译|介绍|说明|解释|比较|计算|画"
)
"""Put as a whole question or request; anything shorter goes on from the last."""
