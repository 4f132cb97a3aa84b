"""Sends the trace of a run that is over to the collector of the settings."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from agents.events import Event, RunStarted
from agents.tracing.otel import TraceExportFailed, export
from agents.tracing.spans import spans
from configs.settings import TracingSettings

log = logging.getLogger(__name__)


def last_run(events: Iterable[Event]) -> Sequence[Event]:
    """The events from the last question on."""
    last: list[Event] = []
    for event in events:
        if isinstance(event, RunStarted):
            last = []
        last.append(event)
    return last


def send(events: Iterable[Event], to: TracingSettings) -> None:
    """A collector that does not take it is told in the application's log; the run is over anyhow."""
    assert to.endpoint
    headers = {name: value.get_secret_value() for name, value in to.headers.items()}
    try:
        export(spans(last_run(events), content=to.content), endpoint=to.endpoint, headers=headers)
    except TraceExportFailed as error:
        log.warning("A trace was not sent: %s", error)
