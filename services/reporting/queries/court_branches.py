# ruff: noqa: S608 - what stands in the statements are constants of this program
"""The branches of one court with their figures: facts of branches, never of persons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from services.reporting.queries.court_figures import COUNTED, Asked, Sessions, by_kind
from services.reporting.queries.court_missing import missing_by_court
from services.reporting.queries.court_tree import CourtBelow
from services.reporting.queries.overview import is_few
from services.reporting.queries.units import existing, members_by_unit, units_of
from shared.projection.schema import Connection

Hidden = Literal["few", "kept"]

_SESSIONS: Final = f"""
select branch_id, kind, count(*) filter (where at_least is null) as sessions,
       coalesce(sum(at_least), 0)::bigint as at_least,
       array_agg(at_least_words) filter (where at_least is not null) as words
  from proj_activities.activities where {COUNTED} group by branch_id, kind
"""


@dataclass(frozen=True)
class BranchFigures:
    """`id` and `name` are None for what is the party committee's own.

    `members` is None where it is not told: `hidden` says whether for being few, or because the few could be
    reckoned from it and the court's total.
    """

    id: str | None
    name: str | None
    branch_kind: str | None
    groups: int
    members: int | None
    hidden: Hidden | None
    kinds: Mapping[str, Sessions]
    missing: int

    @property
    def activities(self) -> int:
        return sum(kind.exact for kind in self.kinds.values())

    @property
    def joint(self) -> int:
        return self.kinds.get("joint_activity", Sessions()).exact

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "branch_kind": self.branch_kind,
            "groups": self.groups,
            "members": self.members,
            "hidden": self.hidden,
            "activities": self.activities,
            **by_kind(self.kinds),
            "joint": self.joint,
            "missing": self.missing,
        }


async def branches_of_court(connection: Connection, court: CourtBelow, asked: Asked) -> list[BranchFigures]:
    """In official order, the party committee's own first where there is any."""
    units = await units_of(connection, court.site)
    here = existing(units, asked.day)
    first, last = asked.span
    kinds: dict[str | None, dict[str, Sessions]] = {}
    for row in await connection.fetch(_SESSIONS, [court.site], first, last, asked.as_of):
        sessions = Sessions(row["sessions"], row["at_least"], tuple(row["words"] or ()))
        kinds.setdefault(row["branch_id"], {})[row["kind"]] = sessions
    missing = (await missing_by_court(connection, {court.site: units}, first, last, asked.as_of))[court.site]
    people = dict.fromkeys([branch.id for branch in units.branches], 0)
    for (branch_id, _), number in (await members_by_unit(connection, court.site, asked.day)).items():
        people[branch_id] = people.get(branch_id, 0) + number
    hidden = {} if court.link == "own" else hidden_cells(people)
    owed = [one.branch_id for one in missing]
    shown = [branch for branch in units.branches if branch in here.branches or branch.id in kinds or branch.id in owed]
    own = [BranchFigures(None, None, None, 0, None, None, kinds[None], 0)] if None in kinds else []
    return own + [
        BranchFigures(
            branch.id, branch.name, branch.branch_kind, sum(group.branch_id == branch.id for group in here.groups),
            None if branch.id in hidden else people[branch.id], hidden.get(branch.id),
            kinds.get(branch.id, {}), owed.count(branch.id),
        )
        for branch in shown
    ]  # fmt: skip


def hidden_cells(people: Mapping[str, int]) -> dict[str, Hidden]:
    """Which numbers of people are not told, where the total is: a single small one would follow from the others."""
    hidden: dict[str, Hidden] = {cell: "few" for cell, number in people.items() if is_few(number)}
    others: Sequence[str] = sorted(
        (cell for cell, n in people.items() if n and cell not in hidden), key=people.__getitem__
    )
    if len(hidden) == 1 and others:
        hidden[others[0]] = "kept"
    return hidden
