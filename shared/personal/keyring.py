"""The keys of persons and records, wrapped in the table `personal_keys` (design §3).

Whoever was forgotten has a tombstone: no key of theirs is made again, and within `TOMBSTONES_EVERY` seconds no process
remembers one. A key-encryption key that was changed meanwhile is read from its file.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

import asyncpg
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from shared.personal.key_files import KeyEncryptionKey, WrongKeyEncryptionKey, at_hand, in_force
from shared.personal.sealed import KEY_BYTES
from shared.personal.tombstones import LOCK

__all__ = ["Keyring", "WrongKeyEncryptionKey"]

TOMBSTONES_EVERY: Final = 2.0

_READ: Final = "select key_id, wrapped, kek_id from personal_keys where key_id = any($1::text[])"
_MAKE: Final = """
    insert into personal_keys (key_id, wrapped, kek_id)
    select key_id, wrapped, $3 from unnest($1::text[], $2::bytea[]) as made (key_id, wrapped)
     where not exists (select from personal_tombstones t where t.key_id = made.key_id) order by key_id
    on conflict (key_id) do nothing
"""
_BURIED: Final = "select key_id, seq from personal_tombstones where seq > $1 order by seq"


class Keyring:
    """Keys by id. Keeps the `cache_size` latest in memory, each for `max_age` seconds at most."""

    def __init__(
        self, pool: asyncpg.Pool, kek: KeyEncryptionKey, cache_size: int = 20_000, max_age: float = 60.0
    ) -> None:
        self._pool = pool
        self._kek = kek
        self._keks = {kek.id: kek}
        self._cache: OrderedDict[str, tuple[bytes, float]] = OrderedDict()
        self._cache_size = cache_size
        self._max_age = max_age
        self._buried: dict[str, int] = {}
        self._looked = -TOMBSTONES_EVERY

    async def existing(self, key_ids: Iterable[str]) -> dict[str, bytes]:
        """The keys of `key_ids` that there are; one that is missing was deleted."""
        await self._drop_buried()
        keys, unread = self._cached(key_ids)
        if unread:
            keys |= await self._read(unread)
        return keys

    async def get_or_make(self, key_ids: Iterable[str]) -> dict[str, bytes]:
        """The keys of all `key_ids`, made where there are none yet, however many in one statement.

        Missing in the answer are only those who were forgotten: they get none ever again.
        """
        wanted = set(key_ids)
        keys = await self.existing(wanted)
        missing = sorted(wanted - keys.keys())
        if missing:
            await self._make(missing)
            # Somebody else may have made one of them first; the table says which key counts.
            keys |= await self._read(missing)
        return keys

    def drop_cached(self) -> None:
        """Read every key anew from the table."""
        self._cache.clear()

    async def _make(self, key_ids: list[str]) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            # Held until the commit: meanwhile nobody is buried and the key-encryption key is not changed.
            await connection.execute("select pg_advisory_xact_lock_shared($1)", LOCK)
            self._kek = in_force(self._kek)
            wrapped = [aes_key_wrap(self._kek.key, secrets.token_bytes(KEY_BYTES)) for _ in key_ids]
            await connection.execute(_MAKE, key_ids, wrapped, self._kek.id)

    async def _read(self, key_ids: list[str]) -> dict[str, bytes]:
        try:
            return self._kept(await self._pool.fetch(_READ, key_ids))
        except WrongKeyEncryptionKey:
            # Wrapped anew, and the former key destroyed, since the rows were read: they say now what counts.
            return self._kept(await self._pool.fetch(_READ, key_ids))

    async def _drop_buried(self) -> None:
        now = time.monotonic()
        if now - self._looked < TOMBSTONES_EVERY:
            return
        for row in await self._pool.fetch(_BURIED, max(self._buried.values(), default=0)):
            self._cache.pop(row["key_id"], None)
            self._buried[row["key_id"]] = row["seq"]
        self._looked = now

    def _cached(self, key_ids: Iterable[str]) -> tuple[dict[str, bytes], list[str]]:
        now, keys, unread = time.monotonic(), dict[str, bytes](), list[str]()
        for key_id in sorted(set(key_ids)):
            key, until = self._cache.get(key_id, (b"", 0.0))
            if until > now:
                self._cache.move_to_end(key_id)
                keys[key_id] = key
            else:
                unread.append(key_id)
        return keys, unread

    def _kept(self, rows: Iterable[asyncpg.Record]) -> dict[str, bytes]:
        # A row may have been read before its burial, of which another call has heard meanwhile.
        keys = {row["key_id"]: self._unwrapped(row) for row in rows if row["key_id"] not in self._buried}
        until = time.monotonic() + self._max_age
        for key_id, key in keys.items():
            self._cache[key_id] = (key, until)
            self._cache.move_to_end(key_id)
        while len(self._cache) > self._cache_size:
            self._cache.popitem(last=False)
        return keys

    def _unwrapped(self, row: asyncpg.Record) -> bytes:
        try:
            return aes_key_unwrap(self._kek_named(row["kek_id"]).key, row["wrapped"])
        except (WrongKeyEncryptionKey, InvalidUnwrap) as error:
            raise WrongKeyEncryptionKey(
                f"personal key {row['key_id']} is wrapped by {row['kek_id']}, which no file of this service holds"
            ) from error

    def _kek_named(self, kek_id: str) -> KeyEncryptionKey:
        if kek_id not in self._keks:
            # What is no longer in a file is no longer kept here either.
            self._keks = {kek.id: kek for kek in at_hand(self._kek)}
        if kek_id not in self._keks:
            raise WrongKeyEncryptionKey(kek_id)
        return self._keks[kek_id]
