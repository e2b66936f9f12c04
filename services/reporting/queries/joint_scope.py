"""Joint construction across the courts of a jurisdiction: who is joined with whom, each pair and activity once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final

import orjson

from services.reporting.queries.court_tree import CourtBelow
from services.reporting.queries.duplicates import Duplicates, JointActivity, duplicates_of
from services.reporting.queries.obligations import names_of
from services.reporting.queries.partners import KnownPartner
from services.reporting.queries.units import counting_day, existing, units_of_courts
from shared.contracts.kinds import JOINT_MODES
from shared.projection.schema import Connection
from shared.rules.duplicates import Key, Unit
from shared.rules.joint import DORMANT_DAYS, Direction, direction

# In force as the own court's page has it (queries.joint).
_AGREEMENTS: Final = """
select * from (
  select site, agreement_id, proposer, parties, joint_modes,
         case state when 'ended' then coalesce(ended_day, term_to, (date_trunc('year', signed_day)
                                               + interval '1 year - 1 day')::date) else term_to end as in_force_to,
         state
    from proj_joint.agreements
   where site = any($1) and facts_at > 0 and state in ('signed', 'ended') and coalesce(signed_day, $3) <= $3) as known
 where in_force_to >= $2 or (in_force_to is null and state = 'signed')
"""
_LINES: Final = """
select site, branch_id, business_line from proj_units.branch_lines
 where site = any($1) and business_line is not null
