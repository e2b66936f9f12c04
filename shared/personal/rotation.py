"""Changing a service's key-encryption key under running processes, in short transactions, taken up again after a kill.

First the new key is in force and the former one lies beside it; then every row is wrapped anew; then the former one
is destroyed. From that moment a copy of the wrapped keys from before opens nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from shared.personal.key_files import (
    KeyEncryptionKey,
    destroy_former,
    former_at_hand,
    key_encryption_keys,
    read_key_encryption_key,
    replace_key_encryption_key,
)
from shared.personal.tombstones import LOCK, Connection

PAGE: Final = 500
_TABLES: Final = {"personal_keys": ("key_id", "wrapped"), "import_runs": ("run_id", "wrapped_key")}
_DUE: Final = """
    select coalesce(max(buried_at) > (select max(changed_at) from kek_changes), count(*) > 0) from personal_tombstones
"""
_CHANGED: Final = "insert into kek_changes (kek_id) values ($1) on conflict (kek_id) do nothing"


@dataclass(frozen=True)
class Rotated:
    """`wrapped` rows were wrapped anew under `kek_id`; `destroyed` are the ids of the keys that are no more."""

    kek_id: str
    wrapped: int
    destroyed: tuple[str, ...]


@dataclass(frozen=True)
class KeyStanding:
    """`rows` wrapped keys by the key that wraps them; `due`: somebody was forgotten since the last change."""

    kek_id: str
    rows: dict[str, int]
    former: tuple[str, ...]
    tombstones: int
    due: bool


async def standing(connection: Connection, key_dir: Path) -> KeyStanding:
    """How the keys of one service stand."""
    kek = read_key_encryption_key(key_dir)
    rows: dict[str, int] = {}
    for table, (_, column) in _TABLES.items():
        for row in await connection.fetch(
            f"select kek_id, count(*) as keys from {table} where {column} is not null group by kek_id"  # noqa: S608
        ):
            rows[row["kek_id"]] = rows.get(row["kek_id"], 0) + row["keys"]
    tombstones = await connection.fetchval("select count(*) from personal_tombstones")
    former = tuple(one for one in key_encryption_keys(key_dir) if one != kek.id)
    return KeyStanding(kek.id, rows, former, tombstones, await rotation_due(connection))


async def rotation_due(connection: Connection) -> bool:
    """Whether somebody was forgotten since the key-encryption key was last changed."""
    due: bool = await connection.fetchval(_DUE)
    return due


async def rotate(connection: Connection, key_dir: Path, after_page: Callable[[int], None] = lambda _: None) -> Rotated:
    """Change the key of the service whose database and key folder these are; finishes a change that was cut off."""
    kek = await _put_in_force(connection, key_dir)
    wrapped = 0
    for table, (key, column) in _TABLES.items():
        wrapped += await _wrap_anew(connection, key_dir, kek, (table, key, column), after_page)
    destroyed = []
    for former in key_encryption_keys(key_dir):
        if former != kek.id and not await _names(connection, former):
            destroy_former(key_dir, former)
            destroyed.append(former)
    return Rotated(kek.id, wrapped, tuple(destroyed))


async def _put_in_force(connection: Connection, key_dir: Path) -> KeyEncryptionKey:
    async with connection.transaction():
        # Whoever makes a key holds this lock shared until the commit: none is wrapped by the former key afterwards.
        await connection.execute("select pg_advisory_xact_lock($1)", LOCK)
        if former_at_hand(key_dir) and not await rotation_due(connection):
            return read_key_encryption_key(key_dir)
        kek = replace_key_encryption_key(key_dir)
        await connection.execute(_CHANGED, kek.id)
        return kek


async def _wrap_anew(
    connection: Connection,
    key_dir: Path,
    kek: KeyEncryptionKey,
    place: tuple[str, str, str],
    after_page: Callable[[int], None],
) -> int:
    table, key, column = place
    page = (
        f"select {key} as id, {column} as wrapped, kek_id from {table}"  # noqa: S608 - names of this program
        f" where {column} is not null and kek_id <> $1 and {key} > $2 order by {key} limit $3 for update"
    )
    write = (
        f"update {table} t set {column} = n.wrapped, kek_id = $3"  # noqa: S608 - names of this program
        f" from unnest($1::text[], $2::bytea[]) as n (id, wrapped) where t.{key} = n.id"
    )
    keks, last, done = key_encryption_keys(key_dir), "", 0
    while True:
        async with connection.transaction():
            rows = await connection.fetch(page, kek.id, last, PAGE)
            if not rows:
                return done
            anew = [aes_key_wrap(kek.key, aes_key_unwrap(keks[row["kek_id"]].key, row["wrapped"])) for row in rows]
            await connection.execute(write, [row["id"] for row in rows], anew, kek.id)
        last, done = rows[-1]["id"], done + len(rows)
        after_page(done)


async def _names(connection: Connection, kek_id: str) -> bool:
    named: bool = await connection.fetchval(
        "select exists (select from personal_keys where kek_id = $1)"
        " or exists (select from import_runs where wrapped_key is not null and kek_id = $1)",
        kek_id,
    )
    return named
