"""OpenTelemetry through its API alone: spans cost next to nothing until somebody installs an exporter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_TRACER = trace.get_tracer("lianjian")
_PROPAGATOR = TraceContextTextMapPropagator()


@contextmanager
def span(name: str, traceparent: str | None = None) -> Iterator[str | None]:
    """A span under `traceparent`; yields the traceparent that events and messages made inside should carry."""
    if traceparent is None and not is_configured():
        yield current_traceparent()
        return
    parent = _PROPAGATOR.extract({"traceparent": traceparent}) if traceparent else None
    with _TRACER.start_as_current_span(name, context=parent):
        yield current_traceparent()


def is_configured() -> bool:
    """Whether somebody has installed a tracer provider; without one nothing is recorded."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def current_traceparent() -> str | None:
    """The W3C traceparent of the current span, None outside any trace."""
    if trace.get_current_span() is trace.INVALID_SPAN:
        return None
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")
