"""An upper site at the other end of a link: takes what comes by the real receiver, and answers with signed states."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aio_pika
import asyncpg
import httpx
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from yarl import URL

from services.reporting.journal import JOURNAL
from shared.broker.connection import connected, new_link
from shared.broker.topology import Exchange, Queue, Topology
from shared.leases import is_cancelled
from shared.links.topology import inbound_queue, link_permissions, link_topology, outbound_queue
from shared.receiver.opening import receive_opening
from shared.receiver.receiving import Outcome, expect, receive_head, receive_run
from shared.receiver.trust import trust
from shared.sealing.chain import event_time, first_h
from shared.sealing.control import State, Status
from shared.sealing.keys import SigningKey
from shared.sealing.note import parse_note
from shared.sealing.origin import Origin, parse_origin
from shared.sealing.wire import KIND, NOTE
from tests.integration.links.lower import LOWER, UPPER, UPPER_KEY, key_of


@dataclass
class Upper:
    """`outcomes` and `messages` are of everything that came; `silent` ones get no state."""

    pool: asyncpg.Pool
    broker_url: str
    silent: bool = False
    outcomes: list[Outcome] = field(default_factory=list)
    messages: list[tuple[str, Mapping[str, Any], bytes]] = field(default_factory=list)
    _states: int = 0

    async def prepare(self) -> None:
        """The objects of the link, as the reconciler of `members` makes them."""
        unrouted = Topology((Exchange("unrouted", "fanout"),), (Queue("unrouted", "quorum"),), ())
        link = new_link(self.broker_url, "prepares")
        async with connected(link, unrouted):
            pass
        link = new_link(self.broker_url, "prepares")
        async with connected(link, link_topology(LOWER)):
            pass

    async def role(self, stop: asyncio.Event) -> None:
        """Receive until told to stop."""
        while not stop.is_set():
            try:
                await self._connected(stop)
            except (Exception, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and is_cancelled():
                    raise
                await asyncio.sleep(0.2)

    async def _connected(self, stop: asyncio.Event) -> None:
        async with await aio_pika.connect(self.broker_url) as connection:
            channel = await connection.channel()
            await channel.set_qos(1)
            queue = await channel.get_queue(inbound_queue(LOWER))

            async def take(message: AbstractIncomingMessage) -> None:
                async with message.process():
                    await self._take(channel, message)

            await queue.consume(take)
            while not stop.is_set():
                if not self.silent:
                    for row in await self.pool.fetch("select origin from receipts"):
                        await self.state(channel, row["origin"])
                await asyncio.sleep(0.15)

    async def _take(self, channel: AbstractChannel, message: AbstractIncomingMessage) -> None:
        kind = str(message.headers[KIND])
        headers = dict(message.headers)
        self.messages.append((kind, headers, message.body))
        if kind == "run":
            origin = parse_note(str(headers[NOTE])).seal.origin
            await self._expect(origin)
            outcome, _ = await receive_run(self.pool, JOURNAL, origin, "up", headers, message.body)
            self.outcomes.append(outcome)
        elif kind == "opening":
            origin = Origin("ji99", "activities")
            self.outcomes.append(await receive_opening(self.pool, JOURNAL, origin, "up", headers, message.body))
        elif kind == "head":
            for row in await self.pool.fetch("select origin from receipts"):
                await receive_head(self.pool, parse_origin(row["origin"]), headers, message.body)

    async def expect(self, *origins: str) -> None:
        """Be ready for logs of which nothing has come."""
        for origin in origins:
            await self._expect(parse_origin(origin))

    async def _expect(self, origin: Origin) -> None:
        async with self.pool.acquire() as connection:
            await expect(connection, origin)
            await trust(connection, origin.site, origin.service, key_of(origin).public, "test")

    async def state(self, channel: Any, origin: str, **other: Any) -> None:
        """A later state about a log; what is given otherwise is not what the journal says."""
        row = await self.pool.fetchrow("select have, h from receipts where origin = $1", origin)
        have, root = (row["have"], row["h"]) if row is not None else (0, b"")
        key: SigningKey = other.pop("key", UPPER_KEY)
        self._states += 1
        time = event_time(datetime(2026, 3, 2, tzinfo=UTC) + timedelta(seconds=self._states))
        told: dict[str, Any] = {"have": have, "root": root, "status": "ok", "receiver": f"{UPPER}/reporting", **other}
        status: Status = told["status"]
        state = State(parse_origin(origin), told["receiver"], told["have"], told["root"], status, time)
        headers: Any = {"lianjian-kind": "state", "lianjian-signature": key.sign(state.body).line}
        message = aio_pika.Message(state.body, headers=headers, delivery_mode=2)
        await channel.default_exchange.publish(message, outbound_queue(LOWER), mandatory=True)

    async def say(self, origin: str, **other: Any) -> None:
        """One state from outside the role."""
        async with await aio_pika.connect(self.broker_url) as connection:
            await self.state(await connection.channel(), origin, **other)

    async def have(self, origin: str) -> int:
        found = await self.pool.fetchval("select have from receipts where origin = $1", origin)
        return found or 0

    async def lose_everything(self) -> None:
        """As after a restore of an empty database; the keys are known."""
        async with self.pool.acquire() as connection:
            await connection.execute("set session_replication_role = replica")
            async with connection.transaction():
                await connection.execute("truncate journal, runs, openings")
                for row in await connection.fetch("select origin from receipts"):
                    await connection.execute(
                        "update receipts set have = 0, h = $2 where origin = $1", row["origin"], first_h(row["origin"])
                    )
            await connection.execute("reset session_replication_role")

    def origins_that_came(self) -> set[str]:
        return {parse_note(str(headers[NOTE])).seal.origin.text for kind, headers, _ in self.messages if kind == "run"}


async def link_user(client: httpx.AsyncClient, broker_url: str, name: str, password: str) -> None:
    """A user that may do in the virtual host what a linked site may, and nothing else."""
    vhost = URL(broker_url).path.lstrip("/")
    (await client.put(f"/api/users/{name}", json={"password": password, "tags": ""})).raise_for_status()
    (await client.put(f"/api/permissions/{vhost}/{name}", json=link_permissions(LOWER))).raise_for_status()
