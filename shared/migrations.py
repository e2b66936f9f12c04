"""Forward-only migrations: numbered .sql files, each applied once, none edited afterwards."""

import hashlib
from pathlib import Path

import asyncpg
from asyncpg.pool import PoolConnectionProxy

_ORDER_KEY = 7_163_384_699


class MigrationRefused(Exception):
    """The files and what the database remembers of them do not agree."""


async def migrate(connection: asyncpg.Connection | PoolConnectionProxy, directory: Path, scope: str) -> list[str]:
    """Apply the files `NNNN_<what>.sql` of `directory` that are not applied yet, in order, in one transaction.

    `scope` tells the files of several directories apart (`eventstore`, `activities`). Everything is made in the
    first schema of search_path. Returns the names applied. Raises `MigrationRefused` if an applied file was
    changed or is missing, or a new one is numbered before an applied one.
    """
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1)", _ORDER_KEY)
        await make_memory(connection)
        rows = await connection.fetch(
            "select name, checksum from schema_migrations where starts_with(name, $1)", f"{scope}/"
        )
        files = _files(directory, scope)
        waiting = _waiting(files, {row["name"]: row["checksum"] for row in rows})
        for name in waiting:
            await connection.execute(files[name])
            await connection.execute(
                "insert into schema_migrations (name, checksum) values ($1, $2)", name, checksum_of(files[name])
            )
    return waiting


async def make_memory(connection: asyncpg.Connection | PoolConnectionProxy) -> None:
    """Make the table of what is applied, where it is absent."""
    await connection.execute(
        "create table if not exists schema_migrations (name text primary key, checksum text not null,"
        " applied_at timestamptz not null default clock_timestamp())"
    )


def _files(directory: Path, scope: str) -> dict[str, str]:
    return {f"{scope}/{path.name}": path.read_text("utf-8") for path in sorted(directory.glob("*.sql"))}


def _waiting(files: dict[str, str], applied: dict[str, str]) -> list[str]:
    for name, checksum in sorted(applied.items()):
        if name not in files:
            raise MigrationRefused(f"{name}: applied to the database but missing here; this program is older")
        if checksum_of(files[name]) != checksum:
            raise MigrationRefused(f"{name}: changed after it was applied; add a new file instead")
    waiting = [name for name in files if name not in applied]
    if waiting and applied and waiting[0] < max(applied):
        raise MigrationRefused(f"{waiting[0]}: numbered before {max(applied)}, which is applied; renumber it")
    return waiting


def checksum_of(text: str) -> str:
    """What a database remembers of an applied file."""
    return hashlib.sha256(text.encode()).hexdigest()
