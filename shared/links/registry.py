"""What members logs say of links, epochs and keys, taken in with the rows that say it (design §7).

Each row is believed as far as its log's site may speak: about its own links, and about the keys and epochs of those
below it. Keys of a site above are learnt from the own log alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeVar

from pydantic import ValidationError

from shared.broker.tables import Connection
from shared.contracts import links as c
from shared.contracts.types import FAMILY_OF
from shared.contracts.values import Value
from shared.links.joined import learn_joined, learn_later_signature
from shared.links.topology import inbound_queue
from shared.receiver.reading import Refused, Row, Run
from shared.receiver.receiving import Sink
from shared.receiver.trust import checked_key, trust
from shared.sealing.origin import LOG

LINKS_CHANNEL: Final = "links"

BY_PERSON: Final = "person"
"""The reason of a suspension that a person decided; only a person's `LinkResumed` lifts it."""

_STATE: Final = """
update linked_sites set state = $3, grounds = $4
 where parent = $1 and site = $2 and not (state = 'revoked' and $3 <> 'revoked') returning true
"""
_SUSPEND: Final = """
insert into inbound_links as links (link, suspended_at, reason) values ($1, clock_timestamp(), $2)
on conflict (link) do update set suspended_at = clock_timestamp(), reason = excluded.reason, origin = null,
       position = null
 where links.suspended_at is null
"""
_LIFT: Final = """
update inbound_links set suspended_at = null, reason = null, origin = null, position = null, dropped = 0
 where link = $1
"""
_IS_ABOVE: Final = """
with recursive below (site, depth) as (
    select site, 1 from linked_sites where parent = $1 and role = 'lower' and (unchecked is null or not $3)
    union
    select linked.site, depth + 1 from linked_sites as linked join below on linked.parent = below.site
     where linked.role = 'lower' and (linked.unchecked is null or not $3) and depth < 8
)
select exists (select from below where site = $2)
"""
_EPOCH: Final = """
insert into epochs (site, service, epoch, said_by, kept_to, h, origin, position)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing
"""
_AWAIT: Final = "insert into receipts (origin, have, h) values ($1, $2, $3) on conflict do nothing"
_REVOKE: Final = """
insert into key_revocations (site, service, key_id, said_by, from_position, origin, position)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (site, service, key_id, said_by) do update
   set from_position = excluded.from_position, origin = excluded.origin, position = excluded.position
"""
REVOKED: Final = """
update origin_keys as keys set revoked_from = (
       select min(from_position) from key_revocations as revoked
        where (revoked.site, revoked.service, revoked.key_id) = (keys.site, keys.service, keys.key_id))
 where keys.site = $1
"""
_UNKNOWN: Final = """
insert into unknown_types as known (origin, type, events) select $1, type, events
  from unnest($2::text[], $3::bigint[]) as told (type, events)
on conflict (origin, type) do update set events = known.events + excluded.events
"""

_STATES: Final[dict[str, tuple[type[c.LinkSuspended | c.LinkResumed | c.LinkRevoked], str]]] = {
    c.LINK_SUSPENDED: (c.LinkSuspended, "suspended"),
    c.LINK_RESUMED: (c.LinkResumed, "joined"),
    c.LINK_REVOKED: (c.LinkRevoked, "revoked"),
}
_TOLD: Final = frozenset(
    (
        *(c.SITE_JOINED, *_STATES, c.EPOCH_ACCEPTED, *c.EPOCH_OPENED.values()),
        *(c.SIGNING_KEY_REVOKED, c.SIGNING_KEY_REPLACED, c.KEY_CHANGED["members"]),
    )
)
Fact = TypeVar("Fact", bound=Value)


def learning(sink: Sink, site: str) -> Sink:
    """`sink` of the own site's reporting, which learns from what it keeps."""

    async def keep(connection: Connection, run: Run, rows: Sequence[Row]) -> None:
        await sink.keep(connection, run, rows)
        await learn_links(connection, site, run, rows)

    return replace(sink, keep=keep)


async def learn_links(connection: Connection, own: str, run: Run, rows: Sequence[Row]) -> None:
    """Take in what new rows of a verified run say; raises `Refused` for what their site may not say."""
    if run.note.seal.origin.channel != LOG:
        return
    for row in rows:
        if row.type in _TOLD and row.data is not None:
            await _learn(connection, own, run.note.seal.origin.site, run.note.seal.origin.service, row, row.data)
    unknown: dict[str, int] = {}
    for row in rows:
        if row.type is not None and row.type not in FAMILY_OF:
            unknown[row.type] = unknown.get(row.type, 0) + 1
    if unknown:
        await connection.execute(_UNKNOWN, run.note.seal.origin.text, list(unknown), list(unknown.values()))


