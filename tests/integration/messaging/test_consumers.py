"""When a consumer counts as lost though its connection stands."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from shared.broker import consumers
from shared.broker.consumers import Deliveries


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "LOST_SECONDS", 0.0)


async def nothing() -> None:
    return None


async def test_what_waits_and_reaches_nobody_between_two_looks_is_lost() -> None:
    deliveries = Deliveries()
    await deliveries.counting(nothing)()
    assert not deliveries.are_lost(consumers=1, ready=5)
    assert deliveries.are_lost(consumers=1, ready=5)


async def test_as_long_as_something_arrives_nothing_is_lost() -> None:
    deliveries = Deliveries()
    for _ in range(5):
        await deliveries.counting(nothing)()
        assert not deliveries.are_lost(consumers=1, ready=5)


async def test_who_is_still_busy_with_one_need_not_get_another() -> None:
    deliveries = Deliveries()
    looks: list[bool] = []

    async def busy() -> None:
        looks.extend(deliveries.are_lost(consumers=1, ready=5) for _ in range(3))

    await deliveries.counting(busy)()
    assert looks == [False, False, False]


def test_where_nothing_waits_nothing_is_lost() -> None:
    deliveries = Deliveries()
    assert not any(deliveries.are_lost(consumers=1, ready=0) for _ in range(3))


def test_where_the_broker_counts_no_consumer_it_is_lost() -> None:
    assert Deliveries().are_lost(consumers=0, ready=0)


def test_one_look_alone_proves_nothing_and_who_was_there_between_two_begins_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = iter((0.0, 59.0, 61.0, 120.0, 121.0))
    monkeypatch.setattr(consumers, "time", SimpleNamespace(monotonic=lambda: next(now)))
    monkeypatch.setattr(consumers, "LOST_SECONDS", 60.0)
    deliveries = Deliveries()
    found = [deliveries.are_lost(consumers=there, ready=0) for there in (0, 0, 1, 0, 0, 0)]
    assert found == [False, False, False, False, False, True]
