"""An honour of the court, a unit, a person or a brand: proposed (拟), awarded (获), revoked (撤)."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, assert_never

from services.activities.domain.partial_dates import refuse_before, refuse_future
from shared.contracts.honours import (
    HonourAwarded,
    HonourCorrected,
    HonourFacts,
    HonourProposed,
    HonourRevoked,
    HonourUndone,
)
from shared.contracts.values import Day, PartialDate, Value, differing
from shared.decider import Decider
from shared.rejection import Rejected

HonourEvent: TypeAlias = HonourProposed | HonourAwarded | HonourRevoked | HonourCorrected | HonourUndone


class HonourState(Value):
    """`status` is None before the first event."""

    status: Literal["proposed", "awarded", "revoked", "undone"] | None = None
    facts: HonourFacts | None = None
    revoked_on: PartialDate | None = None


class ProposeHonour(Value):
    """`facts.date` is when it was proposed."""

    facts: HonourFacts
    today: Day


class AwardHonour(Value):
    """`facts.date` is when it was awarded; a proposal beforehand is not needed."""

    facts: HonourFacts
    today: Day


class RevokeHonour(Value):
    date: PartialDate
    today: Day


class CorrectHonour(Value):
    """`facts` as they are now; whether proposed, awarded or revoked stays."""

    facts: HonourFacts
    today: Day


class UndoHonour(Value):
    """Back to `before`; where that is empty the honour counts as absent."""

    before: HonourState = HonourState()


HonourCommand: TypeAlias = ProposeHonour | AwardHonour | RevokeHonour | CorrectHonour | UndoHonour


def evolve(state: HonourState, event: HonourEvent) -> HonourState:
    match event:
        case HonourProposed(facts=facts):
            return HonourState(status="proposed", facts=facts)
        case HonourAwarded(facts=facts):
            return HonourState(status="awarded", facts=facts)
        case HonourRevoked(date=date):
            return state.model_copy(update={"status": "revoked", "revoked_on": date})
        case HonourCorrected(facts=facts):
            return state.model_copy(update={"facts": facts})
        case HonourUndone():
            return HonourState(status="undone")
        case _:
            assert_never(event)


def decide(command: HonourCommand, state: HonourState) -> list[HonourEvent]:
    match command:
        case ProposeHonour():
            return _propose(command, state)
        case AwardHonour():
            return _award(command, state)
        case RevokeHonour():
            return _revoke(command, state, _known(state))
        case CorrectHonour():
            return _correct(command, state, _known(state))
        case UndoHonour(before=before):
            return _undo(before, state, _known(state))
        case _:
            assert_never(command)


def _propose(command: ProposeHonour, state: HonourState) -> list[HonourEvent]:
    _refuse_impossible(command.facts, command.today)
    if state.facts is None:
        return [HonourProposed(facts=command.facts)]
    if state.status != "proposed" or state.facts != command.facts:
        raise Rejected("honour_already_recorded", "facts", "荣誉已经登记，内容与此不同", "用“更正”修改已登记的荣誉")
    return []


def _award(command: AwardHonour, state: HonourState) -> list[HonourEvent]:
    _refuse_impossible(command.facts, command.today)
    if state.status == "revoked":
        raise Rejected("honour_revoked", "honour_id", "荣誉已经撤销", "再次获得的另行登记")
    if state.facts is None:
        return [HonourAwarded(facts=command.facts)]
    if state.status == "proposed":
        refuse_before(command.facts.date, state.facts.date, "facts.date", "获得", "拟授")
        return [HonourAwarded(facts=command.facts)]
    if state.facts != command.facts:
        raise Rejected("honour_already_recorded", "facts", "荣誉已经登记，内容与此不同", "用“更正”修改已登记的荣誉")
    return []


def _revoke(command: RevokeHonour, state: HonourState, facts: HonourFacts) -> list[HonourEvent]:
    refuse_future(command.date, command.today, "date", "撤销")
    refuse_before(command.date, facts.date, "date", "撤销", "获得")
    if state.status == "proposed":
        raise Rejected("honour_not_awarded", "honour_id", "荣誉还没有获得，没有可撤销的", "拟授有误的用“撤回登记”")
    return [] if state.revoked_on == command.date else [HonourRevoked(date=command.date)]


def _correct(command: CorrectHonour, state: HonourState, known: HonourFacts) -> list[HonourEvent]:
    _refuse_impossible(command.facts, command.today)
    refuse_before(state.revoked_on, command.facts.date, "facts.date", "撤销", "获得")
    return _corrected(command.facts, known)


def _undo(before: HonourState, state: HonourState, known: HonourFacts) -> list[HonourEvent]:
    if before.facts is None:
        return [HonourUndone()]
    if before.status == state.status and before.revoked_on == state.revoked_on:
        return _corrected(before.facts, known)
    match before.status:
        case "proposed":
            return [HonourProposed(facts=before.facts)]
        case "awarded":
            return [HonourAwarded(facts=before.facts)]
        case _:
            problem, expected = "荣誉的状态在此之后已经改变", "由人工更正这项荣誉"
            raise Rejected("undo_not_possible", "honour_id", problem, expected)


def _corrected(facts: HonourFacts, known: HonourFacts) -> list[HonourEvent]:
    changed = differing(known, facts)
    return [HonourCorrected(facts=facts, changed=changed)] if changed else []


def _known(state: HonourState) -> HonourFacts:
    if state.facts is not None:
        return state.facts
    if state.status == "undone":
        raise Rejected("honour_undone", "honour_id", "荣誉的登记已经撤回", "重新登记这项荣誉")
    raise Rejected("unknown_honour", "honour_id", "没有这项荣誉", "选择已有的荣誉，或先登记")


def _refuse_impossible(facts: HonourFacts, today: str) -> None:
    refuse_future(facts.date, today, "facts.date", "荣誉")
    if facts.subject_kind == "court" and facts.subject_id is not None:
        problem, expected = "全院的荣誉不写编号", "subject_id 留空，或改为单位、个人、品牌"
        raise Rejected("subject_not_needed", "facts.subject_id", problem, expected, value=facts.subject_id)
    if facts.subject_kind != "court" and facts.subject_id is None:
        raise Rejected("subject_missing", "facts.subject_id", "没有写明谁的荣誉", "填写单位、个人或品牌的编号")


HONOUR: Final[Decider[HonourCommand, HonourState, HonourEvent]] = Decider("honour", HonourState(), decide, evolve)
