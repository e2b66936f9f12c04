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

COMMANDS = Counter(
    "lianjian_commands",
    "Commands by what became of them: accepted, unchanged, repeated, rejected, conflict, unavailable, failed",
    ["category", "result"],
    registry=REGISTRY,
)
APPEND_SECONDS = Histogram(
    "lianjian_append_seconds",
    "Time from handing events to the store until they are committed",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
DATABASE_UP = Gauge("lianjian_database_up", "1 if PostgreSQL answered this scrape", registry=REGISTRY)
_AMOUNTS = {
    "unsealed_age_seconds": ("Age of the oldest event not sealed yet", ("origin",)),
    "outbox_events": ("Events no broker has confirmed yet", ("origin", "destination")),
    "sealed_head_age_seconds": ("Age of the last signed head received", ("origin",)),
    "source_behind_seconds": ("Seconds since a source is known to have sealed more than arrived", ("origin",)),
    "unknown_type_events": ("Events of types this program does not know, kept and passed on", ("origin",)),
    "quarantined_messages": ("Messages refused and kept as proof", ("origin", "reason")),
    "link_suspended": ("1 while what a link brings is dropped", ("link",)),
    "link_dropped_messages": ("Messages dropped since the link was suspended", ("link",)),
    "uplink_connected": ("1 while connected to an upper site", ("upper",)),
    "uplink_state_age_seconds": ("Seconds since an upper site last said how far it is", ("upper",)),
    "uplink_alarm": ("1 where what an upper site has signed is not the history here", ("upper", "origin", "alarm")),
    "certificate_days_left": ("Days until a certificate of links ends: broker, ca, upper:<site>", ("certificate",)),
    "imports_running": ("Import runs accepted and not ended", ()),
    "read_only": ("1 while the service takes no commands because its log is behind its reporting", ()),
    "passed_over_events": ("Events a projection could not read and left out", ("origin", "projection")),
    "role_leading": ("1 in the replica that does the task, 0 in those that stand by", ("role",)),
    "role_connected": ("1 while the replica is connected to the broker", ("role",)),
    "role_consumers": ("Consumers on the role's queues as the broker counts them", ("role",)),
    "role_looked_age_seconds": ("Seconds since a step of the task last succeeded", ("role",)),
}
AMOUNTS = {
    name: Gauge(f"lianjian_{name}", text, labels, registry=REGISTRY) for name, (text, labels) in _AMOUNTS.items()
}
"""What the tables and tasks say at the moment; a row that is gone there is gone here too."""

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


@dataclass(frozen=True)
class Amount:
    """One number of `AMOUNTS[name]`; `labels` in the order of its label names."""

    name: str
    labels: tuple[str, ...]
    value: float

    def as_json(self) -> dict[str, object]:
        """As `/status` shows it."""
        _, names = _AMOUNTS[self.name]
        return {"name": self.name, "labels": dict(zip(names, self.labels, strict=True)), "value": self.value}


Readings = Callable[[], Awaitable[tuple[list[Reading], list[Amount]]]]


def exposed(readings: Iterable[Reading], amounts: Iterable[Amount] = (), *, database: bool = True) -> bytes:
    """The text that Prometheus scrapes, with these readings and amounts in it."""
    DATABASE_UP.set(database)
    for gauge in AMOUNTS.values():
        gauge.clear()
    for amount in amounts:
        gauge = AMOUNTS[amount.name]
        (gauge.labels(*amount.labels) if amount.labels else gauge).set(amount.value)
    heads: dict[str, int] = {}
    for gauge in (LAG, LOG_HEAD, PROCESSED_AGE):
        gauge.clear()
    for reading in readings:
        heads[reading.origin] = max(reading.head, heads.get(reading.origin, 0))
        LAG.labels(reading.stage, reading.origin).set(reading.lag)
        if reading.age_seconds is not None:
            PROCESSED_AGE.labels(reading.stage).set(reading.age_seconds)
    for origin, head in heads.items():
        LOG_HEAD.labels(origin).set(head)
    return generate_latest(REGISTRY)
