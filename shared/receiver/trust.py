"""Whose signatures count for whose log (design §7).

The keys of a site's services are named by the first event of its `members` log. That log's own first run is believed
when the key it names for `members` signed it, and pinned from then on; keys given beforehand (`trust`) go first.
Everything else is believed only from keys that are known. A service changes its key by an event of its own log, the
last of its run, sealed by the former key; `reporting`, which has no log, by one in that of `members`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import asyncpg
from pydantic import ValidationError

from shared.broker.tables import Connection
from shared.contracts.links import KEY_CHANGED, REPORTING_KEY_CHANGED, ReportingKeyChanged, SigningKeyChanged
from shared.contracts.members import SITE_ESTABLISHED, SigningKey, SiteEstablished
from shared.eventstore import EventStore
from shared.receiver.reading import Refused, Row, Run
from shared.sealing.keys import PublicKey, public_key
from shared.sealing.origin import LOG, Origin

LATEST: Final = 2**53
"""A position past all others: the keys of the present."""

_KNOWN: Final = """
select public_key from origin_keys
 where site = $1 and service = $2 and from_position <= $3::bigint
   and coalesce(to_position, $4) >= $4::bigint and coalesce(revoked_from, $4 + 1) > $4
"""
_LEARN: Final = """
insert into origin_keys (site, service, key_id, public_key, from_position, named_by)
values ($1, $2, $3, $4, $5, $6) on conflict do nothing
"""
_END: Final = """
update origin_keys set to_position = $3
 where site = $1 and service = $2 and from_position <= greatest($3, 1) and coalesce(to_position, $3) >= $3
"""
_FOLLOW: Final = """
insert into origin_keys (site, service, key_id, public_key, from_position, named_by) values ($1, $2, $3, $4, $5, $6)
on conflict do nothing returning true
"""
NAMING_SERVICE: Final = "members"
_CHANGED: Final = (KEY_CHANGED[NAMING_SERVICE], REPORTING_KEY_CHANGED)
_CHANGES: Final = frozenset((*KEY_CHANGED.values(), REPORTING_KEY_CHANGED))


async def known_keys(
    connection: Connection, site: str, service: str, first: int = LATEST, last: int | None = None
) -> list[PublicKey]:
    """The keys that may seal a service's log from `first` to `last`, else at `first`; without either those of now."""
    found = await connection.fetch(_KNOWN, site, service, first, first if last is None else last)
    return [PublicKey(row["public_key"]) for row in found]


async def keys_at_head(connection: Connection, site: str, service: str, sealed_to: int) -> list[PublicKey]:
    """The keys that may sign a head: where a key changed at `sealed_to`, the former and the next one."""
    return await known_keys(connection, site, service, sealed_to + 1, sealed_to)


async def trust(connection: Connection, site: str, service: str, key: PublicKey, named_by: str) -> None:
    """Let `key` sign for the service from its first event on; `named_by` says who vouched for it."""
    await connection.execute(_LEARN, site, service, key.key_id, key.raw, 1, named_by)


def signers_in(pool: asyncpg.Pool) -> Callable[[str, str], Awaitable[list[PublicKey]]]:
    """The keys that a receiving service has learnt, as its own relay asks for them."""

    async def signers(site: str, service: str) -> list[PublicKey]:
        async with pool.acquire() as connection:
            return await known_keys(connection, site, service)

    return signers


def signers_of_own_log(pool: asyncpg.Pool, site: str) -> Callable[[str, str], Awaitable[list[PublicKey]]]:
    """The keys that `members` itself has named: in its first event, and where it or reporting changed its key."""

    async def signers(asked: str, service: str) -> list[PublicKey]:
        store = EventStore(pool)
        first = await store.read_raw(0, 1)
        if asked != site or not first or first[0].type != SITE_ESTABLISHED:
            return []
        later = [
            checked_key(SigningKey.model_validate(event.data["key"]))
            for event in await store.read_stream(first[0].stream)
            if event.type in _CHANGED and event.data["key"]["service"] == service
        ]
        return [*(key for name, key in named_keys(first[0].data, site) if name == service), *later]

    return signers