"""
_COMMITTEES: Final = "select site, party_committee_id from proj_units.courts where site = any($1)"


@dataclass
class Tie:
    """Two units of different courts, the lower one first: what binds them, where they met, whether it lies dormant."""

    ends: tuple[Unit, Unit]
    agreements: set[Key] = field(default_factory=set)
    activities: set[Key] = field(default_factory=set)
    running: bool = False
    dormant: bool = False


@dataclass(frozen=True)
class JointScope:
    """Everything of the courts `courts` (official order) in a year; `branches` by court, in official order.

    `names` also of units that are no branches; `outside`: the levels of partners that are no linked court, by name.
    """

    day: date
    courts: tuple[CourtBelow, ...]
    branches: Mapping[str, Mapping[str, str]]
    names: Mapping[Unit, str]
    lines: Mapping[Unit, str]
    outside: Mapping[str, str]
    found: Duplicates
    activities: tuple[JointActivity, ...]
    ties: tuple[Tie, ...]
    agreements: int
    agreement_modes: Mapping[str, int]

    @property
    def sites(self) -> list[str]:
        return [court.site for court in self.courts]

    @cached_property
    def court_names(self) -> dict[str, str]:
        return {court.site: court.name for court in self.courts}

    @cached_property
    def bound(self) -> list[Tie]:
        """Partnerships: pairs with an agreement."""
        return [tie for tie in self.ties if tie.agreements]

    @property
    def met_only(self) -> list[Tie]:
        """Contacts without an agreement."""
        return [tie for tie in self.ties if tie.activities and not tie.agreements]

    @cached_property
    def covered(self) -> set[Unit]:
        """Branches with an agreement, whoever recorded it."""
        return {end for tie in self.bound for end in tie.ends if end[1] in self.branches.get(end[0], {})}

    @cached_property
    def modes(self) -> dict[str, int]:
        """Activities by mode; one may have several, and none is `unstated`."""
        counted = Counter(mode for one in self.activities for mode in one.modes)
        unstated = sum(not one.modes for one in self.activities)
        return {mode: counted[mode] for mode in JOINT_MODES.values()} | {"unstated": unstated}

    def name(self, unit: Unit) -> str:
        """The unit in its court; where only the house is known, empty; somebody outside by the name."""
        return self.names.get(unit, "") if unit[0] else unit[1]

    def level(self, unit: Unit) -> str:
        """The level of the court it belongs to."""
        return self._levels.get(unit[0]) or self.outside.get(unit[1], "outside")

    @cached_property
    def _levels(self) -> dict[str, str | None]:
        return {court.site: court.level for court in self.courts}

    def coverage(self, by: Mapping[Unit, str]) -> dict[str, tuple[int, int]]:
        """By what `by` says of a branch: how many have an agreement, of how many."""
        covered, all_of = Counter(by[unit] for unit in self.covered if unit in by), Counter(by.values())
        return {which: (covered[which], number) for which, number in all_of.items()}

    @cached_property
    def branch_levels(self) -> dict[Unit, str]:
        levels = self._levels
        return {(site, one): levels[site] or "outside" for site, found in self.branches.items() for one in found}

    @property
    def branch_lines(self) -> dict[Unit, str]:
        """Every branch, `""` where no line is assigned."""
        return {unit: self.lines.get(unit, "") for unit in self.branch_levels}

    @property
    def matrix(self) -> Counter[tuple[str, str]]:
        """Partnerships by the levels of both ends, seen from either end; of one level once."""
        counted: Counter[tuple[str, str]] = Counter()
        for tie in self.bound:
            one, other = (self.level(end) for end in tie.ends)
            counted.update({(one, other), (other, one)})
        return counted

    @property
    def directions(self) -> Counter[str]:
        """Partnerships between levels (`vertical`), on one level (`peer`), and with others (`outside`)."""
        seen: dict[Direction, str] = {"upper": "vertical", "lower": "vertical", "peer": "peer", "outside": "outside"}
        return Counter(seen[direction(*(self.level(end) for end in tie.ends))] for tie in self.bound)


async def joint_scope(connection: Connection, courts: Collection[CourtBelow], year: int, as_of: date) -> JointScope:
    """Joint construction of `courts` in `year`; a fixed number of questions, however many courts."""
    sites, first, day = [court.site for court in courts], date(year, 1, 1), counting_day(year, as_of)
    found = await duplicates_of(connection, sites, year, as_of, since=day - timedelta(days=DORMANT_DAYS))
    units = await units_of_courts(connection, sites)
    branches = {site: {one.id: one.name for one in existing(units[site], day).branches} for site in sites}
    names = {(site, one): name for site, every in units.items() for one, name in names_of(every).items()}
    for row in await connection.fetch(_COMMITTEES, sites):
        names[row["site"], row["party_committee_id"]] = "机关党委"
    rows = await connection.fetch(_AGREEMENTS, sites, first, day)
    lines = {(row["site"], row["branch_id"]): row["business_line"] for row in await connection.fetch(_LINES, sites)}
    outside = {one.by_name[1]: one.level for one in found.partners.values() if one.claimed is None}
    activities = tuple(found.activities(sites))
    return JointScope(
        day, tuple(courts), branches, names, lines, outside, found, activities,
        tuple(_ties(rows, found, activities, set(sites), day)), len(rows),
        Counter(mode for row in rows for mode in orjson.loads(row["joint_modes"] or "[]")),
    )  # fmt: skip


def _ties(
    rows: Iterable[Any], found: Duplicates, activities: Iterable[JointActivity], sites: set[str], day: date
) -> list[Tie]:
    ties: dict[tuple[Unit, Unit], Tie] = {}
    for row in rows:
        for ends in _pairs(_agreed(row, found.partners), sites):
            tie = ties.setdefault(ends, Tie(ends))
            tie.agreements.add((row["site"], row["agreement_id"]))
            tie.running |= row["in_force_to"] is None or row["in_force_to"] >= day
    for one in activities:
        for ends in _pairs((part.counts_as for part in one.parts), sites):
            tie = ties.get(ends) or ties.setdefault(ends, Tie(ends))
            tie.activities.add(one.counted.key)
    kept = _specific(ties)
    awake = _awake(found, sites, day)
    for tie in kept:
        tie.dormant = tie.running and not any(_same(tie.ends, ends) for ends in awake.get(_courts(tie.ends), ()))
    return sorted(kept, key=lambda tie: tie.ends)


def _agreed(row: Any, partners: Mapping[Key, KnownPartner]) -> Iterator[Unit]:
    for party in [orjson.loads(row["proposer"]), *orjson.loads(row["parties"])]:
        if party["party_kind"] == "own_unit":
            yield row["site"], party["party_id"]
        elif partner := partners.get((row["site"], party["party_id"])):
            yield partner.claimed or partner.by_name


def _pairs(units: Iterable[Unit], sites: set[str]) -> Iterator[tuple[Unit, Unit]]:
    """Every two of different courts, one of them at least linked and asked about."""
    ordered = sorted(set(units))
    asked = [one for one in ordered if one[0] in sites]
    for place, one in enumerate(ordered, 1):
        for other in ordered[place:] if one[0] in sites else asked:
            if one < other and one[0] != other[0]:
                yield one, other


def _courts(ends: tuple[Unit, Unit]) -> tuple[str, str]:
    return ends[0][0], ends[1][0]


def _same(ends: tuple[Unit, Unit], others: tuple[Unit, Unit]) -> bool:
    """Whether both name the same units; a house may be any of its units."""
    return all(one[1] == other[1] or "" in (one[1], other[1]) for one, other in zip(ends, others, strict=True))


def _specific(ties: Mapping[tuple[Unit, Unit], Tie]) -> list[Tie]:
    """Without those that name a house where another names its branch: what one office left open, the other knows."""
    by_courts: defaultdict[tuple[str, str], list[Tie]] = defaultdict(list)
    for tie in ties.values():
        by_courts[_courts(tie.ends)].append(tie)
    kept = []
    for together in by_courts.values():
        whole = [tie for tie in together if all(unit for _, unit in tie.ends)]
        for tie in together:
            names_a_house = not all(unit for _, unit in tie.ends)
            same = [other for other in whole if _same(tie.ends, other.ends)] if names_a_house else []
            if not same:
                kept.append(tie)
            elif len(same) == 1:
                same[0].agreements |= tie.agreements
                same[0].activities |= tie.activities
                same[0].running |= tie.running
    return kept


def _awake(found: Duplicates, sites: set[str], day: date) -> dict[tuple[str, str], list[tuple[Unit, Unit]]]:
    """Pairs that met in the days up to and including `day` within which a partnership is awake, by their courts."""
    since = day - timedelta(days=DORMANT_DAYS)
    awake: defaultdict[tuple[str, str], list[tuple[Unit, Unit]]] = defaultdict(list)
    for one in found.known(sites):
        if since < one.counted.last_day <= day:
            for ends in _pairs((part.counts_as for part in one.parts), sites):
                awake[_courts(ends)].append(ends)
    return dict(awake)
