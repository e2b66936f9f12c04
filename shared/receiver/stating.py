"""Telling the sources how far their logs are received: after changes, at most once a second, and every 15 s."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from shared.broker.sender import StateSender
from shared.sealing.chain import event_time
from shared.sealing.control import State, Status
from shared.sealing.keys import SigningKey
from shared.sealing.origin import Origin
from shared.wakening import Wakening

# The time of a state never repeats or goes back, even if the clock does.
_STATE: Final = """
update receipts set stated_at = greatest(clock_timestamp(), stated_at + interval '1 microsecond')
 where origin = $1
returning have, h, stated_at,
          exists (select from inbound_links where link = $2 and suspended_at is not null) as suspended
"""


@dataclass(frozen=True)
class StatePace:
    """Seconds between states; `while_behind` as long as the source is known to have more."""

    every: float = 15.0
    while_behind: float = 2.0
    at_most_every: float = 1.0


@dataclass
class _Due:
    origin: Origin
    link: str
    changed: bool = True
    behind: bool = False
    sent_at: float | None = None

    def in_seconds(self, now: float, pace: StatePace) -> float:
        if self.sent_at is None:
            return 0.0
        wait = pace.at_most_every if self.changed else pace.while_behind if self.behind else pace.every
        return max(0.0, self.sent_at + wait - now)


@dataclass
class Stating:
    """The origins a receiver answers for, each with the queue (`link`) that brings it."""

    pool: asyncpg.Pool
    receiver: str
    key: SigningKey
    pace: StatePace
    sources: dict[Origin, str]
    _due: dict[Origin, _Due] = field(default_factory=dict)
    _wakening: Wakening = field(default_factory=Wakening)

    def __post_init__(self) -> None:
        self._due = {origin: _Due(origin, link) for origin, link in self.sources.items()}

    def changed(self, origin: Origin, behind: bool) -> None:
        """More was received, or the source turned out to have more (`behind`)."""
        due = self._due[origin]
        if behind and not due.behind:
            due.changed = True
        due.behind = behind
        self._wakening.wake()

    def received(self, origin: Origin) -> None:
        self._due[origin].changed = True
        self._wakening.wake()

    async def run(self, sender: StateSender, until: asyncio.Event) -> None:
        """Send what is due until `until`; raises `Unconfirmed` when the broker is away."""
        now = asyncio.get_running_loop().time
        while not until.is_set():
            for due in self._due.values():
                if due.in_seconds(now(), self.pace) <= 0:
                    due.changed = False
                    due.sent_at = now()
                    await sender.state(await self._state(due), self.key)
            await self._wakening.wait(max(0.05, min(due.in_seconds(now(), self.pace) for due in self._due.values())))

    async def _state(self, due: _Due) -> State:
        return await state_of(self.pool, self.receiver, due.origin, due.link)


async def state_of(pool: asyncpg.Pool, receiver: str, origin: Origin, link: str) -> State:
    """How far `receiver` has `origin` now; its time is later than that of every state before."""
    row = await pool.fetchrow(_STATE, origin.text, link)
    if row is None:
        raise LookupError(f"{origin.text}: no receipt; the origin was never expected")
    status: Status = "suspended" if row["suspended"] else "ok"
    return State(origin, receiver, row["have"], row["h"], status, event_time(row["stated_at"]))
