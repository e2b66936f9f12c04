"""One link up: everything in the journal that the upper site may have, until it says that it has it (design §4, §7)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import asyncpg
from faststream.rabbit import RabbitQueue

from shared.broker.connection import PUBLISH_SECONDS, NotTaken, connected, new_link
from shared.broker.consumers import Deliveries, until_broken, watch_consumers
from shared.broker.delivery import AT_ONCE, Delivery, Outgoing, Pace, Way
from shared.broker.peers import Peer
from shared.broker.states import subscribe_control
from shared.leases import until_set
from shared.links.access import LinkAccess
from shared.links.bodies import messages, openings, shown_of
from shared.links.countersigning import RECEIVER, Said, UpperStates
from shared.links.heads import Heads
from shared.links.origins import Source, agreed, believable, sources
from shared.links.publishing import UplinkSender
from shared.links.topology import outbound_queue
from shared.status import RoleStatus
from shared.wakening import Wakening, listening

JOURNAL_CHANNEL: Final = "journal"

_LOAD: Final = """
with added as (
    insert into uplink_cursors (upper, origin, sent_to) select $1, origin, 0 from unnest($2::text[]) as origin
    on conflict do nothing
)
select receipts.origin, coalesce(cursors.sent_to, 0) as sent_to,
       coalesce((select first - 1 from runs where runs.origin = receipts.origin order by first limit 1), 0) as floor
  from receipts
  left join uplink_cursors as cursors on cursors.upper = $1 and cursors.origin = receipts.origin
 where receipts.origin = any($2::text[])
"""
_MOVE: Final = """
update uplink_cursors set sent_to = $4 where upper = $1 and origin = $2 and sent_to = $3 returning true
"""
_CONNECTED: Final = """
insert into uplink_connections as known (upper, connected) values ($1, $2)
on conflict (upper) do update set connected = excluded.connected, since = clock_timestamp()
 where known.connected <> excluded.connected
"""
_REFUSED: Final = """
update uplink_connections set refused_since = case when $2 then coalesce(refused_since, clock_timestamp()) end
 where upper = $1
