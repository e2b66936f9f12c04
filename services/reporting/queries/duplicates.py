"""Joint activities of several courts, each counted once: what was confirmed as one, and what looks like one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import orjson

from services.reporting.queries.cross_court import Decisions, decisions_of, ranks_of
from services.reporting.queries.partners import KnownPartner, partners_of_courts
from shared.contracts.ids import joint_id
from shared.contracts.periods import period_span
from shared.projection.schema import Connection
from shared.rules.duplicates import (
    DAYS_APART,
    Groups,
    Key,
    Part,
    Recorded,
    Suspicion,
    merged_parts,
    suspicions,
)

# A record confirmed with another one is looked at on whatever day it lies.
_RECORDS: Final = """
select site, activity_id, number, title, date, first_day, last_day, joint, joint_modes
  from proj_activities.activities
 where site = any($1) and kind = 'joint_activity' and facts_at > 0 and state in ('held', 'recorded')
   and at_least is null and first_day <= $4
   and (first_day between $2 and $3 or (site, activity_id) in (select * from unnest($5::text[], $6::text[])))
 order by first_day, site, activity_id
"""


@dataclass(frozen=True)
class JointRecord:
    """A joint activity as one court recorded it; `written` are its participations as they stand there."""

    key: Key
    number: str | None
    title: str
    when: str
    first_day: date
    last_day: date
    modes: tuple[str, ...]
    agreement_id: str | None
    written: tuple[Mapping[str, Any], ...]
    parts: tuple[Part, ...]
    in_period: bool

    @property
    def recorded(self) -> Recorded:
        """What is compared with the records of other courts."""
        own = frozenset(part.unit for part in self.parts if part.own)
        others = frozenset(part.unit for part in self.parts if not part.own and part.unit[0])
        return Recorded(self.key, self.title, self.first_day, self.last_day, own, others)


@dataclass(frozen=True)
class JointActivity:
    """One activity; `records` of it, the one that counts first. `parts` of all of them, each unit once."""

    records: tuple[JointRecord, ...]

    @property
    def counted(self) -> JointRecord:
        return self.records[0]

    @property
    def joint_id(self) -> UUID:
        """By which all sites count it once."""
        site, record = self.counted.key
        return joint_id(site, UUID(record))

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        if len(self.records) == 1:
            return self.counted.parts
        return merged_parts([(record.key[0], record.parts) for record in self.records])

    @cached_property
    def seats(self) -> int:
        """Of all parts of which somebody says them."""
        return sum(part.seats or 0 for part in self.parts)

    @property
    def modes(self) -> set[str]:
        """What any of the courts says it was."""
        return {mode for record in self.records for mode in record.modes}


@dataclass(frozen=True)
class JointFigures:
    """`suspected`: so many fewer joint activities there are if every suspicion is confirmed."""

    joint: int
    suspected: int
    participations: int
    seats: int

    @property
    def words(self) -> str:
        """`41（疑似重复 6）`."""
        return f"{self.joint}（疑似重复 {self.suspected}）" if self.suspected else f"{self.joint}"


@dataclass(frozen=True)
class Duplicates:
    """What `duplicates_of` found: ask `figures` and `activities` of any of its courts, without asking again.

    `records` by day, then by key.
    """

    records: Mapping[Key, JointRecord]
    decisions: Decisions
    suspected: tuple[Suspicion, ...]
    partners: Mapping[Key, KnownPartner]

    @cached_property
    def _groups(self) -> Groups:
        return Groups(self.decisions.confirmed)

    @cached_property
    def _by_site(self) -> dict[str, list[Key]]:
        found: defaultdict[str, list[Key]] = defaultdict(list)
        for key in self.records:
            found[key[0]].append(key)
        return dict(found)

    @cached_property
    def _suspected_by_site(self) -> dict[str, list[Suspicion]]:
        found: defaultdict[str, list[Suspicion]] = defaultdict(list)
        for one in self.suspected:
            found[one.first[0]].append(one)
        return dict(found)

    @cached_property
    def _alone(self) -> dict[Key, JointActivity]:
        """Of records that are one with no other; asked for again with every bundle of courts."""
        return {
            key: JointActivity((record,)) for key, record in self.records.items() if not self._groups.is_joined(key)
        }

    @cached_property
    def _places(self) -> dict[Key, int]:
        """By day, as the records were read."""
        return {key: place for place, key in enumerate(self.records)}

    @cached_property
    def _not_counting(self) -> set[Key]:
        return {second for _, second in self.decisions.confirmed}

    @property
    def confirmed(self) -> list[JointActivity]:
        """Those recorded by several courts and confirmed to be one."""
        return [one for one in self.activities(self._by_site) if len(one.records) > 1]

    def activities(self, sites: Collection[str]) -> list[JointActivity]:
        """The joint activities that the courts `sites` recorded in the period, by day."""
        return [one for one in self.known(sites) if one.counted.in_period]

    def known(self, sites: Collection[str]) -> list[JointActivity]:
        """The same without regard to the period: what was asked for as well since an earlier day."""
        wanted, seen, found = set(sites), set[Key](), list[JointActivity]()
        for key in (key for site in sorted(wanted) for key in self._by_site.get(site, [])):
            if key in self._alone:
                found.append(self._alone[key])
            elif key not in seen:
                group = [one for one in self._groups.of(key) if one[0] in wanted and one in self.records]
                seen |= set(group)
                group.sort(key=lambda one: (one in self._not_counting, one))
                found.append(JointActivity(tuple(self.records[one] for one in group)))
        return sorted(found, key=lambda one: self._places[one.counted.key])

    def figures(self, sites: Collection[str]) -> JointFigures:
        """Of the courts together: an activity once, a unit's part once, the seats as its own court recorded them."""
        found = self.activities(sites)
        counted = {record.key for one in found for record in one.records}
        asked = (one for site in set(sites) for one in self._suspected_by_site.get(site, []))
        suspected = sum(one.first in counted and one.second in counted for one in asked)
        participations, seats = sum(len(one.parts) for one in found), sum(one.seats for one in found)
        return JointFigures(len(found), suspected, participations, seats)


