"""Team files with one mistake each, as text: the line that is wrong is marked with `# here`."""

from __future__ import annotations

HEAD = """\
name: mine
agents:
- {name: retriever, role: retriever}
- {name: assistant, role: assistant}
"""

PROMPTS = {
    "unknown.md": "If in doubt say $not_in_documents, dear $friend.",
    "without.md": "Answer.",
    "dollar.md": "Say $not_in_documents. It costs $ 5.",
}

PROMPTED = HEAD.replace(
    "- {name: assistant, role: assistant}", "- name: assistant\n  role: assistant\n  prompt: FILE  # here"
)

BAD_TEAMS: dict[str, tuple[str, str]] = {
    "unknown order": (
        HEAD + "order: chaos  # here\n",
        "order: input should be 'flow', 'round_robin', 'graph', 'auto' or 'function'",
    ),
    "no order": (HEAD + "order:  # here\n", "order: input should be 'flow', 'round_robin'"),
    "transitions without the order graph": (
        HEAD + "transitions: {retriever: [assistant]}  # here\n",
        r"transitions: only graph has transitions \(order is flow\)",
    ),
    "the order graph without transitions": (
        HEAD + "order: graph\n",
        r"graph needs transitions \(order is graph\)",
    ),
    "transitions to nobody": (
        HEAD + "order: graph\ntransitions:  # here\n  retriever: [nobody]\n",
        "transitions: 'nobody' is not an agent that speaks, allowed: retriever, assistant",
    ),
    "transitions from nobody": (
        HEAD + "order: graph\ntransitions:  # here\n  nobody: [assistant]\n",
        "transitions: 'nobody' is not an agent that speaks, allowed: retriever, assistant",
    ),
    "an answer that no way leads to": (
        HEAD + "order: graph\ntransitions:  # here\n  assistant: [retriever]\n",
        "transitions: no way leads from retriever to assistant, which gives the answer",
    ),
    "transitions to one that is no list": (
        HEAD + "order: graph\ntransitions:\n  retriever: assistant  # here\n",
        r"transitions\.retriever: input should be a valid",
    ),
    "transitions with a bad name": (
        HEAD + "order: graph\ntransitions:\n  1x: [assistant]  # here\n",
        r"transitions\.1x\S*: string should match",
    ),
    "start that does not exist": (
        HEAD + "start: nobody  # here\n",
        "start: 'nobody' is not an agent that speaks, allowed: retriever, assistant",
    ),
    "start that does not speak": (
        HEAD + "- {name: coder, role: code_executor}\nstart: coder  # here\n",
        "start: 'coder' is not an agent that speaks, allowed: retriever, assistant",
    ),
    "answer that does not exist": (
        HEAD + "answer: nobody  # here\n",
        "answer: 'nobody' gives no answers, allowed: assistant",
    ),
    "answer that gives none": (
        HEAD + "answer: retriever  # here\n",
        "answer: 'retriever' gives no answers, allowed: assistant",
    ),
    "ending by nobody": (
        HEAD + "ends_when:\n  begins: DONE\n  agent: nobody  # here\n",
        r"ends_when\.agent: 'nobody' is not an agent that speaks, allowed: retriever, assistant",
    ),
    "ending without words": (HEAD + "ends_when: {agent: assistant}  # here\n", r"ends_when\.begins: field required"),
    "ending that is no mapping": (HEAD + "ends_when: DONE  # here\n", "ends_when: input should be a valid dictionary"),
    "unknown field of an ending": (
        HEAD + "ends_when: {agent: assistant, begins: A, ends: B}  # here\n",
        r"ends_when\.ends: there is no such field, allowed: agent, begins",
    ),
    "budget of nothing": (
        HEAD + "budget:\n  seconds: 5\n  tokens: 0  # here\n",
        r"budget\.tokens: input should be greater than 0",
    ),
    "budget in words": (
        HEAD + "budget:\n  cost: cheap  # here\n",
        r"budget\.cost: input should be a valid number",
    ),
    "budget that is no mapping": (HEAD + "budget: 5  # here\n", "budget: input should be a valid dictionary"),
    "unknown field of a budget": (
        HEAD + "budget:\n  tokens: 5\n  euros: 5  # here\n",
        r"budget\.euros: there is no such field, allowed: tokens, seconds, cost",
    ),
    "no rounds": (HEAD + "rounds: 0  # here\n", "rounds: input should be greater than or equal to 1"),
    "judge in words": (HEAD + "judge: sometimes  # here\n", "judge: input should be a valid boolean"),
    "agents that are no list": ("name: mine\nagents: {a: b}  # here\n", "agents: input should be a valid"),
    "seat that is no mapping": (HEAD + "- critic  # here\n", r"agents\[2\]: input should be a valid dictionary"),
    "tools that are no list": (
        HEAD + "- name: librarian\n  role: tool_agent\n  tools: read_table  # here\n",
        r"agents\[2\]\.tools: input should be a valid",
    ),
    "knowledge base that is a number": (
        HEAD + "- name: other\n  role: retriever\n  kb: 5  # here\n",
        r"agents\[2\]\.kb: input should be a valid string",
    ),
    "field twice": (HEAD + "name: other  # here\n", "name: this field stands there twice, allowed: once"),
    "field of a seat twice": (
        HEAD + "- name: other\n  role: retriever\n  kb: a\n  kb: b  # here\n",
        "kb: this field stands there twice, allowed: once",
    ),
    "tabs": ("name: mine\nagents:\n\t- {}  # here\n", r"not valid YAML at line 3: .*that cannot start any token"),
    "two documents": (HEAD + "---  # here\nname: other\n", "expected a single document"),
    "prompt file that is missing": (
        PROMPTED.replace("FILE", "gone.md"),
        r"agents\[1\]\.prompt: The prompt file \S*gone\.md cannot be read",
    ),
    "prompt file with an unknown variable": (
        PROMPTED.replace("FILE", "unknown.md"),
        r"prompt: .*unknown\.md' uses the variables friend, not_in_documents, but was given not_in_documents",
    ),
    "prompt file without its variable": (
        PROMPTED.replace("FILE", "without.md"),
        r"agents\[1\]\.prompt: .*without\.md' uses the variables none, but was given not_in_documents",
    ),
    "prompt file with a stray dollar sign": (
        PROMPTED.replace("FILE", "dollar.md"),
        r"prompt: .*dollar\.md' has a stray dollar sign",
    ),
}
"""What is wrong → the file, and what is said about it (a pattern)."""
