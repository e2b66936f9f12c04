"""Whether what a request names exists: units and people by the replica of `members`, all else by the own log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from services.activities.domain.facts import Attendance
from services.activities.domain.joint import ParticipantList
from services.activities.queries import partners
from shared.acts import CommandDeps
from shared.contracts.activities import ActivityFacts, ObligationKey
from shared.contracts.joint import Party
from shared.rejection import Rejected

_MOST_KEPT: Final = 100_000


@dataclass
class KnownUnits:
    """The units of the replica. What is known of one (its kind, its branch) never changes, and is remembered."""

    pool: asyncpg.Pool
    _kept: dict[str, tuple[str, str | None]] = field(default_factory=dict)

    async def refuse_unknown(self, unit: ActivityFacts | ObligationKey, path: str) -> None:
        """Raise `Rejected` where the court has no such unit, or the unit is of another kind or branch."""
        known = await self._known(unit.unit_id)
        if known is None:
            raise _unknown("unknown_unit", f"{path}.unit_id", "单位", unit.unit_id)
        kind, branch_id = known
        if kind != unit.unit_kind:
            expected = f"应为 {kind}"
            raise Rejected("invalid_unit_kind", f"{path}.unit_kind", "单位类别不符", expected, value=unit.unit_kind)
        if isinstance(unit, ActivityFacts) and branch_id != unit.branch_id:
            expected = f"应为 {branch_id or 'null'}"
            raise Rejected("invalid_branch", f"{path}.branch_id", "单位不属于这个支部", expected, value=unit.branch_id)

    async def refuse_no_party(self, unit_id: str, field: str) -> None:
        """Raise `Rejected` unless it is a branch or the party committee: a group takes part through its branch."""
        known = await self._known(unit_id)
        if known is None:
            raise _unknown("unknown_unit", f"{field}.party_id", "单位", unit_id)
        if known[0] == "party_group":
            problem, expected = "党小组不单独作为一方", "写党小组所在的支部"
            raise Rejected("invalid_party", f"{field}.party_id", problem, expected, value=unit_id)

    async def _known(self, unit_id: str) -> tuple[str, str | None] | None:
        if (kept := self._kept.get(unit_id)) is not None:
            return kept
        row = await self.pool.fetchrow(
            "select unit_kind, branch_id::text from replica_units where unit_id = $1::uuid", unit_id
        )
        if row is None:
            return None
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        found = self._kept[unit_id] = (row["unit_kind"], row["branch_id"])
        return found


async def refuse_unknown_people(pool: asyncpg.Pool, named: Sequence[tuple[str, str | None]]) -> None:
    """Raise `Rejected` naming the first id that belongs neither to the roster nor to a registered guest."""
    wanted = {person_id for _, person_id in named if person_id is not None}
    if not wanted:
        return
    known = await _known_people(pool, wanted)
    for path, person_id in named:
        if person_id is not None and person_id not in known:
            raise _unknown("unknown_person", path, "人员", person_id)


def people_of(attendance: Attendance) -> list[tuple[str, str | None]]:
    """Everybody whom an attendance names, with the field."""
    return [
        ("attendance.chair_id", attendance.chair_id),
        ("attendance.recorder_id", attendance.recorder_id),
        *((f"attendance.absences.{n}.person_id", absence.person_id) for n, absence in enumerate(attendance.absences)),
    ]


def people_listed(lists: Sequence[ParticipantList]) -> list[tuple[str, str | None]]:
    """Everybody on the lists of participants, with the field."""
    return [
        (f"participants.{index}.person_ids.{n}", person_id)
        for index, one in enumerate(lists)
        for n, person_id in enumerate(one.person_ids)
    ]


async def refuse_unknown_parties(deps: CommandDeps, units: KnownUnits, parties: Sequence[tuple[str, Party]]) -> None:
    """Raise `Rejected` for a unit that takes part in nothing, a partner that is not there, undone or merged."""
    named = [party.party_id for _, party in parties if party.party_kind == "partner"]
    states = await partners(deps, named) if named else {}
    for path, party in parties:
        if party.party_kind == "own_unit":
            await units.refuse_no_party(party.party_id, path)
            continue
        state = states[party.party_id]
        if state.status != "registered":
            raise _unknown("unknown_partner", f"{path}.party_id", "共建单位", party.party_id)
        if state.into is not None:
            problem, expected = "这个共建单位已并入另一个", f"使用 {state.into}"
            raise Rejected("partner_merged", f"{path}.party_id", problem, expected, value=party.party_id)


async def _known_people(pool: asyncpg.Pool, wanted: set[str]) -> set[str]:
    rows = await pool.fetch(
        "select person_id::text as id from replica_people where person_id = any($1::uuid[])"
        " union all select substr(stream, 16) from events where stream = any($2::text[]) and version = 1",
        sorted(wanted),
        [f"outside_person-{person_id}" for person_id in sorted(wanted)],
    )
    return {row["id"] for row in rows}


def _unknown(code: str, field: str, noun: str, value: str) -> Rejected:
    return Rejected(code, field, f"没有这个{noun}", f"已有{noun}的编号", value=value)
