"""Sending sealed runs to a broker until its receivers have them (design §4)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import asyncpg
import structlog

from shared.broker.connection import connected, new_link
from shared.broker.peers import RESEND_AFTER, SEND_WINDOW, Peer
from shared.broker.runs import SealedRun, run_body, runs_after
from shared.broker.sender import LogSender
from shared.broker.states import PeerStates, Signers, subscribe_states
from shared.broker.topology import RECEIVERS, own_topology, receiver_queue
from shared.crash import AFTER_PUBLISH, crash_point
from shared.leases import lead
from shared.sealer import SEALED_CHANNEL, FreshRuns
from shared.sealing.chain import event_time, first_h
from shared.sealing.control import Head
from shared.sealing.keys import SigningKey
from shared.sealing.origin import Origin
from shared.status import RoleStatus
from shared.wakening import Wakening, listening

OWN_BROKER: Final = "own"
AT_ONCE: Final = 8

_CURSOR: Final = """
insert into send_cursors as cursors (destination, channel, epoch, sent_to) values ($1, $2, $3, 0)
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

log = structlog.get_logger()


class CursorMoved(Exception):
    """Another relay has moved the cursor: this one's tenure is over."""


@dataclass(frozen=True)
class Pace:
    """Seconds between what is repeated; tests are in more of a hurry."""

    head_every: float = 15.0
    head_at_most_every: float = 1.0
    resend_after: float = RESEND_AFTER
    look_every: float = 1.0


@dataclass(frozen=True)
class Relaying:
    """What a relay needs. `signers(site, service)` gives the keys that may sign a receiver's `state`."""

    pool: asyncpg.Pool
    broker_url: str
    origin: Origin
    key: SigningKey
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
    sender = LogSender(publishing.broker, origin)
    states = PeerStates(relaying.pool, origin, relaying.signers, relaying.status)
    try:
        async with listening(relaying.pool, SEALED_CHANNEL) as wakening:
            subscribe_states(consuming.broker, origin.service, states, wakening)
            async with connected(publishing, own_topology(origin.site)), connected(consuming):
                relaying.status.connected = True
                tenure = Tenure(relaying, sender, states)
                await tenure.load()
                while not until.is_set():
                    if publishing.broken.is_set() or consuming.broken.is_set():
                        raise ConnectionError("the broker's connection broke off")
                    await _step(relaying, tenure, wakening)
    finally:
        relaying.status.connected = False


async def _step(relaying: Relaying, tenure: Tenure, wakening: Wakening) -> None:
    relaying.status.looked()
    await tenure.take_states()
    more = await tenure.send()
    resent = await tenure.resend()
    await tenure.announce()
    if not (more or resent):
        await wakening.wait(min(relaying.pace.look_every, tenure.until_head()))


