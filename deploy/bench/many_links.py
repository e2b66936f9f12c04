"""134 linked sites with two logs each, whose messages of an outage wait in the upper site's queues.

A province of the model: 134 sites tell 3.0 million events a year. `many-links` has what an average of eight hours
brings, ten events a log; `many-links-peak` fifty events an hour and log for eight hours, forty times as much. Each
site's runs hold five events, as commands seal them one by one, and its latest heads follow. The processes of the upper
site are started over the full queues; counted is until every link is subscribed, until every log is as far as its
head says, until all of it is projected. The reference takes the same messages out of the same queues by aio-pika, with
the same prefetch, parses and acknowledges them: it verifies and keeps nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import aio_pika
import orjson
from aio_pika.abc import AbstractIncomingMessage, AbstractRobustConnection

from deploy.bench.drained import until
from deploy.bench.linked_roles import Reporting, reporting_of, used_by
from deploy.bench.linked_sites import Message, Source, court_of, join_above, prepare_links, site_keys, sources_of
from deploy.bench.measure import Setting, Shown
from deploy.bench.model_s import add_activity
from services.reporting.projections import PROJECTIONS
from shared.links.inbound import PREFETCH
from shared.links.queues import looking_at, present
from shared.links.topology import inbound_exchange, inbound_queue
from shared.projection import projected
from shared.testing.journal import Court

SITES, QUICK_SITES = 134, 20
EVENTS, PEAK_EVENTS = 10, 400
"""Of an outage, by log."""

RUN_EVENTS: Final = 5
ROLES: Final = ("consume", "project")
BRANCHES, PEOPLE = 9, 108
_UNDER_WAY: Final = 200
_CURRENT_WITHIN: Final = 900.0

_CURRENT: Final = """
select coalesce(sum(have), 0) = $2 and count(head) = $3 and count(*) filter (where head > have) = 0
  from receipts where split_part(origin, '/', 1) <> $1
"""

Outage = dict[str, list[Message]]
"""By site, what its link sends once it is there again."""


def rows() -> list[Shown]:
    return [
        Shown("many-links", partial(_many_links, events=EVENTS)),
        Shown("many-links-peak", partial(_many_links, events=PEAK_EVENTS)),
    ]


async def _many_links(setting: Setting, *, events: int) -> dict[str, Any]:
    names = [f"ji{number:03}" for number in range(1, (QUICK_SITES if setting.is_quick else SITES) + 1)]
    keys = [site_keys(name, f"第{number}基层人民法院", "basic") for number, name in enumerate(names, 1)]
    courts = [_founded(court_of(one)) for one in keys]
    async with reporting_of(setting, "sheng9", "海角省高级人民法院", "high") as above:
        await join_above(above.pool, above.keys, keys)
        await prepare_links(above.broker_url, above.keys.site, names)
        await _publish(above.broker_url, {court.site: _first_messages(court) for court in courts})
        founded = await _taken_in(above, names, _events(courts), len(courts))
        outage = {court.site: _went_on(court, events) for court in courts}
        await _publish(above.broker_url, outage)
        reference = await _reference(above.broker_url, outage)
        await _publish(above.broker_url, outage)
        ours = await _taken_in(above, names, _events(courts), 2 * len(courts))
    return _told(len(names) * 2 * events, outage, reference, ours) | {"founded_seconds": founded["current_seconds"]}


def _told(events: int, outage: Outage, reference: float, ours: dict[str, Any]) -> dict[str, Any]:
    current = ours["current_seconds"]
    return {
        "sites": len(outage),
        "events": events,
        "messages": sum(map(len, outage.values())),
        **ours,
        "events_a_second": round(events / current),
        "reference_seconds": round(reference, 1),
        "ratio": round(current / max(reference, 1e-3), 2),
    }


def _founded(court: Court) -> Court:
    """With branches and people; its log of `activities` is still empty."""
    branches = [court.branch(order, f"第{order}党支部") for order in range(1, BRANCHES + 1)]
    for number in range(PEOPLE):
        court.member(number, branches[number % BRANCHES])
    return court


def _events(courts: Sequence[Court]) -> int:
    return sum(len(log.rows) for court in courts for log in (court.members, court.activities))


def _first_messages(court: Court) -> list[Message]:
    members, _ = sources_of(court)
    return [members.run(1, members.last), members.head()]


def _went_on(court: Court, events: int) -> list[Message]:
    """What a site records in an outage: as many events in each log; at least whole activities, six events each."""
    before = len(court.members.rows)
    branch = next(row[6].removeprefix("branch-") for row in court.members.rows if row[6].startswith("branch-"))
    for number in range(events):
        court.member(PEOPLE + number, branch)
    number = 0
    while len(court.activities.rows) < events:
        add_activity(court, branch, branch, number)
        number += 1
    del court.activities.rows[events:]
    members, activities = sources_of(court)
    return [*_runs(members, before), *_runs(activities, 0), members.head(), activities.head()]


def _runs(source: Source, after: int) -> list[Message]:
    firsts = range(after + 1, source.last + 1, RUN_EVENTS)
    return [source.run(first, min(first + RUN_EVENTS - 1, source.last)) for first in firsts]


async def _publish(broker_url: str, outage: Outage) -> None:
    """Each site's messages in order into its exchange."""
    async with await aio_pika.connect_robust(broker_url) as connection:
        channel = await connection.channel(publisher_confirms=True)
        sending: list[asyncio.Task[Any]] = []
        for site, messages in outage.items():
            exchange = await channel.get_exchange(inbound_exchange(site))
            for headers, body in messages:
                message = aio_pika.Message(body, headers=dict(headers), delivery_mode=2)
                sending.append(asyncio.create_task(exchange.publish(message, "")))
                if len(sending) >= _UNDER_WAY:
                    await asyncio.gather(*sending)
                    sending.clear()
        await asyncio.gather(*sending)


