"""How texts give orders to whoever reads them for a user: patterns over folded text, English and Chinese."""

from __future__ import annotations

import re

_MODEL = (
    r"(?:ai|a\.i\.|llms?|(?:large )?language models?|chat ?bots?|chatgpt|gpt-?\d?|copilot|claude|gemini|ai "
    r"(?:agent|model))"
)
_PERSON = (
    r"(?!\s+(?:professor|manager|director|secretary|editor|coach|referee|teacher|surgeon|principal"
    r"|curator)s?\b)"
)
_READER = rf"(?:{_MODEL}(?:\s+(?:assistants?|agents?|systems?|models?))?|assistants?{_PERSON})"
_OLD = r"(?:previous|prior|earlier|above|preceding|foregoing|original|initial|system|existing|your|my)"
_RULES = (
    r"(?:instructions?|rules|prompts?|guidelines|directives?|directions|restrictions|guardrails|safety "
    r"(?:rules|policy))"
)
_ACT = (
    r"(?:call|run|execute|invoke|send|forward|e-?mail|upload|post|include|append|insert|embed|ignore|disregard"
    r"|output|delete|download|transfer|reveal|visit)"
)
_CODE = r"(?:code|script|commands?|snippet|python|shell|cell|program|payload|statement)"
_SECRETS = (
    r"(?:conversation|chat(?: history)?|(?:system )?prompt|retrieved \w+|passages|user'?s? (?:\w+ )?(?:question"
    r"|data|files?|documents?|messages?)"
    r"|api keys?|passwords?|credentials|environment variables)"
)
_PLACE = (
    r"(?:\S+@\S+|https?:|www\.|\S+\.\w{2,4}\b|(?:this|the following|our) (?:address|server|endpoint|url|site"
    r"|webhook))"
)
_ZH_MODEL = (
    r"(?:ai(?:助手|模型|系统|代理|程序)?|人工智能(?:助手|模型|系统)?"
    r"|(?:大)?语言模型|大模型|聊天机器人|智能(?:助手|体)|助手|机器人助手)"
)
_ZH_RULES = r"(?:指令|指示|规则|提示词?|设定|约束|限制|要求|命令|系统消息)"
_ZH_OLD = r"(?:之前|以前|以上|上述|前面|先前|上面|此前|原来|原有|系统|你的|你收到|给你)"
_ZH_ACT = r"(?:调用|运行|执行|发送|转发|上传|访问|打开|附上|加入|添加|插入|输出|忽略|无视|删除|下载|透露)"