class Tenure:
    """One relay's time as the only one: the cursor it moves and the receivers it knows of."""

    def __init__(self, relaying: Relaying, sender: LogSender, states: PeerStates) -> None:
        origin = relaying.origin
        self._relaying = relaying
        self._sender = sender
        self._states = states
        self._now = asyncio.get_running_loop().time
        self._sent_to = 0
        self._announced: tuple[int, float] | None = None
        self._peers = {
            f"{origin.site}/{receiver}": Peer(receiver_queue(receiver, origin.service).name)
            for receiver in RECEIVERS.get(origin.service, ())
        }

    async def load(self) -> None:
        """Where the last relay stopped, and what the receivers last said."""
        self._sent_to = await self._relaying.pool.fetchval(_CURSOR, *self._cursor())
        self._relaying.status.positions[self._relaying.origin.text] = self._sent_to
        for receiver, have, status in await self._states.remembered():
            if receiver in self._peers:
                self._peers[receiver] = replace(self._peers[receiver], have=have, status=status)
        self._mark_sent()

    async def take_states(self) -> None:
        """Let what the receivers say now decide what they get again."""
        for state in self._states.taken():
            peer = self._peers.get(state.receiver)
            if peer is not None:
                after = self._relaying.pace.resend_after
                peer.on_state(state.have, state.status, self._sent_to, self._now(), after)

    async def send(self) -> bool:
        """Send the next runs, several under way, and move the cursor past those confirmed; whether more wait."""
        if self._sent_to - max((peer.have for peer in self._peers.values()), default=0) >= SEND_WINDOW:
            return False
        runs = await self._next_runs()
        sending: list[asyncio.Task[None]] = []
        try:
            for run in runs:
                # Written in this order, for a channel writes one after the other; confirmed in any.
                body = await self._body(run)
                sending += [asyncio.create_task(self._sender.run(body, run.note))]
        finally:
            outcomes = await asyncio.gather(*sending, return_exceptions=True)
        confirmed, error = self._sent_to, None
        for run, error in zip(runs, outcomes, strict=True):
            if error is not None:
                break
            confirmed = run.last
        await self._move_to(confirmed)
        if error is not None:
            raise error
        fresh = self._relaying.fresh
        return len(runs) == AT_ONCE or (fresh is not None and self._sent_to < fresh.sealed_to)

    async def _next_runs(self) -> list[SealedRun]:
        relaying = self._relaying
        if relaying.fresh is not None and (fresh := relaying.fresh.after(self._sent_to)):
            return [SealedRun(*run) for run in fresh[:AT_ONCE]]
        return await runs_after(relaying.pool, relaying.origin, self._sent_to, AT_ONCE)

    async def _body(self, run: SealedRun) -> bytes:
        relaying = self._relaying
        return await run_body(relaying.pool, relaying.origin, run, relaying.family_of, relaying.fresh)

    async def _move_to(self, confirmed: int) -> None:
        if confirmed == self._sent_to:
            return
        crash_point(AFTER_PUBLISH)
        if not await self._relaying.pool.fetchval(_MOVE, *self._cursor(), self._sent_to, confirmed):
            raise CursorMoved(f"{self._relaying.origin.text}: somebody else sends past {self._sent_to}")
        self._sent_to = confirmed
        self._relaying.status.processed(self._relaying.origin.text, confirmed)
        self._mark_sent()

    def _mark_sent(self) -> None:
        for peer in self._peers.values():
            if peer.have < self._sent_to:
                peer.on_sent(self._now())

    async def resend(self) -> bool:
        """One more run for each receiver that needs it again, to its own queue."""
        resent = False
        for peer in self._peers.values():
            after = peer.resend_after(self._sent_to)
            if after is None:
                continue
            relaying = self._relaying
            for run in await runs_after(relaying.pool, relaying.origin, after, 1):
                await self._sender.run_to(peer.queue, await self._body(run), run.note)
                peer.on_resent(run.last, self._sent_to, self._now())
                relaying.status.count("resent_runs")
                resent = True
        return resent

    def until_head(self) -> float:
        """Seconds until the next head is due."""
        if self._announced is None:
            return 0.0
        return max(0.0, self._announced[1] + self._relaying.pace.head_every - self._now())

    async def announce(self) -> None:
        """Send the head: after changes, at most once a second, and every 15 s."""
        announced, pace = self._announced, self._relaying.pace
        if announced is not None:
            age = self._now() - announced[1]
            if age < pace.head_at_most_every or (age < pace.head_every and announced[0] == self._sent_to):
                return
        origin = self._relaying.origin
        row = await self._relaying.pool.fetchrow(_HEAD, origin.epoch, origin.channel)
        assert row is not None
        sealed_to, root = row["last"] or 0, row["root"] or first_h(origin.text)
        await self._sender.head(Head(origin, sealed_to, root, event_time(row["now"])), self._relaying.key)
        self._relaying.status.heads[origin.text] = sealed_to
        self._announced = (self._sent_to, self._now())

    def _cursor(self) -> tuple[str, str, int]:
        origin = self._relaying.origin
        return self._relaying.destination, origin.channel, origin.epoch
