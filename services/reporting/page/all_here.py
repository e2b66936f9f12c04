"""Which courts of a jurisdiction a page may lack records of: said wherever their figures are added."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from services.reporting.queries.court_standing import court_standings
from services.reporting.queries.court_tree import CourtTree
from services.reporting.queries.overview_answers import Viewer
from shared.projection.schema import Connection


@dataclass(frozen=True)
class AllHere:
    """Of so many courts all records that they announced are here (收齐), but not of those in `missing`."""

    courts: int
    missing: tuple[str, ...]


async def all_here(connection: Connection, viewer: Viewer, tree: CourtTree, sites: Collection[str]) -> AllHere:
    """Of the courts `sites` of the tree, by name in official order."""
    standings = await court_standings(connection, tree, viewer.now, viewer.head_max_age_seconds)
    asked = [court for court in tree.courts if court.site in sites]
    return AllHere(len(asked), tuple(court.name for court in asked if not standings[court.site].complete))
