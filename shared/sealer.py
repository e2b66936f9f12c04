"""Sealing: the log's next events become a run with a signed note, stored before it is sent (design §4)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import asyncpg
import structlog

from shared.collecting import no_collection
from shared.contracts.links import KEY_CHANGED, REPORTING_KEY_CHANGED
from shared.crash import AFTER_SEAL, BEFORE_SEAL, crash_point
from shared.eventstore import NOTIFY_CHANNEL, EventStore, RawEvent
from shared.eventstore.batch import Connection
from shared.eventstore.decoding import raw_events
from shared.eventstore.store import READ_RAW
from shared.leases import lead
from shared.own_keys import OwnKeys
from shared.sealing.chain import event_time, event_times, first_h
from shared.sealing.keys import Signer
from shared.sealing.note import Seal, sealed
from shared.sealing.origin import Origin
from shared.sealing.wire import RUN_BYTES, RUN_EVENTS, SealedEvent, run_roots
from shared.status import RoleStatus
from shared.wakening import listening

SEALED_CHANNEL: Final = "sealed"
COALESCE_SECONDS: Final = 0.02
BURST: Final = 5
"""So many runs may leave faster than one every 20 ms, for events that come one by one but not evenly."""

# What one event takes in a message beside its data and meta.
_ENVELOPE_BYTES: Final = 640

_LAST: Final = """
select epoch, first, last, root from seals where channel = $1 order by epoch desc, first desc limit 1
"""
_PREVIOUS_ROOT: Final = """
select root from seals where epoch between $1::integer - 1 and $1 and channel = $2 and last = $3
 order by epoch desc limit 1
"""
_ENDS_A_RUN: Final = frozenset((*KEY_CHANGED.values(), REPORTING_KEY_CHANGED))
"""What says that another key counts is the last that the former one seals."""

_INSERT: Final = """
with sealed as (insert into seals (epoch, channel, first, last, root, note) values ($1, $2, $3, $4, $5, $6))
select pg_notify('sealed', current_schema() || '.' || $4::bigint)
"""

log = structlog.get_logger()


class SealBroken(Exception):
    """The log does not hash to its last seal, or has a gap: somebody must look before more is signed."""


@dataclass(frozen=True)
class Sealing:
    """What a sealer needs. `family_of` gives the family of a stored type and raises `KeyError` for an unknown one.

    `keys` tells which key signs from which position on, where that is not always `key`. The epoch of `origin` counts
    for nothing: the log tells which one goes on.
    """

    pool: asyncpg.Pool
    origin: Origin
    key: Signer
    family_of: Callable[[str], str]
    status: RoleStatus = field(default_factory=lambda: RoleStatus("sealer"))
    fresh: FreshRuns | None = None
    keys: OwnKeys | None = None


class FreshRuns:
    """Runs just sealed and their notes, for a relay in the same process: it need not read them. So many are held."""

    def __init__(self, most: int = 8) -> None:
        self._most = most
        self.sealed_to = 0
        self._runs: dict[tuple[int, int], tuple[list[SealedEvent], str]] = {}
        self._epoch = 1

    def put(self, run: list[SealedEvent], note: str, epoch: int = 1) -> None:
        self.sealed_to = run[-1].position
        if epoch != self._epoch:
            self._epoch, self._runs = epoch, {}
        if len(self._runs) < self._most:
            self._runs[run[0].position, run[-1].position] = run, note

    def after(self, position: int, epoch: int = 1) -> list[tuple[int, int, str]]:
        """First, last and note of the runs held that follow on `position` without a gap."""
        following: list[tuple[int, int, str]] = []
        for (first, last), (_, note) in sorted(self._runs.items()) if epoch == self._epoch else ():
            if first == position + 1:
                following.append((first, last, note))
                position = last
        return following

    def take(self, first: int, last: int, epoch: int = 1) -> list[SealedEvent] | None:
        """The run, and with it everything before it is let go."""
        if epoch != self._epoch:
            return None
        found = self._runs.get((first, last))
        self._runs = {key: run for key, run in self._runs.items() if key[0] > last}
        return None if found is None else found[0]


class Pace:
    """Every run costs a message and transactions everywhere: one every 20 ms, after a pause some at once."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._saved, self._at = float(BURST), now()

    def pause(self) -> float:
        """Seconds until the next run, after one that has just been sealed."""
        now = self._now()
        self._saved = min(BURST, self._saved + (now - self._at) / COALESCE_SECONDS) - 1
        self._at = now
        return max(0.0, -self._saved * COALESCE_SECONDS)


