"""What a span says about an event, in the words of OpenTelemetry's GenAI semantic conventions (v0.1.0).

https://github.com/open-telemetry/semantic-conventions-genai/tree/main/docs/gen-ai; `roundtable.` are our own. Every
function returns two parts: names of ours, counts, sizes and settings, and beside them what somebody wrote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

from agents import events as kinds
from agents.tracing.messages import as_text, characters, input_messages, output_messages, said, tool_definitions

Attribute = str | int | float | bool | list[str]
_Told = tuple[dict[str, Any], dict[str, Any]]

_TOOL_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_COUNTED = re.compile(r"(\d+) (?:chunks?|hits?|passages?|queries|query|results?|vectors?)")
_REQUEST: Mapping[str, Callable[[Any], Attribute]] = {
    "temperature": float,
    "top_p": float,
    "frequency_penalty": float,
    "presence_penalty": float,
    "max_tokens": int,
    "seed": int,
    "top_k": int,
    "stream": bool,
}
_OF_PASSAGE = ("marker", "source", "page", "scores", "text")


def attributes(event: kinds.Event, *, content: bool) -> dict[str, Attribute]:
    """All there is to say about an event; without `content` nothing that users, documents, models or tools wrote."""
    told, written = _TOLD[type(event)](event)
    return _there({**told, **written} if content else told)


def step_attributes(step: Mapping[str, Any], *, content: bool) -> dict[str, Attribute]:
    """The same of one step of a retrieval, which is `Step.as_dict`."""
    counted = _COUNTED.fullmatch(step["outputs"])
    told = {"roundtable.step.tokens": step["tokens"] or None, "roundtable.step.results": counted and int(counted[1])}
    written = {"roundtable.step.inputs": step["inputs"], "roundtable.step.outputs": step["outputs"]}
    return _there({**told, **written} if content else told)


def team_name(team: str) -> str:
    """A team by its name; what is given as a file has none that may be told."""
    return "custom" if PurePath(team).suffix in (".yaml", ".yml") else team


def tool_name(tool: str) -> str:
    """The tool, unless what the model wrote cannot be the name of one."""
    return tool if _TOOL_NAME.fullmatch(tool) else "unknown"


def _there(told: Mapping[str, Any]) -> dict[str, Attribute]:
    return {name: value for name, value in told.items() if value is not None and value not in ("", [])}


def _started(event: kinds.RunStarted) -> _Told:
    told = {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.agent.name": team_name(event.team),
        "roundtable.strategy": event.strategy,
        "roundtable.question.chars": len(event.question),
    }
    written = {
        "gen_ai.data_source.id": event.kb,
        "gen_ai.input.messages": said("user", event.question),
        "roundtable.team": event.team,
        "roundtable.model": event.model,
    }
    return told, written


def _completed(event: kinds.RunCompleted) -> _Told:
    usage = event.usage
    told = {
        "roundtable.usage.input_tokens": usage.get("prompt_tokens"),
        "roundtable.usage.output_tokens": usage.get("completion_tokens"),
        "roundtable.usage.calls": usage.get("calls"),
        "roundtable.usage.cost_usd": usage.get("cost") or None,
        "roundtable.abstained": event.abstained,
        "roundtable.stopped": event.stopped,
        "roundtable.answer.chars": len(event.answer),
        "roundtable.citations": len(event.citations),
        "roundtable.removed_markers": len(event.removed_markers),
        "roundtable.artifacts": len(event.artifacts),
    }
    return told, {"gen_ai.output.messages": said("assistant", event.answer)}


def _planned(event: kinds.TurnPlanned) -> _Told:
    told = {
        "gen_ai.operation.name": "plan",
        "roundtable.plan.kind": event.kind,
        "roundtable.plan.by": event.by,
        "roundtable.plan.variants": len(event.variants),
    }
    return told, {"roundtable.plan.query": event.query, "roundtable.plan.queries": list(event.variants)}


def _retrieved(event: kinds.Retrieved) -> _Told:
    told = {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.agent.name": event.agent,
        "roundtable.passages": len(event.passages),
        "roundtable.passages.chars": sum(len(passage.get("text", "")) for passage in event.passages),
    }
    documents = [_document(passage) for passage in event.passages]
    return told, {"gen_ai.retrieval.query.text": event.query, "gen_ai.retrieval.documents": as_text(documents)}


def _document(passage: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: passage[name] for name in _OF_PASSAGE if name in passage}
    return {"id": passage.get("chunk_id", ""), "score": passage.get("scores", {}).get("fused"), **told}


def _asked_model(event: kinds.ModelCalled) -> _Told:
    told = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": event.provider,
        "gen_ai.agent.name": event.agent,
        "gen_ai.request.model": event.parameters.get("model", event.model),
        **_requested(event.parameters),
        "gen_ai.response.model": None if event.error_type else event.model,
        "gen_ai.response.finish_reasons": _listed(event.reply.get("finish_reason")),
        "gen_ai.response.time_to_first_chunk": event.first_token_ms / 1000 or None,
        "gen_ai.usage.input_tokens": event.prompt_tokens,
        "gen_ai.usage.output_tokens": event.completion_tokens,
        "roundtable.cost_usd": event.cost or None,
        "roundtable.purpose": event.purpose,
        "roundtable.attempts": event.attempts,
        "roundtable.message_id": event.message_id,
        "roundtable.input.messages": len(event.messages),
        "roundtable.input.chars": characters(event.messages),
        "roundtable.output.chars": len(event.reply.get("text") or ""),
        "roundtable.output.tool_calls": len(event.reply.get("tool_calls") or ()),
        "roundtable.tools": len(event.tools),
    }
    written = {
        "gen_ai.input.messages": input_messages(event.messages),
        "gen_ai.output.messages": output_messages(event.reply),
        "gen_ai.tool.definitions": tool_definitions(event.tools),
    }
    return told, written


def _requested(parameters: Mapping[str, Any]) -> dict[str, Any]:
    told = {
        name: kind(value) for name, kind in _REQUEST.items() if isinstance(value := parameters.get(name), int | float)
    }
    count = parameters.get("n")
    more = {"choice.count": count if count != 1 else None, "stop_sequences": _listed(parameters.get("stop"))}
    return {f"gen_ai.request.{name}": value for name, value in {**told, **more}.items()}


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _said(event: kinds.MessageCompleted) -> _Told:
    told = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": event.agent,
        "gen_ai.usage.input_tokens": event.prompt_tokens,
        "gen_ai.usage.output_tokens": event.completion_tokens,
        "roundtable.cost_usd": event.cost or None,
        "roundtable.role": event.role,
        "roundtable.message_id": event.message_id,
        "roundtable.output.chars": len(event.content),
    }
    return told, {"gen_ai.output.messages": said("assistant", event.content)}


def _begun(event: kinds.TokenDelta) -> _Told:
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": event.agent}
    return {**agent, "roundtable.message_id": event.message_id}, {}


def _called(event: kinds.ToolCalled) -> _Told:
    arguments = as_text(event.arguments)
    told = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": tool_name(event.tool),
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": event.call_id,
        "gen_ai.agent.name": event.agent,
        "roundtable.arguments.chars": len(arguments),
    }
    return told, {"gen_ai.tool.call.arguments": arguments}


def _returned(event: kinds.ToolReturned) -> _Told:
    told = {"roundtable.tool.ms": event.ms, "roundtable.result.chars": len(event.content)}
    return told, {"gen_ai.tool.call.result": event.content}


def _asked_person(event: kinds.ApprovalRequested) -> _Told:
    told = {"roundtable.code.language": event.language, "roundtable.approval.timeout_s": event.timeout_s}
    return told, {"roundtable.code.text": event.code, "roundtable.approval.why": event.reason}


def _answered(event: kinds.ApprovalAnswered) -> _Told:
    told = {"roundtable.approval.approved": event.approved, "roundtable.approval.edited": event.edited}
    return told, {
        "roundtable.approval.reason": event.reason,
        "roundtable.approval.code": event.code if event.edited else "",
    }


def _ran(event: kinds.CodeRan) -> _Told:
    told = {
        "roundtable.code.language": event.language,
        "roundtable.code.chars": len(event.code),
        "roundtable.code.backend": event.backend,
        "roundtable.code.isolation": event.isolation,
        "roundtable.code.status": event.status,
        "roundtable.code.exit_code": event.exit_code,
        "roundtable.code.state_lost": event.state_lost,
        "roundtable.artifacts": len(event.artifacts),
    }
    written = {
        "roundtable.code.text": event.code,
        "roundtable.code.stdout": event.stdout,
        "roundtable.code.stderr": event.stderr,
    }
    return told, written


def _noted(event: kinds.Noted) -> _Told:
    return {"roundtable.note.kind": event.kind, "gen_ai.agent.name": event.agent}, {"roundtable.note.text": event.text}


def _compacted(event: kinds.Compacted) -> _Told:
    told = {
        "roundtable.compacted.by": event.by,
        "roundtable.compacted.tokens_before": event.tokens_before,
        "roundtable.compacted.tokens_after": event.tokens_after,
    }
    return told, {"roundtable.compacted.summary": event.summary}


def _failed(event: kinds.Failed) -> _Told:
    return {"error.type": event.error_type}, {"roundtable.hint": event.hint}


_TOLD: Mapping[type[kinds.Event], Callable[[Any], _Told]] = {
    kinds.RunStarted: _started,
    kinds.RunCompleted: _completed,
    kinds.Failed: _failed,
    kinds.TurnPlanned: _planned,
    kinds.Retrieved: _retrieved,
    kinds.ModelCalled: _asked_model,
    kinds.MessageCompleted: _said,
    kinds.TokenDelta: _begun,
    kinds.ToolCalled: _called,
    kinds.ToolReturned: _returned,
    kinds.ApprovalRequested: _asked_person,
    kinds.ApprovalAnswered: _answered,
    kinds.CodeRan: _ran,
    kinds.Noted: _noted,
    kinds.Compacted: _compacted,
}
