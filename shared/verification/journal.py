"""Reporting's journal in itself: each origin's chain, contents against commitments, and the notes as received."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import asyncpg

from shared.sealing.chain import event_time, first_h
from shared.sealing.keys import PublicKey
from shared.sealing.wire import SealedEvent
from shared.verification.chains import Chain, KeysAt, StoredNote
from shared.verification.findings import Progress, Verdict

PAGE = 2_000

_ORIGINS = """
with recursive origins as (
  select min(origin) as origin from journal
  union all
  select (select min(origin) from journal where origin > origins.origin) from origins where origins.origin is not null)
select origin, (select max(position) from journal where journal.origin = origins.origin) as head
  from origins where origin is not null
"""
_ROWS = """
select position, family, c, h, salt, stream, version, event_id, type, time, data, meta from journal
 where origin = $1 and position > $2 and position <= $3 order by position limit $4
"""
_RUNS = "select first, last, null::bytea, note from runs where origin = $1 and last > $2 and last <= $3 order by first"
_OPENINGS = """
select openings.*, journal.c, journal.family from openings left join journal using (origin, position)
 order by origin, position
"""


async def verify_journal(
    pool: asyncpg.Pool, keys_of: Callable[[str], KeysAt | None], verdict: Verdict, progress: Progress
) -> None:
    """Check every origin up to what has been received; `keys_of` gives the keys that may sign for an origin."""
    for origin, head in await pool.fetch(_ORIGINS):
        keys = keys_of(origin)
        if keys is None:
            verdict.unchecked.append(f"账本 {origin}：没有可核对签名的公钥")
        start, root = await _begins(pool, origin)
        if root is None:
            verdict.unchecked.append(f"账本 {origin}：前一期的位置 {start} 不在账本里，接不上")
            continue
        chain = Chain(origin, keys or _nobody, verdict, "journal", start, root)
        await _origin(pool, chain, head, verdict, progress)
    for row in await pool.fetch(_OPENINGS):
        if row["c"] is None or _sealed(row).commitment != row["c"]:
            verdict.differs("openings", row["origin"], row["position"], "后到的内容与承诺值不符")


def _nobody(_: int) -> Sequence[PublicKey]:
    return ()


async def _begins(pool: asyncpg.Pool, origin: str) -> tuple[int, bytes | None]:
    """On which position of the epoch before an origin follows, and the root there; None where it is not held."""
    log, _, epoch = origin.rpartition("/")
    first = await pool.fetchval("select min(position) from journal where origin = $1", origin)
    if epoch == "1" or first == 1:
        return 0, first_h(f"{log}/1")
    before = f"{log}/{int(epoch) - 1}"
    h = await pool.fetchval("select h from journal where origin = $1 and position = $2", before, first - 1)
    return first - 1, h


async def _origin(pool: asyncpg.Pool, chain: Chain, head: int, verdict: Verdict, progress: Progress) -> None:
    while chain.position < head:
        rows = await pool.fetch(_ROWS, chain.origin, chain.position, head, PAGE)
        if not rows:
            break
        chain.expect([StoredNote(*run) for run in await pool.fetch(_RUNS, chain.origin, chain.position, rows[-1][0])])
        for row in rows:
            if row["position"] != chain.position + 1:
                verdict.differs("journal", chain.origin, chain.position + 1, "账本缺这一位置")
                return
            if row["type"] is not None and _sealed(row).commitment != row["c"]:
                verdict.differs("journal", chain.origin, row["position"], "内容与承诺值不符")
            if chain.add(row["family"], row["c"]) != row["h"]:
                verdict.differs("journal", chain.origin, row["position"], "链值与内容不符")
                return
            chain.close()
        verdict.checked["journal"] += len(rows)
        progress(f"账本 {chain.origin}", chain.position, head)
    chain.finish()
    if chain.sealed_to < head:
        verdict.differs("journal", chain.origin, chain.sealed_to + 1, "账本里有没有封印的位置")


def _sealed(row: asyncpg.Record) -> SealedEvent:
    return SealedEvent(
        row["position"], row["family"] or "", row["salt"], row["stream"], row["version"], str(row["event_id"]),
        row["type"], event_time(row["time"]), row["data"].encode(), row["meta"].encode(),
    )  # fmt: skip
