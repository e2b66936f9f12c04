"""What an upper site does not take for lack of room stays below, and goes up later; nobody fills its disk."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import aio_pika
import asyncpg
import httpx
import orjson
import pytest
from aio_pika.exceptions import DeliveryError
from pydantic import SecretStr
from yarl import URL

from services.reporting.queries.links_up import links_up
from shared.links.access import LinkAccess
from shared.links.join_transport import ask_to_join
from shared.links.joining import Message, NotAnswered
from shared.links.topology import join_topology, link_topology
from shared.links.uplink import uplink_role
from tests.integration.links.lower import LOWER, UPPER, uplinking
from tests.integration.links.test_sending import ACTIVITIES, MEMBERS, countersigned, rows_of, sent_to, two_logs
from tests.integration.links.upper import Upper
from tests.integration.messaging.given import running, until

ALL = {MEMBERS: 1200, ACTIVITIES: 30}


async def make_small(management_url: str, broker_url: str, queue: str, most_bytes: int, exchange: str) -> None:
    """The queue made anew, with room for little."""
    vhost = URL(broker_url).path.lstrip("/")
    small = {"x-queue-type": "quorum", "x-max-length-bytes": most_bytes, "x-overflow": "reject-publish"}
    async with httpx.AsyncClient(base_url=management_url, trust_env=False, timeout=30) as client:
        await client.delete(f"/api/queues/{vhost}/{queue}")
        await client.put(f"/api/exchanges/{vhost}/{exchange}", json={"type": "fanout", "durable": True})
        made = await client.put(f"/api/queues/{vhost}/{queue}", json={"durable": True, "arguments": small})
        made.raise_for_status()
        bound = await client.post(f"/api/bindings/{vhost}/e/{exchange}/q/{queue}", json={"routing_key": ""})
        bound.raise_for_status()


def test_what_a_lower_site_can_leave_behind_above_has_an_end() -> None:
    queues = {queue.name: queue.arguments for queue in (*link_topology("ji97").queues, *join_topology("ji97").queues)}
    told = {name: (one.get("x-max-length-bytes"), one.get("x-overflow")) for name, one in queues.items()}
    assert told["up.ji97"] == (256 * 1024 * 1024, "reject-publish")
    assert told["members.joins"] == (16 * 1024 * 1024, "reject-publish")


async def link_of(pool: asyncpg.Pool) -> dict[str, Any]:
    (link,) = orjson.loads(await links_up(pool, LOWER))["links"]
    return dict(link)


async def test_what_a_full_queue_does_not_take_is_not_sent_and_goes_up_once_there_is_room(
    lower: asyncpg.Pool, upper: Upper, folder: Path, management_url: str
) -> None:
    await make_small(management_url, upper.broker_url, "up.shi99", 100_000, "in.shi99")
    await two_logs(lower)
    parts = uplinking(lower, folder)

    async def refused() -> bool:
        return (await link_of(lower))["refused_since"] is not None

    async with running(lambda stop: uplink_role(parts, stop)):
        await until(refused, True)
        before = await link_of(lower)
        # It is tried again and again over the same connection.
        await until(lambda: _counted(parts, 5), True)
        after = await link_of(lower)
        assert parts.statuses[UPPER].trouble == "NotTaken"
        assert (after["connected"], after["since"]) == (True, before["since"])
        assert after["refused_since"] == before["refused_since"]
        assert sum((await sent_to(lower)).values()) < sum(ALL.values())
        async with running(upper.role):
            await until(lambda: countersigned(lower), ALL)
            await until(refused, False)
            await until(lambda: _trouble(parts), None)
    for origin in (MEMBERS, ACTIVITIES):
        assert await rows_of(upper.pool, origin) == await rows_of(lower, origin)


async def test_since_when_nothing_is_taken_is_told_over_new_connections(
    lower: asyncpg.Pool, upper: Upper, folder: Path, management_url: str
) -> None:
    await make_small(management_url, upper.broker_url, "up.shi99", 100_000, "in.shi99")
    await two_logs(lower)
    first, second = [await _link_while_refused(lower, folder) for _ in range(2)]
    assert second["since"] > first["since"]
    assert second["refused_since"] == first["refused_since"]


async def _link_while_refused(pool: asyncpg.Pool, folder: Path) -> dict[str, Any]:
    parts = uplinking(pool, folder)
    async with running(lambda stop: uplink_role(parts, stop)):
        await until(lambda: _counted(parts, 2), True)
        return await link_of(pool)


async def _counted(parts: Any, times: int) -> bool:
    return UPPER in parts.statuses and bool(parts.statuses[UPPER].counts.get("not_taken", 0) >= times)


async def _trouble(parts: Any) -> str | None:
    trouble: str | None = parts.statuses[UPPER].trouble
    return trouble


async def test_who_asks_to_join_where_too_many_wait_is_told_to_come_again(
    upper: Upper, access: LinkAccess, management_url: str
) -> None:
    vhost = upper.broker_url
    await make_small(management_url, vhost, "members.joins", 10, "joining.ji98")
    client = httpx.AsyncClient(base_url=management_url, trust_env=False, timeout=30)
    async with client:
        path = URL(vhost).path.lstrip("/")
        await client.put(f"/api/queues/{path}/joined.ji98", json={"durable": True, "arguments": {}})
    await fill(vhost, "joining.ji98")
    owner = URL(vhost)
    account = access.model_copy(update={"user": owner.user, "password": SecretStr(owner.password or "")})
    with pytest.raises(NotAnswered) as found:
        await ask_to_join(account, "ji98", Message(b"x" * 100, "mac"), lambda *_: True)
    assert found.value.reason == "full"


async def fill(broker_url: str, exchange: str) -> None:
    """Publish until the broker says no."""
    async with await aio_pika.connect(broker_url) as connection:
        channel = await connection.channel()
        full = await channel.get_exchange(exchange, ensure=False)
        with contextlib.suppress(DeliveryError):
            while True:
                await full.publish(aio_pika.Message(b"x" * 100), "")
