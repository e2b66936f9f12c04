"""Sending sealed runs to a broker until its receivers have them (design §4)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

import asyncpg

from shared.broker.connection import connected, new_link
from shared.broker.consumers import Deliveries, until_broken, watch_consumers
from shared.broker.delivery import AT_ONCE, Delivery, Outgoing, Pace, Way
from shared.broker.epochs import Epoch, sealed_epochs
from shared.broker.peers import Peer
from shared.broker.runs import SealedRun, run_body, runs_after
from shared.broker.sender import LogSender
from shared.broker.states import EpochStates, PeerStates, Signers, subscribe_states
from shared.broker.topology import RECEIVERS, own_topology, receiver_queue
from shared.leases import lead
from shared.sealer import SEALED_CHANNEL, FreshRuns
from shared.sealing.chain import event_time
from shared.sealing.control import Head, Status
from shared.sealing.keys import Signer
from shared.sealing.origin import Origin
from shared.status import RoleStatus
from shared.wakening import Wakening, listening

OWN_BROKER: Final = "own"

_CURSOR: Final = """
insert into send_cursors as cursors (destination, channel, epoch, sent_to) values ($1, $2, $3, $4)
on conflict (destination, channel, epoch) do update set sent_to = cursors.sent_to
returning sent_to
"""
_MOVE: Final = """
update send_cursors set sent_to = $5 where destination = $1 and channel = $2 and epoch = $3 and sent_to = $4
returning true
"""
_HEAD: Final = """
select seals.last, seals.root, clock_timestamp() as now
  from (select 1) as always
  left join lateral (
       select last, root from seals where epoch = $1 and channel = $2 order by first desc limit 1
  ) as seals on true
"""


@dataclass(frozen=True)
class Relaying:
    """What a relay needs. `signers(site, service)` gives the keys that may sign a receiver's `state`."""

    pool: asyncpg.Pool
    broker_url: str = field(repr=False)
    origin: Origin
    key: Signer
    family_of: Callable[[str], str]
    signers: Signers
    pace: Pace = field(default_factory=Pace)
    destination: str = OWN_BROKER
    status: RoleStatus = field(default_factory=lambda: RoleStatus("relay"))
    fresh: FreshRuns | None = None


async def relay_role(relaying: Relaying, stop: asyncio.Event) -> None:
    """Send what is sealed until `stop`; one at a time of all replicas, through outages of either engine."""

    async def work(until: asyncio.Event) -> None:
        await _relay(relaying, until)

    await lead(relaying.pool, f"relay:{relaying.destination}", stop, work, relaying.status)


async def _relay(relaying: Relaying, until: asyncio.Event) -> None:
    origin, url = relaying.origin, relaying.broker_url
    # Two connections: a broker that holds back publishers would hold back their acknowledgements too.
    publishing, consuming = new_link(url, "sends the log"), new_link(url, "receives states")
    states, deliveries, over = EpochStates(), Deliveries(), asyncio.Event()
    tenures = Tenures(relaying, LogSender(publishing.broker, origin), states)
    try:
        async with listening(relaying.pool, SEALED_CHANNEL) as wakening:
            receive = deliveries.counting(states.receive)
            queue = subscribe_states(consuming.broker, origin.service, receive, wakening)
            await tenures.look()
            async with connected(publishing, own_topology(origin.site)), connected(consuming):
                relaying.status.connected = True
                working = _work(relaying, tenures, wakening, until, over)
                every = relaying.pace.consumers_every
                watching = watch_consumers(consuming, {queue: deliveries}, relaying.status, over, every)
                await until_broken((working, watching), over, publishing.broken, consuming.broken)
    finally:
        relaying.status.connected, relaying.status.consumers = False, None


async def _work(
    relaying: Relaying, tenures: Tenures, wakening: Wakening, until: asyncio.Event, over: asyncio.Event
) -> None:
    while not until.is_set():
        await _step(relaying, tenures, wakening)
    over.set()


async def _step(relaying: Relaying, tenures: Tenures, wakening: Wakening) -> None:
    relaying.status.looked()
    busy = False
    for tenure, following in zip_longest(tenures.all, tenures.all[1:]):
        tenure.take_states(following)
        more = await tenure.send()
        busy |= await tenure.resend() or more
        if more:  # what an epoch follows on goes out before it
            break
    await tenures.live.announce()
    if not busy:
        await tenures.look()
        await wakening.wait(min(relaying.pace.look_every, tenures.live.until_head()))


