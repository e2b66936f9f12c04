"""Reads of `reporting`: at a hundred times the events, and while its projections are built anew."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

import asyncpg

from deploy.bench.measure import Bench, CannotMeasure, Pair, Setting, Shown
from deploy.bench.model_s import SITE, YEAR, write_journal
from services import reporting
from services.reporting import queries
from services.reporting.projections import PROJECTIONS
from shared import receiver
from shared.migrations import migrate
from shared.projection import catch_up, ensure_built, rebuild
from shared.testing.databases import fresh_database

FEW, MANY, QUICK_MANY = 30_000, 3_000_000, 150_000
REBUILT, QUICK_REBUILT = 1_000_000, 60_000
AS_OF: Final = date(YEAR, 12, 31)


def rows() -> list[Bench | Shown]:
    return [
        Bench("dashboard", "ms for /report, /counts and /obligations", "<=", 1.5, _dashboard),
        Shown("rebuild-1m", _rebuild),
    ]


@asynccontextmanager
async def _dashboard(setting: Setting) -> AsyncIterator[Callable[[], Awaitable[Pair]]]:
    url = setting.postgres_url
    async with _projected(url, QUICK_MANY if setting.is_quick else MANY) as (many, _, _):
        async with _projected(url, FEW) as (few, _, _):

            async def measure() -> Pair:
                return await _milliseconds(many, setting.seconds), await _milliseconds(few, setting.seconds)

            yield measure


@asynccontextmanager
async def _projected(server_url: str, events: int) -> AsyncIterator[tuple[asyncpg.Pool, str, int]]:
    """A journal of about so many events with all projections caught up: its pool, its address, the exact number."""
    async with fresh_database(server_url) as url, asyncpg.create_pool(url, min_size=1, max_size=3) as pool:
        async with pool.acquire() as connection:
            for package, scope in ((receiver, "receiver"), (reporting, "reporting")):
                await migrate(connection, Path(str(package.__file__)).parent / "migrations", scope)
            written = await write_journal(connection, events)
        for projection in PROJECTIONS:
            await ensure_built(pool, projection)
            await catch_up(pool, projection)
        await pool.execute("vacuum analyze", timeout=600)
        yield pool, url, written


async def _milliseconds(pool: asyncpg.Pool, seconds: float) -> float:
    """For the three reads behind the first page, one after the other."""
    await _read(pool)
    began, read = time.perf_counter(), 0
    while time.perf_counter() < began + seconds:
        await _read(pool)
        read += 1
    return (time.perf_counter() - began) / read * 1000


async def _read(pool: asyncpg.Pool) -> None:
    for question in (queries.report, queries.counts, queries.obligations):
        await question(pool, SITE, YEAR, AS_OF)


async def _rebuild(setting: Setting) -> dict[str, Any]:
    """A process builds every projection anew while this one reads, as `lianjian rebuild` and a service do."""
    async with _projected(setting.postgres_url, QUICK_REBUILT if setting.is_quick else REBUILT) as (pool, url, events):
        usual, _ = await _longest_gap(pool, asyncio.create_task(asyncio.sleep(setting.seconds)))
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "deploy.bench.reads", url), stdout=asyncio.subprocess.PIPE
        )
        gap, reads = await _longest_gap(pool, telling := asyncio.create_task(process.communicate()))
        said, _ = await telling
        if process.returncode:
            raise CannotMeasure(f"the rebuild ended with exit code {process.returncode}")
        took = time.perf_counter() - began
    *progress, differences = said.decode().split()
    return {
        "events": events,
        "rebuild_seconds": round(took, 1),
        "events_a_second": round(events / took),
        "progress_told": len(progress),
        "differences": int(differences),
        "reads_meanwhile": reads,
        "longest_gap_of_reads_ms": round(gap, 1),
        "longest_gap_without_ms": round(usual, 1),
        "met": reads > 0 and len(progress) > 0 and int(differences) == 0,
    }


async def _longest_gap(pool: asyncpg.Pool, until: asyncio.Task[Any]) -> tuple[float, int]:
    """The longest time in ms between two answers while somebody reads without a pause, and how many there were."""
    longest, reads, last = 0.0, 0, time.perf_counter()
    while not until.done():
        await queries.counts(pool, SITE, YEAR, AS_OF)
        now = time.perf_counter()
        longest, last, reads = max(longest, now - last), now, reads + 1
    return longest * 1000, reads


async def _rebuild_all(url: str) -> None:
    def told(_: str, done: int, __: int) -> None:
        sys.stdout.write(f"{done}\n")

    differences = 0
    async with asyncpg.create_pool(url, min_size=1, max_size=2) as pool:
        for projection in PROJECTIONS:
            differences += len((await rebuild(pool, projection, told)).differences)
    sys.stdout.write(f"{differences}\n")


if __name__ == "__main__":
    asyncio.run(_rebuild_all(sys.argv[1]))
