"""One service's database made as the data file says, with the keys of the bundle: in one transaction."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Final

import asyncpg

from deploy.backup.archive import Archive, Damaged
from deploy.backup.contents import RUN_KEYS, WITHOUT, migrations
from deploy.backup.manifest import Migration, Table
from shared.migrations import make_memory, migrate

_SCHEMAS: Final = """
select quote_ident(nspname) from pg_namespace
 where nspname !~ '^pg_' and nspname <> 'information_schema' and nspname <> current_schema()
   and pg_has_role(current_user, nspowner, 'member')
"""
_REMEMBER: Final = "insert into schema_migrations (name, checksum) values ($1, $2)"
_HOLDS: Final = "select exists (select from {table})"
# What ran when the data were read and has no key any more cannot be read again.
_KEYED: Final = """
update import_runs set wrapped_key = kept.wrapped_key, kek_id = kept.kek_id
  from kept_keys as kept where kept.run_id = import_runs.run_id
"""
_UNREADABLE: Final = """
update import_runs set sealed_values = null, sealed_workbook = null
 where wrapped_key is null and (sealed_values is not null or sealed_workbook is not null)
"""
_INTERRUPTED: Final = """
update import_runs set state = 'failed', answer = $1, workbook = null, filename = '', ended_at = clock_timestamp()
 where workbook is not null and wrapped_key is null
"""
_LOST_ANSWER: Final = {
    "ledger": None,
    "year": None,
    "rows": 0,
    "added": 0,
    "corrected": 0,
    "unchanged": 0,
    "remarks": [],
    "errors": [{"sheet": None, "row": None, "column": None, "value": None, "code": "interrupted", "problem": None,
                "expected": None}],
    "errors_in_all": 1,
    "missing_later": [],
    "position": None,
}  # fmt: skip


async def is_empty(connection: asyncpg.Connection) -> bool:
    """Whether nothing has been recorded or received in this database yet."""
    for table in ("events", "journal"):
        found = await connection.fetchval("select to_regclass($1)", table)
        if found is not None and await connection.fetchval(f"select exists (select from {table})"):  # noqa: S608
            return False
    return True


async def load(connection: asyncpg.Connection, service: str, data: Archive, keys: Archive) -> None:
    """Replace everything in the database by what the two files hold of `service`; the caller's transaction."""
    await _cleared(connection)
    held = data.manifest.services[service]
    await _schema_of_then(connection, service, held.migrations)
    for table in held.tables:
        await _filled(connection, data, table)
    for directory, scope in migrations(service):
        await migrate(connection, directory, scope)
    for table in keys.manifest.services[service].tables:
        if table.name in WITHOUT:
            await _run_keys(connection, keys, table)
        else:
            await _filled(connection, keys, table)


async def _cleared(connection: asyncpg.Connection) -> None:
    for row in await connection.fetch(_SCHEMAS):
        await connection.execute(f"drop schema {row[0]} cascade")
    present = await connection.fetchval("select quote_ident(current_schema())")
    await connection.execute(f"drop schema {present} cascade")
    await connection.execute(f"create schema {present}")


async def _schema_of_then(connection: asyncpg.Connection, service: str, applied: list[Migration]) -> None:
    """The tables as they were when the data were read: later migrations come after the rows."""
    await make_memory(connection)
    files = {
        f"{scope}/{path.name}": path for directory, scope in migrations(service) for path in directory.glob("*.sql")
    }
    for one in applied:
        await connection.execute(files[one.name].read_text("utf-8"))
        await connection.execute(_REMEMBER, one.name, one.checksum)


async def _filled(connection: asyncpg.Connection, archive: Archive, table: Table) -> None:
    if await connection.fetchval(_HOLDS.format(table=table.name)):
        await connection.execute(f"truncate {table.name}")  # what a migration put there
    done = await connection.copy_to_table(
        table.name, source=_as_source(archive.blocks(table.file)), columns=table.columns, format="text"
    )
    if int(done.split()[-1]) != table.rows:
        raise Damaged(archive.path, f"已损坏（{table.name} 应有 {table.rows} 行）", archive.field)


async def _run_keys(connection: asyncpg.Connection, keys: Archive, table: Table) -> None:
    await connection.execute(
        "create temporary table kept_keys (run_id text, wrapped_key bytea, kek_id text) on commit drop"
    )
    await connection.copy_to_table(
        "kept_keys", source=_as_source(keys.blocks(table.file)), columns=list(RUN_KEYS), format="text"
    )
    await connection.execute(_KEYED)
    await connection.execute(_UNREADABLE)
    await connection.execute(_INTERRUPTED, json.dumps(_LOST_ANSWER))


async def _as_source(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    for block in blocks:
        yield block
