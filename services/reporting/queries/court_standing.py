# ruff: noqa: S608 - what stands in the statements are constants of this program
"""How far and how completely each court is received: 连通 and 收齐, for all courts by one question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.reporting.projections import PROJECTIONS
from services.reporting.queries.court_tree import CourtBelow, CourtTree
from shared.projection import Projection
from shared.projection.schema import Connection


def _cursors(projections: Iterable[Projection]) -> str:
    return " union all ".join(
        f"select asked.origin, coalesce(cursors.position, 0) as position from asked"
        f" left join {one.schema}.cursors using (origin) where split_part(asked.origin, '/', 2) = '{one.service}'"
        for one in projections
    )


# Of each log its latest epoch: the one before it has no news any more.
_STANDING: Final = f"""
with asked as (
    select distinct on (split_part(origin, '/', 1), split_part(origin, '/', 2)) origin,
           split_part(origin, '/', 1) as site, split_part(origin, '/', 2) as service
      from receipts where split_part(origin, '/', 1) = any($1) and split_part(origin, '/', 3) = 'log'
     order by 2, 3, split_part(origin, '/', 4)::bigint desc
), projected as (select origin, min(position) as position from ({_cursors(PROJECTIONS)}) as told group by origin
), unread as (select origin, count(*) as events from ({
    " union ".join(f"select origin, position from {one.schema}.passed_over" for one in PROJECTIONS)
}) as told group by origin)
select origin, site, service, have as received, head as sealed_to,
       least(head_time, head_seen) as head_time, projected.position as projected,
       coalesce(events, 0) as passed_over, case when projected.position = have then encode(receipts.h, 'hex')
       else (select encode(journal.h, 'hex') from journal where journal.origin = asked.origin
                and journal.position = projected.position) end as h
  from asked join receipts using (origin) left join projected using (origin) left join unread using (origin)
 order by site, service
"""

_STOPPED: Final = """
select link, reason, origin, position from inbound_links where suspended_at is not null and starts_with(link, 'up.')
"""


@dataclass(frozen=True)
class OriginStanding:
    """One log: `sealed_to` is what its source's latest signed head announces, `head_time` that head's own time."""

    origin: str
    service: str
    received: int
    projected: int
    sealed_to: int | None
    head_time: datetime | None
    passed_over: int
    h: str | None

    @property
    def is_all_here(self) -> bool:
        """Everything announced is received and projected."""
        return self.sealed_to is not None and self.projected >= max(self.sealed_to, self.received)


@dataclass(frozen=True)
class Stopped:
    """Why nothing comes by a link: what a person said, or what reporting found (`reason` of the quarantine)."""

    site: str
    name: str
    by: str
    reason: str | None
    origin: str | None = None
    position: int | None = None


@dataclass(frozen=True)
class CourtStanding:
    """`connected` (连通): the heads of both logs are young enough.

    `complete` (收齐): connected, everything announced is received and projected, and no link on the way is stopped.
    """

    site: str
    origins: tuple[OriginStanding, ...]
    connected: bool
    complete: bool
    head_time: datetime | None
    stopped: Stopped | None

    @property
    def passed_over(self) -> int:
        return sum(origin.passed_over for origin in self.origins)


async def court_standings(
    connection: Connection, tree: CourtTree, now: datetime, head_max_age_seconds: float
) -> dict[str, CourtStanding]:
    """Every court of the tree by site; `head_max_age_seconds`: a head older than that is an outage."""
    origins: dict[str, list[OriginStanding]] = {site: [] for site in tree.sites}
    for row in await connection.fetch(_STANDING, tree.sites):
        origins[row["site"]].append(
            OriginStanding(row["origin"], row["service"], row["received"], row["projected"] or 0, row["sealed_to"],
                           row["head_time"], row["passed_over"], row["h"])
        )  # fmt: skip
    links = {row["link"].removeprefix("up."): row for row in await connection.fetch(_STOPPED)}
    return {
        court.site: _standing(court, origins[court.site], _stopped(tree, court, links), now, head_max_age_seconds)
        for court in tree.courts
    }


def _standing(
    court: CourtBelow, origins: Sequence[OriginStanding], stopped: Stopped | None, now: datetime, max_age: float
) -> CourtStanding:
    times = [origin.head_time for origin in origins]
    oldest = min((time for time in times if time is not None), default=None) if None not in times else None
    both = {origin.service for origin in origins} >= {"members", "activities"}
    young = oldest is not None and (now - oldest).total_seconds() <= max_age
    connected = both and young
    complete = connected and stopped is None and all(origin.is_all_here for origin in origins)
    return CourtStanding(court.site, tuple(origins), connected, complete, oldest, stopped)


def _stopped(tree: CourtTree, court: CourtBelow, links: Mapping[str, Any]) -> Stopped | None:
    """The first link from here downwards that is stopped: what lies below it stands still as well."""
    for on_the_way in reversed(tree.path(court.site)):
        if on_the_way.link in ("suspended", "revoked"):
            return Stopped(on_the_way.site, on_the_way.name, on_the_way.link, on_the_way.grounds)
        found = links.get(on_the_way.site) if on_the_way.depth == 1 else None
        if found is not None:
            return Stopped(
                on_the_way.site, on_the_way.name, "refused", found["reason"], found["origin"], found["position"]
            )
    return None
