"""The reference of the append benches: pgbench inserting one row a transaction."""

import asyncio
import re
import tempfile
from pathlib import Path

import asyncpg

from deploy.bench.measure import CannotMeasure
from deploy.local.found import postgres_programs

TABLE = (
    "create table rows (id bigint generated always as identity primary key, stream text not null, type text not null,"
    " data text not null, meta text not null, recorded_at timestamptz not null default clock_timestamp())"
)
SCRIPT = """insert into rows (stream, type, data, meta) values ('bench-9b2f7c31-5f0e-4f7d-8a54-2f7d1c1e8a01',
 'bench.measured.v1', '{"number":1,"text":"one event of an ordinary size, as a meeting record has it"}',
 '{"actor":{"organisation":"shi99","role":"operator","subject":"bench"}}');
"""


async def make_table(url: str) -> None:
    """The table that `rate` inserts into."""
    connection = await asyncpg.connect(url)
    await connection.execute(TABLE)
    await connection.close()


async def rate(url: str, clients: int, seconds: float) -> float:
    """Transactions a second."""
    programs = postgres_programs()
    if programs is None or not (programs.bin / "pgbench").exists():
        raise CannotMeasure("pgbench is not beside the PostgreSQL server programs of this machine")
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(SCRIPT)
        script.flush()
        return await _run(programs.bin / "pgbench", url, clients, seconds, script.name)


async def _run(program: Path, url: str, clients: int, seconds: float, script: str) -> float:
    process = await asyncio.create_subprocess_exec(
        str(program),
        *("-n", "-f", script, "-c", str(clients), "-j", str(min(clients, 2)), "-T", str(max(1, round(seconds))), url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, problems = await process.communicate()
    found = re.search(rb"tps = ([\d.]+)", output)
    if process.returncode or found is None:
        raise CannotMeasure(f"pgbench failed: {problems.decode(errors='replace').strip()[-300:]}")
    return float(found[1])
