"""`SiteJoined` of a log: both signatures verified, the tree of sites grown by one, the peer's first keys learnt."""

from __future__ import annotations

from typing import Final

import structlog

from shared.broker.tables import Connection
from shared.contracts.links import SITE_JOINED, LinkStatement, SigningKeyChanged, SiteJoined, SiteKeys
from shared.links.policy import refused_in_policy
from shared.links.statement import is_statement_signed, statement_bytes
from shared.receiver.reading import Refused, Row
from shared.receiver.receiving import expect, own_log
from shared.receiver.trust import checked_key, known_keys
from shared.sealing.keys import BadSignatureLine, PublicKey, parse_signature, public_key

_JOINED: Final = """
insert into linked_sites
       (parent, site, role, state, name, level, official_order, withheld, origin, position, statement, unchecked)
values ($1, $2, $3, 'joined', $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (parent, site) do update
   set role = excluded.role, state = 'joined', name = excluded.name, level = excluded.level,
       official_order = excluded.official_order, withheld = excluded.withheld, origin = excluded.origin,
       position = excluded.position, statement = excluded.statement, unchecked = excluded.unchecked, grounds = null
"""
_FIRST_KEY: Final = """
insert into origin_keys (site, service, key_id, public_key, from_position, named_by) values ($1, $2, $3, $4, 1, $5)
on conflict do nothing
"""
_OTHER_FIRST_KEY: Final = """
select exists (select from origin_keys where site = $1 and service = $2 and from_position = 1)
   and not exists (select from origin_keys where site = $1 and service = $2 and key_id = $3)
"""
_CLAIMED_BY: Final = "select string_agg(parent, ', ' order by parent) from linked_sites where site = $1"
_END_FIRST_KEYS: Final = """
update origin_keys as known set to_position = coalesce((select max(have) from receipts
       where origin like known.site || '/' || known.service || '/log/%'), 0)
 where site = $1 and service = $2 and key_id <> $3 and to_position is null
"""
_UNCHECKED: Final = """
select parent, statement, unchecked from linked_sites where site = $1 and role = 'lower' and unchecked is not null
"""
_CHECKED: Final = "update linked_sites set unchecked = null where parent = $1 and site = $2"
# The chain of sites above one, so far as this journal knows it.
_ABOVE: Final = """
with recursive above (site, depth) as (
    select $1::text collate "C", 0
    union
    select linked.parent, depth + 1 from linked_sites as linked join above on linked.site = above.site
     where linked.role = 'lower' and depth < 8
)
select exists (select from above where site = $2)
"""
_NAMED: Final = ("members", "activities", "reporting")

log = structlog.get_logger()


async def learn_joined(connection: Connection, own: str, site: str, row: Row, said: SiteJoined) -> None:
    """Take in that `site` and its peer are linked; raises `Refused`.

    What a site says of the site above it changes nothing here, unless it is the own site that says so.
    """
    statement, is_below = said.statement, said.role == "lower"
    upper, lower = statement.upper, statement.lower
    if (upper.site, lower.site) != ((site, said.peer) if is_below else (said.peer, site)):
        raise Refused(
            "statement", f"{SITE_JOINED}: the statement names other sites than {site} and its peer", row.position
        )
    if refused := refused_in_policy(statement.withheld_families):
        raise Refused("statement", f"{SITE_JOINED}: {refused[0]} may not be withheld", row.position)
    unchecked = None
    if is_below:
        if said.peer == own or await connection.fetchval(_ABOVE, site, said.peer):
            raise Refused("subtree", f"{said.peer} is not below {site}, it is above it", row.position)
        unchecked = await _verified(connection, row, said)
    if is_below or site == own:
        await _learn_keys(connection, own == site, row, lower if is_below else upper)
    peer = lower if is_below else upper
    await connection.execute(
        _JOINED, site, peer.site, said.role, peer.name, peer.level, said.official_order,
        list(statement.withheld_families), row.origin, row.position, statement_bytes(statement), unchecked,
    )  # fmt: skip
    if is_below:
        for service in ("members", "activities"):
            await expect(connection, own_log(peer.site, service))


async def _verified(connection: Connection, row: Row, said: SiteJoined) -> str | None:
    """The lower site's signature where it can be looked at only later; raises `Refused` for one that is not good."""
    statement = said.statement
    keys = await known_keys(connection, statement.upper.site, "members", row.position)
    if not is_statement_signed(statement, said.upper_signature, keys):
        raise Refused("statement", f"{SITE_JOINED}: {statement.upper.site} has not signed the statement", row.position)
    first = [key for service, key in _keys(row, statement.lower) if service == "members"]
    try:
        signer = parse_signature(said.lower_signature).key_id
    except BadSignatureLine as error:
        raise Refused("statement", f"{SITE_JOINED}: {error}", row.position) from None
    if signer not in {key.key_id for key in first}:
        known = await known_keys(connection, statement.lower.site, "members")
        if signer not in {key.key_id for key in known}:
            return said.lower_signature
        first = known
    if not is_statement_signed(statement, said.lower_signature, first):
        raise Refused("statement", f"{SITE_JOINED}: {statement.lower.site} has not signed the statement", row.position)
    return None


async def _learn_keys(connection: Connection, own_says: bool, row: Row, named: SiteKeys) -> None:
    for service, key in _keys(row, named):
        if await connection.fetchval(_OTHER_FIRST_KEY, named.site, service, key.key_id):
            if own_says:
                # Whom the own people linked is believed before anybody else, and before who bore the name until now:
                # what is held remains, and what the new one sends instead of it is a fork of its own link.
                log.error("first_key_replaced", site=named.site, service=service, key=key.key_id)
                await connection.execute(_END_FIRST_KEYS, named.site, service, key.key_id)
                await connection.execute(_FIRST_KEY, named.site, service, key.key_id, key.raw, SITE_JOINED)
                continue
            whose = await connection.fetchval(_CLAIMED_BY, named.site)
            known = f"another first key of {named.site}/{service} is known" + (
                f", from the link of {whose}" if whose else ""
            )
            raise Refused("keys", f"{SITE_JOINED}: {known}", row.position)
        await connection.execute(_FIRST_KEY, named.site, service, key.key_id, key.raw, SITE_JOINED)


def _keys(row: Row, named: SiteKeys) -> list[tuple[str, PublicKey]]:
    found = []
    try:
        for given in named.keys:
            if given.service not in _NAMED:
                raise ValueError(f"{given.service}: no service of a site")
            found.append((given.service, checked_key(given)))
    except ValueError as error:
        raise Refused("keys", f"{SITE_JOINED}: {error}", row.position) from None
    return found


async def learn_later_signature(connection: Connection, site: str, row: Row, data: str) -> None:
    """Look at a statement that `site` signed with the key its log names only now; raises `Refused`."""
    key = public_key(SigningKeyChanged.model_validate_json(data).key.public_key)
    for parent, statement, unchecked in await connection.fetch(_UNCHECKED, site):
        if parse_signature(unchecked).key_id != key.key_id:
            continue
        if not is_statement_signed(LinkStatement.model_validate_json(statement), unchecked, [key]):
            raise Refused("statement", f"{site} has not signed the statement of its link to {parent}", row.position)
        await connection.execute(_CHECKED, parent, site)
