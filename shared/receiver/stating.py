"""Telling the sources how far their logs are received: after changes, at most once a second, and every 15 s."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from shared.sealing.chain import event_time
from shared.sealing.control import State
from shared.sealing.origin import Origin, parse_origin
from shared.wakening import Wakening

# The time of a state never repeats or goes back, even if the clock does.
_STATES: Final = """
update receipts set stated_at = greatest(clock_timestamp(), stated_at + interval '1 microsecond')
  from unnest($1::text[], $2::text[]) as asked (source, link)
 where origin = asked.source
returning origin, have, h, stated_at,
          exists (select from inbound_links as links where links.link = asked.link and suspended_at is not null)
          as suspended
"""
TOGETHER: Final = 50
"""So many states are written down and sent at a time."""

Send = Callable[[State, str], Awaitable[None]]
"""Sends a state to the source that the link leads to."""


@dataclass(frozen=True)
class StatePace:
    """Seconds between states; `while_behind` as long as the source is known to have more."""

    every: float = 15.0
    while_behind: float = 2.0
    at_most_every: float = 1.0
    consumers_every: float = 10.0


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
    pace: StatePace
    sources: dict[Origin, str]
    _due: dict[Origin, _Due] = field(default_factory=dict)
    _wakening: Wakening = field(default_factory=Wakening)

    def __post_init__(self) -> None:
        self._due = {origin: _Due(origin, link) for origin, link in self.sources.items()}

    def changed(self, origin: Origin, behind: bool) -> None:
        """More was received, or the source turned out to have more (`behind`)."""
        due = self._due.get(origin)
        if due is None:
            return
        if behind and not due.behind:
            due.changed = True
        due.behind = behind
        self._wakening.wake()

    def received(self, origin: Origin) -> None:
        if origin in self._due:
            self._due[origin].changed = True
            self._wakening.wake()

    def await_too(self, origin: Origin, link: str) -> None:
        """Answer for one more origin from now on."""
        if origin not in self._due:
            self._due[origin] = _Due(origin, link)
            self._wakening.wake()

    async def run(self, send: Send, until: asyncio.Event) -> None:
        """Send what is due until `until`; raises what `send` raises, `Unconfirmed` when the broker is away."""
        now = asyncio.get_running_loop().time
        while not until.is_set():
            due = [one for one in self._due.values() if one.in_seconds(now(), self.pace) <= 0]
            for start in range(0, len(due), TOGETHER):
                await self._send(send, due[start : start + TOGETHER], now())
            waits = [one.in_seconds(now(), self.pace) for one in self._due.values()]
            await self._wakening.wait(max(0.05, min(waits, default=self.pace.every)))

    async def _send(self, send: Send, due: Sequence[_Due], now: float) -> None:
        for one in due:
            one.changed, one.sent_at = False, now
        links = {one.origin: one.link for one in due}
        states = await states_of(self.pool, self.receiver, links)
        # All are waited for also when one fails: nothing is left behind that nobody looks at.
        sent = await asyncio.gather(*(send(state, links[state.origin]) for state in states), return_exceptions=True)
        for outcome in sent:
            if isinstance(outcome, BaseException):
                raise outcome


async def states_of(pool: asyncpg.Pool, receiver: str, links: Mapping[Origin, str]) -> list[State]:
    """How far `receiver` has each origin now that it awaits; each time is later than that of every state before."""
    rows = await pool.fetch(_STATES, [origin.text for origin in links], list(links.values()))
    return [
        State(
            parse_origin(row["origin"]), receiver, row["have"], row["h"],
            "suspended" if row["suspended"] else "ok", event_time(row["stated_at"]),
        )
        for row in rows
    ]  # fmt: skip


async def state_of(pool: asyncpg.Pool, receiver: str, origin: Origin, link: str) -> State:
    """How far `receiver` has `origin` now; raises `LookupError`."""
    found = await states_of(pool, receiver, {origin: link})
    if not found:
        raise LookupError(f"{origin.text}: no receipt; the origin was never expected")
    return found[0]
