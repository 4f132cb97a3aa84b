"""Traces leave in OpenTelemetry's protocol: a collector on a real port reads what was sent."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry import trace as api
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from agents.errors import AgentError
from agents.tracing.otel import TraceExportFailed, as_otlp_json, export
from agents.tracing.spans import Span, spans
from tests.agents.tracing.logs import one_question

PROTOBUF = "application/x-protobuf"
SECRET = "quokka-token"
UNSET, ERROR = 0, 2
"""Status codes of the protocol."""


@dataclass
class Collector:
    """What it was sent, and where it listens."""

    address: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def spans(self) -> list[Any]:
        (request,) = self.requests
        (resource,) = ExportTraceServiceRequest.FromString(request[2]).resource_spans
        (scope,) = resource.scope_spans
        return list(scope.spans)


@contextmanager
def collecting(
    *, status: int = 200, body: bytes = b"", headers: dict[str, str] | None = None, wait: Callable[[], Any] = bool
) -> Iterator[Collector]:
    """A collector that answers every request alike, after `wait`."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            collector.requests.append((self.path, dict(self.headers.items()), content))
            wait()
            self.send_response(status)
            for name, value in {"Content-Type": PROTOBUF, "Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    collector.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()


def failure_of(trace: list[Span], endpoint: str, **more: Any) -> str:
    """The sentence of a failed export; neither it nor its traceback holds the secret."""
    with pytest.raises(TraceExportFailed) as caught:
        export(trace, endpoint=endpoint, headers=more.pop("headers", {"Authorization": f"Bearer {SECRET}"}), **more)
    assert isinstance(caught.value, AgentError)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    return caught.value.message


def values(attributes: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in attributes:
        kind = item.value.WhichOneof("value")
        value = getattr(item.value, kind)
        found[item.key] = [one.string_value for one in value.values] if kind == "array_value" else value
    return found


class TestExport:
    @pytest.mark.parametrize("content", [False, True])
    def test_a_collector_reads_the_ids_parents_times_and_attributes_of_every_span(self, content: bool) -> None:
        trace = spans(one_question(), content=content)
        with collecting() as collector:
            export(trace, endpoint=collector.address)
        sent = collector.spans()
        assert [(s.trace_id.hex(), s.span_id.hex(), s.parent_span_id.hex(), s.name) for s in sent] == [
            (s.trace_id, s.span_id, s.parent_id, s.name) for s in trace
        ]
        for one, span in zip(sent, trace, strict=True):
            assert one.start_time_unix_nano == pytest.approx(span.start * 1e9, abs=1000)
            assert one.end_time_unix_nano == pytest.approx(span.end * 1e9, abs=1000)
            assert values(one.attributes) == span.attributes
            assert (one.kind, one.status.code) == ({"internal": 1, "client": 3}[span.kind], UNSET)
        assert ("高级套餐".encode() in collector.requests[0][2]) is content

    def test_headers_and_the_name_of_the_service_go_along(self) -> None:
        with collecting() as collector:
            export(spans(one_question(), content=False), endpoint=f"{collector.address}/", headers={"X-Key": SECRET})
        ((path, headers, body),) = collector.requests
        assert (path, headers["X-Key"], headers["Content-Type"]) == ("/v1/traces", SECRET, PROTOBUF)
        resource = values(ExportTraceServiceRequest.FromString(body).resource_spans[0].resource.attributes)
        assert resource["service.name"] == "roundtable"
        assert resource["service.version"]
        assert SECRET.encode() not in body

    def test_an_error_keeps_its_kind(self) -> None:
        interrupted = spans(one_question()[:-1], content=False)
        with collecting() as collector:
            export(interrupted, endpoint=collector.address)
        root = collector.spans()[0]
        assert (root.status.message, root.status.code) == ("interrupted", ERROR)

    def test_what_the_protocol_cannot_carry_is_made_to_fit(self) -> None:
        (root, *_) = spans(one_question(), content=False)
        odd = replace(
            root, name="\udcff", attributes={"text": "半\udcff", "list": ["\udcff"], "seed": 2**70, "yes": True}
        )
        with collecting() as collector:
            export([odd], endpoint=collector.address)
        (sent,) = collector.spans()
        assert (sent.name, values(sent.attributes)) == (
            "?", {"text": "半?", "list": ["?"], "seed": str(2**70), "yes": True},
        )  # fmt: skip


class TestFailures:
    TRACE = spans(one_question(), content=False)

    @pytest.mark.parametrize("status", [302, 400, 401, 429, 503])
    def test_a_refusal_is_one_sentence_and_is_not_tried_again(
        self, status: int, capfd: pytest.CaptureFixture[str]
    ) -> None:
        echo = f"bad key {SECRET}".encode()
        with collecting(status=status, body=echo, headers={"Location": "/other", "Retry-After": "1"}) as collector:
            message = failure_of(self.TRACE, collector.address)
        host = collector.address.removeprefix("http://")
        assert message == f"The trace collector {host} refused the trace with HTTP {status}."
        assert len(collector.requests) == 1
        assert capfd.readouterr() == ("", "")

    def test_a_collector_that_is_not_there_is_named(self) -> None:
        with collecting() as collector:
            gone = collector.address
        assert failure_of(self.TRACE, gone) == (
            f"The trace collector {gone.removeprefix('http://')} cannot be reached (ConnectError)."
        )

    def test_a_collector_that_takes_only_some_of_the_spans_has_refused_them(self) -> None:
        partial = ExportTraceServiceResponse(partial_success=ExportTracePartialSuccess(rejected_spans=5))
        with collecting(body=partial.SerializeToString()) as collector:
            assert failure_of(self.TRACE, collector.address).endswith("refused 5 of 12 spans.")

    def test_an_answer_that_is_no_protobuf_is_a_failure(self) -> None:
        with collecting(body=b"\xff\xff\xff") as collector:
            assert failure_of(self.TRACE, collector.address).endswith("is not of the OpenTelemetry protocol.")

    def test_success_in_words_of_the_collectors_own_is_success(self) -> None:
        with collecting(body=b'{"partialSuccess": {}}', headers={"Content-Type": "application/json"}) as collector:
            export(self.TRACE, endpoint=collector.address)
        assert len(collector.requests) == 1

    def test_a_silent_collector_is_not_waited_for(self) -> None:
        over = threading.Event()
        started = time.monotonic()
        with collecting(wait=lambda: over.wait(5)) as collector:
            message = failure_of(self.TRACE, collector.address, timeout_s=0.2)
            over.set()
        assert message.endswith("did not answer within 0.2 s.")
        assert time.monotonic() - started < 2

    @pytest.mark.parametrize(
        "endpoint",
        [
            "",
            "collector:4317",
            "ftp://collector",
            "http://",
            "http://[::1",
            "http://a:99999",
            "http://a b",
            f"{SECRET}",
        ],
    )
    def test_an_address_that_is_none_is_said_to_be_none(self, endpoint: str) -> None:
        message = failure_of(self.TRACE, endpoint)
        assert message == "The address of the trace collector is not an http or https address."

    def test_a_password_in_the_address_is_not_repeated(self) -> None:
        with collecting(status=403) as collector:
            endpoint = collector.address.replace("http://", f"http://user:{SECRET}@")
            assert "HTTP 403" in failure_of(self.TRACE, endpoint)

    @pytest.mark.parametrize(
        "headers", [{"X-Key": f"{SECRET}\r\nX: y"}, {"X-Key": f"{SECRET}密"}, {f"X {SECRET}": "1"}, {"": SECRET}]
    )
    def test_a_header_that_cannot_be_sent_is_not_repeated(self, headers: dict[str, str]) -> None:
        with collecting() as collector:
            assert "A header for the trace collector" in failure_of(self.TRACE, collector.address, headers=headers)
        assert collector.requests == []


class TestJson:
    def test_the_json_encoding_has_hex_ids_nanoseconds_as_text_and_numbers_for_kinds(self) -> None:
        trace = spans(one_question(), content=True)
        document = json.loads(json.dumps(as_otlp_json(trace)))
        (resource,) = document["resourceSpans"]
        (scope,) = resource["scopeSpans"]
        assert [(s["traceId"], s["spanId"], s.get("parentSpanId", "")) for s in scope["spans"]] == [
            (s.trace_id, s.span_id, s.parent_id) for s in trace
        ]
        root, chat = scope["spans"][:2]
        assert (root["startTimeUnixNano"], root["kind"], chat["kind"]) == ("100000000000", 1, 3)
        told = {item["key"]: item["value"] for item in chat["attributes"]}
        assert told["gen_ai.usage.input_tokens"] == {"intValue": "120"}
        assert "高级套餐" in told["gen_ai.input.messages"]["stringValue"]

    def test_no_spans_are_no_resource(self) -> None:
        assert as_otlp_json([]) == {"resourceSpans": []}


def test_no_provider_of_the_process_is_set() -> None:
    before = api.get_tracer_provider()
    as_otlp_json(spans(one_question(), content=False))
    assert api.get_tracer_provider() is before


def test_nothing_is_loaded_before_a_trace_is_sent() -> None:
    heavy = ("opentelemetry", "httpx", "google.protobuf")
    code = f"import sys, agents.tracing.otel; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
