"""What the broker has to hold for links, made and repaired from what `members` recorded (design §7).

Whatever became of the broker, or was altered there, it comes back: users, their permissions, exchanges, queues and
bindings. What an invitation opened is taken away again when it is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

import asyncpg
import structlog

from shared.broker.topology import Topology
from shared.eventstore import NOTIFY_CHANNEL
from shared.leases import lead
from shared.links.management import Management, ManagementRefused, management
from shared.links.topology import (
    inbound_queue,
    join_exchange,
    join_permissions,
    join_reply_queue,
    join_topology,
    join_user,
    joins_topology,
    link_permissions,
    link_topology,
    link_user,
)
from shared.status import RoleStatus
from shared.telemetry.health import Check
from shared.wakening import listening

EVERY_SECONDS: Final = 60.0
_AGAIN_SECONDS: Final = 2.0

log = structlog.get_logger()


class User(Protocol):
    """A broker user for `site`; no hash: it cannot be made until the site joins anew."""

    @property
    def site(self) -> str: ...
    @property
    def password_hash(self) -> str | None: ...


class Wanted(Protocol):
    """Sites that are joined, and sites that are invited."""

    @property
    def links(self) -> Sequence[User]: ...
    @property
    def invitations(self) -> Sequence[User]: ...


@dataclass(frozen=True)
class Reconciling:
    """`wanted` says what there has to be now; without `management_url` there is nobody to ask."""

    pool: asyncpg.Pool
    site: str
    broker_url: str = field(repr=False)
    management_url: str | None = field(repr=False)
    wanted: Callable[[], Awaitable[Wanted]]
    every: float = EVERY_SECONDS
    status: RoleStatus = field(default_factory=lambda: RoleStatus("links"))


async def reconcile_role(reconciling: Reconciling, stop: asyncio.Event) -> None:
    """Compare and repair at once, whenever something was recorded, and every minute; one replica at a time."""
    if reconciling.management_url is None:
        await stop.wait()
        return

    async def work(until: asyncio.Event) -> None:
        async with listening(reconciling.pool, NOTIFY_CHANNEL) as wakening:
            seen: object = None
            last = -reconciling.every
            now = asyncio.get_running_loop().time
            while not until.is_set():
                found = await reconciling.wanted()
                if found != seen or now() - last >= reconciling.every:
                    await reconcile(reconciling, found)
                    seen, last = found, now()
                reconciling.status.looked()
                await wakening.wait(_AGAIN_SECONDS)

    await lead(reconciling.pool, "links", stop, work, reconciling.status)


async def reconcile(reconciling: Reconciling, wanted: Wanted) -> int:
    """Make the broker hold what is wanted; how many things were not as they should be. Raises `ManagementRefused`."""
    assert reconciling.management_url is not None
    vhost = unquote(urlsplit(reconciling.broker_url).path.removeprefix("/")) or "/"
    async with management(reconciling.management_url, vhost) as broker:
        objects = await _make_objects(broker, _objects(wanted))
        await _cut_off(broker, reconciling.site, wanted, objects)
        made = len(objects) + await _make_users(broker, reconciling.site, wanted)
        made += await _take_away(broker, reconciling.site, wanted)
    if made:
        log.info("links_reconciled", changes=made)
        reconciling.status.count("repaired", made)
    return made


def _objects(wanted: Wanted) -> list[Topology]:
    joined = [link_topology(user.site) for user in wanted.links]
    return [joins_topology(), *joined, *(join_topology(user.site) for user in wanted.invitations)]


async def _make_objects(broker: Management, topologies: Sequence[Topology]) -> list[str]:
    """What was not as it should be, by name; a binding by that of its queue."""
    made = await _make_exchanges(broker, topologies) + await _make_queues(broker, topologies)
    # Asked last: they went with what was made anew.
    bindings = await broker.bindings()
    for binding in {binding for topology in topologies for binding in topology.bindings}:
        if (binding.exchange, binding.queue, binding.key) not in bindings:
            await broker.bind(binding.exchange, binding.queue, binding.key)
            made.append(binding.queue)
    return made


async def _cut_off(broker: Management, site: str, wanted: Wanted, made: Sequence[str]) -> None:
    """Let the lower sites whose queue was made anew begin anew: what was in it, or went past it, was confirmed to them.

    Runs they would miss by the states; what followed withheld contents they send again at a new connection only.
    """
    for user in wanted.links:
        if inbound_queue(user.site) in made:
            await broker.cut_off(link_user(site, user.site))


async def _make_exchanges(broker: Management, topologies: Sequence[Topology]) -> list[str]:
    made: list[str] = []
    found = await broker.exchanges()
    for exchange in (exchange for topology in topologies for exchange in topology.exchanges):
        here = found.get(exchange.name)
        if here == (exchange.kind, exchange.arguments):
            continue
        if here is not None:
            await broker.remove_exchange(exchange.name)
        await broker.make_exchange(exchange.name, exchange.kind, exchange.arguments)
        made.append(exchange.name)
    return made


async def _make_queues(broker: Management, topologies: Sequence[Topology]) -> list[str]:
    """One that differs cannot be changed: it goes with what is in it, which its source still has and sends again."""
    made: list[str] = []
    found = await broker.queues()
    for queue in {queue.name: queue for topology in topologies for queue in topology.queues}.values():
        here, arguments = found.get(queue.name), {"x-queue-type": queue.kind, **queue.arguments}
        if here == (queue.kind, arguments):
            continue
        if here is not None:
            await broker.remove_queue(queue.name)
        await broker.make_queue(queue.name, arguments)
        made.append(queue.name)
    return made


async def _make_users(broker: Management, site: str, wanted: Wanted) -> int:
    users, permissions = await broker.users(), await broker.permissions()
    made = 0
    for name, password_hash, allowed in _users(site, wanted):
        if users.get(name) != (password_hash, False):
            await broker.make_user(name, password_hash)
            made += 1
        if permissions.get(name) != allowed:
            await broker.allow(name, allowed)
            made += 1
    return made


def _users(site: str, wanted: Wanted) -> list[tuple[str, str, dict[str, str]]]:
    joined = [(link_user(site, one.site), one.password_hash, link_permissions(one.site)) for one in wanted.links]
    invited = [(join_user(site, one.site), one.password_hash, join_permissions(one.site)) for one in wanted.invitations]
    return [(name, known, allowed) for name, known, allowed in (*joined, *invited) if known is not None]


async def _take_away(broker: Management, site: str, wanted: Wanted) -> int:
    """Users of links that are over, and what invitations opened that are over. The queues of a link stay: what is in
    them was confirmed to the lower site."""
    kept = {name for name, _, _ in _users(site, wanted)}
    kept |= {link_user(site, one.site) for one in wanted.links}
    invited = {one.site for one in wanted.invitations}
    gone = 0
    for name in await broker.users():
        if name not in kept and name.startswith((f"{site}.", f"join.{site}.")):
            await broker.remove_user(name)
            gone += 1
    opened, replies = join_exchange(""), join_reply_queue("")
    for exchange in await broker.exchanges():
        if exchange.startswith(opened) and exchange.removeprefix(opened) not in invited:
            await broker.remove_exchange(exchange)
            gone += 1
    for queue in await broker.queues():
        if queue.startswith(replies) and queue.removeprefix(replies) not in invited:
            await broker.remove_queue(queue)
            gone += 1
    return gone


def management_check(reconciling: Reconciling) -> Check:
    """What keeps links from being made, in the words of those who run the broker; None where nothing does."""

    async def check() -> str | None:
        if reconciling.status.trouble == ManagementRefused.__name__:
            return "消息代理的管理接口拒绝建立联通账户（LIANJIAN_BROKER_MANAGEMENT_URL 的账户应有 administrator 标签）"
        return None

    return check
