"""The courts of a jurisdiction in official order: this court, its lower courts, theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from shared.projection.schema import Connection

LinkState = Literal["own", "joined", "suspended", "revoked"]

# What either side says of the link: the upper court in its log, the lower one in its own. What the lower one has not
# signed with a key that is known is a claim, no fact.
_LINKS: Final = """
select below.site as upper, below.peer as site, coalesce(court.name, below.name) as name,
       coalesce(court.level, below.level) as level, below.official_order,
       case when 'revoked' in (below.state, own.state) then 'revoked'
            when 'suspended' in (below.state, own.state) then 'suspended' else 'joined' end as state,
       case when below.state = 'joined' then own.grounds else below.grounds end as grounds
  from proj_links.links as below
  left join proj_links.links as own on own.site = below.peer and own.peer = below.site and own.role = 'upper'
  left join proj_units.courts as court on court.site = below.peer
 where below.role = 'lower' and below.joined_at > 0
   and not exists (select from linked_sites as claim
                    where (claim.parent, claim.site) = (below.site, below.peer) and claim.unchecked is not null)
 order by below.official_order nulls last, below.peer
"""
_HAS_LOWER: Final = "select exists (select from proj_links.links where site = $1 and role = 'lower' and joined_at > 0)"


@dataclass(frozen=True)
class CourtBelow:
    """A court of the tree; `upper` is None for the court the tree belongs to, `depth` 0."""

    site: str
    name: str
    level: str | None
    upper: str | None
    depth: int
    link: LinkState
    grounds: str | None = None


@dataclass(frozen=True)
class CourtTree:
    """`courts` in official order, each followed by those below it; every court once. `whole` is what it is part of."""

    courts: tuple[CourtBelow, ...]
    whole: CourtTree | None = None

    @property
    def sites(self) -> list[str]:
        return [court.site for court in self.courts]

    @property
    def names(self) -> dict[str, str]:
        """The courts' names by site."""
        return {court.site: court.name for court in self.courts}

    @property
    def lower(self) -> tuple[CourtBelow, ...]:
        """All but the first."""
        return self.courts[1:]

    def find(self, site: str) -> CourtBelow | None:
        """The court, None where it is not of this jurisdiction."""
        return next((court for court in self.courts if court.site == site), None)

    def subtree(self, site: str) -> list[str]:
        """The court and all below it."""
        found = [site]
        for court in self.courts:
            if court.upper in found:
                found.append(court.site)
        return found

    def path(self, site: str) -> list[CourtBelow]:
        """From the court itself up to the one below the root: the links that its records come by."""
        by_site = {court.site: court for court in (self.whole or self).courts}
        path = []
        court = by_site.get(site)
        while court is not None and court.upper is not None:
            path.append(court)
            court = by_site.get(court.upper)
        return path


async def court_tree(connection: Connection, site: str, site_name: str) -> CourtTree:
    """The courts known to be below `site`. Who changed the upper court stands below the one it has now."""
    rows = await connection.fetch(_LINKS)
    live = {row["site"] for row in rows if row["state"] != "revoked"}
    below: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["state"] != "revoked" or row["site"] not in live:
            below.setdefault(row["upper"], []).append(dict(row))
    own = await connection.fetchrow("select name, level from proj_units.courts where site = $1", site)
    root = CourtBelow(site, own["name"] if own else site_name, own["level"] if own else None, None, 0, "own")
    return CourtTree((root, *_under(root, below, {site})))


def _under(upper: CourtBelow, below: Mapping[str, list[Mapping[str, Any]]], seen: set[str]) -> Iterator[CourtBelow]:
    for row in below.get(upper.site, []):
        if row["site"] in seen:
            continue
        seen.add(row["site"])
        court = CourtBelow(
            row["site"], row["name"] or row["site"], row["level"], upper.site, upper.depth + 1, row["state"],
            None if row["state"] == "joined" else row["grounds"],
        )  # fmt: skip
        yield court
        yield from _under(court, below, seen)


async def has_lower_courts(connection: Connection, site: str) -> bool:
    """Whether there is a jurisdiction to look at."""
    return bool(await connection.fetchval(_HAS_LOWER, site))