@dataclass(frozen=True)
class Sealed:
    """Where the chain stands: everything up to `last` is sealed, with this root; `key` signs what follows."""

    last: int
    root: bytes
    epoch: int
    key: Signer


async def seal_role(sealing: Sealing, stop: asyncio.Event) -> None:
    """Seal what is appended until `stop`; one at a time of all replicas, through outages of PostgreSQL."""

    async def work(until: asyncio.Event) -> None:
        async with listening(sealing.pool, NOTIFY_CHANNEL) as wakening:
            standing, pace = await standing_at(sealing), Pace(asyncio.get_running_loop().time)
            while not until.is_set():
                sealing.status.looked()
                before = standing.last
                standing, full = await seal_next(sealing, standing)
                if not full:
                    # What arrives meanwhile shares the next run.
                    await asyncio.sleep(pace.pause() if standing.last > before else 0)
                    await wakening.wait(1.0)

    await lead(sealing.pool, "sealer", stop, work, sealing.status)


async def standing_at(sealing: Sealing) -> Sealed:
    """Where the last seal ends; raises `SealBroken` if its events no longer hash to its root."""
    channel = sealing.origin.channel
    row = await sealing.pool.fetchrow(_LAST, channel)
    if row is None:
        return Sealed(0, first_h(replace(sealing.origin, epoch=1).text), 1, await _key_after(sealing, 0))
    key, epoch = await _key_after(sealing, row["last"]), row["epoch"]
    previous = await sealing.pool.fetchval(_PREVIOUS_ROOT, epoch, channel, row["first"] - 1)
    if previous is None and row["first"] == 1:
        previous = first_h(replace(sealing.origin, epoch=1).text)
    if previous is not None:
        run = await EventStore(sealing.pool).read_raw(row["first"] - 1, row["last"] - row["first"] + 1)
        before = Sealed(row["first"] - 1, previous, epoch, key)
        if _root(sealing, before, _as_sealed(sealing, before, run)) != row["root"]:
            text = origin_in(sealing, before).text
            raise SealBroken(f"{text}: the events {row['first']} to {row['last']} do not hash to their seal")
    sealing.status.processed(sealing.origin.text, row["last"])
    return Sealed(row["last"], row["root"], epoch, key)


async def _key_after(sealing: Sealing, position: int) -> Signer:
    if sealing.keys is None:
        return sealing.key
    async with sealing.pool.acquire() as connection:
        return await sealing.keys.at(connection, position + 1)


def origin_in(sealing: Sealing, standing: Sealed) -> Origin:
    """The origin in the epoch that goes on."""
    return replace(sealing.origin, epoch=standing.epoch)


async def seal_next(sealing: Sealing, standing: Sealed) -> tuple[Sealed, bool]:
    """Seal the next run, if there is one. Also says whether the run was full: then more may be waiting."""
    try:
        async with sealing.pool.acquire() as connection:
            events = raw_events(await connection.fetch(READ_RAW, standing.last, RUN_EVENTS))
            standing = _in_its_epoch(standing, events)
            run = _as_sealed(sealing, standing, within_bytes(_of_one_key(standing, events)))
            if not run:
                return standing, False
            sealed_to = replace(standing, last=run[-1].position, root=_root(sealing, standing, run))
            crash_point(BEFORE_SEAL)
            note = await _insert(connection, sealing, standing, sealed_to)
    except asyncpg.UniqueViolationError:
        log.warning("seal_race_lost", origin=sealing.origin.text, first=standing.last + 1)
        return await standing_at(sealing), True
    crash_point(AFTER_SEAL)
    if sealing.fresh is not None:
        sealing.fresh.put(run, note, standing.epoch)
    sealing.status.processed(sealing.origin.text, sealed_to.last)
    more = len(run) < len(events) or len(events) == RUN_EVENTS
    if run[-1].type in _ENDS_A_RUN:
        return await standing_at(sealing), more
    return sealed_to, more


