"""Roles as they live and die inside one process."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from shared import process
from shared.process import CannotStart, listening, run_roles
from shared.telemetry.health import Health, readiness


@pytest.fixture
async def stop() -> AsyncIterator[asyncio.Event]:
    event = asyncio.Event()
    yield event
    event.set()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(process, "STEADY_AFTER", 0.2)
    monkeypatch.setattr(process, "STOP_WITHIN", 0.2)


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - what is waited for sets no event
        await asyncio.sleep(0.005)


async def test_a_role_that_dies_is_started_again_and_readiness_is_red_until_it_has_lasted(stop: asyncio.Event) -> None:
    health, begun, seen = Health(), asyncio.Queue[int](), 0

    async def fails_once(stopping: asyncio.Event) -> None:
        nonlocal seen
        seen += 1
        begun.put_nowait(seen)
        if seen == 1:
            raise KeyError("gone")
        await stopping.wait()

    running = asyncio.create_task(run_roles({"relay": fails_once}, health, stop))
    assert await begun.get() == 1
    assert await begun.get() == 2
    assert await readiness(health, {}) == {"role relay": "KeyError"}
    await until(lambda: health.roles["relay"].alive)
    assert await readiness(health, {}) == {}
    assert health.roles["relay"].restarts == 1
    stop.set()
    await running


async def test_a_role_that_simply_ends_counts_as_dead(stop: asyncio.Event) -> None:
    health = Health()

    async def ends(_: asyncio.Event) -> None:
        return

    running = asyncio.create_task(run_roles({"clock": ends}, health, stop))
    await until(lambda: "clock" in health.roles and health.roles["clock"].restarts >= 2)
    assert await readiness(health, {}) == {"role clock": "ended by itself"}
    stop.set()
    await running


async def test_a_cancellation_that_nobody_asked_for_is_a_lost_connection(stop: asyncio.Event) -> None:
    health = Health()

    async def cancelled(_: asyncio.Event) -> None:
        raise asyncio.CancelledError

    running = asyncio.create_task(run_roles({"relay": cancelled}, health, stop))
    await until(lambda: "relay" in health.roles and health.roles["relay"].restarts >= 2)
    assert health.roles["relay"].last_error == "connection lost"
    stop.set()
    await running


async def test_a_role_that_does_not_listen_is_cancelled_when_the_process_stops(stop: asyncio.Event) -> None:
    begun, ended = asyncio.Event(), False

    async def deaf(_: asyncio.Event) -> None:
        nonlocal ended
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended = True

    running = asyncio.create_task(run_roles({"project": deaf}, Health(), stop))
    await begun.wait()
    stop.set()
    await running
    assert ended


async def test_a_check_that_fails_or_never_answers_makes_readiness_red(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.telemetry.health.CHECK_SECONDS", 0.02)

    async def refused() -> str | None:
        raise ConnectionRefusedError

    async def silent() -> str | None:
        await asyncio.Event().wait()
        return None

    async def well() -> str | None:
        return None

    wrong = await readiness(Health(), {"postgresql": refused, "broker": silent, "disk": well})
    assert wrong == {"postgresql": "ConnectionRefusedError", "broker": "no answer in time"}


def test_a_taken_port_is_said_with_what_to_change() -> None:
    with listening("127.0.0.1", 0) as held:
        held.listen()
        port = held.getsockname()[1]
        with pytest.raises(CannotStart, match=f"{port}.*LIANJIAN_HTTP_PORT"):
            listening("127.0.0.1", port)
