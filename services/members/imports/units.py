"""The branches and groups that a roster names, with their ids and their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.members.domain.branch import BRANCH, EstablishBranch, FormBranchCommittee, FormPartyGroup
from services.members.imports.rows import RosterRow
from shared.acts import Act
from shared.contracts.ids import natural_id
from shared.contracts.members import BranchFacts, PartyGroupFacts
from shared.ledgers.words import ordinal, simplified
from shared.meta import Source


@dataclass
class RosterBranch:
    """A branch as its members' rows describe it; `row` named it first."""

    name: str
    row: int
    groups: dict[str, int] = field(default_factory=dict)
    committee_row: int | None = None


def branches_of(rows: Sequence[RosterRow]) -> list[RosterBranch]:
    """The branches in the order in which they appear."""
    branches: dict[str, RosterBranch] = {}
    for row in rows:
        branch = branches.setdefault(simplified(row.branch), RosterBranch(row.branch, row.number))
        if row.group is not None and simplified(row.group) not in map(simplified, branch.groups):
            branch.groups[row.group] = row.number
        if row.of_committee and branch.committee_row is None:
            branch.committee_row = row.number
    return list(branches.values())


def branch_id(site: str, branch: str) -> str:
    return str(natural_id(site, "member_roster", "branch", branch))


def group_id(site: str, branch: str, group: str) -> str:
    return str(natural_id(site, "member_roster", "party_group", branch, group))


def official_orders(names: Sequence[str]) -> dict[str, int]:
    """建制序: the ordinals of the names where all have one of their own, else the order given."""
    ordinals = [ordinal(name.rpartition("支部")[2] or name) or ordinal(name) for name in names]
    if None not in ordinals and len(set(ordinals)) == len(names):
        return {name: number for name, number in zip(names, ordinals, strict=True) if number is not None}
    return {name: place for place, name in enumerate(names, 1)}


def unit_acts(site: str, branches: Sequence[RosterBranch], year: int, source: Source) -> list[Act]:
    """Establish the branches, form committees and groups, all from 1 January of the roster's year."""
    day = f"{year}-01-01"
    acts: list[Act] = []
    orders = official_orders([branch.name for branch in branches])
    for branch in branches:
        commands: list[tuple[int, object]] = [(branch.row, EstablishBranch(facts=_facts(branch, orders, day)))]
        if branch.committee_row is not None:
            commands.append((branch.committee_row, FormBranchCommittee(effective_from=day)))
        for group, order in official_orders(list(branch.groups)).items():
            identity = group_id(site, branch.name, group)
            facts = PartyGroupFacts(group_id=identity, name=group, official_order=order, effective_from=day)
            commands.append((branch.groups[group], FormPartyGroup(facts=facts)))
        stream = UUID(branch_id(site, branch.name))
        acts += [Act(BRANCH, stream, command, source.model_copy(update={"row": row})) for row, command in commands]
    return acts


def _facts(branch: RosterBranch, orders: dict[str, int], day: str) -> BranchFacts:
    return BranchFacts(
        name=branch.name,
        branch_kind="retired" if "退休" in simplified(branch.name) else "in_service",
        official_order=orders[branch.name],
        effective_from=day,
    )
