"""Joint construction as the page and programs see it: coverage, levels, modes, lines, dormant partnerships."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

import asyncpg

from services.reporting.queries.answers import Answer, answer, completeness, snapshot
from services.reporting.queries.counted import COUNTED
from services.reporting.queries.joint import JointYear, joint_figures, joint_year
from services.reporting.queries.units import court_of, existing, units_of
from shared.contracts.kinds import JOINT_MODES, KINDS
from shared.projection.schema import Connection
from shared.rules.joint import DORMANT_DAYS, Direction, Pair, contacts, dormant, partnerships, per_branch, suggestions

DIRECTIONS: Final[tuple[Direction, ...]] = ("upper", "lower", "peer", "outside")

# Activities of another kind that also serve joint construction: beside the figure `joint`, never in it.
_BESIDE: Final = f"""
select kind, count(*) as sessions from proj_activities.activities
 where {COUNTED} and at_least is null and kind <> 'joint_activity' and also_serves ? 'joint_activity' group by kind
"""  # noqa: S608 - constants of this program


_OWN_LINES: Final = (
    "select branch_id, business_line from proj_units.branch_lines where site = $1 and business_line is not null"
)


@dataclass(frozen=True)
class Partnership:
    """An own unit and a partner: bound by agreement, met in activities, or both."""

    unit_id: str
    partner_id: str
    agreements: tuple[str, ...]
    activities: int
    modes: tuple[str, ...]
    dormant: bool


@dataclass(frozen=True)
class JointView:
    """The year with the names needed to show it; `names` of own units, official order, 机关党委 last."""

    found: JointYear
    names: Mapping[str, str]
    branches: frozenset[str]
    beside: Mapping[str, int]
    pairs: tuple[Partnership, ...]
    own_lines: Mapping[str, str]

    @property
    def covered(self) -> list[str]:
        """Own branches with an agreement."""
        bound = {pair.unit_id for pair in self.pairs if pair.agreements}
        return [unit for unit in self.names if unit in bound and unit in self.branches]

    @property
    def averages(self) -> dict[str, str | None]:
        """Distinct partners and partnerships a covered branch."""
        bound = [pair for pair in self.pairs if pair.agreements and pair.unit_id in self.branches]
        covered = len(self.covered)
        partners = len({pair.partner_id for pair in bound})
        return {"partners": per_branch(partners, covered), "partnerships": per_branch(len(bound), covered)}

    @property
    def own_seats(self) -> int:
        """Seats of this court's own units."""
        parts = [part for meeting in self.found.meetings for part in meeting.seats]
        return sum(seats or 0 for party, seats in parts if party["party_kind"] == "own_unit")

    @property
    def unstated_seats(self) -> int:
        """Participations of which nobody says how many came."""
        return sum(seats is None for meeting in self.found.meetings for _, seats in meeting.seats)

    @property
    def modes(self) -> dict[str, int]:
        """Joint activities by mode; one activity may have several, and none is `unstated`."""
        counted = Counter(mode for meeting in self.found.meetings for mode in set(meeting.modes))
        unstated = sum(not meeting.modes for meeting in self.found.meetings)
        return {mode: counted[mode] for mode in JOINT_MODES.values()} | {"unstated": unstated}

    @property
    def directions(self) -> dict[Direction, int]:
        """Bound partners as they stand to this court."""
        counted = Counter(partner.direction for partner in self.found.bound_partners)
        return {one: counted[one] for one in DIRECTIONS}

    @property
    def suggested(self) -> dict[str, list[str]]:
        """By own unit the partners of its business lines that have no agreement yet."""
        bound = {(pair.unit_id, pair.partner_id) for pair in self.pairs if pair.agreements}
        found = suggestions(bound, {one.id: one.business_line for one in self.found.partners.values()}, self.own_lines)
        return {unit: found[unit] for unit in self.names if unit in found}

    @property
    def lines(self) -> dict[str, dict[str, Any]]:
        """By business line: partners known, partners bound, by level, in the order of their number."""
        bound = {partner.id for partner in self.found.bound_partners}
        lines: dict[str, dict[str, Any]] = {}
        for partner in self.found.partners.values():
            line = lines.setdefault(partner.business_line or "", {"known": 0, "bound": 0, "levels": Counter()})
            line["known"] += 1
            if partner.id in bound:
                line["bound"] += 1
                line["levels"][partner.level] += 1
        named = sorted((name for name in lines if name), key=lambda name: (-lines[name]["bound"], name))
        return {name: lines[name] for name in [*named, ""] if name in lines}


