"""Links: statements that both sites signed, and what receiving has found wrong already (forks, stopped links)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final

import asyncpg
from pydantic import ValidationError

from shared.contracts.links import LinkStatement, SiteJoined
from shared.links.statement import is_statement_signed, statement_bytes
from shared.sealing.keys import BadSignatureLine, PublicKey, parse_signature, public_key
from shared.verification.findings import Verdict

# Where the log has gone on from before that in an epoch that was accepted, a person has decided; the proof stays.
_FORKS: Final = """
select origin, min(position) as position from forks
 where not exists (
           select from epochs
            where epochs.site = split_part(forks.origin, '/', 1) and epochs.service = split_part(forks.origin, '/', 2)
              and epochs.epoch > split_part(forks.origin, '/', 4)::bigint and epochs.said_by <> epochs.site
              and epochs.kept_to < forks.position)
 group by origin order by origin
"""
_STOPPED: Final = """
select link, reason, origin, position from inbound_links
 where suspended_at is not null and reason <> 'person' order by link
"""
_STATEMENTS: Final = """
select linked.parent, linked.site, linked.role, linked.position, linked.statement, linked.unchecked, journal.data
  from linked_sites as linked left join journal using (origin, position)
 where linked.statement is not null order by linked.parent, linked.site
"""
# Whom a court says to be below it, and how it stands itself: the roots are below nobody.
_CLAIMS: Final = """
select parent, site, origin, position, unchecked is not null as unchecked, state = 'revoked' as revoked
  from linked_sites where role = 'lower' order by parent, site
"""
_KEYS: Final = "select public_key from origin_keys where site = $1 and service = 'members'"


async def verify_links(pool: asyncpg.Pool, verdict: Verdict) -> None:
    """Note every fork kept as proof, every link stopped for what it delivered, every statement not signed by both."""
    for row in await pool.fetch(_FORKS):
        verdict.differs("forks", row["origin"], row["position"], "收到过另一份已签名的历史，两份签封都已留存")
    for row in await pool.fetch(_STOPPED):
        at = "-" if row["position"] is None else row["position"]
        verdict.differs("links", row["link"], at, f"因 {row['reason']} 停收（{row['origin'] or '未指明来源'}）")
    for row in await pool.fetch(_STATEMENTS):
        if problem := await _wrong(pool, row):
            verdict.differs("statements", f"{row['parent']}/{row['site']}", row["position"], problem)
        else:
            verdict.checked["statements"] += 1
    _verify_claims(await pool.fetch(_CLAIMS), verdict)


def _verify_claims(claims: Sequence[asyncpg.Record], verdict: Verdict) -> None:
    """Note what a court says of one below it that has not signed so with a known key, and who contradicts another."""
    uppers = _uppers(claims)
    for claim in claims:
        if claim["unchecked"] and claim["parent"] in uppers.get(claim["site"], {}):
            verdict.unchecked.append(_unchecked(claim))
    for site, parents in uppers.items():
        checked = [parent for parent in parents if parents[parent]]
        against = [
            (one, other)
            for one, other in combinations(parents, 2)
            if (one in checked) != (other in checked) or not _is_above(uppers, one, other)
        ]
        if against:
            verdict.differs("claims", site, "-", f"{' 和 '.join(against[0])} 都称它是自己的下级")


def _uppers(claims: Sequence[asyncpg.Record]) -> dict[str, dict[str, bool]]:
    """The courts that say a court is below them, and whether that is checked, as far as links still lead to them."""
    below = {claim["site"] for claim in claims}
    reached = {claim["parent"] for claim in claims} - below
    found: dict[str, dict[str, bool]] = {}
    waiting = sorted(reached)
    while waiting:
        parent = waiting.pop(0)
        for claim in claims:
            if claim["parent"] == parent and not claim["revoked"]:
                found.setdefault(claim["site"], {})[parent] = not claim["unchecked"]
                if claim["site"] not in reached:
                    reached.add(claim["site"])
                    waiting.append(claim["site"])
    return found


def _is_above(uppers: Mapping[str, Mapping[str, bool]], one: str, other: str) -> bool:
    """Whether one of the two courts is above the other."""

    def leads(low: str, high: str, seen: frozenset[str]) -> bool:
        ways = uppers.get(low, {}).keys() - seen
        return high in ways or any(leads(way, high, seen | ways) for way in ways)

    return leads(one, other, frozenset()) or leads(other, one, frozenset())


def _unchecked(claim: asyncpg.Record) -> str:
    parent, site = claim["parent"], claim["site"]
    return (
        f"{parent} 称 {site} 是其下级（{claim['origin']} 第 {claim['position']} 条），"
        f"但 {site} 签名用的密钥这里还不知道，在此之前不计入辖区：与 {site} 电话核对指纹；"
        f"属实的，其日志送到后自会核对；不实的，lianjian link suspend {parent} --grounds 理由"
    )


async def _wrong(pool: asyncpg.Pool, row: asyncpg.Record) -> str | None:
    """What is wrong with a statement, against the event it was learnt from."""
    try:
        said = SiteJoined.model_validate_json(row["data"] or "")
    except ValidationError:
        return "账本里没有这一联通说明"
    # The fingerprint on the screens is that of the copy.
    if statement_bytes(said.statement) != bytes(row["statement"]):
        return "联通说明（其指纹）与账本所载不同"
    # A lower site does not hold its upper's log: a later key of that one it knows by the sealed event alone.
    later_is_known = row["role"] == "lower"
    upper, lower = said.statement.upper, said.statement.lower
    for named, line in ((upper, said.upper_signature), (lower, said.lower_signature)):
        first = [public_key(key.public_key) for key in named.keys if key.service == "members"]
        keys = first + [PublicKey(key["public_key"]) for key in await pool.fetch(_KEYS, named.site)]
        if _is_forged(said.statement, line, keys, later_is_known and line != row["unchecked"]):
            return f"{named.site} 的签名与联通说明不符"
    return None


def _is_forged(statement: LinkStatement, line: str, keys: list[PublicKey], must_be_known: bool) -> bool:
    try:
        signer = parse_signature(line).key_id
    except BadSignatureLine:
        return True
    if signer not in {key.key_id for key in keys}:
        return must_be_known
    return not is_statement_signed(statement, line, keys)