def _in_its_epoch(standing: Sealed, events: Sequence[RawEvent]) -> Sealed:
    """A new epoch goes on where the one before it ends, which is sealed to its end."""
    opens = events and events[0].epoch == standing.epoch + 1 and events[0].position == standing.last + 1
    return replace(standing, epoch=standing.epoch + 1) if opens else standing


def _of_one_key(standing: Sealed, events: Sequence[RawEvent]) -> Sequence[RawEvent]:
    """The first events that one note may seal: up to a change of the key, and of one epoch."""
    for number, event in enumerate(events):
        if event.epoch == standing.epoch + 1:
            return events[:number]
        if event.type in _ENDS_A_RUN:
            return events[: number + 1]
    return events


async def _insert(connection: Connection, sealing: Sealing, standing: Sealed, to: Sealed) -> str:
    origin = origin_in(sealing, standing)
    now: datetime = await connection.fetchval("select clock_timestamp()")
    seal = Seal(origin, standing.last + 1, to.last, standing.root, to.root, event_time(now))
    note = sealed(seal, [standing.key]).text
    await connection.fetchval(_INSERT, origin.epoch, origin.channel, seal.first, to.last, to.root, note)
    return note


def within_bytes(events: Sequence[RawEvent]) -> Sequence[RawEvent]:
    """The first events whose message stays below 1 MiB; at least one."""
    size = 0
    for number, event in enumerate(events):
        size += len(event.data.encode()) + len(event.meta.encode()) + _ENVELOPE_BYTES
        if size > RUN_BYTES and number > 0:
            return events[:number]
    return events


def sealed_event(event: RawEvent, family: str) -> SealedEvent:
    """A stored event in the form that is committed to and sent."""
    return sealed_events([event], lambda _: family)[0]


def sealed_events(events: Sequence[RawEvent], families: Callable[[str], str]) -> list[SealedEvent]:
    """Stored events in the form that is committed to and sent; `SealBroken` for one of an unknown type."""
    if not events:
        return []
    named = {kind: _family_of(families, events, kind) for kind in {event.type for event in events}}
    positions, _, streams, versions, ids, types, data, meta, salts, recorded = zip(*events, strict=True)
    columns = (
        positions,
        [named[kind] for kind in types],
        salts,
        streams,
        versions,
        map(str, ids),
        types,
        event_times(recorded),
        map(str.encode, data),
        map(str.encode, meta),
    )
    with no_collection():
        return list(map(SealedEvent._make, zip(*columns, strict=True)))


def _as_sealed(sealing: Sealing, standing: Sealed, events: Sequence[RawEvent]) -> list[SealedEvent]:
    """The events as they are committed to; raises `SealBroken` unless they follow on without a gap."""
    for position, event in enumerate(events, standing.last + 1):
        if event.position != position or event.epoch != standing.epoch:
            text = origin_in(sealing, standing).text
            raise SealBroken(f"{text}: position {position} is missing, {event.position} was found")
    return sealed_events(events, sealing.family_of)


def _root(sealing: Sealing, standing: Sealed, run: Sequence[SealedEvent]) -> bytes:
    return run_roots(origin_in(sealing, standing).text, standing.root, run)[-1]


def _family_of(families: Callable[[str], str], events: Sequence[RawEvent], kind: str) -> str:
    """The family of a stored type; `SealBroken` for a type this program does not know: it must not guess."""
    try:
        return families(kind)
    except KeyError:
        position = next(event.position for event in events if event.type == kind)
        raise SealBroken(f"position {position}: no family is known for the type {kind!r}") from None
