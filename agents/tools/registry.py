"""Tools are plain typed functions: the schema a model sees and the check of what it sends come from the signature."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, overload, runtime_checkable

from agents.errors import ToolCrashed, ToolError
from agents.ports import KnowledgeBase
from agents.run import Run
from agents.tools.json_values import as_json
from agents.tools.reasons import reason
from agents.tools.signature import Signature, signature_of
from agents.tools.time_limit import await_within, in_thread
from configs.errors import AppError

RESULT_CHARS = 40_000
"""Longest result a model is shown, in characters: about ten thousand tokens."""
ARGUMENT_CHARS = 1_000_000
TIMEOUT_S = 60.0
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What the OpenAI chat API takes as the name of a tool."""

Effect = Literal["reads", "acts", "sends", "asks"]
"""What a call does: it `reads` and changes nothing anywhere, or it `acts` (writes, runs, or nobody knows), or it
`sends` what cannot be taken back, or it acts and `asks` a person by itself where that is called for."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ToolContext:
    """In which run, by which agent, and for which call of which agent (`caller`) a tool works.

    `acting` are the tools there that act, by name.
    """

    run: Run
    agent: str
    call_id: str
    acting: tuple[str, ...] = ()
    caller: str = ""

    @property
    def kb(self) -> KnowledgeBase:
        """The documents that the caller works on."""
        return self.run.kb(self.caller)


@dataclass(frozen=True)
class ToolResult:
    """What a tool gives back; `ok` is false when the value describes a failure, whose kind is `error_type`."""

    value: Any
    ok: bool = True
    error_type: str = ""
    chars: int = RESULT_CHARS

    @property
    def text(self) -> str:
        """The value as JSON, cut to what a model can read."""
        text = json.dumps(self.value, ensure_ascii=False).encode("utf-8", "replace").decode()
        if len(text) <= self.chars:
            return text
        return json.dumps({"cut_short": text[: self.chars], "characters": len(text)}, ensure_ascii=False)


@runtime_checkable
class Tool(Protocol):
    """Something a model may call; one without an `effect` acts."""

    @property
    def name(self) -> str:
        """What the model calls it: up to 64 letters, digits, dashes and underscores."""
        ...

    @property
    def schema(self) -> Mapping[str, Any]:
        """The tool as the OpenAI chat API describes one."""
        ...

    def call(self, context: ToolContext, arguments: str) -> ToolResult:
        """Work on the JSON text a model wrote. Raises an AppError for whatever goes wrong, RunStopped when stopped."""
        ...


@dataclass(frozen=True, kw_only=True)
class FunctionTool:
    """A function as a tool; one without `timeout_s` watches time and stop itself and is never left alone."""

    name: str
    signature: Signature = field(repr=False)
    function: Callable[..., Any] = field(repr=False)
    timeout_s: float | None = TIMEOUT_S
    result_chars: int = RESULT_CHARS
    effect: Effect = "acts"

    @property
    def schema(self) -> Mapping[str, Any]:
        """The tool as the OpenAI chat API describes one."""
        return described(self.name, self.signature.description, self.signature.parameters)

    def call(self, context: ToolContext, arguments: str) -> ToolResult:
        """Run the function. Raises ToolError for arguments that do not fit and when it fails or takes too long."""
        check_length(self.name, arguments)
        values = self.signature.read(self.name, arguments)
        first = (context,) if self.signature.takes_context else ()

        def work() -> ToolResult:
            return self._result(self.function(*first, **values))

        try:
            if self.timeout_s is None:
                return work()
            future = in_thread(work, name=f"tool-{self.name}")
            return await_within(self.timeout_s, future, name=self.name, stop=context.run.stop)
        except AppError:
            raise
        except BaseException as error:
            log.exception("The tool %s failed", self.name)
            raise ToolCrashed(
                f"{self.name} failed: {reason(error)}.", hint="Change the arguments, or do without it."
            ) from None

    def _result(self, value: Any) -> ToolResult:
        result = value if isinstance(value, ToolResult) else ToolResult(value)
        try:
            return replace(result, value=as_json(result.value), chars=min(result.chars, self.result_chars))
        except (TypeError, ValueError, RecursionError) as error:
            raise ToolError(f"The result of {self.name} cannot be used: {reason(error)}.") from None


@overload
def tool(function: Callable[..., Any], /) -> FunctionTool: ...
@overload
def tool(
    *, timeout_s: float | None = TIMEOUT_S, result_chars: int = RESULT_CHARS, effect: Effect = "acts"
) -> Callable[[Callable[..., Any]], FunctionTool]: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    timeout_s: float | None = TIMEOUT_S,
    result_chars: int = RESULT_CHARS,
    effect: Effect = "acts",
) -> FunctionTool | Callable[[Callable[..., Any]], FunctionTool]:
    """Make a tool of a typed function; its docstring describes it, and each parameter in a line `name: …`.

    Say `effect="reads"` of one that changes nothing anywhere and sends nothing out: any other call needs a person when
    a document may be behind it. Say `effect="sends"` of one that cannot be taken back: it also needs a person when the
    question does not speak of it. A first parameter of the type ToolContext is passed by us and hidden from the model.
    The function runs in a thread of its own for `timeout_s` seconds at most; a ToolError it raises is told to the model
    in its own words. Raises TypeError for a function that no model could call.
    """

    def make(function: Callable[..., Any]) -> FunctionTool:
        name = function.__name__
        if not NAME.fullmatch(name):
            raise TypeError(f"{name!r} cannot name a tool: use up to 64 letters a-z, digits, dashes and underscores.")
        signature = signature_of(function, context=ToolContext)
        return FunctionTool(
            name=name,
            signature=signature,
            function=function,
            timeout_s=timeout_s,
            result_chars=result_chars,
            effect=effect,
        )

    return make if function is None else make(function)


def effect_of(tool: Tool) -> Effect:
    """What calling it does; whatever does not say acts."""
    effect: Effect = getattr(tool, "effect", "acts")
    return effect


def described(name: str, description: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A tool as the OpenAI chat API describes one."""
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def check_length(name: str, arguments: str) -> None:
    """Raise ToolError for arguments that nobody can have meant."""
    if len(arguments) > ARGUMENT_CHARS:
        raise ToolError(
            f"{name} was called with {len(arguments):,} characters of arguments; {ARGUMENT_CHARS:,} are allowed.",
            hint="Send less.",
        )
