"""Prometheus measurements. Labels are names of routes, roles and origins, never of people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it bare
REGISTRY = CollectorRegistry(auto_describe=False)

REQUESTS = Counter(
    "lianjian_http_requests", "HTTP requests answered", ["service", "method", "route", "status"], registry=REGISTRY
)
REQUEST_SECONDS = Histogram(
    "lianjian_http_request_seconds", "Time to answer an HTTP request", ["service", "route"], registry=REGISTRY
)
ROLE_RESTARTS = Counter("lianjian_role_restarts", "Roles started again after a failure", ["role"], registry=REGISTRY)
ROLE_ALIVE = Gauge(
    "lianjian_role_alive", "1 while the role runs, 0 while it waits to be restarted", ["role"], registry=REGISTRY
)
LOG_HEAD = Gauge("lianjian_log_head", "Highest stored position", ["origin"], registry=REGISTRY)
LAG = Gauge("lianjian_lag_events", "Events not yet processed", ["stage", "origin"], registry=REGISTRY)
PROCESSED_AGE = Gauge(
    "lianjian_last_processed_age_seconds", "Seconds since a stage last made progress", ["stage"], registry=REGISTRY
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Reading:
    """How far one stage (seal, relay, journal, a projection, a replica) has come within one origin."""

    stage: str
    origin: str
    reached: int
    head: int
    age_seconds: float | None = None

    @property
    def lag(self) -> int:
        """Events this stage has still to process."""
        return max(0, self.head - self.reached)


Readings = Callable[[], Awaitable[Iterable[Reading]]]


def exposed(readings: Iterable[Reading]) -> bytes:
    """The text that Prometheus scrapes, with these readings in it."""
    for reading in readings:
        LOG_HEAD.labels(reading.origin).set(reading.head)
        LAG.labels(reading.stage, reading.origin).set(reading.lag)
        if reading.age_seconds is not None:
            PROCESSED_AGE.labels(reading.stage).set(reading.age_seconds)
    return generate_latest(REGISTRY)
