"""The one place where what the OpenAI SDK raises becomes our errors."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from time import time

import httpx2
import openai

from agents.errors import (
    ModelAuthError,
    ModelError,
    ModelMisbehaved,
    ModelRateLimited,
    ModelRefused,
    ModelTimeout,
    ModelUnreachable,
)
from agents.llm.endpoint import Endpoint

FOREIGN = (openai.OpenAIError, httpx2.HTTPError, ValueError)
"""All that a request may raise: the SDK's errors, its HTTP library's, and JSON, UTF-8 or shapes that do not parse."""

PASSING = (ModelUnreachable, ModelRateLimited)
"""Errors that may be gone at the next try."""

_NO_LINE = "cannot be reached or hung up"
_KINDS: tuple[tuple[type[Exception], type[ModelError], str, str], ...] = (
    (openai.APITimeoutError, ModelTimeout, "did not answer in time", "Raise ROUNDTABLE_LLM__TIMEOUT_S."),
    (openai.APIConnectionError, ModelUnreachable, _NO_LINE, "Check ROUNDTABLE_LLM__BASE_URL and that the server runs."),
    (httpx2.HTTPError, ModelUnreachable, _NO_LINE, "Check ROUNDTABLE_LLM__BASE_URL and that the server runs."),
    (openai.AuthenticationError, ModelAuthError, "refused the key", "Check ROUNDTABLE_LLM__API_KEY."),
    (openai.PermissionDeniedError, ModelAuthError, "refused the key", "Check what the key is allowed to use."),
    (openai.RateLimitError, ModelRateLimited, "takes no more requests", "Wait a little, or check the key's quota."),
    (
        openai.NotFoundError,
        ModelRefused,
        "has no such model or path",
        "Check ROUNDTABLE_LLM__MODEL, and ROUNDTABLE_LLM__BASE_URL, which usually ends in /v1.",
    ),
    (openai.InternalServerError, ModelUnreachable, "failed", "Ask again later, or look at the server's log."),
    (openai.APIStatusError, ModelRefused, "rejected the request", "Check the ROUNDTABLE_LLM__ settings it names."),
    (openai.APIError, ModelMisbehaved, "failed while answering", "Ask again, or look at the server's log."),
    (
        Exception,
        ModelMisbehaved,
        "answered with something that is not a chat completion",
        "Check that ROUNDTABLE_LLM__BASE_URL is an OpenAI-compatible API.",
    ),
)
_TOO_LONG = re.compile(
    r"context.?(length|window|size)|maximum (context|number of tokens)|too many tokens|prompt is too long", re.I
)
_BACKOFF_S, _BACKOFF_MAX_S = 0.25, 8.0


def model_error(error: Exception, endpoint: Endpoint) -> ModelError:
    """The one error of ours for `error`; without a cause, since foreign text may quote the key."""
    leaf, happened, hint = next(kind[1:] for kind in _KINDS if isinstance(error, kind[0]))
    detail = _detail(error)
    if leaf is ModelRefused and _TOO_LONG.search(f"{getattr(error, 'code', '')} {detail}"):
        hint = "Lower ROUNDTABLE_SEARCH__CONTEXT_TOKENS, start a new conversation, or use a model that reads more."
    status = f" ({error.status_code})" if isinstance(error, openai.APIStatusError) else ""
    told = f"{endpoint} {happened}{status}: {endpoint.quote(detail)}" if detail else f"{endpoint} {happened}{status}"
    return leaf(told if told.endswith((".", "!", "…")) else f"{told}.", hint=hint)


def refuses_streaming(error: Exception) -> bool:
    """Whether the endpoint rejected the request because of how it asks for a stream."""
    rejected = isinstance(error, (openai.BadRequestError, openai.UnprocessableEntityError))
    return rejected and re.search(r"\bstream(ing|_options)?\b", str(error)) is not None


def seconds_to_wait(error: Exception, attempt: int) -> float:
    """How long before try number `attempt` + 1: what Retry-After asks, else 0.25 s doubled each time, at most 8 s."""
    backoff = min(_BACKOFF_S * 2.0**attempt, _BACKOFF_MAX_S)
    asked: str | None = error.response.headers.get("retry-after") if isinstance(error, openai.APIStatusError) else None
    try:
        return backoff if asked is None else max(0.0, _seconds(asked))
    except ValueError:
        return backoff


def _seconds(retry_after: str) -> float:
    if re.fullmatch(r"\d+(\.\d+)?", retry_after):
        return float(retry_after)
    return parsedate_to_datetime(retry_after).timestamp() - time()


def _detail(error: Exception) -> str:
    if isinstance(error, openai.APIConnectionError | httpx2.HTTPError):
        return _root(error)
    body = error.body if isinstance(error, openai.APIError) else None
    if isinstance(body, dict):
        return str(body.get("message") or body.get("detail") or "")
    return body if isinstance(body, str) and not body.lstrip().startswith("<") else ""


def _root(error: BaseException) -> str:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return getattr(error, "strerror", None) or str(error)