async def joint_view(connection: Connection, site: str, year: int, as_of: date) -> JointView:
    """Everything that the page of joint construction shows of `year`."""
    found = await joint_year(connection, site, year, as_of)
    units = await units_of(connection, site)
    court = await court_of(connection, site)
    names = {branch.id: branch.name for branch in units.branches} | {group.id: group.name for group in units.groups}
    if court is not None:
        names[court.party_committee_id] = "机关党委"
    rows = await connection.fetch(_BESIDE, site, year, as_of)
    beside = {row["kind"]: row["sessions"] for row in sorted(rows, key=lambda row: KINDS.index(row["kind"]))}
    here = frozenset(branch.id for branch in existing(units, found.day).branches)
    lines = {row["branch_id"]: row["business_line"] for row in await connection.fetch(_OWN_LINES, site)}
    return JointView(found, names, here, beside, _partnerships(found, list(names)), lines)


def _partnerships(found: JointYear, order: list[str]) -> tuple[Partnership, ...]:
    bound: dict[Pair, list[str]] = {}
    for row in found.agreements:
        for pair in row.agreement.pairs:
            bound.setdefault(pair, []).append(row.agreement.id)
    met = contacts(meeting.meeting for meeting in found.meetings)
    asleep = dormant(found.running_pairs, found.recent, found.day)
    modes: dict[Pair, set[str]] = {}
    for meeting in found.meetings:
        for pair in meeting.meeting.pairs:
            modes.setdefault(pair, set()).update(meeting.modes)
    places = {unit: place for place, unit in enumerate(order)}
    partners = {partner: place for place, partner in enumerate(found.partners)}
    pairs = sorted(bound.keys() | met.keys(), key=lambda pair: (places.get(pair[0], len(places)), partners[pair[1]]))
    return tuple(
        Partnership(*pair, tuple(bound.get(pair, ())), met.get(pair, 0),
                    tuple(mode for mode in JOINT_MODES.values() if mode in modes.get(pair, ())), pair in asleep)
        for pair in pairs
    )  # fmt: skip


async def joint(pool: asyncpg.Pool, site: str, year: int, as_of: date) -> Answer:
    """Joint construction of `year`: figures, views, and the rows they count."""
    async with snapshot(pool) as connection:
        view = await joint_view(connection, site, year, as_of)
        origins = await completeness(connection, site)
    return answer({"year": year, "as_of": as_of.isoformat(), **as_json(view)}, origins)


def as_json(view: JointView) -> dict[str, Any]:
    """The view as it is sent."""
    found = view.found
    return {
        "figures": joint_figures(found),
        "day": found.day.isoformat(),
        "coverage": {"covered": len(view.covered), "branches": len(view.branches), **_uncovered(view)},
        "a_branch": view.averages,
        "partnerships": len(partnerships(row.agreement for row in found.agreements)),
        "contacts": len(contacts(row.meeting for row in found.meetings)),
        "own_seats": view.own_seats,
        "unstated_seats": view.unstated_seats,
        "people": found.people,
        "activities_with_lists": found.lists,
        "directions": view.directions,
        "joint_modes": view.modes,
        "business_lines": view.lines,
        "suggested": view.suggested,
        "dormant_days": DORMANT_DAYS,
        "also_serving": view.beside,
        "pairs": [asdict(pair) for pair in view.pairs],
        "partners": [{**asdict(one), "name": one.name} for one in found.partners.values()],
        "agreements": [_agreement(row) for row in found.agreements],
        "problems": [asdict(row) for row in found.problems],
    }


def _uncovered(view: JointView) -> dict[str, list[str]]:
    covered = set(view.covered)
    return {"uncovered": _in_order(view, (unit for unit in view.branches if unit not in covered))}


def _in_order(view: JointView, units: Iterable[str]) -> list[str]:
    wanted = set(units)
    return [unit for unit in view.names if unit in wanted]


def _agreement(row: Any) -> dict[str, Any]:
    return {
        "agreement_id": row.agreement.id,
        "number": row.number,
        "own_units": sorted(row.agreement.own_units),
        "partners": sorted(row.agreement.partners),
        "joint_modes": row.modes,
        "planned_a_year": row.planned_a_year,
        "signed": row.signed,
        "in_force_to": row.in_force_to,
        "in_force": row.runs,
        "state": row.state,
    }
