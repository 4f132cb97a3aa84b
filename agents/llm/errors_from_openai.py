"""The one place where what the OpenAI SDK raises becomes our errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

import httpx2
import openai

from agents.errors import (
    ModelAuthError,
    ModelContextExceeded,
    ModelError,
    ModelMisbehaved,
    ModelRateLimited,
    ModelRefused,
    ModelTimeout,
    ModelUnreachable,
)
from agents.llm.body import TooMuch
from agents.llm.context_limit import is_about_length, limit_in_message
from agents.llm.endpoint import Endpoint

FOREIGN = (openai.OpenAIError, httpx2.HTTPError, ValueError)
"""All that a request may raise: the SDK's errors, its HTTP library's, and JSON, UTF-8 or shapes that do not parse."""

PASSING = (ModelUnreachable, ModelRateLimited)
"""Errors that may be gone at the next try."""

_NO_LINE = "cannot be reached or hung up"
_NO_COMPLETION = "answered with something that is not a chat completion"
_SHORTEN = "Lower ROUNDTABLE_SEARCH__CONTEXT_TOKENS, start a new conversation, or use a model that reads more."
_NOT_OPENAI = "Check that ROUNDTABLE_LLM__BASE_URL is an OpenAI-compatible API."
_KINDS: tuple[tuple[type[Exception], type[ModelError], str, str], ...] = (
    (openai.APITimeoutError, ModelTimeout, "did not answer in time", "Raise ROUNDTABLE_LLM__TIMEOUT_S."),
    (openai.APIConnectionError, ModelUnreachable, _NO_LINE, "Check ROUNDTABLE_LLM__BASE_URL and that the server runs."),
    (httpx2.DecodingError, ModelMisbehaved, _NO_COMPLETION, _NOT_OPENAI),
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
    (TooMuch, ModelMisbehaved, "did not come to an end", "Set ROUNDTABLE_LLM__MAX_TOKENS, or try another model."),
    (Exception, ModelMisbehaved, _NO_COMPLETION, _NOT_OPENAI),
)
_BACKOFF_S, _BACKOFF_MAX_S = 0.25, 8.0


def model_error(error: Exception, endpoint: Endpoint) -> ModelError:
    """The one error of ours for `error`; without a cause, since foreign text may quote the key."""
    leaf, happened, hint = next(kind[1:] for kind in _KINDS if isinstance(error, kind[0]))
    status = error.status_code if isinstance(error, openai.APIStatusError) else 0
    if status == 408:
        leaf, happened, hint = _KINDS[0][1:]
    detail = _detail(error)
    told = _told(endpoint, f"{happened} ({status})" if status else happened, detail)
    said = f"{detail} {error.body}" if isinstance(error, openai.APIStatusError) else ""
    if leaf in (ModelRefused, ModelUnreachable) and (status == 413 or is_about_length(said)):
        return ModelContextExceeded(told, hint=_SHORTEN, limit=limit_in_message(said))
    return leaf(told, hint=endpoint.advise(hint))


def error_in_stream(error: Any, endpoint: Endpoint) -> ModelError:
    """The error for what an endpoint sends as `error` where a piece of a reply should be."""
    detail = str(error.get("message") or error) if isinstance(error, Mapping) else str(error)
    told = _told(endpoint, "failed while answering", detail)
    if is_about_length(str(error)):
        return ModelContextExceeded(told, hint=_SHORTEN, limit=limit_in_message(str(error)))
    return ModelMisbehaved(told, hint="Ask again, or look at the server's log.")


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


def _told(endpoint: Endpoint, happened: str, detail: str) -> str:
    told = f"{endpoint} {happened}: {endpoint.quote(detail)}" if detail else f"{endpoint} {happened}"
    return told if told.endswith((".", "!", "…")) else f"{told}."


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
