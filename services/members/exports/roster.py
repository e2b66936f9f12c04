"""党员名册 of a year: who was a member on its last day, or is today."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.members.domain.branch import BRANCH, BranchState
from services.members.domain.person import PERSON, membership_on
from services.members.rows import group_order, member_cells
from shared.acts import CommandDeps
from shared.ledgers.columns import LedgerKind
from shared.ledgers.exporting import Export
from shared.ledgers.states import states_of
from shared.ledgers.writing import Cells, Out
from shared.meta import Actor

_IDENTIFIERS: Final = {"id_number": "id_number", "phone": "phone", "dues_base": "dues_base_fen"}
_NOTE: Final = "insert into identifier_reads (actor, person_id, fields, reason) values ($1, $2, $3, $4)"


@dataclass(frozen=True)
class ExportDeps:
    """`today` is the court's calendar day."""

    pool: asyncpg.Pool
    commands: CommandDeps
    today: Callable[[], date]


def members_exports(deps: ExportDeps) -> dict[LedgerKind, Export]:
    """How `shared.ledgers.exporting` fills the ledgers of members."""
    return {"member_roster": lambda actor, year, extra: roster(deps, actor, year, extra)}


async def note_reads(pool: asyncpg.Pool, actor: Actor, rows: Sequence[Cells]) -> None:
    """Whose identifiers went out in full, beside those who were looked at one by one."""
    read = [
        (actor.model_dump_json(), UUID(str(row["record_id"])), fields, "export_ledger")
        for row in rows
        if (fields := [name for column, name in _IDENTIFIERS.items() if row.get(column) is not None])
    ]
    await pool.executemany(_NOTE, read)


async def roster(deps: ExportDeps, _: Actor, year: int, extra: frozenset[str]) -> list[dict[str, Out]]:
    """One row a member, by branch and group and in the order of their first entry."""
    day = min(deps.today(), date(year, 12, 31)).isoformat()
    branches: dict[str, BranchState] = {
        branch_id: state async for branch_id, state, _ in states_of(deps.pool, deps.commands, BRANCH)
    }
    found: list[tuple[Any, dict[str, Out]]] = []
    async for person_id, state, first in states_of(deps.pool, deps.commands, PERSON):
        membership = membership_on(state, day)
        if state.details is None or membership is None:
            continue
        branch = branches.get(membership.branch_id, BranchState())
        order = branch.facts.official_order if branch.facts else 0
        place = (order, group_order(branch, membership), first)
        found.append((place, member_cells(person_id, state, state.details, membership, branch, day, extra)))
    return [cells for _, cells in sorted(found, key=lambda one: one[0])]
