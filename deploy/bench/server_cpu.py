"""CPU time that a database's backends use, read from /proc while they live."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from deploy.bench.measure import CannotMeasure

_EVERY = 0.05


class Watch:
    """Nanoseconds by backend, as last seen; backends that ended keep what they had."""

    def __init__(self) -> None:
        self.used: dict[int, int] = {}

    def seconds(self) -> float:
        return sum(self.used.values()) / 1e9

    def look(self, pids: list[int]) -> None:
        for pid in pids:
            try:
                self.used[pid] = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
            except OSError:
                continue


@asynccontextmanager
async def watched(server_url: str, database: str) -> AsyncIterator[Watch]:
    """Watch the backends of `database` from another connection."""
    connection = await asyncpg.connect(server_url)
    watch = Watch()
    task = asyncio.create_task(_look_again(connection, database, watch))
    try:
        yield watch
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await connection.close()
    if not watch.used:
        raise CannotMeasure("the server's processes are not visible here: server CPU needs a server on this machine")


async def _look_again(connection: asyncpg.Connection, database: str, watch: Watch) -> None:
    while True:
        rows = await connection.fetch(
            "select pid from pg_stat_activity where datname = $1 and backend_type = 'client backend'", database
        )
        watch.look([row["pid"] for row in rows])
        await asyncio.sleep(_EVERY)
