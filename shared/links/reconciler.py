"""What the broker has to hold for links, made and repaired from what `members` recorded (design §7).

Whatever became of the broker, or was altered there, it comes back: users, their permissions, exchanges, queues and
bindings. What an invitation opened is taken away again when it is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

import asyncpg
import structlog

from shared.broker.topology import Binding, Exchange, Queue, Topology
from shared.eventstore import NOTIFY_CHANNEL
from shared.leases import lead
from shared.links.management import Made, MadeQueue, Management, ManagementRefused, management
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


class _Found(NamedTuple):
    exchanges: Mapping[str, Made]
    queues: Mapping[str, MadeQueue]


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
        # Asked once: who is shut out and what is made have to follow from the same answer.
        found = _Found(await broker.exchanges(), await broker.queues())
        await _shut_out(broker, reconciling.site, wanted, found)
        made = await _make_objects(broker, _objects(wanted), found)
        made += await _make_users(broker, reconciling.site, wanted)
        made += await _take_away(broker, reconciling.site, wanted)
        left = _left(_objects(wanted), found.queues)
    if made:
        log.info("links_reconciled", changes=made)
        reconciling.status.count("repaired", made)
    if left:
        log.warning("queues_left_though_not_as_agreed", queues=left)
        reconciling.status.count("left", len(left))
    return made


def _objects(wanted: Wanted) -> list[Topology]:
    joined = [link_topology(user.site) for user in wanted.links]
    return [joins_topology(), *joined, *(join_topology(user.site) for user in wanted.invitations)]


async def _shut_out(broker: Management, site: str, wanted: Wanted, found: _Found) -> None:
    """Take away the users of links of which anything has to be made; users are made when all else is there.

    What is in a queue that goes, and what is sent where none is bound, was confirmed to the lower site. Runs it would
    miss by the states; what followed withheld contents it sends again at a new connection only. However often the
    making breaks off, the missing user sees to that. One whose password is not known could not be made again: it stays.
    """
    bindings = await broker.bindings()
    for user in wanted.links:
        link = [link_topology(user.site)]
        objects = *_exchanges_to_make(link, found.exchanges), *_queues_to_make(link, found.queues)
        if user.password_hash is not None and (objects or _bindings_to_make(link, bindings)):
            await broker.remove_user(link_user(site, user.site))


async def _make_objects(broker: Management, topologies: Sequence[Topology], found: _Found) -> int:
    """How many were not as they should be; one that differs cannot be changed, only removed and made."""
    exchanges, queues = _exchanges_to_make(topologies, found.exchanges), _queues_to_make(topologies, found.queues)
    for exchange in exchanges:
        if exchange.name in found.exchanges:
            await broker.remove_exchange(exchange.name)
        await broker.make_exchange(exchange.name, exchange.kind, exchange.arguments)
    for queue in queues:
        if queue.name in found.queues:
            await broker.remove_queue(queue.name)
        await broker.make_queue(queue.name, _arguments(queue))
    # Asked last: they went with what was made anew.
    bindings = _bindings_to_make(topologies, await broker.bindings())
    for binding in bindings:
        await broker.bind(binding.exchange, binding.queue, binding.key)
    return len(exchanges) + len(queues) + len(bindings)


def _exchanges_to_make(topologies: Sequence[Topology], found: Mapping[str, Made]) -> list[Exchange]:
    wanted = [exchange for topology in topologies for exchange in topology.exchanges]
    return [one for one in wanted if found.get(one.name) != (one.kind, one.arguments)]


def _queues_to_make(topologies: Sequence[Topology], found: Mapping[str, MadeQueue]) -> list[Queue]:
    wanted = {queue.name: queue for topology in topologies for queue in topology.queues}
    left = _left(topologies, found)
    return [one for name, one in wanted.items() if not _is_as_agreed(one, found.get(name)) and name not in left]


def _left(topologies: Sequence[Topology], found: Mapping[str, MadeQueue]) -> list[str]:
    """Queues from lower sites that differ and may hold something: it was confirmed to them, perhaps too long ago to
    come again. They are made anew once reporting has taken everything out; requests and states come again."""
    return [
        queue.name
        for queue in (queue for topology in topologies for queue in topology.queues)
        if queue.name in found
        and queue.name.startswith(inbound_queue(""))
        and not _is_as_agreed(queue, found[queue.name])
        and found[queue.name].messages != 0
    ]


def _bindings_to_make(topologies: Sequence[Topology], found: Collection[tuple[str, str, str]]) -> set[Binding]:
    wanted = {binding for topology in topologies for binding in topology.bindings}
    return {one for one in wanted if (one.exchange, one.queue, one.key) not in found}


def _is_as_agreed(queue: Queue, here: MadeQueue | None) -> bool:
    return here is not None and here.made == (queue.kind, _arguments(queue))


def _arguments(queue: Queue) -> dict[str, Any]:
    return {"x-queue-type": queue.kind, **queue.arguments}


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
