"""The branches and groups that a roster names: those already recorded by the same name, or new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.members.domain.branch import BRANCH, BranchState, EstablishBranch, FormBranchCommittee, FormPartyGroup
from services.members.imports.rows import RosterRow
from shared.acts import Act
from shared.contracts.ids import natural_id
from shared.contracts.members import BranchFacts, PartyGroupFacts
from shared.ledgers.words import ordinal, simplified
from shared.meta import Source


@dataclass
class RosterBranch:
    """A branch as its members' rows describe it; `row` named it first. Groups by their own name, with their row."""

    name: str
    row: int
    groups: dict[str, tuple[str, int]] = field(default_factory=dict)
    committee_row: int | None = None


def branches_of(rows: Sequence[RosterRow]) -> list[RosterBranch]:
    """The branches in the order in which they appear."""
    branches: dict[str, RosterBranch] = {}
    for row in rows:
        branch = branches.setdefault(simplified(row.branch), RosterBranch(row.branch, row.number))
        if row.group is not None:
            branch.groups.setdefault(own_name(branch.name, row.group), (row.group, row.number))
        if row.of_committee and branch.committee_row is None:
            branch.committee_row = row.number
    return list(branches.values())


def own_name(branch: str, group: str) -> str:
    """The name of a group as it is compared: without its branch's before it."""
    return simplified(group).removeprefix(simplified(branch))


def official_orders(names: Sequence[str]) -> dict[str, int]:
    """建制序: the ordinals of the names where all have one of their own, else the order given."""
    ordinals = [ordinal(name.rpartition("支部")[2] or name) or ordinal(name) for name in names]
    if None not in ordinals and len(set(ordinals)) == len(names):
        return {name: number for name, number in zip(names, ordinals, strict=True) if number is not None}
    return {name: place for place, name in enumerate(names, 1)}


class RosterUnits:
    """The branches of a roster among those that are `recorded`, by id.

    A recorded unit is found by its name; a new one gets the id of its name, as the roster first writes it, in NFKC.
    """

    def __init__(self, site: str, branches: Sequence[RosterBranch], recorded: Mapping[str, BranchState]) -> None:
        self._site = site
        self.branches = branches
        self._recorded = recorded
        self._named = {simplified(branch.name): branch for branch in branches}
        self._branches: dict[str, list[str]] = {}
        self._groups: dict[tuple[str, str], list[str]] = {}
        for identity, state in recorded.items():
            if state.facts is not None:
                self._branches.setdefault(simplified(state.facts.name), []).append(identity)
                for group_id, group in state.groups.items():
                    key = identity, own_name(state.facts.name, group.facts.name)
                    self._groups.setdefault(key, []).append(group_id)

    def branch_id(self, name: str) -> str:
        branch = self._named[simplified(name)]
        return next(
            iter(self.branches_named(name)), str(natural_id(self._site, "member_roster", "branch", branch.name))
        )

    def group_id(self, branch_name: str, group_name: str) -> str:
        branch = self._named[simplified(branch_name)]
        if found := self.groups_named(branch_name, group_name):
            return found[0]
        name, _ = branch.groups[own_name(branch_name, group_name)]
        return str(natural_id(self._site, "member_roster", "party_group", branch.name, name))

    def branches_named(self, name: str) -> list[str]:
        """The recorded branches of the name."""
        return self._branches.get(simplified(name), [])

    def groups_named(self, branch_name: str, group_name: str) -> list[str]:
        """The recorded groups of the name in the branch: those that exist, else the one dissolved last."""
        groups = self.state(branch_name).groups
        found = self._groups.get((self.branch_id(branch_name), own_name(branch_name, group_name)), [])
        existing = [i for i in found if groups[i].effective_to is None]
        return existing or sorted(found, key=lambda i: groups[i].effective_to or "")[-1:]

    def state(self, branch_name: str) -> BranchState:
        """What is recorded of a branch of the roster."""
        return self._recorded.get(self.branch_id(branch_name), BranchState())

    def left_out(self, year: int) -> list[str]:
        """Names of what exists in the year of the roster and is not in it, in official order."""
        last = f"{year}-12-31"
        states = [state for state in self._recorded.values() if state.facts and state.facts.effective_from <= last]
        ordered = sorted(
            states, key=lambda state: (state.facts.official_order, state.facts.name) if state.facts else ()
        )
        return [name for state in ordered for name in self._left_out_of(state, last)]

    def _left_out_of(self, state: BranchState, last: str) -> list[str]:
        assert state.facts is not None
        name, committee = state.facts.name, state.committee
        branch = self._named.get(simplified(name))
        if branch is None:
            return [name]
        gone = []
        if (
            committee
            and committee.effective_to is None
            and committee.effective_from <= last
            and not branch.committee_row
        ):
            gone.append(f"{name}支委会")
        for group in state.groups.values():
            own = own_name(name, group.facts.name)
            if group.effective_to is None and group.facts.effective_from <= last and own not in branch.groups:
                gone.append(name + own)
        return gone


def unit_acts(units: RosterUnits, year: int, source: Source) -> list[Act]:
    """Establish the branches, form committees and groups, all from 1 January of the roster's year."""
    day = f"{year}-01-01"
    acts: list[Act] = []
    orders = official_orders([branch.name for branch in units.branches])
    for branch in units.branches:
        facts = _facts(branch, units.state(branch.name), orders[branch.name], day)
        commands: list[tuple[int, object]] = [(branch.row, EstablishBranch(facts=facts))]
        if branch.committee_row is not None:
            commands.append((branch.committee_row, FormBranchCommittee(effective_from=day)))
        commands += _groups(units, branch, day)
        stream = UUID(units.branch_id(branch.name))
        acts += [Act(BRANCH, stream, command, source.model_copy(update={"row": row})) for row, command in commands]
    return acts


def _groups(units: RosterUnits, branch: RosterBranch, day: str) -> list[tuple[int, object]]:
    recorded = units.state(branch.name).groups
    orders = official_orders([name for name, _ in branch.groups.values()])
    commands: list[tuple[int, object]] = []
    for name, row in branch.groups.values():
        identity = units.group_id(branch.name, name)
        known = recorded.get(identity)
        facts = PartyGroupFacts(
            group_id=identity,
            name=known.facts.name if known else name,
            official_order=orders[name],
            effective_from=day,
        )
        commands.append((row, FormPartyGroup(facts=facts)))
    return commands


def _facts(branch: RosterBranch, recorded: BranchState, order: int, day: str) -> BranchFacts:
    """What the roster says of a branch: not how it is written, nor of which kind it is, where that is recorded."""
    retired = "退休" in simplified(branch.name)
    return BranchFacts(
        name=recorded.facts.name if recorded.facts else branch.name,
        branch_kind=recorded.facts.branch_kind if recorded.facts else "retired" if retired else "in_service",
        official_order=order,
        effective_from=day,
    )
