"""Which of its keys a service signs with: its own log says it, never which file is newest (design §7)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import asyncpg

from shared.broker.tables import Connection
from shared.contracts.ids import natural_id
from shared.contracts.links import KEY_CHANGED
from shared.leases import until_set
from shared.sealing.key_files import load_signing_key
from shared.sealing.keys import PublicKey, Signature, SigningKey
from shared.sealing.succession import Succession, succession_of
from shared.status import RoleStatus

LOG_STREAMS: Final = {"members": "site", "activities": "log"}
"""By service, the category of the one stream that tells of its keys and epochs."""

_LOOK_SECONDS: Final = 1.0
_CHANGES: Final = "select position, data from events where stream = $1 and type = $2 order by version"
_OF_REPORTING: Final = """
select from_position, key_id from origin_keys where site = $1 and service = 'reporting'
 order by to_position is null, key_id
"""


class Change(NamedTuple):
    """From `position` on the key of `key_id` signs."""

    position: int
    key_id: str


Changes = Callable[[Connection], Awaitable[Sequence[Change]]]


def log_stream(site: str, service: str) -> str:
    """The stream of a service's own log that tells of its keys and epochs."""
    category = LOG_STREAMS[service]
    return f"{category}-{natural_id(site, category)}"


def changes_in_log(site: str, service: str) -> Changes:
    """The changes that a service's own log tells of."""
    stream, changed = log_stream(site, service), KEY_CHANGED[service]

    async def changes(connection: Connection) -> list[Change]:
        rows = await connection.fetch(_CHANGES, stream, changed)
        return [Change(row["position"] + 1, json.loads(row["data"])["key"]["key_id"]) for row in rows]

    return changes


def changes_of_reporting(site: str) -> Changes:
    """The changes of reporting's key, as it has received them; the first key is no change."""

    async def changes(connection: Connection) -> list[Change]:
        return [Change(*row) for row in await connection.fetch(_OF_REPORTING, site)]

    return changes


class OwnKeys:
    """The keys of a service. As a `Signer` it is the key in force when `look` last looked."""

    def __init__(self, directory: Path, site: str, service: str, changes: Changes) -> None:
        self.directory = directory
        self.first = load_signing_key(directory)
        self.succession: Succession = ()
        self._who = f"{site}/{service}"
        self._changes = changes
        self._loaded = {self.first.public.key_id: self.first}
        self._present = self.first

    @property
    def public(self) -> PublicKey:
        return self._present.public

    def sign(self, signed: bytes) -> Signature:
        return self._present.sign(signed)

    async def history(self, connection: Connection) -> list[str]:
        """The ids of all keys that have counted; the last one counts now."""
        found = [self.first.public.key_id, *(change.key_id for change in await self._changes(connection))]
        return list(reversed(dict.fromkeys(reversed(found))))

    async def at(self, connection: Connection, position: int) -> SigningKey:
        """The key that signs what begins at `position`; raises `KeyFileRefused` where its file is gone."""
        counting = [change.key_id for change in await self._changes(connection) if change.position <= position]
        return self._key(counting[-1] if counting else self.first.public.key_id)

    async def look(self, connection: Connection) -> None:
        """Sign from now on with the latest key."""
        history = await self.history(connection)
        if history[-1] != self.public.key_id:
            *former, present = [self._key(key_id) for key_id in history]
            self.succession = succession_of(self._who, former, present.public)
            self._present = present

    def _key(self, key_id: str) -> SigningKey:
        if key_id not in self._loaded:
            self._loaded[key_id] = load_signing_key(self.directory, key_id)
        return self._loaded[key_id]


async def follow_keys(keys: OwnKeys, pool: asyncpg.Pool, status: RoleStatus, stop: asyncio.Event) -> None:
    """Look every second which key counts, until `stop`."""
    while not stop.is_set():
        try:
            async with pool.acquire() as connection:
                await keys.look(connection)
            status.looked()
        except Exception as error:
            # The database is away, or a key file is gone: the key before it signs on, and the role says so.
            status.troubled(error)
        await until_set(stop, _LOOK_SECONDS)
