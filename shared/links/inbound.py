"""The role `inbound`: one replica takes what all sites directly below send, and answers each with states (design §5).

One connection receives for all links, a channel for each: what one link brings holds up no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import asyncpg
import structlog
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitMessage, RabbitQueue

from shared.broker.connection import CONNECT_SECONDS, Link, connected, new_link
from shared.broker.consumers import Deliveries, until_broken
from shared.crash import crash_point
from shared.leases import lead
from shared.links.answering import LinkStates, origins_below
from shared.links.guarding import from_below
from shared.links.queues import looking_at, present
from shared.links.receiving import take
from shared.links.registry import LINKS_CHANNEL
from shared.links.topology import inbound_queue
from shared.receiver.consuming import undecoded
from shared.receiver.handling import in_order
from shared.receiver.receiving import Outcome, Sink
from shared.receiver.stating import StatePace, Stating
from shared.sealing.keys import Signer
from shared.status import RoleStatus
from shared.wakening import Wakening, listening

PREFETCH: Final = 2
"""Small: with a hundred links a backlog waits in the broker, not here."""

SUBSCRIBE_SECONDS: Final = 0.5
"""How long a link may take to be subscribed: they begin one after the other."""

_LINKED: Final = """
select site from linked_sites where parent = $1 and role = 'lower' and state <> 'revoked' order by site
"""

log = structlog.get_logger()


@dataclass(frozen=True)
class Inbound:
    """What receiving from the sites below `site` needs; `sink` is its journal, not guarded yet.

    `at_once`: so many messages are worked on at the same time, whatever the number of links.
    """

    pool: asyncpg.Pool
    broker_url: str = field(repr=False)
    site: str
    key: Signer
    sink: Sink
    pace: StatePace = field(default_factory=StatePace)
    look_every: float = 3.0
    at_once: int = 6
    status: RoleStatus = field(default_factory=lambda: RoleStatus("inbound"))


async def inbound_role(inbound: Inbound, stop: asyncio.Event) -> None:
    """Receive until `stop`; one at a time of all replicas, through outages of either engine."""

    async def work(until: asyncio.Event) -> None:
        async with listening(inbound.pool, LINKS_CHANNEL) as wakening:
            while not until.is_set():
                await _once(inbound, wakening, until)

    await lead(inbound.pool, "inbound", stop, work, inbound.status)


async def linked_below(pool: asyncpg.Pool, site: str) -> list[str]:
    """The sites whose links are read: also suspended ones, of which nothing is taken."""
    return [row["site"] for row in await pool.fetch(_LINKED, site)]


async def _once(inbound: Inbound, wakening: Wakening, until: asyncio.Event) -> None:
    """Receive from the links that are there, until others are."""
    linked = await linked_below(inbound.pool, inbound.site)
    inbound.status.looked()
    if not linked:
        await wakening.wait(inbound.look_every)
        return
    async with looking_at(inbound.broker_url) as looking:
        there = await present(looking, linked)
        inbound.status.consumers = None
        await _receive(inbound, sorted(there), linked, wakening, until)


async def _receive(
    inbound: Inbound, there: list[str], linked: list[str], wakening: Wakening, until: asyncio.Event
) -> None:
    status, over = inbound.status, asyncio.Event()
    stating = Stating(inbound.pool, f"{inbound.site}/reporting", inbound.pace, {})
    for origin, site in (await origins_below(inbound.pool, inbound.site, there)).items():
        stating.await_too(origin, inbound_queue(site))
    receiving = new_link(inbound.broker_url, "receives from sites below")
    answering = new_link(inbound.broker_url, "answers sites below")
    # Nothing is taken before all are subscribed: with a backlog each subscription would wait behind what comes.
    sink, busy = from_below(inbound.sink, inbound.site), asyncio.Semaphore(0)
    deliveries = {site: Deliveries() for site in there}
    for site in there:
        _subscribe(inbound, receiving, stating, sink, site, busy, deliveries[site], over)
    states = LinkStates(answering.broker, inbound.key, status)
    try:
        patience = CONNECT_SECONDS + SUBSCRIBE_SECONDS * len(there)
        async with connected(answering), connected(receiving, within=patience):
            status.connected = True
            _let(busy, inbound.at_once)
            log.info("inbound_begins", links=len(there), missing=len(linked) - len(there))
            works = stating.run(states.send, over), _changed(inbound, linked, deliveries, stating, wakening, over)
            await until_broken((*works, _ended(until, over)), over, receiving.broken, answering.broken)
    finally:
        over.set()
        _let(busy, inbound.at_once)  # nobody is left waiting
        status.connected, status.consumers = False, None


def _let(busy: asyncio.Semaphore, at_once: int) -> None:
    for _ in range(at_once):
        busy.release()


async def _ended(until: asyncio.Event, over: asyncio.Event) -> None:
    await until.wait()
    over.set()


async def _changed(
    inbound: Inbound,
    linked: Collection[str],
    deliveries: Mapping[str, Deliveries],
    stating: Stating,
    wakening: Wakening,
    over: asyncio.Event,
) -> None:
    """Return, and say it is over, when other links are to be read than are; raises when consumers are lost."""
    async with looking_at(inbound.broker_url) as looking:
        while not over.is_set():
            await wakening.wait(inbound.look_every)
            inbound.status.looked()
            told = await present(looking, linked)
            if told.keys() != deliveries.keys() or await linked_below(inbound.pool, inbound.site) != list(linked):
                break
            for origin, site in (await origins_below(inbound.pool, inbound.site, list(told))).items():
                stating.await_too(origin, inbound_queue(site))
            inbound.status.consumers = min((consumers for consumers, _ in told.values()), default=None)
            if any(deliveries[site].are_lost(*counts) for site, counts in told.items()):
                raise ConnectionError("the broker knows no consumer of a link, or hands it nothing")
    over.set()


def _subscribe(
    inbound: Inbound,
    receiving: Link,
    stating: Stating,
    sink: Sink,
    site: str,
    busy: asyncio.Semaphore,
    deliveries: Deliveries,
    over: asyncio.Event,
) -> None:
    async def take_one(body: bytes, message: RabbitMessage, _: None) -> Outcome:
        async with busy:
            taken = await take(inbound.pool, sink, inbound.site, site, message.headers, body)
        inbound.status.looked()
        inbound.status.count(taken.outcome.value)
        if taken.outcome is Outcome.APPENDED:
            crash_point(sink.crash_point)
        if taken.origin is not None:
            if taken.outcome in (Outcome.APPENDED, Outcome.REFUSED):
                stating.await_too(taken.origin, inbound_queue(site))
                stating.received(taken.origin)
            elif taken.outcome in (Outcome.GAP, Outcome.HEAD):
                stating.changed(taken.origin, behind=taken.behind)
        return taken.outcome

    handle = deliveries.counting(in_order(lambda _, __: None, take_one, inbound.status, over))

    @receiving.broker.subscriber(
        RabbitQueue(inbound_queue(site), declare=False),
        ack_policy=AckPolicy.MANUAL,
        channel=Channel(prefetch_count=PREFETCH),
        decoder=undecoded,
        title=f"logs from {site}",
        description="Sealed runs, openings and heads of the logs of a site below and of those below it.",
    )
    async def receive_from_below(body: bytes, message: RabbitMessage) -> None:
        await handle(body, message)