"""
_OPENED: Final = """
insert into uplink_openings (upper, origin, position) select $1, $2, unnest($3::bigint[]) on conflict do nothing
"""
_OPEN_AGAIN: Final = "delete from uplink_openings where upper = $1 and origin = $2 and position > $3"
# A broker that was wiped since then may have lost some; to have them twice does no harm.
_OPEN_LATEST_AGAIN: Final = """
delete from uplink_openings where upper = $1 and sent_at > clock_timestamp() - interval '1 day'
"""


@dataclass(frozen=True)
class Uplinking:
    """What the uplinks of `site` need; `links` is the folder with the access to upper sites."""

    pool: asyncpg.Pool
    site: str
    links: Path
    pace: Pace = field(default_factory=Pace)
    look_at_files_every: float = 3.0
    confirm_within: float = PUBLISH_SECONDS
    status: RoleStatus = field(default_factory=lambda: RoleStatus("uplink"))
    statuses: dict[str, RoleStatus] = field(default_factory=dict)


async def send_up(uplinking: Uplinking, access: LinkAccess, status: RoleStatus, until: asyncio.Event) -> None:
    """Send to one upper site while both sides want it; raises when a connection breaks off."""
    pool, every = uplinking.pool, uplinking.pace.look_every
    while not until.is_set():
        if await agreed(pool, uplinking.site, access.upper) is not None:
            await _connected(uplinking, access, status, until)
        status.looked()
        await until_set(until, every)


async def _connected(uplinking: Uplinking, access: LinkAccess, status: RoleStatus, until: asyncio.Event) -> None:
    pool, upper, over = uplinking.pool, access.upper, asyncio.Event()
    # Two connections: a broker that holds back publishers would hold back their acknowledgements too.
    publishing = new_link(access.url, "sends logs up", access.tls)
    consuming = new_link(access.url, "receives states from above", access.tls)
    sender = UplinkSender(publishing.broker, uplinking.site, uplinking.confirm_within)
    states = UpperStates(pool, upper, status)
    queue, deliveries = outbound_queue(uplinking.site), Deliveries()
    try:
        async with listening(pool, JOURNAL_CHANNEL) as wakening:
            asked = RabbitQueue(queue, declare=False)
            receive = deliveries.counting(states.receive)
            subscribe_control(consuming.broker, asked, receive, wakening, f"states from {upper}")
            async with connected(publishing), connected(consuming):
                status.connected = True
                await pool.execute(_CONNECTED, upper, True)
                tenure = Tenure(uplinking, upper, sender, states, status)
                working = _work(tenure, wakening, uplinking.pace, status, until, over)
                every = uplinking.pace.consumers_every
                watching = watch_consumers(consuming, {queue: deliveries}, status, over, every)
                await until_broken((working, watching), over, publishing.broken, consuming.broken)
    finally:
        status.connected, status.consumers = False, None
        await _say_disconnected(pool, upper)


async def _work(
    tenure: Tenure, wakening: Wakening, pace: Pace, status: RoleStatus, until: asyncio.Event, over: asyncio.Event
) -> None:
    await tenure.load()
    while not until.is_set() and await _step(tenure, wakening, pace, status, until):
        pass
    over.set()


async def _step(tenure: Tenure, wakening: Wakening, pace: Pace, status: RoleStatus, until: asyncio.Event) -> bool:
    """One turn; False once the link is not wanted any more."""
    if not await tenure.look():
        return False
    try:
        more = await tenure.send()
        await tenure.announce()
        await tenure.open()
    except NotTaken as error:
        # The upper site has no room: nothing is lost, nothing is broken, and it is asked again after a while.
        await tenure.note_refused(refused=True)
        status.count("not_taken")
        status.troubled(error)
        await until_set(until, pace.refused_every)
        return True
    await tenure.note_refused(refused=False)
    status.looked()
    if not more:
        await wakening.wait(pace.look_every)
    return True


async def _say_disconnected(pool: asyncpg.Pool, upper: str) -> None:
    # Also when PostgreSQL is what is away: then the lease runs out and says it.
    try:
        async with asyncio.timeout(2.0):
            await pool.execute(_CONNECTED, upper, False)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return


class Tenure:
    """One uplink's time as the only one: a delivery for each log, and what the upper site says of it."""

    def __init__(
        self, uplinking: Uplinking, upper: str, sender: UplinkSender, states: UpperStates, status: RoleStatus
    ) -> None:
        self._uplinking = uplinking
        self._pool = uplinking.pool
        self._upper = upper
        self._peer = f"{upper}/{RECEIVER}"
        self._sender = sender
        self._states = states
        self._status = status
        self._heads = Heads(uplinking.pool, sender, uplinking.pace)
        self._withheld: frozenset[str] = frozenset()
        self._chosen: dict[str, Source] = {}
        self._held_above: dict[str, int] = {}
        self._stopped: set[str] = set()
        self._suspended: set[str] = set()
        self._deliveries: dict[str, Delivery] = {}
        self._opened_at: float | None = None
        self._refused: bool | None = None
        self._now = asyncio.get_running_loop().time

    async def load(self) -> None:
        """What the upper site last said."""
        for said in await self._states.remembered():
            self._believe(said)
        await self._pool.execute(_OPEN_LATEST_AGAIN, self._upper)

    async def note_refused(self, *, refused: bool) -> None:
        """Remember since when the upper site's broker takes nothing, and that it does again."""
        if refused != self._refused:
            await self._pool.execute(_REFUSED, self._upper, refused)
            self._refused = refused

    def _believe(self, said: Said) -> None:
        origin, is_suspended = said.origin, said.status != "ok"
        self._held_above[origin] = said.have
        # With another history it gets what is new all the same: from that it sees where the two part, and says so.
        (self._suspended.add if is_suspended else self._suspended.discard)(origin)
        (self._stopped.add if is_suspended or said.alarm else self._stopped.discard)(origin)

    async def look(self) -> bool:
        """Take in what the upper site said and what the journal has; False once the link is not wanted any more."""
        withheld = await agreed(self._pool, self._uplinking.site, self._upper)
        if withheld is None:
            return False
        self._withheld = withheld
        for said in self._states.taken():
            # What was on its way to a suspended link is dropped there, what followed withheld contents too.
            sure = said.have if said.status == "ok" else 0
            if sure < self._held_above.get(said.origin, 0):
                await self._pool.execute(_OPEN_AGAIN, self._upper, said.origin, sure)
            self._believe(said)
            if said.origin in self._deliveries and said.alarm is None:
                self._deliveries[said.origin].on_state(self._peer, said.have, said.status)
        # What it says of another history proves nothing but that it speaks of that log.
        trusted = {origin: 0 if origin in self._stopped else have for origin, have in self._held_above.items()}
        self._chosen = believable(await sources(self._pool, self._uplinking.site), trusted)
        await self._begin([origin for origin in self._chosen if origin not in self._deliveries])
        return True

    async def _begin(self, origins: list[str]) -> None:
        if not origins:
            return
        for origin, sent_to, floor in await self._pool.fetch(_LOAD, self._upper, origins):
            have = self._chosen[origin].have
            if sent_to > have:
                # The journal comes from a backup: what is added to it now has not been sent.
                await self._move(origin, sent_to, have)
                sent_to = have
            way = Way(
                origin, partial(self._messages, origin), partial(self._move, origin), self._sender.run,
                self._sender.run_to,
            )  # fmt: skip
            delivery = Delivery(way, {self._peer: Peer("")}, sent_to, self._uplinking.pace, self._status, floor)
            if origin in self._held_above:
                delivery.remember(self._peer, self._held_above[origin], "ok")
            delivery.mark_sent()
            self._deliveries[origin] = delivery

    def _messages(self, origin: str, after: int, limit: int) -> AsyncIterator[Outgoing]:
        # Bounded by what was seen together with the tree: nothing of a court goes out after its link's revocation.
        source = self._chosen[origin]
        return messages(self._pool, source, shown_of(source, self._withheld), after, limit)

    async def _move(self, origin: str, before: int, after: int) -> bool:
        return bool(await self._pool.fetchval(_MOVE, self._upper, origin, before, after))

    async def send(self) -> bool:
        """Runs that are new to the upper site, and those it needs again; whether more wait."""
        more = False
        for origin, delivery in self._deliveries.items():
            source = self._chosen.get(origin)
            # What is known of and may not be sent now is no sign of standing still.
            self._status.heads[origin] = delivery.sent_to
            if source is None or origin in self._suspended:
                continue
            if delivery.sent_to < source.have and not delivery.is_full:
                self._status.heads[origin] = source.have
                more |= await delivery.send() == AT_ONCE
            more |= await delivery.resend()
        return more

    async def announce(self) -> None:
        """The heads of all logs that are sent."""
        await self._heads.announce(list(self._chosen))

    async def open(self) -> None:
        """Contents that were withheld below and came later, once their run has arrived above."""
        if self._opened_at is not None and self._now() - self._opened_at < self._uplinking.pace.look_every:
            return
        told = {
            origin: self._held_above[origin]
            for origin, source in self._chosen.items()
            if not source.is_own and origin in self._held_above and origin not in self._stopped
        }
        if told:
            for origin, positions, body in await openings(self._pool, self._upper, told, self._withheld):
                await self._sender.opening(body)
                await self._pool.execute(_OPENED, self._upper, origin, positions)
                self._status.count("openings", len(positions))
        self._opened_at = self._now()