def is_naming(run: Run) -> bool:
    """Whether the run begins with the event that names a site's keys."""
    return run.note.seal.first == 1 and _names_keys(run.note.seal.origin)


def first_named_keys(run: Run) -> list[tuple[str, PublicKey]]:
    """(service, key) as the first event of a `members` log names them; raises `Refused`."""
    row = run.rows[0]
    if row.type != SITE_ESTABLISHED or row.data is None:
        raise Refused("keys", f"the first event of {row.origin} is not {SITE_ESTABLISHED}", 1)
    try:
        return named_keys(row.data, run.note.seal.origin.site)
    except ValueError as error:
        raise Refused("keys", f"{SITE_ESTABLISHED}: {error}", 1) from None


def named_keys(data: str, site: str) -> list[tuple[str, PublicKey]]:
    """The (service, key) of a stored `SiteEstablished`; `ValueError` if it is none or of another site."""
    try:
        facts = SiteEstablished.model_validate_json(data).facts
    except ValidationError as error:
        raise ValueError(f"{error.error_count()} fields are not as they should be") from None
    if facts.site != site:
        raise ValueError(f"it establishes {facts.site!r}, not {site!r}")
    return [(named.service, checked_key(named)) for named in facts.signing_keys]


async def learn(connection: Connection, site: str, keys: Sequence[tuple[str, PublicKey]]) -> None:
    """Remember keys that a site's first event names."""
    for service, key in keys:
        await connection.execute(_LEARN, site, service, key.key_id, key.raw, 1, SITE_ESTABLISHED)


async def learn_changes(connection: Connection, run: Run, rows: Sequence[Row]) -> None:
    """Let the keys that `rows` of a verified run name count from there on; raises `Refused`.

    A key signs up to the event that names the next one: a run that goes on after it would be sealed by a key that
    has ended.
    """
    for row in rows:
        if row.type in _CHANGES and row.data is not None:
            if row.position != run.note.seal.last:
                raise Refused("key", f"the key was changed at {row.position}; the run goes on", row.position + 1)
            await _learn_change(connection, run.note.seal.origin, row, row.data)


async def _learn_change(connection: Connection, origin: Origin, row: Row, data: str) -> None:
    try:
        service, key, ended, begins = _change(origin, row, data)
    except ValueError as error:
        raise Refused("keys", f"{row.type}: {error}", row.position) from None
    await connection.execute(_END, origin.site, service, ended)
    named = origin.site, service, key.key_id, key.raw, begins, row.type
    if not await connection.fetchval(_FOLLOW, *named):
        raise Refused("keys", f"{row.type}: the key {key.key_id} has been one of {service} before", row.position)


def _change(origin: Origin, row: Row, data: str) -> tuple[str, PublicKey, int, int]:
    """The service, its next key, the last position of the former one and the first of the next."""
    try:
        if row.type == REPORTING_KEY_CHANGED and origin.service == NAMING_SERVICE:
            changed = ReportingKeyChanged.model_validate_json(data)
            return "reporting", checked_key(changed.key), 0, 1
        if row.type == KEY_CHANGED.get(origin.service):
            said = SigningKeyChanged.model_validate_json(data)
            if origin.service == said.service == said.key.service:
                return said.service, checked_key(said.key), row.position, row.position + 1
    except ValidationError as error:
        raise ValueError(f"{error.error_count()} fields are not as they should be") from None
    raise ValueError(f"it is of another service than {origin.service}")


def _names_keys(origin: Origin) -> bool:
    return origin.service == NAMING_SERVICE and origin.channel == LOG and origin.epoch == 1


def checked_key(named: SigningKey) -> PublicKey:
    """The key as an event names it; `ValueError` where its id is another's."""
    key = public_key(named.public_key)
    if key.key_id != named.key_id:
        raise ValueError(f"the key of {named.service} has the id {key.key_id}, not {named.key_id}")
    return key
