"""A brand as a ledger states it, and the way back to what was stated before."""

from __future__ import annotations

from services.activities.domain.brand_facts import (
    Ancestor,
    Standing,
    corrected_facts,
    refuse_impossible_facts,
    standing,
)
from services.activities.domain.brand_state import (
    STEPS,
    BrandDescriptionRecorded,
    BrandEvent,
    BrandEvidenceNoted,
    BrandState,
    BrandStepNoted,
    Description,
    TakenStep,
)
from services.activities.domain.brand_steps import refuse_disorder, refuse_skipping
from services.activities.domain.partial_dates import refuse_future
from shared.contracts.brands import (
    BRAND_STEPS,
    BrandEvidence,
    BrandEvidenceRecorded,
    BrandEvidenceWithdrawn,
    BrandFacts,
    BrandGoalSet,
    BrandGoalWithdrawn,
    BrandRegistered,
    BrandReturned,
    BrandStep,
    BrandStepCompleted,
    BrandStepCorrected,
    BrandUndone,
)
from shared.contracts.values import Day, Id, PartialDate, Value
from shared.rejection import Rejected


class RecordBrand(Value):
    """State all that a ledger says of a brand; other content than before is a correction.

    `steps` holds the taken ones, None for a day that is unknown; a step that is left out stays as it is. So do slogan
    and pillars, for which ledgers have no column. A revoked brand stays revoked: nothing changes. `ancestors` go
    from the parent upwards, up to `DEEPEST` of them. `seen` is where the brand stood when places of main brand were
    made to follow from it: it has to stand there still.
    """

    brand_id: Id
    facts: BrandFacts
    ancestors: tuple[Ancestor, ...] = ()
    steps: dict[BrandStep, PartialDate | None]
    description: Description = Description()
    evidence: BrandEvidence | None = None
    seen: Standing | None = None
    today: Day


class UndoBrand(Value):
    """Back to `before`; where that is empty the brand counts as absent."""

    before: BrandState = BrandState()


def stated_facts(facts: BrandFacts, state: BrandState) -> BrandFacts:
    """What `RecordBrand` leaves standing: `facts` with slogan and pillars as they are known."""
    if state.status != "registered" or state.facts is None:
        return facts
    kept = {"slogan": facts.slogan or state.facts.slogan, "pillars": facts.pillars or state.facts.pillars}
    return facts.model_copy(update=kept)


def record(command: RecordBrand, state: BrandState) -> list[BrandEvent]:
    if command.seen is not None and command.seen != standing(state):
        raise Rejected("brand_changed", "brand_id", "品牌刚刚有变动", "再导入一次")
    facts = stated_facts(command.facts, state)
    refuse_impossible_facts(facts, command.ancestors, command.brand_id)
    if state.status == "revoked":
        return []
    known = state if state.status == "registered" else BrandState()
    steps = _steps(command, known)
    registered = corrected_facts(facts, known.facts) if known.facts is not None else [BrandRegistered(facts=facts)]
    return [
        *registered,
        *_steps_between(known.steps, steps),
        *_described(known.description, command.description),
        *_new_evidence(command, known),
    ]


def undo(command: UndoBrand, state: BrandState) -> list[BrandEvent]:
    before = command.before
    if before.status in (None, "undone"):
        return [BrandUndone()]
    if before == state:
        return []
    if before.status != "registered" or state.status != "registered" or before.facts is None or state.facts is None:
        raise Rejected("undo_not_possible", "brand_id", "品牌的状态在此之后已经改变", "由人工更正这个品牌")
    return [
        *corrected_facts(before.facts, state.facts),
        *_steps_between(state.steps, before.steps),
        *_described(state.description, before.description),
        *_goals_between(state, before),
        *_evidence_between(state, before),
    ]


def _steps(command: RecordBrand, known: BrandState) -> tuple[TakenStep, ...]:
    steps: list[TakenStep] = []
    for step in STEPS:
        former = known.taken(step)
        if step in command.steps:
            refuse_skipping(step, steps, f"steps.{step}")
            refuse_future(command.steps[step], command.today, f"steps.{step}", BRAND_STEPS[step])
            taken = TakenStep(step=step, date=command.steps[step])
            steps.append(taken if former is None else taken.model_copy(update={"note": former.note}))
            refuse_disorder(steps, f"steps.{step}")
        elif former is not None:
            steps.append(former)
            refuse_disorder(steps, f"steps.{step}")
    return tuple(steps)


def _steps_between(old: tuple[TakenStep, ...], new: tuple[TakenStep, ...]) -> list[BrandEvent]:
    events: list[BrandEvent] = [] if len(new) >= len(old) else [BrandReturned(step=STEPS[len(new)], date=None)]
    for former, later in zip(old, new, strict=False):
        if former.date != later.date:
            events.append(BrandStepCorrected(step=later.step, date=later.date))
        if former.note != later.note:
            events.append(BrandStepNoted(step=later.step, note=later.note))
    for later in new[len(old) :]:
        events.append(BrandStepCompleted(step=later.step, date=later.date))
        if later.note != TakenStep(step=later.step).note:
            events.append(BrandStepNoted(step=later.step, note=later.note))
    return events


def _described(old: Description, new: Description) -> list[BrandEvent]:
    return [] if old == new else [BrandDescriptionRecorded(description=new)]


def _new_evidence(command: RecordBrand, known: BrandState) -> list[BrandEvent]:
    evidence = command.evidence
    if evidence is None:
        return []
    refuse_future(evidence.date, command.today, "evidence.date", "最近更新")
    former = known.evidence.get(evidence.evidence_id)
    return [] if former is not None and former.evidence == evidence else [BrandEvidenceRecorded(evidence=evidence)]


def _goals_between(old: BrandState, new: BrandState) -> list[BrandEvent]:
    withdrawn = [BrandGoalWithdrawn(goal_id=goal_id) for goal_id in old.goals if goal_id not in new.goals]
    return [*withdrawn, *(BrandGoalSet(goal=goal) for key, goal in new.goals.items() if old.goals.get(key) != goal)]


def _evidence_between(old: BrandState, new: BrandState) -> list[BrandEvent]:
    gone = [key for key in old.evidence if key not in new.evidence]
    events: list[BrandEvent] = [BrandEvidenceWithdrawn(evidence_id=key) for key in gone]
    for key, one in new.evidence.items():
        former = old.evidence.get(key)
        if former is None or former.evidence != one.evidence:
            events.append(BrandEvidenceRecorded(evidence=one.evidence))
        if one.text != (None if former is None else former.text):
            events.append(BrandEvidenceNoted(evidence_id=key, text=one.text))
    return events
