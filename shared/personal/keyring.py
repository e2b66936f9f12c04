"""The keys of persons and records, wrapped in the table `personal_keys` (design §3)."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

import asyncpg
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from shared.personal.key_files import KeyEncryptionKey
from shared.personal.sealed import KEY_BYTES

_READ: Final = "select key_id, wrapped, kek_id from personal_keys where key_id = any($1::text[])"
_MAKE: Final = """
    insert into personal_keys (key_id, wrapped, kek_id)
    select key_id, wrapped, $3 from unnest($1::text[], $2::bytea[]) as made (key_id, wrapped) order by key_id
    on conflict (key_id) do nothing
"""


class WrongKeyEncryptionKey(Exception):
    """A key in the table is wrapped by another key-encryption key than the file holds."""


class Keyring:
    """Keys by id. Keeps the `cache_size` latest in memory, each for `max_age` seconds at most."""

    def __init__(
        self, pool: asyncpg.Pool, kek: KeyEncryptionKey, cache_size: int = 20_000, max_age: float = 60.0
    ) -> None:
        self._pool = pool
        self._kek = kek
        self._cache: OrderedDict[str, tuple[bytes, float]] = OrderedDict()
        self._cache_size = cache_size
        self._max_age = max_age

    async def existing(self, key_ids: Iterable[str]) -> dict[str, bytes]:
        """The keys of `key_ids` that there are; one that is missing was deleted."""
        keys, unread = self._cached(key_ids)
        if unread:
            keys |= self._kept(await self._pool.fetch(_READ, unread))
        return keys

    async def get_or_make(self, key_ids: Iterable[str]) -> dict[str, bytes]:
        """The keys of all `key_ids`, made where there are none yet, however many in one statement."""
        keys, unread = self._cached(key_ids)
        if not unread:
            return keys
        keys |= self._kept(await self._pool.fetch(_READ, unread))
        missing = [key_id for key_id in unread if key_id not in keys]
        if missing:
            wrapped = [aes_key_wrap(self._kek.key, secrets.token_bytes(KEY_BYTES)) for _ in missing]
            await self._pool.execute(_MAKE, missing, wrapped, self._kek.id)
            # Somebody else may have made one of them first; the table says which key counts.
            keys |= self._kept(await self._pool.fetch(_READ, missing))
        return keys

    def drop_cached(self) -> None:
        """Read every key anew from the table."""
        self._cache.clear()

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
        keys = {row["key_id"]: self._unwrapped(row) for row in rows}
        until = time.monotonic() + self._max_age
        for key_id, key in keys.items():
            self._cache[key_id] = (key, until)
            self._cache.move_to_end(key_id)
        while len(self._cache) > self._cache_size:
            self._cache.popitem(last=False)
        return keys

    def _unwrapped(self, row: asyncpg.Record) -> bytes:
        wrong = f"personal key {row['key_id']} is wrapped by {row['kek_id']}, the file holds {self._kek.id}"
        if row["kek_id"] != self._kek.id:
            raise WrongKeyEncryptionKey(wrong)
        try:
            return aes_key_unwrap(self._kek.key, row["wrapped"])
        except InvalidUnwrap as error:
            raise WrongKeyEncryptionKey(wrong) from error
