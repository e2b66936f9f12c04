"""What has happened to a brand, and what is known of it."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias, assert_never

from pydantic import Field

from shared.contracts.brands import (
    BRAND_STEPS,
    BrandCorrected,
    BrandEvidence,
    BrandEvidenceRecorded,
    BrandEvidenceWithdrawn,
    BrandFacts,
    BrandGoal,
    BrandGoalSet,
    BrandGoalWithdrawn,
    BrandRegistered,
    BrandReturned,
    BrandRevoked,
    BrandStep,
    BrandStepCompleted,
    BrandStepCorrected,
    BrandUndone,
)
from shared.contracts.personal import RecordText
from shared.contracts.values import Id, LongText, PartialDate, ShortText, Value

STEPS: Final[tuple[BrandStep, ...]] = tuple(BRAND_STEPS)
Status: TypeAlias = Literal["registered", "revoked", "undone"]


class StepNote(Value):
    """What was handed in for a step, and what the one who decided wrote."""

    materials: RecordText[Annotated[tuple[ShortText, ...], Field(min_length=1, max_length=100)] | None] = None
    opinion: RecordText[LongText | None] = None


class Description(Value):
    """What carries the brand (载体) and what came of it (成效), in the office's own words."""

    carriers: RecordText[LongText | None] = None
    results: RecordText[LongText | None] = None


class BrandStepNoted(Value):
    """`activities.brand-step-noted.v1`: `note` as it is now, in a private family."""

    step: BrandStep
    note: StepNote


class BrandDescriptionRecorded(Value):
    """`activities.brand-description-recorded.v1`: `description` as it is now, in a private family."""

    description: Description


class BrandEvidenceNoted(Value):
    """`activities.brand-evidence-noted.v1`: what the evidence says, in a private family."""

    evidence_id: Id
    text: RecordText[LongText | None]


BrandEvent: TypeAlias = (
    BrandRegistered
    | BrandCorrected
    | BrandStepCompleted
    | BrandStepCorrected
    | BrandStepNoted
    | BrandDescriptionRecorded
    | BrandReturned
    | BrandRevoked
    | BrandGoalSet
    | BrandGoalWithdrawn
    | BrandEvidenceRecorded
    | BrandEvidenceNoted
    | BrandEvidenceWithdrawn
    | BrandUndone
)


class TakenStep(Value):
    """A completed step; `date` is None where it is unknown."""

    step: BrandStep
    date: PartialDate | None = None
    note: StepNote = StepNote()


class Evidence(Value):
    """A piece of evidence with what it says."""

    evidence: BrandEvidence
    text: RecordText[LongText | None] = None


class BrandState(Value):
    """`status` is None before the first event. `returned` is the last return, until a step is taken again.

    `withdrawn` are ids of goals and evidence that were there once.
    """

    status: Status | None = None
    facts: BrandFacts | None = None
    steps: tuple[TakenStep, ...] = ()
    description: Description = Description()
    returned: BrandReturned | None = None
    revoked_on: PartialDate | None = None
    goals: dict[str, BrandGoal] = Field(default_factory=dict)
    evidence: dict[str, Evidence] = Field(default_factory=dict)
    withdrawn: frozenset[Id] = frozenset()

    @property
    def due(self) -> BrandStep | None:
        """The step that comes next, None when all are taken."""
        return STEPS[len(self.steps)] if len(self.steps) < len(STEPS) else None

    def taken(self, step: BrandStep) -> TakenStep | None:
        """The step as it was taken, None while it was not."""
        return next((one for one in self.steps if one.step == step), None)


def evolve(state: BrandState, event: BrandEvent) -> BrandState:
    match event:
        case BrandRegistered(facts=facts):
            return BrandState(status="registered", facts=facts)
        case BrandCorrected(facts=facts):
            return state.model_copy(update={"facts": facts})
        case BrandDescriptionRecorded(description=description):
            return state.model_copy(update={"description": description})
        case BrandRevoked(date=date):
            return state.model_copy(update={"status": "revoked", "revoked_on": date})
        case BrandUndone():
            return BrandState(status="undone")
        case BrandStepCompleted() | BrandStepCorrected() | BrandStepNoted() | BrandReturned():
            return _with_step(state, event)
        case BrandGoalSet() | BrandGoalWithdrawn():
            return _with_goal(state, event)
        case BrandEvidenceRecorded() | BrandEvidenceNoted() | BrandEvidenceWithdrawn():
            return _with_evidence(state, event)
        case _:
            assert_never(event)


def _with_step(
    state: BrandState, event: BrandStepCompleted | BrandStepCorrected | BrandStepNoted | BrandReturned
) -> BrandState:
    match event:
        case BrandStepCompleted(step=step, date=date):
            steps = (*state.steps, TakenStep(step=step, date=date))
            return state.model_copy(update={"steps": steps, "returned": None})
        case BrandStepCorrected(step=step, date=date):
            return state.model_copy(update={"steps": _changed(state.steps, step, {"date": date})})
        case BrandStepNoted(step=step, note=note):
            return state.model_copy(update={"steps": _changed(state.steps, step, {"note": note})})
        case BrandReturned(step=step):
            kept = tuple(one for one in state.steps if STEPS.index(one.step) < STEPS.index(step))
            return state.model_copy(update={"steps": kept, "returned": event})
        case _:
            assert_never(event)


def _changed(steps: tuple[TakenStep, ...], step: BrandStep, change: dict[str, object]) -> tuple[TakenStep, ...]:
    return tuple(one.model_copy(update=change) if one.step == step else one for one in steps)


def _with_goal(state: BrandState, event: BrandGoalSet | BrandGoalWithdrawn) -> BrandState:
    match event:
        case BrandGoalSet(goal=goal):
            goals = state.goals | {goal.goal_id: goal}
        case BrandGoalWithdrawn(goal_id=goal_id):
            goals = {identity: goal for identity, goal in state.goals.items() if identity != goal_id}
            return state.model_copy(update={"goals": goals, "withdrawn": state.withdrawn | {goal_id}})
        case _:
            assert_never(event)
    return state.model_copy(update={"goals": goals})


def _with_evidence(
    state: BrandState, event: BrandEvidenceRecorded | BrandEvidenceNoted | BrandEvidenceWithdrawn
) -> BrandState:
    known, withdrawn = dict(state.evidence), state.withdrawn
    match event:
        case BrandEvidenceRecorded(evidence=evidence):
            former = known.get(evidence.evidence_id)
            known[evidence.evidence_id] = Evidence(evidence=evidence, text=former.text if former else None)
        case BrandEvidenceNoted(evidence_id=evidence_id, text=text):
            if evidence_id in known:
                known[evidence_id] = known[evidence_id].model_copy(update={"text": text})
        case BrandEvidenceWithdrawn(evidence_id=evidence_id):
            known.pop(evidence_id, None)
            withdrawn |= {evidence_id}
        case _:
            assert_never(event)
    return state.model_copy(update={"evidence": known, "withdrawn": withdrawn})
