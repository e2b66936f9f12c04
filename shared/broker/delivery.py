"""One log on its way to one broker: in order, several runs under way, again to whoever misses some (design §4).

Where the runs come from, where the cursor is kept and how a message is published is given; the own broker's relay
and the link to an upper site go the same way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from shared.broker.peers import RESEND_AFTER, SEND_WINDOW, Peer
from shared.crash import AFTER_PUBLISH, crash_point
from shared.sealing.control import Status
from shared.status import RoleStatus

AT_ONCE: Final = 8


class CursorMoved(Exception):
    """Somebody else has moved the cursor: this one's tenure is over."""


@dataclass(frozen=True)
class Pace:
    """Seconds between what is repeated; tests are in more of a hurry."""

    head_every: float = 15.0
    head_at_most_every: float = 1.0
    resend_after: float = RESEND_AFTER
    look_every: float = 1.0
    consumers_every: float = 10.0
    refused_every: float = 5.0


class Outgoing(NamedTuple):
    """One run as a message: every sending of it has the same note and the same bytes."""

    first: int
    last: int
    note: str
    body: bytes


@dataclass(frozen=True)
class Way:
    """What differs between brokers.

    `messages(after, limit)` are the next runs that reach past a position; `move(before, after)` sets the cursor and is
    False where it was not at `before`; `send(body, note)` goes to every receiver, `send_to(queue, body, note)` to one.
    Both raise unless the broker confirmed.
    """

    origin: str
    messages: Callable[[int, int], AsyncIterator[Outgoing]]
    move: Callable[[int, int], Awaitable[bool]]
    send: Callable[[bytes, str], Awaitable[None]]
    send_to: Callable[[str, bytes, str], Awaitable[None]]


class Delivery:
    """One tenure's knowledge of a log: the cursor it moves and the receivers it knows of."""

    def __init__(
        self, way: Way, peers: Mapping[str, Peer], sent_to: int, pace: Pace, status: RoleStatus, floor: int = 0
    ) -> None:
        self.sent_to = sent_to
        self._way = way
        self._peers = dict(peers)
        self._pace = pace
        self._status = status
        self._floor = floor
        self._now = asyncio.get_running_loop().time
        status.positions[way.origin] = sent_to

    def remember(self, receiver: str, have: int, status: Status) -> None:
        """What a receiver said before this tenure; asks for nothing by itself."""
        if receiver in self._peers:
            self._peers[receiver] = replace(self._peers[receiver], have=have, status=status)

    def mark_sent(self) -> None:
        """Begin to wait for those that have not got everything that went out."""
        for peer in self._peers.values():
            if peer.have < self.sent_to:
                peer.on_sent(self._now())

    def on_state(self, receiver: str, have: int, status: Status) -> None:
        """Let what a receiver says now decide what it gets again."""
        peer = self._peers.get(receiver)
        if peer is not None:
            peer.on_state(have, status, self.sent_to, self._now(), self._pace.resend_after)

    def awaits(self, receiver: str, start: int, status: Status) -> None:
        """A receiver has all that this epoch follows on: unless it said more, it lacks what comes after `start`."""
        peer = self._peers.get(receiver)
        if peer is None or peer.have > start:
            return
        if peer.have < start < self.sent_to:
            # It got none of it, or could not keep it: nothing of it will come again by itself.
            peer.have, peer.resent_to, peer.waiting_since = start, start, self._now()
        self.on_state(receiver, start, status)

    def begins_anew(self, receiver: str) -> None:
        """A receiver lacks what this epoch follows on: whatever it had of this one is gone."""
        if receiver in self._peers:
            self._peers[receiver] = Peer(self._peers[receiver].queue)

    @property
    def is_full(self) -> bool:
        """Whether so much is under way that more would only wait there."""
        reached = max((peer.have for peer in self._peers.values()), default=0)
        return self.sent_to - max(reached, self._floor) >= SEND_WINDOW

    async def send(self) -> int:
        """Send the next runs and move the cursor past those confirmed in order; how many went out."""
        if self.is_full:
            return 0
        ends: list[int] = []
        sending: list[asyncio.Task[None]] = []
        try:
            async for message in self._way.messages(self.sent_to, AT_ONCE):
                # Written in this order, for a channel writes one after the other; confirmed in any.
                ends.append(message.last)
                sending.append(asyncio.create_task(self._send(message)))
        finally:
            outcomes = await asyncio.gather(*sending, return_exceptions=True)
        confirmed, error = self.sent_to, None
        for last, error in zip(ends, outcomes, strict=True):
            if error is not None:
                break
            confirmed = last
        await self._move_to(confirmed)
        if error is not None:
            raise error
        return len(ends)

    async def _send(self, message: Outgoing) -> None:
        await self._way.send(message.body, message.note)

    async def _move_to(self, confirmed: int) -> None:
        if confirmed == self.sent_to:
            return
        crash_point(AFTER_PUBLISH)
        if not await self._way.move(self.sent_to, confirmed):
            raise CursorMoved(f"{self._way.origin}: somebody else sends past {self.sent_to}")
        self.sent_to = confirmed
        self._status.processed(self._way.origin, confirmed)
        self.mark_sent()

    async def resend(self) -> bool:
        """One more run for each receiver that needs it again."""
        resent = False
        for peer in self._peers.values():
            after = peer.resend_after(self.sent_to)
            if after is None:
                continue
            async for message in self._way.messages(after, 1):
                await self._way.send_to(peer.queue, message.body, message.note)
                peer.on_resent(message.last, self.sent_to, self._now())
                self._status.count("resent_runs")
                resent = True
        return resent
