"""Spans in OpenTelemetry's protocol: to a collector over HTTP, or as JSON for a file.

OTLP 1.x, https://opentelemetry.io/docs/specs/otlp/. The SDK encodes; we send, because its exporter tries again, logs
instead of raising, and takes headers from the environment.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import TimeoutError as NotInTime
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from agents.errors import AgentError
from agents.tools.time_limit import in_thread
from agents.tracing.attributes import Attribute
from agents.tracing.spans import Span

if TYPE_CHECKING:
    import httpx
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext

LIMIT_S = 10.0
_PROTOBUF = "application/x-protobuf"
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_IDS = ("traceId", "spanId", "parentSpanId")
_INT64 = range(-(2**63), 2**63)


class TraceExportFailed(AgentError):
    """A collector cannot be reached, refuses the spans, or is not described as one can be."""


def export(
    spans: Sequence[Span], *, endpoint: str, headers: Mapping[str, str] | None = None, timeout_s: float = LIMIT_S
) -> None:
    """Send the spans to `{endpoint}/v1/traces`, once.

    Raises TraceExportFailed, which names the collector's host and never a header.
    """
    host, sent = _host(endpoint), _checked(headers or {})
    body = _encoded(spans).SerializeToString()
    url = f"{endpoint.rstrip('/')}/v1/traces"
    posting = in_thread(lambda: _post(url, sent, body, timeout_s), name="trace-export")
    with _told(host, timeout_s):
        response = posting.result(timeout=timeout_s)
    _check_accepted(response, host, len(spans))


def as_otlp_json(spans: Sequence[Span]) -> dict[str, Any]:
    """The spans as OTLP/JSON, `{"resourceSpans": […]}`: ids in hex, nanoseconds as text, enumerations as numbers."""
    from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]  # it brings no types

    document: dict[str, Any] = MessageToDict(_encoded(spans), use_integers_for_enums=True)
    for resource in document.get("resourceSpans", ()):
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                span.update({name: base64.b64decode(span[name]).hex() for name in _IDS if name in span})
    return {"resourceSpans": [], **document}


def _host(endpoint: str) -> str:
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or re.search(r"\s", endpoint):
        raise TraceExportFailed(
            "The address of the trace collector is not an http or https address.",
            hint="Give it without /v1/traces, as in http://127.0.0.1:4318.",
        )
    return parts.netloc.rpartition("@")[2]


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not (_HEADER_NAME.fullmatch(name) and value.isascii() and value.isprintable()):
            raise TraceExportFailed(
                "A header for the trace collector holds characters that cannot stand in one.",
                hint="Copy the headers again, without quotes or line breaks.",
            )
    return {**headers, "Content-Type": _PROTOBUF}


def _post(url: str, headers: Mapping[str, str], body: bytes, timeout_s: float) -> httpx.Response:
    import httpx

    return httpx.post(url, headers=headers, content=body, timeout=timeout_s)


@contextmanager
def _told(host: str, timeout_s: float) -> Iterator[None]:
    """What goes wrong on the way as one of our errors; httpx limits each wait, the future all of them together."""
    import httpx

    try:
        yield
    except (NotInTime, httpx.TimeoutException):
        raise _failure(host, f"did not answer within {timeout_s:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _failure(host, f"cannot be reached ({type(error).__name__})") from None


def _check_accepted(response: httpx.Response, host: str, sent: int) -> None:
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # it brings no types
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

    if not response.is_success:
        raise _failure(host, f"refused the trace with HTTP {response.status_code}")
    if not response.headers.get("Content-Type", "").startswith(_PROTOBUF):
        return
    try:
        rejected = ExportTraceServiceResponse.FromString(response.content).partial_success.rejected_spans
    except DecodeError:
        raise _failure(host, "gave an answer that is not of the OpenTelemetry protocol") from None
    if rejected:
        raise _failure(host, f"refused {rejected} of {sent} spans")


def _failure(host: str, what: str) -> TraceExportFailed:
    return TraceExportFailed(
        f"The trace collector {host} {what}.",
        hint="Check that ROUNDTABLE_TRACING__ENDPOINT and ROUNDTABLE_TRACING__HEADERS are those of a collector that "
        "takes OTLP over HTTP.",
    )


def _encoded(spans: Sequence[Span]) -> ExportTraceServiceRequest:
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

    return encode_spans(_readable(spans))


def _readable(spans: Sequence[Span]) -> list[ReadableSpan]:
    """The spans as the SDK has them; no tracer and no provider is touched."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import SpanKind, Status, StatusCode

    resource = Resource({"service.name": "roundtable", "service.version": version("roundtable")})
    scope = InstrumentationScope("roundtable", version("roundtable"))
    return [
        ReadableSpan(
            name=_sendable(span.name),
            context=_context(span.trace_id, span.span_id),
            parent=_context(span.trace_id, span.parent_id) if span.parent_id else None,
            resource=resource,
            attributes={name: _value(value) for name, value in span.attributes.items()},
            kind=SpanKind.CLIENT if span.kind == "client" else SpanKind.INTERNAL,
            status=Status(StatusCode.ERROR, _sendable(span.status_message)) if span.status == "error" else Status(),
            start_time=_nanoseconds(span.start),
            end_time=_nanoseconds(span.end),
            instrumentation_scope=scope,
        )
        for span in spans
    ]


def _context(trace_id: str, span_id: str) -> SpanContext:
    from opentelemetry.trace import SpanContext, TraceFlags

    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _nanoseconds(seconds: float) -> int:
    return max(0, round(seconds * 1e9))


def _value(value: Attribute) -> Attribute:
    """What the protocol can carry: whole numbers of 64 bits, text without half characters."""
    if isinstance(value, str):
        return _sendable(value)
    if isinstance(value, list):
        return [_sendable(item) for item in value]
    return str(value) if isinstance(value, int) and value not in _INT64 else value


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
