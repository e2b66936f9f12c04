"""Where a log stands, and whether a journal's history is its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from shared.broker.tables import Connection
from shared.eventstore.decoding import raw_events
from shared.eventstore.records import RawEvent
from shared.eventstore.store import READ_RAW
from shared.receiver.reading import Run, read_run
from shared.restore.held import Message
from shared.sealing.chain import commitment, committed, event_time, first_h
from shared.sealing.keys import PublicKey
from shared.sealing.origin import Origin

Ask = Callable[[int], Awaitable[Message | None]]
"""The run of the own log that holds a position, as the journal has it; None where it has not got that far."""

_STANDING: Final = """
select (select coalesce(max(position), 0) from events) as head, sealed.last as sealed_to, sealed.root
  from (select 1) as always
  left join lateral (select last, root from seals where epoch between $1::integer - 1 and $1 and channel = $2
                      order by epoch desc, first desc limit 1) as sealed on true
"""
_ROOT_AT: Final = """
select root from seals where epoch between $1::integer - 1 and $1 and channel = $2 and last = $3
 order by epoch desc limit 1
"""
_ENDS: Final = "select last, root from seals where epoch = $1 and channel = $2 and last <= $3 order by first"


class Differs(Exception):
    """The journal holds another history than the log; `position` is the first known to differ."""

    def __init__(self, position: int) -> None:
        super().__init__(f"position {position} differs from what reporting holds")
        self.position = position


@dataclass(frozen=True)
class Standing:
    """The log's last position, and where its last seal ends."""

    head: int
    sealed_to: int
    root: bytes


async def standing(connection: Connection, origin: Origin) -> Standing:
    """Where the log of `origin` stands in its own database."""
    row = await connection.fetchrow(_STANDING, origin.epoch, origin.channel)
    assert row is not None
    if row["sealed_to"] is None:
        return Standing(row["head"], 0, first_h(origin.text))
    return Standing(row["head"], row["sealed_to"], row["root"])


async def run_holding(origin: Origin, keys: Sequence[PublicKey], ask: Ask, position: int) -> Run | None:
    """The journal's run that holds `position`, its chain and its signature checked; None if it has none.

    Raises `Refused` for what no reporting would answer: another log, contents that do not hash to the note.
    """
    message = await ask(position)
    if message is None:
        return None
    run = read_run(*message)
    seal = run.note.seal
    if seal.origin != origin or not seal.first <= position <= seal.last or not run.note.is_signed_by(keys):
        raise ValueError(f"{origin.text}: what was answered for position {position} is not a run of ours")
    return run


async def compare(
    connection: Connection, origin: Origin, keys: Sequence[PublicKey], ask: Ask, have: int, root: bytes
) -> None:
    """Raise `Differs` unless the log up to `have` is the history whose root is `root`; `have` is not past its end."""
    if have == 0:
        return
    own = await connection.fetchval(_ROOT_AT, origin.epoch, origin.channel, have)
    if own != root:
        await _find_difference(connection, origin, keys, ask, have)


async def _find_difference(
    connection: Connection, origin: Origin, keys: Sequence[PublicKey], ask: Ask, have: int
) -> None:
    """Raise `Differs` at the first position that differs, if any does; by halving, for roots agree up to there."""
    ends = await connection.fetch(_ENDS, origin.epoch, origin.channel, have)
    same, differing = 0, len(ends)
    while same < differing:
        middle = (same + differing) // 2
        end = ends[middle]
        run = await run_holding(origin, keys, ask, end["last"])
        if run is not None and run.rows[end["last"] - run.note.seal.first].h == end["root"]:
            same = middle + 1
        else:
            differing = middle
    position = ends[same - 1]["last"] if same else 0
    while position < have:
        run = await run_holding(origin, keys, ask, position + 1)
        if run is None:
            raise Differs(position + 1)
        await same_contents(connection, run, position, have)
        position = min(run.note.seal.last, have)


async def same_contents(connection: Connection, run: Run, after: int, upto: int) -> None:
    """Raise `Differs` at the first event of the log after `after`, up to `upto`, that is not the run's."""
    first, last = run.note.seal.first, min(run.note.seal.last, upto)
    for event in await log_events(connection, after, last - after):
        if content(event) != run.rows[event.position - first].c:
            raise Differs(event.position)


async def log_events(connection: Connection, after: int, limit: int) -> list[RawEvent]:
    """Events of the own log as they are stored."""
    return raw_events(await connection.fetch(READ_RAW, after, max(limit, 0)))


def content(event: RawEvent) -> bytes:
    """The commitment to a stored event."""
    time, data, meta = event_time(event.recorded_at), event.data.encode(), event.meta.encode()
    return commitment(
        event.salt, committed(event.stream, event.version, str(event.event_id), event.type, time, data, meta)
    )