PATTERNS: dict[str, tuple[str, ...]] = {
    "it tells its reader to ignore instructions": (
        rf"\b(?:ignore|disregard|forget|override|bypass|overrule|do not follow|stop following)\b"
        rf"(?:\s+\w+){{0,3}}?\s+{_OLD}(?:\s+\w+){{0,3}}?\s+{_RULES}\b",
        rf"\b(?:ignore|disregard|forget)\s+(?:all|any|everything)(?:\s+(?:of|the|these|those))*\s+(?:{_RULES}"
        rf"|above|before)\b",
        rf"\b(?:ignore|disregard|forget)\s+(?:the|these|those|any)\s+{_RULES}\s+(?:above|before|so far|given|you)\b",
        r"\bignore\s+instructions\b|\b(?:disregard|ignore|stop|abandon)\s+(?:the|this|your)\s+(?:\w+\s+){0,2}task\b",
        rf"\byour\s+(?:previous|prior|earlier|original|old|initial)\s+{_RULES}\b",
        rf"\b(?:supersedes?|overrides?|replaces?|voids?)\s+(?:all\s+|any\s+)?(?:of\s+)?(?:the\s+|your\s+)?{_OLD}\s+"
        rf"(?:instructions|directives|prompts?|rules)\b",
        r"\bignore\s+(?:all\s+|any\s+)?(?:the\s+)?(?:texts?|contents?|messages?|everything)\s+(?:before|above"
        r"|prior)\b",
        r"\b(?:ignore|disregard)\s+(?:the\s+)?user'?s?\s+(?:question|request|query|message|instructions?)\b",
        r"(?:忽略|无视|关闭|绕过|解除)(?:所有|一切|你的)?安全(?:规则|限制|过滤器?|策略)|(?:忽略|无视)用户的?(?:问题|请求|要求)",
        r"\b(?:ignore|disregard|forget)\s+(?:everything|all|what)\s+(?:that\s+)?(?:you|i|we|was|is)\b.{0,30}?\b"
        r"(?:told|said|given|above)\b",
        rf"(?:忽略|无视|忘记|忘掉|不要理会|不要遵守|不必遵守|绕过|覆盖|抛开)[^。\n]{{0,8}}{_ZH_OLD}[^。\n]{{0,12}}{_ZH_RULES}",
        rf"(?:忽略|无视|忘记|忘掉|不要遵守|抛开)(?:掉)?(?:所有|一切|全部|任何)(?:的)?{_ZH_RULES}",
    ),
    "it addresses an AI model or assistant": (
        rf"\b(?:attention|dear|hello|hey)\b[\s,:!]*(?:all\s+|any\s+|the\s+)?{_READER}\b",
        rf"\b(?:note|notice|message|instructions?|reminder|warning|important|directive|orders?|memo)\b"
        rf"\s*(?:to|for)\s+(?:all\s+|any\s+|the\s+|every\s+|our\s+)?(?:{_MODEL}|assistants?\s*[,:.!—–\])\n-])",
        rf"\b(?:you are|you're|if you are|act as|pretend to be)\s+(?:now\s+)?(?:an?\s+"
        rf"|the\s+)?(?:\w+\s+){{0,2}}?{_MODEL}\b",
        rf"\b{_MODEL}(?:\s+\w+)?\s+(?:reading|processing|summari[sz]ing|parsing|indexing|that (?:reads?|process"
        rf"(?:es)?))\s+(?:this|these)\b",
        rf"\byou are (?:now|no longer)\s+(?:an?\s+)?(?:{_MODEL}|unrestricted|unfiltered|dan\b|jailbroken|in \w+ mode"
        rf"|operating in)",
        rf"\bto you,?\s+(?:the\s+|dear\s+)?(?:{_MODEL}|assistant)\b|\b(?:{_MODEL}|assistant):?\s+(?:after"
        rf"|upon) reading\b",
        r"不受(?:任何)?限制的(?:助手|模型|ai)",
        rf"\b(?:{_MODEL}|assistants?)\s+(?:must|should|shall|has to|have to|is to|are to|will)\s+"
        rf"(?:\w+\s+){{0,2}}?{_ACT}\b",
        rf"\b(?:{_MODEL}|assistant)\s*[,:]\s*(?:please|you|now|kindly|first|{_ACT})\b",
        rf"(?:致|告知|提醒|提示|通知|注意|请|各位|所有)[\s，,：:]*(?:所有|任何|各位|阅读本文的)?{_ZH_MODEL}"
        rf"(?:[\s，,：:！!]|请|必须|应当|须|需要)",
        rf"(?<![a-z]){_ZH_MODEL}[\s，,：:]*(?:请(?:你)?|必须|务必|应立即|需要|现在|应当)[^。\n]{{0,12}}{_ZH_ACT}",
        rf"(?:你(?:现在)?是|如果你是|若你是|假如你是|作为)(?:一个|一名|一款)?{_ZH_MODEL}",
        rf"阅读(?:本|此|这)[^。\n]{{0,8}}{_ZH_MODEL}",
    ),
    "it speaks as the system or as a turn of the conversation": (
        r"^\W{0,6}(?:system|developer|administrator|admin)\s+(?:message|prompt|override|instructions?"
        r"|command)\W{0,3}[:\]>\n]",
        r"^\W{0,6}(?:system|developer)\s*:\s*(?:you|ignore|the user|from now|new|all|please|assistant|run|call"
        r"|execute|send)\b",
        r"^\W{0,4}(?:human|user)\s*:[^\n]{1,500}\n+\W{0,4}(?:assistant|ai|system)\s*:",
        r"^###\s*(?:system|assistant|human|instructions?\s*:)|\bend of session\b|^\W{0,6}system\s*:\s*(?:focus"
        r"|respond|reply)\b",
        r"^\W{0,4}(?:assistant|ai)\s*:[^\n]{1,500}\n+\W{0,4}(?:human|user|system|admin)\s*:",
        r"\[system\b[^\]\n]{0,40}\]|^\W{0,6}system\s*:[^\n]{0,60}\b(?:instructions?|outputs?|debug mode"
        r"|protocol activated)\b",
        r"\bend of (?:the )?(?:passages?|context|documents?|untrusted|quoted|retrieved|tool results?)\b\W{0,40}\b"
        r"(?:new|system|user|now|assistant)\b",
        r"<[|｜]\s?\w+|\[/?inst\]|<</?sys>>|<(?:start|end)_of_turn>",
        r"</?(?:system|assistant|tool_calls?|tool_response|tool_results?|function_calls?|function_results?|invoke"
        r"|instructions?)>",
        r"(?:^|[【\[<#*\s。！？；])系统(?:消息|提示|指令|通知|命令|管理员)?\s*[】\]>*]*\s*[：:]\s*[^\n。]{0,6}"
        r"(?:你|忽略|从现在|助手|现在|立即|用户(?:已|要求|授权))",
        r"[【\[]\s*系统(?:消息|提示|指令|通知|命令)\s*[】\]]",
        r"^\W{0,4}用户\s*[：:][^\n]{1,500}\n+\W{0,4}(?:助手|系统|ai)\s*[：:]",
        r"(?:资料|文档|文件|段落|上下文|引用)(?:内容)?(?:到此)?结束[^\n]{0,20}(?:新|系统|用户|现在)",
    ),
    "it holds a tool call": (
        r"[\"'](?:tool_calls?|function_call)[\"']\s*:",
        r"[\"']name[\"']\s*:\s*[\"'][\w.-]+[\"']\s*,\s*[\"'](?:arguments|parameters|input)[\"']\s*:\s*[{\"']",
        r"<function[=_s]|<invoke\b|\bto=functions\.",
    ),
    "it wants something hidden from the user": (
        r"\b(?:do not|don't|never|without)\s+(?:tell|telling|inform|informing|mention|mentioning|alert|alerting"
        r"|reveal|revealing|ask|asking"
        r"|notify|notifying)(?:\s+\w+){0,5}?\s+(?:to\s+)?the\s+user\b",
        r"(?:不要|别|切勿|不得|无需|不必|不用)(?:告诉|通知|告知|提醒|询问|让|向)(?:任何)?用户",
    ),
    "it claims that the user has approved something": (
        r"\buser\s+(?:has|have)\s+(?:already|previously|explicitly|just|fully)\s+(?:\w+\s+)?(?:approved|authori"
        r"[sz]ed|consented|agreed|allowed|confirmed)\b",
        r"\buser\s+(?:has\s+|have\s+)?(?:approved|authori[sz]ed|consented to|pre-?approved|confirmed)\s+(?:this"
        r"|all|any|every|these|running|sending|the following)\b",
        r"\b(?:call|action|code|command|step|request|transfer)s?\s+(?:is|are|was|were|has been|have been)\s+"
        r"(?:already\s+)?(?:pre-?)?"
        r"(?:approved|authori[sz]ed)\s+by\s+the\s+(?:user|owner)\b",
        r"用户(?:已经?|早已|此前已|刚刚|事先)[^。\n]{0,4}(?:批准|同意|授权|允许|确认|许可)",
    ),
    "it gives its reader a new task": (
        r"\byour\s+(?:new|real|actual|true)\s+(?:task|instructions?|objective|mission|directives?|orders?"
        r"|system prompt)\b",
        r"\b(?:new|updated|revised)\s+(?:\w+\s+)?(?:instructions?|directives?)\s*(?:\([^)\n]{0,40}\)\s*)?:",
        r"\b(?:you|assistants?) should also (?:do the following|call|run|send)\b|\btask complete\b|\bnext task\s*:",
        r"\b(?:only|simply|just)\s+(?:respond|reply|answer)\s+with\b|\breply with only\b",
        r"\binstead,?\s+(?:output|print|reply|respond)\b|\bbefore you (?:translate|summari[sz]e|answer|reply)\b"
        r"[^.\n]{0,20}\byou\b",
        r"\byou no longer need\s+(?:\w+\s+)?(?:approval|permission|confirmation)\b",
        r"\bfrom now on,?\s+(?:you (?:are|will|must|shall)\b.{0,60}\b(?:answer|reply|respond|user|instructions?)|"
        r"(?:always\s+)?(?:answer|reply|respond)\b)",
        r"\b(?:reveal|print|output|repeat|show|leak|disclose)\s+(?:\w+\s+){0,3}?(?:system prompt|hidden prompt"
        r"|your (?:instructions|prompt|rules))\b",
        r"\bdo anything now\b|\b(?:developer|dan|god|jailbreak) mode (?:is |now )*(?:enabled|activated|on)\b",
        r"从现在(?:起|开始)[，,]?\s*(?:你|请|所有回答|每次回答)",
        r"你(?:的)?(?:新|真正|实际|唯一)的?(?:任务|指令|目标|身份)",
        r"新(?:的)?(?:系统)?(?:指令|指示)\s*[：:]",
        r"(?:输出|显示|打印|泄露|透露|重复)[^。\n]{0,6}(?:系统提示词?|提示词|你的(?:指令|规则|设定))",
    ),
    "it wants code run or a tool called": (
        rf"\b(?:run|execute|evaluate)\s+(?:\w+\s+){{0,4}}?{_CODE}\b[^.\n]{{0,60}}?\b(?:before|while|when"
        rf"|instead of)\s+(?:you\s+)?(?:answer|reply|respond|summari[sz])",
        r"\b(?:before|when(?:ever)?|while|instead of)\s+(?:you\s+)?(?:answer|reply|respond|summari[sz])\w*"
        r"[^.\n]{0,60}?[,:]?\s*"
        r"(?:you must\s+|please\s+|first\s+|always\s+)*\b(?:run|execute|call|invoke)\b",
        rf"\b(?:to|in order to)\s+(?:answer|reply|respond)\w*[^.\n]{{0,40}}?,\s*(?:you must\s+|please\s+"
        rf"|first\s+)*(?:run|execute|call|invoke)\s+(?:the\s+)?"
        rf"(?:\w+\s+){{0,2}}?(?:{_CODE}|tool|function)\b",
        r"\b(?:call|use|invoke|with)\s+(?:the|your)\s+(?:code interpreter|(?:python|shell|e-?mail|mail|web"
        r"|browser|code) tool)\b",
        rf"\b(?:run|execute)\s+(?:the\s+|this\s+|following\s+)*{_CODE}[^.\n]{{0,40}}?\b(?:exactly|verbatim"
        rf"|as it is|immediately|silently|right now)\b",
        r"(?:回答|答复|回复|作答|总结)(?:之前|以前|前|时|任何问题)[^。\n]{0,20}(?:先|必须|务必|请|一并|都要)?[^。\n]{0,6}(?:运行|执行|调用)",
        r"(?:运行|执行)(?:以下|下列|下面|这段|此段|如下)[^。\n]{0,10}(?:代码|命令|脚本|程序)",
        r"(?:调用|使用)[^。\n]{0,8}(?:工具|函数)[^。\n]{0,12}(?:发送|执行|运行|删除|转发|上传)",
    ),
    "it wants something put into the answer": (
        r"\bwhen\s+(?:you\s+)?(?:summari[sz]|answer|reply|respond)\w*[^.\n]{0,30}?,\s*(?:you must\s+|please\s+"
        r"|always\s+)*"
        r"(?:include|append|insert|embed)\b",
        r"\b(?:include|add|append|insert|put|embed|render|display|end|begin|start|finish|write|reply)\b"
        r"[^\n]{0,100}?!\[[^\]\n]{0,80}\]\(",
        r"\b(?:answers?|reply|replies|responses?|summary|summaries)\b[^.\n]{0,40}?\b(?:must|should|has to|shall"
        r"|always)\s+(?:\w+\s+)?"
        r"(?:include|contain|end with|begin with|start with|link|point|cite|show)\b[^\n]{0,60}?(?:image|link|url"
        r"|https?:|markdown|\[\d)",
        r"\b(?:include|add|append|insert|put|embed|end|finish|close)\b[^\n]{0,60}?\b(?:answers?|reply|response"
        r"|summary)\b[^\n]{0,40}?(?:https?:|\]\(|<a\b|<img\b|//)",
        r"\b(?:append|add|attach|put|insert|encode|replace)\b[^.\n]{0,20}?\b(?:answer|question|conversation"
        r"|user'?s?\s+\w+|passages?)\b[^.\n]{0,30}?"
        r"\b(?:to|in|into|as|at)\b[^.\n]{0,20}?\b(?:url|link|query|address|parameter|https?:)",
        r"\b(?:tell|direct|ask|urge)\s+the\s+(?:user|reader)\s+to\s+(?:visit|open|click|download|enter|log ?in"
        r"|call)\b[^\n]{0,60}?(?:https?:|www\.|//|link)",
        r"\bcite\s+(?:it|this|that|everything|every\w*|all\s+\w+|your answer)\s+(?:as|with)\s+\[?\d",
        r"(?:在|给)?(?:你的)?(?:回答|答复|回复|答案)(?:的)?(?:末尾|结尾|最后|开头|中|里)?[^。\n]{0,12}(?:必须|请|务必|都要|应)?[^。\n]{0,6}"
        r"(?:附上|加上|加入|包含|插入|添加|写上|放上|标注)[^\n]{0,40}(?:!\[|\]\(|https?:|链接|图片|<a|<img|//|\[\d)",
        r"(?:把|将)[^。\n]{0,16}(?:回答|问题|对话|内容)[^。\n]{0,10}(?:填入|拼接|附加|放进|放到|加到|编码)[^。\n]{0,16}(?:链接|网址|地址|url|参数)",
        r"(?:请|让|要求|告诉)用户(?:去|立即|马上|点击|打开|访问|下载)[^\n]{0,40}(?:https?:|链接|网址|www\.|点击)",
        r"(?:引用|标注)(?:为|成)\s*\[\d",
    ),
    "it wants data sent away": (
        rf"\b(?:send|forward|upload|post|transmit)\s+(?:me\s+|us\s+)?(?:all\s+)?(?:the\s+)?(?:contents?\s+of"
        rf"|user\s+\w+)[^\n]{{0,60}}?"
        rf"\b(?:to|at|via)\s+{_PLACE}",
        rf"\b(?:send|forward|e-?mail|mail|upload|post|submit|transmit|exfiltrate|leak|deliver|copy)\b"
        rf"(?:\s+\S+){{0,6}}?\s+{_SECRETS}"
        rf"[^\n]{{0,60}}?\b(?:to|at|via|with)\s+{_PLACE}",
        r"(?:把|将)[^。\n]{0,16}(?:对话|聊天记录|提示词|用户的?\w{0,6}|密码|密钥|全部文件|所有文件|全部文档|所有文档|文档内容|检索结果|资料)[^。\n]{0,16}"
        r"(?:发送|发|转发|上传|寄|提交)(?:到|给|至|往)",
        r"(?:发送|转发|上传)(?:对话|聊天记录|提示词|用户\w{0,6}|密码|密钥|全部文件|所有文件|全部文档|所有文档)[^。\n]{0,10}(?:到|给|至)",
    ),
}
"""What a text does, as half a sentence, and how that is told."""

CASED = re.compile(
    r"\]\(\s*<?(?:https?:)?//[^)\s]{0,200}?[?&/][\w.-]{0,40}=?(?:\{(?!\{)|\[|<|%7[bB]|%3[cC]|\$\{|[A-Z]{2,}_[A-Z_]+|="
    r"(?:ANSWER|DATA|QUESTION|SECRET|TEXT)\b)"
)
"""A link with a place to fill in, which is how an answer carries something away; over text that is not folded."""

ENCODED = re.compile(
    r"(?<![\w+/=-])(?:[A-Za-z0-9+/]{24,}={0,2}|(?:[0-9a-fA-F]{2}){16,}|(?:\\x[0-9a-fA-F]{2}){8,})(?![\w+/=])"
)
DECODE = re.compile(
    r"\b(?:de-?code|decrypt|decipher|unhex|b64decode)\b|base-?64\W{0,3}(?:decode|-d\b)|解码|解密|还原", re.IGNORECASE
)