async def _learn(connection: Connection, own: str, site: str, service: str, row: Row, data: str) -> None:
    if row.type == c.EPOCH_OPENED.get(service):
        await _learn_opened(connection, site, service, row, fact(c.EpochOpened, row, data))
        return
    if service != "members":
        return
    match row.type:
        case c.SITE_JOINED:
            await learn_joined(connection, own, site, row, fact(c.SiteJoined, row, data))
            await connection.execute(REVOKED, fact(c.SiteJoined, row, data).peer)
            if site == own:
                await connection.execute(_LIFT, inbound_queue(fact(c.SiteJoined, row, data).peer))
            await _tell(connection, site)
        case c.LINK_SUSPENDED | c.LINK_RESUMED | c.LINK_REVOKED as kind:
            shape, state = _STATES[kind]
            await _learn_state(connection, own, site, state, fact(shape, row, data))
        case c.EPOCH_ACCEPTED:
            await _learn_accepted(connection, own, site, row, fact(c.EpochAccepted, row, data))
        case c.SIGNING_KEY_REVOKED:
            await _learn_revoked(connection, own, site, row, fact(c.SigningKeyRevoked, row, data))
        case c.SIGNING_KEY_REPLACED:
            await _learn_replaced(connection, own, site, row, fact(c.SigningKeyReplaced, row, data))
        case _:
            await learn_later_signature(connection, site, row, data)


async def _learn_state(
    connection: Connection, own: str, site: str, state: str, said: c.LinkSuspended | c.LinkResumed | c.LinkRevoked
) -> None:
    await connection.fetchval(_STATE, site, said.peer, state, said.grounds)
    if site == own and state == "suspended":
        await connection.execute(_SUSPEND, inbound_queue(said.peer), BY_PERSON)
    elif site == own and state == "joined":
        await connection.execute(_LIFT, inbound_queue(said.peer))
    await _tell(connection, site)


async def _learn_opened(connection: Connection, site: str, service: str, row: Row, said: c.EpochOpened) -> None:
    if said.service != service or row.position != said.kept_to + 1 or not row.origin.endswith(f"/{said.epoch}"):
        raise Refused("epoch", f"position {row.position} opens another epoch than {row.origin}", row.position)
    told = site, service, said.epoch, site, said.kept_to, bytes.fromhex(said.h), row.origin, row.position
    await connection.execute(_EPOCH, *told)


async def _learn_accepted(connection: Connection, own: str, site: str, row: Row, said: c.EpochAccepted) -> None:
    if await _is_above(connection, site, said.peer, shown=False):
        told = said.peer, said.service, said.epoch, site, said.kept_to, bytes.fromhex(said.h)
        await connection.execute(_EPOCH, *told, row.origin, row.position)
    if site == own:
        # From now on states speak of it, and the site below sends it.
        origin = f"{said.peer}/{said.service}/{LOG}/{said.epoch}"
        await connection.execute(_AWAIT, origin, said.kept_to, bytes.fromhex(said.h))


async def _learn_revoked(connection: Connection, own: str, site: str, row: Row, said: c.SigningKeyRevoked) -> None:
    # About a site above or beside it nobody below has a say; the own people have about everybody.
    if site == own or await _is_above(connection, site, said.peer, shown=True):
        told = said.peer, said.service, said.key_id, site, said.from_position, row.origin, row.position
        await connection.execute(_REVOKE, *told)
        await connection.execute(REVOKED, said.peer)


async def _learn_replaced(connection: Connection, own: str, site: str, row: Row, said: c.SigningKeyReplaced) -> None:
    # Whom a site below goes by is the word of its own people; no other site has a say in whom this one goes by.
    if site != own:
        return
    try:
        key = checked_key(said.key)
    except ValueError as error:
        raise Refused("keys", f"{row.type}: {error}", row.position) from None
    told = said.peer, said.service, said.former_key_id, site, 1, row.origin, row.position
    await connection.execute(_REVOKE, *told)
    await trust(connection, said.peer, said.service, key, c.SIGNING_KEY_REPLACED)
    await connection.execute(REVOKED, said.peer)


async def _is_above(connection: Connection, site: str, peer: str, *, shown: bool) -> bool:
    """Whether `site` says so; with `shown`, whether each site on the way has signed so with a key known here."""
    return bool(await connection.fetchval(_IS_ABOVE, site, peer, shown))


async def _tell(connection: Connection, site: str) -> None:
    await connection.execute("select pg_notify($1, $2)", LINKS_CHANNEL, site)


def fact(shape: type[Fact], row: Row, data: str) -> Fact:
    """`data` as an event of this shape; raises `Refused`."""
    try:
        return shape.model_validate_json(data)
    except ValidationError as error:
        raise Refused(
            "schema", f"{row.type}: {error.error_count()} fields are not as they should be", row.position
        ) from None
