"""The records of a year as rows of a ledger, with their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from services.activities.domain.activity import ACTIVITY, ActivityState
from services.activities.exports.joint import agreements, brands, joint_activities
from services.activities.exports.names import ExportDeps, known_units, names_of
from services.activities.replica import Units
from services.activities.rows.meetings import meeting_cells, theme_day_cells
from services.activities.rows.wording import Names
from shared.contracts.activities import ActivityFacts
from shared.ledgers.columns import LedgerKind
from shared.ledgers.exporting import Export
from shared.ledgers.states import states_of
from shared.ledgers.writing import Out
from shared.meta import Actor

Row = dict[str, Out]


def activities_exports(deps: ExportDeps) -> dict[LedgerKind, Export]:
    """How `shared.ledgers.exporting` fills the ledgers of activities."""
    return {
        "meeting_records": lambda actor, year, _: meetings(deps, actor, year),
        "theme_days": lambda actor, year, _: theme_days(deps, actor, year),
        "joint_agreements": lambda actor, year, _: agreements(deps, actor, year),
        "joint_activities": lambda actor, year, _: joint_activities(deps, actor, year),
        "brands": lambda actor, year, _: brands(deps, actor, year),
    }


async def meetings(deps: ExportDeps, actor: Actor, year: int) -> list[Row]:
    """Every held or recorded activity of the year that has no ledger of its own."""
    return await _rows_of_activities(deps, actor, year, lambda facts: facts.kind not in _OWN_LEDGER, meeting_cells)


async def theme_days(deps: ExportDeps, actor: Actor, year: int) -> list[Row]:
    """主题党日 of the year."""
    return await _rows_of_activities(deps, actor, year, lambda facts: facts.kind == "theme_party_day", theme_day_cells)


_OWN_LEDGER: Final = frozenset({"theme_party_day", "joint_activity"})
_CellsOf = Callable[[str, ActivityState, ActivityFacts, Names], Row]


async def _rows_of_activities(
    deps: ExportDeps, actor: Actor, year: int, wanted: Callable[[ActivityFacts], bool], cells_of: _CellsOf
) -> list[Row]:
    found = [
        (activity_id, state, state.facts, first)
        async for activity_id, state, first in states_of(deps.pool, deps.commands, ACTIVITY)
        if state.facts is not None
        and state.status in ("held", "recorded")
        and state.facts.date[:4] == str(year)
        and wanted(state.facts)
    ]
    known = await known_units(deps)
    found.sort(key=lambda one: (_place(known, one[2]), one[2].date, one[2].start or "", one[3]))
    people = {one for _, state, _, _ in found for one in people_of(state)}
    names = Names(await names_of(deps, actor, people), known, deps.court)
    return [cells_of(activity_id, state, facts, names) for activity_id, state, facts, _ in found]


def people_of(state: ActivityState) -> Iterator[str]:
    """Everybody whom a record names."""
    attendance = state.attendance
    for person in (attendance.chair_id, attendance.recorder_id, *(one.person_id for one in attendance.absences)):
        if person is not None:
            yield person


def _place(known: Units, facts: ActivityFacts) -> tuple[int, int]:
    branch = known.by_id(facts.branch_id or facts.unit_id)
    unit = known.by_id(facts.unit_id)
    grouped = facts.unit_kind == "party_group"
    return (branch.official_order if branch else 0, unit.official_order if unit and grouped else 0)
