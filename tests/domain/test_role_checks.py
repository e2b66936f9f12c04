"""What a background task's standing means for readiness."""

from __future__ import annotations

import time

import pytest

from shared.http.watching import Watched, _findings
from shared.status import RoleStatus
from shared.telemetry.roles import role_check


def leading(**said: object) -> RoleStatus:
    status = RoleStatus("consume", leading=True, connected=True)
    for name, value in said.items():
        setattr(status, name, value)
    status.looked()
    return status


async def test_a_task_that_does_its_work_is_well() -> None:
    assert await role_check(leading(consumers=1))() is None


async def test_a_queue_without_a_consumer_is_said_though_the_connection_lives() -> None:
    assert await role_check(leading(consumers=0))() == "no consumer"


async def test_a_replica_that_stands_by_is_well_whatever_lies_before_it() -> None:
    status = leading(consumers=0, heads={"shi04/members/log/1": 9})
    status.leading = False
    assert await role_check(status)() is None


async def test_events_known_and_none_processed_for_a_minute_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    status = leading(heads={"shi04/members/log/1": 9}, positions={"shi04/members/log/1": 3})
    check = role_check(status)
    assert await check() is None
    now = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: now + 61)
    status.looked()  # it goes round and round
    assert await check() == "stuck"
    status.positions["shi04/members/log/1"] = 4
    assert await check() is None


async def test_a_dead_end_makes_a_process_unready_and_an_outage_is_only_told() -> None:
    async def stuck() -> str | None:
        return "stuck"

    async def away() -> str | None:
        return "AMQPConnectionError"

    watched = Watched("reporting", "shi04", concerns={"consume": stuck, "relay": away})
    assert await _findings(watched) == ({"consume": "stuck"}, {"relay": "AMQPConnectionError"})
