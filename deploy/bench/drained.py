"""A backlog of 200,000 events that waits in a lower court's journal, drained into its upper court's journal.

The processes are those of a deployment, one a role: below the one that sends up, above the one that takes in and the
one that projects. All are there, linked and idle, when the backlog appears in one commit; what the sender holds at
most while it drains stands beside what the same process held before.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from deploy.bench.linked_roles import Reporting, Used, reporting_of, used_by
from deploy.bench.linked_sites import (
    Source,
    add_joined,
    court_of,
    join_above,
    joined,
    key_of,
    prepare_links,
    record_own,
    sources_of,
)
from deploy.bench.measure import CannotMeasure, Setting, Shown
from deploy.bench.model_s import add_activity
from services.reporting.projections import PROJECTIONS
from shared.projection import projected
from shared.receiver.receiving import expect, store_head
from shared.sealing.control import parse_head
from shared.sealing.origin import parse_origin
from shared.sealing.wire import RUN_EVENTS, SIGNATURE
from shared.testing.journal import Court, write

WAITING, QUICK_WAITING = 200_000, 20_000
HOLD: Final = 1.5
BRANCHES: Final = 9
_IDLE_SECONDS: Final = 8.0
_ACTIVITY_EVENTS: Final = 6
_LINKED_WITHIN: Final = 90.0
_DRAINED_WITHIN: Final = 900.0

_HAVE: Final = "select coalesce((select have from receipts where origin = $1), 0)"
_HEARD: Final = "select exists (select from uplink_states where have > 0)"
_KEPT: Final = "update receipts set have = $2, h = $3 where origin = $1"


def rows() -> list[Shown]:
    return [Shown("drained", _drained)]


async def _drained(setting: Setting) -> dict[str, Any]:
    async with _linked(setting) as (below, above, court):
        sender = await below.start("relay")
        receivers = {role: await above.start(role) for role in ("consume", "project")}
        await until(lambda: below.pool.fetchval(_HEARD), _LINKED_WITHIN, "no state came from above")
        await asyncio.sleep(_IDLE_SECONDS)
        activities = await asyncio.to_thread(_backlog, court, QUICK_WAITING if setting.is_quick else WAITING)
        before = {pid: used_by(pid) for pid in (sender, *receivers.values())}
        began = time.perf_counter()
        await _appear(below.pool, activities)
        appeared = time.perf_counter()
        await until(lambda: _has(above, activities), _DRAINED_WITHIN, "the backlog did not arrive above")
        drained = time.perf_counter()
        after = {pid: used_by(pid) for pid in before}
        await until(lambda: _is_projected(above, activities), _DRAINED_WITHIN, "the backlog was not projected")
        ended = time.perf_counter()
        used = {
            role: (before[pid], after[pid]) for role, pid in (("uplink", sender), ("inbound", receivers["consume"]))
        }
    return _told(activities.last, drained - appeared, ended - appeared, used) | {
        "appearing": round(appeared - began, 1)
    }


def _told(events: int, drained: float, shown: float, used: dict[str, tuple[Used, Used]]) -> dict[str, Any]:
    idle, busy = used["uplink"]
    return {
        "events": events,
        "drained_seconds": round(drained, 1),
        "events_a_second": round(events / drained),
        "projected_seconds": round(shown, 1),
        "cpu_us_an_event": {role: round((to.cpu - at.cpu) * 1e6 / events, 1) for role, (at, to) in used.items()},
        "idle_mb": {role: round(at.memory) for role, (at, _) in used.items()},
        "draining_mb": {role: round(to.memory) for role, (_, to) in used.items()},
        "ratio": round(busy.memory / idle.memory, 2),
        "hold": f"<= {HOLD:g} of the sender's idle memory",
        "met": busy.memory / idle.memory <= HOLD,
    }


@asynccontextmanager
async def _linked(setting: Setting) -> AsyncIterator[tuple[Reporting, Reporting, Court]]:
    """A court and its upper one, linked and with the members log below received; the court with its branches."""
    async with (
        reporting_of(setting, "sheng9", "海角省高级人民法院", "high") as above,
        reporting_of(setting, "shi99", "青岚市中级人民法院", "intermediate") as below,
    ):
        await join_above(above.pool, above.keys, [below.keys])
        await prepare_links(above.broker_url, above.keys.site, [below.keys.site])
        below.may_send_to(above)
        court = court_of(below.keys)
        signers = key_of(above.keys.site, "members"), key_of(below.keys.site, "members")
        add_joined(court, above.keys.site, joined(above.keys, below.keys, signers, None))
        await record_own(below.pool, court)
        members, _ = sources_of(court)
        await keep_head(below.pool, members)
        yield below, above, court


async def keep_head(pool: asyncpg.Pool, source: Source) -> None:
    """The latest head of a log, as its source's relay told it."""
    headers, body = source.head()
    async with pool.acquire() as connection:
        await store_head(connection, parse_head(body), headers[SIGNATURE])


def _backlog(court: Court, events: int) -> Source:
    branches = [f"0b0d6c3e-7f0e-5d51-9a1a-0c1f6d1f0a{number:02}" for number in range(BRANCHES)]
    for number in range(events // _ACTIVITY_EVENTS):
        branch = branches[number % BRANCHES]
        add_activity(court, branch, branch, number)
    return sources_of(court)[1]


async def _appear(pool: asyncpg.Pool, source: Source) -> None:
    """All of the log in runs as they are sealed, kept in one commit."""
    origin, rows = source.log.origin, source.log.rows
    firsts = range(1, source.last + 1, RUN_EVENTS)
    ends = [(first, min(first + RUN_EVENTS - 1, source.last)) for first in firsts]
    runs = [(origin, first, last, source.note(first, last)) for first, last in ends]
    async with pool.acquire() as connection, connection.transaction():
        await expect(connection, parse_origin(origin))
        await write(connection, rows)
        await connection.copy_records_to_table("runs", records=runs, columns=("origin", "first", "last", "note"))
        await connection.execute(_KEPT, origin, source.last, rows[-1][4])
        await connection.execute("select pg_notify('journal', $1)", f"{origin}@{source.last}")
    await keep_head(pool, source)


async def _has(above: Reporting, source: Source) -> bool:
    return bool(await above.pool.fetchval(_HAVE, source.log.origin) >= source.last)


async def _is_projected(above: Reporting, source: Source) -> bool:
    async with above.pool.acquire() as connection:
        reached = await projected(connection, PROJECTIONS)
    return reached.get(source.log.origin, 0) >= source.last


async def until(question: Callable[[], Awaitable[bool]], seconds: float, problem: str) -> None:
    """Ask again and again; `CannotMeasure` with the problem when the answer stays no."""
    try:
        async with asyncio.timeout(seconds):
            while not await question():  # noqa: ASYNC110 - over SQL
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise CannotMeasure(problem) from None
