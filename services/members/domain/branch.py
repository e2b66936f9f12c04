"""A Party branch with its committee and its groups."""

from __future__ import annotations

from typing import Final, TypeAlias, assert_never

from pydantic import Field

from shared.contracts.members import (
    BranchBusinessLineAssigned,
    BranchCommitteeCorrected,
    BranchCommitteeDissolved,
    BranchCommitteeFormed,
    BranchCommitteeUndone,
    BranchCorrected,
    BranchEstablished,
    BranchFacts,
    BranchUndone,
    PartyGroupCorrected,
    PartyGroupDissolved,
    PartyGroupFacts,
    PartyGroupFormed,
    PartyGroupUndone,
)
from shared.contracts.values import Day, Id, ShortText, Value, differing
from shared.decider import Decider
from shared.rejection import Rejected

BranchEvent: TypeAlias = (
    BranchEstablished
    | BranchCorrected
    | BranchBusinessLineAssigned
    | BranchCommitteeFormed
    | BranchCommitteeCorrected
    | BranchCommitteeDissolved
    | PartyGroupFormed
    | PartyGroupCorrected
    | PartyGroupDissolved
    | BranchUndone
    | BranchCommitteeUndone
    | PartyGroupUndone
)


class EstablishBranch(Value):
    """State what the branch is; other content than before is a correction, a later beginning is none."""

    facts: BranchFacts


class AssignBusinessLine(Value):
    """The 条线 of the branch's work; None where it has none."""

    business_line: ShortText | None


class FormBranchCommittee(Value):
    """The branch has a 支委会 from this day on."""

    effective_from: Day


class DissolveBranchCommittee(Value):
    """`effective_to` is the last day of the 支委会."""

    effective_to: Day


class FormPartyGroup(Value):
    """State what the group is; other content than before is a correction, a later beginning is none."""

    facts: PartyGroupFacts


class DissolvePartyGroup(Value):
    """`effective_to` is the last day of the group."""

    group_id: Id
    effective_to: Day


class Committee(Value):
    """The latest 支委会; dissolved once `effective_to` is set."""

    effective_from: Day
    effective_to: Day | None = None


class Group(Value):
    """A group; dissolved once `effective_to` is set."""

    facts: PartyGroupFacts
    effective_to: Day | None = None


class BranchState(Value):
    facts: BranchFacts | None = None
    business_line: ShortText | None = None
    committee: Committee | None = None
    groups: dict[str, Group] = Field(default_factory=dict)


class UndoBranch(Value):
    """Back to `before`, an earlier state; without it, the branch was entered by mistake."""

    before: BranchState = BranchState()


BranchCommand: TypeAlias = (
    EstablishBranch
    | AssignBusinessLine
    | FormBranchCommittee
    | DissolveBranchCommittee
    | FormPartyGroup
    | DissolvePartyGroup
    | UndoBranch
)


def evolve(state: BranchState, event: BranchEvent) -> BranchState:
    match event:
        case BranchEstablished(facts=facts) | BranchCorrected(facts=facts):
            return state.model_copy(update={"facts": facts})
        case BranchBusinessLineAssigned(business_line=business_line):
            return state.model_copy(update={"business_line": business_line})
        case BranchCommitteeFormed(effective_from=day) | BranchCommitteeCorrected(effective_from=day):
            return state.model_copy(update={"committee": Committee(effective_from=day)})
        case BranchCommitteeDissolved(effective_to=day):
            return state.model_copy(update={"committee": _ended(state.committee, day)})
        case PartyGroupFormed(facts=group) | PartyGroupCorrected(facts=group):
            return _with_group(state, Group(facts=group))
        case PartyGroupDissolved(group_id=group_id, effective_to=day):
            known = state.groups.get(group_id)
            return state if known is None else _with_group(state, known.model_copy(update={"effective_to": day}))
        case BranchUndone():
            return BranchState()
        case BranchCommitteeUndone():
            return state.model_copy(update={"committee": None})
        case PartyGroupUndone(group_id=group_id):
            groups = {identity: group for identity, group in state.groups.items() if identity != group_id}
            return state.model_copy(update={"groups": groups})
        case _:
            assert_never(event)


def _ended(committee: Committee | None, day: str) -> Committee | None:
    return committee and committee.model_copy(update={"effective_to": day})


def _with_group(state: BranchState, group: Group) -> BranchState:
    return state.model_copy(update={"groups": state.groups | {group.facts.group_id: group}})


def decide(command: BranchCommand, state: BranchState) -> list[BranchEvent]:
    if isinstance(command, EstablishBranch):
        return _establish(command, state)
    if isinstance(command, UndoBranch):
        return _undo(command.before, state)
    if state.facts is None:
        raise Rejected("unknown_branch", "branch_id", "没有这个党支部", "先设立党支部，或选择已有的党支部")
    match command:
        case AssignBusinessLine(business_line=line):
            return [] if line == state.business_line else [BranchBusinessLineAssigned(business_line=line)]
        case FormBranchCommittee():
            return _form_committee(command, state, state.facts)
        case DissolveBranchCommittee():
            return _dissolve_committee(command, state)
        case FormPartyGroup():
            return _form_group(command, state, state.facts)
        case DissolvePartyGroup():
            return _dissolve_group(command, state)
        case _:
            assert_never(command)