async def duplicates_of(
    connection: Connection, sites: Collection[str], period: str | int, as_of: date, since: date | None = None
) -> Duplicates:
    """Joint activities of the courts `sites` in a period (`2024`, `2024-H1`, …) up to `as_of`, and which are one.

    `known` tells also of those since an earlier day `since`.
    """
    first, last = period_span(str(period))
    ranks = await ranks_of(connection)
    decisions = await decisions_of(connection, ranks)
    partners = await partners_of_courts(connection, sites, ranks)
    confirmed = {key for pair in decisions.confirmed for key in pair}
    beyond = timedelta(days=DAYS_APART)
    rows = await connection.fetch(
        _RECORDS, list(sites), min(since or first, first) - beyond, last + beyond, as_of, *_columns(confirmed)
    )
    records = {record.key: record for row in rows if (record := _record(row, partners, first, last))}
    suspected = suspicions([record.recorded for record in records.values()], decisions.confirmed, decisions.rejected)
    asked = tuple(one for one in suspected if records[one.first].in_period or records[one.second].in_period)
    return Duplicates(records, decisions, asked, partners)


def _columns(keys: Iterable[Key]) -> tuple[list[str], list[str]]:
    return [site for site, _ in keys], [one for _, one in keys]


def _record(row: Any, partners: Mapping[Key, KnownPartner], first: date, last: date) -> JointRecord:
    joint, site = orjson.loads(row["joint"] or "null") or {}, row["site"]
    parts = tuple(_part(site, one, partners) for one in joint.get("participations", []))
    return JointRecord(
        (site, row["activity_id"]), row["number"], row["title"], row["date"], row["first_day"], row["last_day"],
        tuple(orjson.loads(row["joint_modes"] or "[]")), joint.get("agreement_id"),
        tuple(joint.get("participations", [])), parts,
        first <= row["first_day"] and row["last_day"] <= last,
    )  # fmt: skip


def _part(site: str, one: Mapping[str, Any], partners: Mapping[Key, KnownPartner]) -> Part:
    """A partner that is no linked court goes by its name, one that was undone by its id."""
    kind, party_id = one["party"]["party_kind"], one["party"]["party_id"]
    seats = one.get("seats")
    if kind == "own_unit":
        unit = site, party_id
        return Part(unit, seats, True, unit)
    partner = partners.get((site, party_id))
    if partner is None:
        unit = "", party_id
        return Part(unit, seats, False, unit)
    return Part(partner.unit or partner.by_name, seats, False, partner.claimed or partner.by_name)
