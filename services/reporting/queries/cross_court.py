"""What people decided about records of several courts, as far as it counts: each court decides for itself and below."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.projection.schema import Connection
from shared.rules.duplicates import Key, Unit

# Also of revoked links: what was decided while a court was below stays.
_UPPER: Final = "select peer as site, site as upper from proj_links.links where role = 'lower' and joined_at > 0"
_DUPLICATES: Final = """
select site, duplicate_id, decision, first_site, first_id, second_site, second_id from proj_cross_court.duplicates
 where decision in ('confirmed', 'rejected') order by site
"""
_CLAIMS: Final = """
select site, recorded_by, partner_id, court, branch_id from proj_cross_court.partner_claims
 where state = 'claimed' order by site
"""


class Ranks:
    """Who is above whom."""

    def __init__(self, upper: Mapping[str, set[str]]) -> None:
        self._upper = upper

    def above(self, site: str) -> set[str]:
        """The court itself and every court above it."""
        found, next_ones = {site}, [site]
        while next_ones:
            more = self._upper.get(next_ones.pop(), set()) - found
            found |= more
            next_ones += more
        return found

    def covers(self, decider: str, *sites: str) -> bool:
        """Whether every one of `sites` is the decider itself or below it."""
        return all(decider in self.above(site) for site in sites)

    def height(self, site: str) -> int:
        """How many courts are above it: the word of the one with the fewest counts."""
        return len(self.above(site)) - 1


@dataclass(frozen=True)
class Decisions:
    """Pairs of records: `confirmed` with the one first that counts, `rejected`; both by whom, by pair."""

    confirmed: tuple[tuple[Key, Key], ...]
    rejected: tuple[tuple[Key, Key], ...]
    by: Mapping[frozenset[Key], str]


@dataclass(frozen=True)
class Claim:
    """Somebody's word that a partner is a unit of a court; `covers` whether that partner's records are the decider's.

    Whoever is named by the partner may say so as well, whoever recorded it.
    """

    by: str
    unit: Unit
    covers: bool


async def ranks_of(connection: Connection) -> Ranks:
    """Every link that ever was, as the upper courts record them."""
    upper: defaultdict[str, set[str]] = defaultdict(set)
    for row in await connection.fetch(_UPPER):
        upper[row["site"]].add(row["upper"])
    return Ranks(upper)


async def decisions_of(connection: Connection, ranks: Ranks) -> Decisions:
    """What counts: by a court over records of itself and below; of several, the uppermost court's."""
    latest: dict[str, Any] = {}
    for row in await connection.fetch(_DUPLICATES):
        if not ranks.covers(row["site"], row["first_site"], row["second_site"]):
            continue
        known = latest.get(row["duplicate_id"])
        if known is None or ranks.height(row["site"]) < ranks.height(known["site"]):
            latest[row["duplicate_id"]] = row
    said: dict[str, list[tuple[Key, Key]]] = {"confirmed": [], "rejected": []}
    by = {}
    for row in latest.values():
        pair = (row["first_site"], row["first_id"]), (row["second_site"], row["second_id"])
        said[row["decision"]].append(pair)
        by[frozenset(pair)] = row["site"]
    return Decisions(tuple(sorted(said["confirmed"])), tuple(sorted(said["rejected"])), by)


async def claims_of(connection: Connection, ranks: Ranks) -> dict[Key, list[Claim]]:
    """Claims by the partner they are about (who recorded it, and its id there), the uppermost court's first."""
    claims: defaultdict[Key, list[Claim]] = defaultdict(list)
    for row in await connection.fetch(_CLAIMS):
        of_own = ranks.covers(row["site"], row["recorded_by"])
        if of_own or ranks.covers(row["site"], row["court"]):
            claim = Claim(row["site"], (row["court"], row["branch_id"] or ""), of_own)
            claims[row["recorded_by"], row["partner_id"]].append(claim)
    for found in claims.values():
        found.sort(key=lambda claim: (ranks.height(claim.by), not claim.covers, claim.by))
    return dict(claims)
