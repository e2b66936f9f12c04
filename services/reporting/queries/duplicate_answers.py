"""What a person is asked about: records that look like one activity, partners named like a linked court."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from typing import Any

import asyncpg

from services.reporting.queries.answers import Answer, answer, completeness, snapshot
from services.reporting.queries.court_tree import CourtTree, court_tree
from services.reporting.queries.duplicates import Duplicates, JointRecord, duplicates_of
from services.reporting.queries.obligations import names_of
from services.reporting.queries.partners import KnownPartner
from services.reporting.queries.units import units_of_courts
from shared.projection.schema import Connection
from shared.rules.duplicates import Key, Suspicion, Unit


@dataclass(frozen=True)
class AskedAbout:
    """Everything there is to decide in the jurisdiction; `names` of units with their court."""

    tree: CourtTree
    found: Duplicates
    names: Mapping[Unit, str]

    @property
    def partners(self) -> list[KnownPartner]:
        """Partners that are claimed or named like a court, each once, by who recorded them."""
        every = {one.key: one for one in self.found.partners.values() if one.claimed or one.named}
        order = {site: place for place, site in enumerate(self.tree.sites)}
        return sorted(every.values(), key=lambda one: (order[one.key[0]], one.name, one.key))

    @property
    def suggested(self) -> list[KnownPartner]:
        """Named like a linked court, claimed by nobody."""
        return [one for one in self.partners if one.claimed is None]

    def court(self, site: str) -> str:
        """A court by its name."""
        return self._courts.get(site, site)

    @cached_property
    def _courts(self) -> dict[str, str]:
        return {court.site: court.name for court in self.tree.courts}

    def unit(self, unit: Unit) -> str:
        """A unit with its court; the house where that is all there is."""
        return self.names.get(unit) or self.court(unit[0])

    def party(self, site: str, party: Mapping[str, str]) -> str:
        """A party as the court `site` wrote it."""
        if party["party_kind"] == "own_unit":
            return self.unit((site, party["party_id"]))
        partner = self.found.partners.get((site, party["party_id"]))
        return "（已撤销）" if partner is None else partner.name


async def asked_about(connection: Connection, site: str, site_name: str, period: str, as_of: date) -> AskedAbout:
    """For the court `site` and all below it."""
    tree = await court_tree(connection, site, site_name)
    found = await duplicates_of(connection, tree.sites, period, as_of)
    units = await units_of_courts(connection, tree.sites)
    courts = {court.site: court.name for court in tree.courts}
    names = {(one, unit): courts[one] + name for one in units for unit, name in names_of(units[one]).items()}
    rows = await connection.fetch(
        "select site, party_committee_id from proj_units.courts where site = any($1)", tree.sites
    )
    names |= {(row["site"], row["party_committee_id"]): courts[row["site"]] + "机关党委" for row in rows}
    return AskedAbout(tree, found, names)


async def duplicates(pool: asyncpg.Pool, site: str, site_name: str, period: str, as_of: date) -> Answer:
    """Suspected pairs with their reasons, and what was decided of records in the period."""
    async with snapshot(pool) as connection:
        asked = await asked_about(connection, site, site_name, period, as_of)
        origins = await completeness(connection, *asked.tree.sites)
    found = asked.found
    content = {
        "period": period,
        "as_of": as_of.isoformat(),
        "figures": asdict(found.figures(asked.tree.sites)),
        "suspected": [_suspicion(asked, one) for one in found.suspected],
        "confirmed": [[_record(asked, record) for record in one.records] for one in found.confirmed],
        "rejected": [
            [_record(asked, found.records[key]) for key in pair]
            for pair in found.decisions.rejected
            if all(key in found.records for key in pair)
        ],
    }
    return answer(content, origins)


async def partner_claims(pool: asyncpg.Pool, site: str, site_name: str, as_of: date) -> Answer:
    """Partners named like a linked court that nobody has claimed, and those that are claimed."""
    async with snapshot(pool) as connection:
        asked = await asked_about(connection, site, site_name, str(as_of.year), as_of)
        origins = await completeness(connection, *asked.tree.sites)
    content = {
        "suggested": [_partner(asked, one) for one in asked.suggested],
        "claimed": [_partner(asked, one) for one in asked.partners if one.claimed],
    }
    return answer(content, origins)


def _suspicion(asked: AskedAbout, one: Suspicion) -> dict[str, Any]:
    return {
        "first": _record(asked, asked.found.records[one.first]),
        "second": _record(asked, asked.found.records[one.second]),
        "mirrored": [asked.unit(unit) for unit in one.mirrored],
        "days_apart": one.days_apart,
        "similarity_percent": round(100 * one.similarity),
    }


def _record(asked: AskedAbout, record: JointRecord) -> dict[str, Any]:
    site, activity_id = record.key
    parties = [{"name": asked.party(site, one["party"]), "seats": one.get("seats")} for one in record.written]
    return {
        "site": site, "court": asked.court(site), "activity_id": activity_id, "number": record.number,
        "title": record.title, "date": record.when, "joint_modes": record.modes, "parties": parties,
    }  # fmt: skip


def _partner(asked: AskedAbout, one: KnownPartner) -> dict[str, Any]:
    unit: Key | None = one.unit
    assert unit is not None  # only these are listed
    return {
        "recorded_by": one.key[0], "recorded_by_name": asked.court(one.key[0]), "partner_id": one.key[1],
        "name": one.name, "court": unit[0], "branch_id": unit[1] or None, "unit": asked.unit(unit),
        "claimed_by": one.claimed_by,
    }  # fmt: skip
