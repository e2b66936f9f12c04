"""A service's log: positions, streams, canonical form, commands, seals, and that the journal holds the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import asyncpg

from shared.canonical import parse
from shared.sealing.chain import event_time
from shared.sealing.wire import SealedEvent
from shared.verification.chains import Chain, KeysAt, StoredNote
from shared.verification.findings import Progress, Verdict

PAGE = 2_000

_EVENTS = """
select position, epoch, stream, version, event_id, type, data, meta, salt, recorded_at from events
 where position > $1 and position <= $2 order by position limit $3
"""
_JOURNAL = """
select position, family, c, h, salt, stream, version, event_id, type, time, data, meta from journal
 where origin = $1 and position > $2 and position <= $3 order by position
"""
_SEALS = """
select first, last, root, note from seals where epoch = $1 and channel = 'log' and last > $2 and last <= $3
 order by first
"""
_STRAY_SEALS = """
select min(first) from seals
 where epoch <> all ($1::integer[]) or (channel <> 'log' and not starts_with(channel, 'to:'))
    or (channel = 'log' and last > (select max(position) from events))
"""
_EPOCHS = "select epoch, max(position) as last from events group by epoch order by epoch"
_COMMANDS = r"""
with listed as (select command_id, unnest(positions) as position from commands)
select coalesce(events.position, listed.position) as position, listed.command_id,
       events.position is null as absent, listed.command_id is null as unlisted
  from events full join listed on listed.position = events.position
 where events.position is null or listed.command_id is null
    or substring(events.meta from '"command_id":("(?:[^"\\]|\\.)*")') is distinct from to_json(listed.command_id)::text
 order by 1 limit 1
