"""What the background tasks of a process say of themselves, as checks and readings."""

from __future__ import annotations

import time
from collections.abc import Iterable

from shared.status import RoleStatus
from shared.telemetry.health import Check
from shared.telemetry.metrics import Amount, Reading

SILENT_AFTER = 60.0
SILENT, NO_CONSUMER, STUCK = "silent", "no consumer", "stuck"
DEAD_ENDS = frozenset((SILENT, NO_CONSUMER, STUCK))
"""Findings that name no outage: a task stands still though everything it needs is there."""


def role_check(status: RoleStatus) -> Check:
    """What troubles the task, in one word.

    Beside trouble it has told of: a task that leads and has not looked about for a minute (`silent`), whose queue the
    broker says nobody consumes (`no consumer`), or that knows of events and has processed none for a minute (`stuck`).
    """
    moved: dict[str, tuple[int, float]] = {}

    async def check() -> str | None:
        if status.trouble is not None:
            return status.trouble
        if not status.leading:
            moved.clear()
            return None
        age = status.last_looked_age
        if age is not None and age > SILENT_AFTER:
            return SILENT
        if status.connected and status.consumers == 0:
            return NO_CONSUMER
        return STUCK if any(_stands_still(status, origin, moved) for origin in status.heads) else None

    return check


def _stands_still(status: RoleStatus, origin: str, moved: dict[str, tuple[int, float]]) -> bool:
    position, now = status.positions.get(origin, 0), time.monotonic()
    before, since = moved.get(origin, (-1, now))
    if position != before or status.lag(origin) == 0:
        moved[origin] = (position, now)
        return False
    return now - since > SILENT_AFTER


def checks_of(statuses: Iterable[RoleStatus]) -> dict[str, Check]:
    """A check for each task."""
    return {status.role: role_check(status) for status in statuses}


def readings_of(statuses: Iterable[RoleStatus]) -> list[Reading]:
    """How far each task of this process has come in each origin it has to do with."""
    return [
        Reading(status.role, origin, reached, status.heads.get(origin, reached), status.last_processed_age)
        for status in statuses
        for origin, reached in status.positions.items()
    ]


def amounts_of(statuses: Iterable[RoleStatus]) -> list[Amount]:
    """Which tasks this process leads, whether they are connected, and how long ago a step of them succeeded."""
    found = []
    for status in statuses:
        found.append(Amount("role_leading", (status.role,), status.leading))
        found.append(Amount("role_connected", (status.role,), status.connected))
        if status.consumers is not None:
            found.append(Amount("role_consumers", (status.role,), status.consumers))
        if (age := status.last_looked_age) is not None:
            found.append(Amount("role_looked_age_seconds", (status.role,), age))
    return found