def _establish(command: EstablishBranch, state: BranchState) -> list[BranchEvent]:
    facts = command.facts
    if state.facts is None:
        return [BranchEstablished(facts=facts)]
    # A later statement says that the branch still exists, not that it began later.
    facts = facts.model_copy(update={"effective_from": min(facts.effective_from, state.facts.effective_from)})
    changed = differing(state.facts, facts)
    return [BranchCorrected(facts=facts, changed=changed)] if changed else []


def _form_committee(command: FormBranchCommittee, state: BranchState, branch: BranchFacts) -> list[BranchEvent]:
    day, committee = command.effective_from, state.committee
    _not_before(day, branch.effective_from, "effective_from", "支委会", "党支部")
    if committee is None:
        return [BranchCommitteeFormed(effective_from=day)]
    if committee.effective_to is None:
        return [BranchCommitteeCorrected(effective_from=day)] if day < committee.effective_from else []
    return [BranchCommitteeFormed(effective_from=day)] if day > committee.effective_to else []


def _dissolve_committee(command: DissolveBranchCommittee, state: BranchState) -> list[BranchEvent]:
    if state.committee is None:
        raise Rejected("no_branch_committee", "effective_to", "本支部没有支委会", "只撤销已成立的支委会")
    if state.committee.effective_to is not None:
        return []
    _not_before(command.effective_to, state.committee.effective_from, "effective_to", "撤销", "支委会成立")
    return [BranchCommitteeDissolved(effective_to=command.effective_to)]


def _form_group(command: FormPartyGroup, state: BranchState, branch: BranchFacts) -> list[BranchEvent]:
    facts = command.facts
    _not_before(facts.effective_from, branch.effective_from, "facts.effective_from", "党小组", "党支部")
    known = state.groups.get(facts.group_id)
    if known is None:
        return [PartyGroupFormed(facts=facts)]
    if known.effective_to is not None:
        return [PartyGroupFormed(facts=facts)] if facts.effective_from > known.effective_to else []
    facts = facts.model_copy(update={"effective_from": min(facts.effective_from, known.facts.effective_from)})
    changed = differing(known.facts, facts)
    return [PartyGroupCorrected(facts=facts, changed=changed)] if changed else []


def _dissolve_group(command: DissolvePartyGroup, state: BranchState) -> list[BranchEvent]:
    known = state.groups.get(command.group_id)
    if known is None:
        raise Rejected("unknown_party_group", "group_id", "本支部没有这个党小组", "选择本支部的党小组")
    if known.effective_to is not None:
        return []
    _not_before(command.effective_to, known.facts.effective_from, "effective_to", "撤销", "党小组成立")
    return [PartyGroupDissolved(group_id=command.group_id, effective_to=command.effective_to)]


def _undo(before: BranchState, state: BranchState) -> list[BranchEvent]:
    """The events that lead back; groups and committee first, so that each can be told by itself."""
    events: list[BranchEvent] = []
    for group_id, group in reversed(state.groups.items()):
        events += _undone_group(group_id, group, before.groups.get(group_id))
    events += _undone_committee(state.committee, before.committee)
    if before.facts is None:
        return [*events, BranchUndone()] if state.facts is not None else events
    changed = () if state.facts is None else differing(state.facts, before.facts)
    return [*events, BranchCorrected(facts=before.facts, changed=changed)] if changed else events


def _undone_group(group_id: str, now: Group, before: Group | None) -> list[BranchEvent]:
    if now == before:
        return []
    if before is not None and before.effective_to is None and now.effective_to is None:
        return [PartyGroupCorrected(facts=before.facts, changed=differing(now.facts, before.facts))]
    again: list[BranchEvent] = []
    if before is not None:
        again.append(PartyGroupFormed(facts=before.facts))
        if before.effective_to is not None:
            again.append(PartyGroupDissolved(group_id=group_id, effective_to=before.effective_to))
    return [PartyGroupUndone(group_id=group_id), *again]


def _undone_committee(now: Committee | None, before: Committee | None) -> list[BranchEvent]:
    if now is None or now == before:
        return []
    if before is not None and before.effective_to is None and now.effective_to is None:
        return [BranchCommitteeCorrected(effective_from=before.effective_from)]
    again: list[BranchEvent] = []
    if before is not None:
        again.append(BranchCommitteeFormed(effective_from=before.effective_from))
        if before.effective_to is not None:
            again.append(BranchCommitteeDissolved(effective_to=before.effective_to))
    return [BranchCommitteeUndone(), *again]


def _not_before(day: str, earliest: str, field: str, what: str, since: str) -> None:
    if day < earliest:
        raise Rejected(
            "before_beginning",
            field,
            f"{what}的日期 {day} 早于{since}的日期 {earliest}",
            f"填写不早于 {earliest} 的日期",
            value=day,
        )


BRANCH: Final[Decider[BranchCommand, BranchState, BranchEvent]] = Decider("branch", BranchState(), decide, evolve)