class Tenures:
    """One relay's time with each epoch of the log; those that are closed are sent to who lacks something of them."""

    def __init__(self, relaying: Relaying, sender: LogSender, states: EpochStates) -> None:
        self._relaying = relaying
        self._sender = sender
        self._states = states
        self.all: list[Tenure] = []

    @property
    def live(self) -> Tenure:
        return self.all[-1]

    async def look(self) -> None:
        """Take up epochs that were opened since."""
        relaying = self._relaying
        for epoch in (await sealed_epochs(relaying.pool, relaying.origin))[len(self.all) :]:
            states = PeerStates(relaying.pool, epoch.origin, relaying.signers, relaying.status, epoch)
            tenure = Tenure(relaying, self._sender, states, epoch)
            await tenure.load()
            self.all.append(tenure)
            self._states.add(states)


class Tenure:
    """One relay's time as the only one: what is sent, what receivers say of it, and the heads between."""

    def __init__(self, relaying: Relaying, sender: LogSender, states: PeerStates, epoch: Epoch) -> None:
        self._relaying = relaying
        self._epoch = epoch
        self._sender = sender
        self._states = states
        self._now = asyncio.get_running_loop().time
        self._announced: tuple[int, float] | None = None
        self._delivery: Delivery

    async def load(self) -> None:
        """Where the last relay stopped, and what the receivers last said."""
        relaying, origin = self._relaying, self._epoch.origin
        sent_to = await relaying.pool.fetchval(_CURSOR, *self._cursor(), self._epoch.start)
        way = Way(origin.text, self._messages, self._move, self._sender.run, self._sender.run_to)
        peers = {
            f"{origin.site}/{receiver}": Peer(receiver_queue(receiver, origin.service).name)
            for receiver in RECEIVERS.get(origin.service, ())
        }
        self._delivery = Delivery(way, peers, sent_to, relaying.pace, relaying.status, self._epoch.start)
        for remembered in await self._states.remembered():
            self._delivery.remember(*remembered)
        self._delivery.mark_sent()

    def take_states(self, following: Tenure | None) -> None:
        """Let what the receivers say now decide what they get again; who has all of it awaits the next epoch."""
        for state in self._states.taken():
            self._delivery.on_state(state.receiver, state.have, state.status)
            if following is not None:
                following.on_former(state.receiver, state.have, state.status)

    def on_former(self, receiver: str, have: int, status: Status) -> None:
        """What a receiver says of the epoch before decides whether it can have anything of this one."""
        if have < self._epoch.start:
            self._delivery.begins_anew(receiver)
        elif have == self._epoch.start:
            self._delivery.awaits(receiver, have, status)

    async def send(self) -> bool:
        """Send the next runs; whether more wait."""
        sent, fresh = await self._delivery.send(), self._relaying.fresh
        return sent == AT_ONCE or (sent > 0 and fresh is not None and self._delivery.sent_to < fresh.sealed_to)

    async def resend(self) -> bool:
        """One more run for each receiver that needs it again, to its own queue."""
        return await self._delivery.resend()

    async def _messages(self, after: int, limit: int) -> AsyncIterator[Outgoing]:
        relaying, origin = self._relaying, self._epoch.origin
        fresh = relaying.fresh.after(after, origin.epoch)[:limit] if relaying.fresh is not None else []
        runs = [SealedRun(*run) for run in fresh] or await runs_after(relaying.pool, origin, after, limit)
        for run in runs:
            body = await run_body(relaying.pool, origin, run, relaying.family_of, relaying.fresh)
            yield Outgoing(*run, body)

    async def _move(self, before: int, after: int) -> bool:
        return bool(await self._relaying.pool.fetchval(_MOVE, *self._cursor(), before, after))

    def until_head(self) -> float:
        """Seconds until the next head is due."""
        if self._announced is None:
            return 0.0
        return max(0.0, self._announced[1] + self._relaying.pace.head_every - self._now())

    async def announce(self) -> None:
        """Send the head: after changes, at most once a second, and every 15 s."""
        announced, pace, sent_to = self._announced, self._relaying.pace, self._delivery.sent_to
        if announced is not None:
            age = self._now() - announced[1]
            if age < pace.head_at_most_every or (age < pace.head_every and announced[0] == sent_to):
                return
        origin = self._epoch.origin
        row = await self._relaying.pool.fetchrow(_HEAD, origin.epoch, origin.channel)
        assert row is not None
        sealed_to, root = row["last"] or self._epoch.start, row["root"] or self._epoch.root
        await self._sender.head(Head(origin, sealed_to, root, event_time(row["now"])), self._relaying.key)
        self._relaying.status.heads[origin.text] = sealed_to
        self._announced = (sent_to, self._now())

    def _cursor(self) -> tuple[str, str, int]:
        origin = self._epoch.origin
        return self._relaying.destination, origin.channel, origin.epoch
