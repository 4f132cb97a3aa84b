"""Sends the trace of a run that is over to the collector of the settings."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from agents.events import Event
from agents.log.asked import runs
from agents.tracing.otel import TraceExportFailed, export
from agents.tracing.spans import spans
from configs.settings import TracingSettings

log = logging.getLogger(__name__)


def send(events: Iterable[Event], to: TracingSettings) -> None:
    """Send the last run of `events`. A collector that does not take it is told in the log; the run is over anyhow."""
    assert to.endpoint
    headers = {name: value.get_secret_value() for name, value in to.headers.items()}
    try:
        export(spans(runs(events)[-1], content=to.content), endpoint=to.endpoint, headers=headers)
    except TraceExportFailed as error:
        log.warning("A trace was not sent: %s", error)