"""
_UNHASHED = "select command_id from commands where octet_length(request_hash) = 0 order by command_id limit 1"


@dataclass(frozen=True)
class LogToCheck:
    """One service's log. `origin` names the origin of an epoch; `family_of` raises `KeyError` for a type that this
    program does not know.
    """

    service: str
    origin: Callable[[int], str]
    keys: KeysAt
    family_of: Callable[[str], str]


@dataclass
class _Walk:
    """Where the walk over a log stands."""

    log: LogToCheck
    verdict: Verdict
    epoch: int = 1
    versions: dict[str, int] = field(default_factory=dict)
    chain: Chain | None = None
    position: int = 0
    unknown: bool = False

    def differs(self, check: str, at: int, problem: str) -> None:
        self.verdict.differs(check, self.log.service, at, problem)


async def verify_log(
    events: asyncpg.Pool, journal: asyncpg.Pool, log: LogToCheck, verdict: Verdict, progress: Progress
) -> None:
    """Check everything of one log up to its present end; the journal up to where it has received it."""
    walk = _Walk(log, verdict)
    epochs = [(row["epoch"], row["last"]) for row in await events.fetch(_EPOCHS)]
    for number, (epoch, last) in enumerate(epochs, 1):
        origin = log.origin(epoch)
        before = b"" if walk.chain is None else walk.chain.h
        walk.epoch, walk.chain = epoch, Chain(origin, log.keys, verdict, "seals", walk.position, before)
        received = await journal.fetchval("select max(position) from journal where origin = $1", origin) or 0
        if received > last and number == len(epochs):
            # What an earlier epoch gave up is compared no more.
            verdict.differs("journal", origin, last + 1, f"账本收到 {received}，日志只有 {last}")
        await _epoch(events, journal, walk, last, min(received, last), progress)
        _beyond(walk, min(received, last))
    if not walk.unknown and (stray := await events.fetchval(_STRAY_SEALS, [epoch for epoch, _ in epochs])) is not None:
        verdict.differs("seals", log.origin(walk.epoch), stray, "封印不属于这份日志，或超出日志末尾")
    await _commands(events, walk)
    verdict.checked["streams"] += len(walk.versions)


async def _epoch(
    events: asyncpg.Pool, journal: asyncpg.Pool, walk: _Walk, last: int, received: int, progress: Progress
) -> None:
    assert walk.chain is not None
    origin = walk.chain.origin
    while walk.position < last:
        rows = await events.fetch(_EVENTS, walk.position, last, PAGE)
        if not rows:
            walk.differs("positions", walk.position + 1, "日志在此中断")
            break
        seals = await events.fetch(_SEALS, walk.epoch, walk.position, rows[-1]["position"])
        held = await journal.fetch(_JOURNAL, origin, walk.position, min(received, rows[-1]["position"]))
        _page(walk, rows, [StoredNote(*seal) for seal in seals], held)
        walk.verdict.checked["events"] += len(rows)
        progress(origin, walk.position, last)


def _page(
    walk: _Walk, rows: Sequence[asyncpg.Record], seals: Sequence[StoredNote], held: Sequence[asyncpg.Record]
) -> None:
    assert walk.chain is not None
    walk.chain.expect(seals)
    mirror = {row["position"]: row for row in held}
    last_held = held[-1]["position"] if held else 0
    for row in rows:
        _event(walk, row)
        if walk.unknown:
            continue
        sealed = _sealed(walk, row, mirror.get(row["position"]))
        if sealed is None:
            continue
        h = walk.chain.add(sealed.family, sealed.commitment)
        if row["position"] <= last_held:
            _same_in_journal(walk, row, sealed, h, mirror.get(row["position"]))
        walk.chain.close()


def _event(walk: _Walk, row: asyncpg.Record) -> None:
    position, stream = row["position"], row["stream"]
    if position != walk.position + 1:
        walk.differs("positions", walk.position + 1, f"缺位置 {walk.position + 1} 至 {position - 1}")
    if row["epoch"] != walk.epoch:
        walk.differs("positions", position, f"纪元是 {row['epoch']}，应为 {walk.epoch}")
    walk.position = position
    version = walk.versions.get(stream, 0) + 1
    if row["version"] != version:
        walk.differs("streams", position, f"流 {stream} 的版本是 {row['version']}，应为 {version}")
    walk.versions[stream] = row["version"]
    for part in ("data", "meta"):
        try:
            parse(row[part])
        except ValueError as error:
            walk.differs("form", position, f"{part} 不是规范 JSON：{error}")


def _sealed(walk: _Walk, row: asyncpg.Record, held: asyncpg.Record | None) -> SealedEvent | None:
    try:
        family = walk.log.family_of(row["type"])
    except KeyError:
        # A newer program wrote it, or somebody changed it: the family that was sent with it tells which.
        family = "" if held is None else held["family"]
    if not family:
        walk.unknown = True
        walk.verdict.unchecked.append(
            f"{walk.log.service} 位置 {row['position']}：类型 {row['type']} 不认识，此后的封印无法核对"
        )
        return None
    return SealedEvent(
        row["position"], family, row["salt"], row["stream"], row["version"], str(row["event_id"]), row["type"],
        event_time(row["recorded_at"]), row["data"].encode(), row["meta"].encode(),
    )  # fmt: skip


def _same_in_journal(
    walk: _Walk, row: asyncpg.Record, sealed: SealedEvent, h: bytes, held: asyncpg.Record | None
) -> None:
    assert walk.chain is not None
    if held is None:
        walk.verdict.differs("journal", walk.chain.origin, row["position"], "账本缺这一位置")
        return
    logged = {
        "c": sealed.commitment, "family": sealed.family, "salt": row["salt"], "stream": row["stream"],
        "version": row["version"], "event_id": row["event_id"], "type": row["type"], "time": row["recorded_at"],
        "data": row["data"], "meta": row["meta"], "h": h,
    }  # fmt: skip
    withheld = held["type"] is None
    for column, value in logged.items():
        if held[column] != value and not (withheld and column not in ("c", "family", "h")):
            walk.verdict.differs("journal", walk.chain.origin, row["position"], f"账本的 {column} 与日志不同")
            return


def _beyond(walk: _Walk, received: int) -> None:
    """Seals that the walk did not come past, and positions that were received but are no longer sealed."""
    assert walk.chain is not None
    if walk.unknown:
        return
    walk.chain.finish()
    if walk.chain.sealed_to < received:
        at = walk.chain.sealed_to + 1
        walk.verdict.differs("seals", walk.chain.origin, at, f"位置 {at} 起已送出，却没有封印")


async def _commands(events: asyncpg.Pool, walk: _Walk) -> None:
    command = await events.fetchrow(_COMMANDS)
    if command is not None:
        problem = "没有登记它的命令"
        if command["absent"]:
            problem = f"命令 {command['command_id']} 登记了日志中没有的位置"
        elif not command["unlisted"]:
            problem = f"事件的 command_id 不是登记的 {command['command_id']}"
        walk.differs("commands", command["position"], problem)
    unhashed = await events.fetchval(_UNHASHED)
    if unhashed is not None:
        walk.verdict.differs("commands", f"{walk.log.service} {unhashed}", unhashed, "命令没有请求摘要")