async def _reference(broker_url: str, outage: Outage) -> float:
    """Seconds until aio-pika has taken all of it."""
    expected, taken = sum(map(len, outage.values())), 0
    done = asyncio.Event()

    async def take(message: AbstractIncomingMessage) -> None:
        nonlocal taken
        orjson.loads(message.body)
        await message.ack()
        taken += 1
        if taken == expected:
            done.set()

    async with await aio_pika.connect_robust(broker_url) as connection:
        began = time.perf_counter()
        for site in outage:
            await _consume(connection, site, take)
        await done.wait()
        return time.perf_counter() - began


async def _consume(connection: AbstractRobustConnection, site: str, take: Any) -> None:
    channel = await connection.channel()
    await channel.set_qos(PREFETCH)
    await (await channel.get_queue(inbound_queue(site))).consume(take)


async def _taken_in(above: Reporting, sites: Sequence[str], events: int, heads: int) -> dict[str, Any]:
    """Start the processes that take in and project, and end them when all is there: what it took from their start."""
    began = time.perf_counter()
    pids = dict(zip(ROLES, await asyncio.gather(*map(above.start, ROLES)), strict=True))
    subscribing = asyncio.create_task(_subscribed(above.broker_url, sites, began))
    await until(lambda: _is_current(above, events, heads), _CURRENT_WITHIN, "not every log has come")
    current = time.perf_counter() - began
    await until(lambda: _is_projected(above, events), _CURRENT_WITHIN, "not everything was projected")
    shown = time.perf_counter() - began
    used = {role: used_by(pid) for role, pid in pids.items()}
    told = {
        "subscribed_seconds": round(await subscribing, 1),
        "current_seconds": round(current, 1),
        "projected_seconds": round(shown, 1),
        "cpu_seconds": {role: round(one.cpu, 1) for role, one in used.items()},
        "highest_mb": {role: round(one.memory) for role, one in used.items()},
    }
    await above.end()
    return told


async def _subscribed(broker_url: str, sites: Sequence[str], began: float) -> float:
    """Seconds until every link has its consumer."""
    async with looking_at(broker_url) as looking:

        async def all_are() -> bool:
            return all((await present(looking, sites)).values())

        await until(all_are, _CURRENT_WITHIN, "not every link was subscribed")
    return time.perf_counter() - began


async def _is_current(above: Reporting, events: int, heads: int) -> bool:
    return bool(await above.pool.fetchval(_CURRENT, above.keys.site, events, heads))


async def _is_projected(above: Reporting, events: int) -> bool:
    async with above.pool.acquire() as connection:
        reached = await projected(connection, PROJECTIONS)
    own = f"{above.keys.site}/"
    return sum(position for origin, position in reached.items() if not origin.startswith(own)) == events
