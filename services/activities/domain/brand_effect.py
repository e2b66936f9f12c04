"""Whether a brand has an effect (品牌跟踪问效): its goals, and the evidence that something was reached."""

from __future__ import annotations

from services.activities.domain.brand_state import BrandEvent, BrandEvidenceNoted, BrandState
from services.activities.domain.partial_dates import refuse_future
from shared.contracts.brands import (
    BrandEvidence,
    BrandEvidenceRecorded,
    BrandEvidenceWithdrawn,
    BrandGoal,
    BrandGoalSet,
    BrandGoalWithdrawn,
)
from shared.contracts.values import Day, Id, LongText, Value
from shared.rejection import Rejected


class SetBrandGoal(Value):
    """A new goal, or a known one as it is now."""

    goal: BrandGoal


class WithdrawBrandGoal(Value):
    """Evidence that names the goal stays, and counts towards none."""

    goal_id: Id


class RecordBrandEvidence(Value):
    """New evidence, or a known piece as it is now; `text` is what it says."""

    evidence: BrandEvidence
    text: LongText | None = None
    today: Day


class WithdrawBrandEvidence(Value):
    evidence_id: Id


def set_goal(command: SetBrandGoal, state: BrandState) -> list[BrandEvent]:
    return [] if state.goals.get(command.goal.goal_id) == command.goal else [BrandGoalSet(goal=command.goal)]


def withdraw_goal(command: WithdrawBrandGoal, state: BrandState) -> list[BrandEvent]:
    if command.goal_id not in state.withdrawn | set(state.goals):
        raise _unknown_goal("goal_id", command.goal_id)
    return [BrandGoalWithdrawn(goal_id=command.goal_id)] if command.goal_id in state.goals else []


def record_evidence(command: RecordBrandEvidence, state: BrandState) -> list[BrandEvent]:
    evidence, known = command.evidence, state.evidence.get(command.evidence.evidence_id)
    refuse_future(evidence.date, command.today, "evidence.date", "成效佐证的")
    former = None if known is None else known.evidence.goal_id
    if evidence.goal_id is not None and evidence.goal_id not in (former, *state.goals):
        raise _unknown_goal("evidence.goal_id", evidence.goal_id)
    recorded: list[BrandEvent] = []
    if known is None or known.evidence != evidence:
        recorded.append(BrandEvidenceRecorded(evidence=evidence))
    if command.text != (None if known is None else known.text):
        recorded.append(BrandEvidenceNoted(evidence_id=evidence.evidence_id, text=command.text))
    return recorded


def withdraw_evidence(command: WithdrawBrandEvidence, state: BrandState) -> list[BrandEvent]:
    if command.evidence_id in state.evidence:
        return [BrandEvidenceWithdrawn(evidence_id=command.evidence_id)]
    if command.evidence_id in state.withdrawn:
        return []
    problem, expected = "品牌没有这份成效佐证", "选择品牌已有的佐证"
    raise Rejected("unknown_evidence", "evidence_id", problem, expected, value=command.evidence_id)


def _unknown_goal(field: str, goal_id: str) -> Rejected:
    return Rejected("unknown_goal", field, "品牌没有这个目标", "选择品牌已有的目标", value=goal_id)
