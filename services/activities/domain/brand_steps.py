"""The five steps of a brand in their only order, their return, and the end of a brand by revocation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from services.activities.domain.brand_state import STEPS, BrandEvent, BrandState, BrandStepNoted, StepNote, TakenStep
from services.activities.domain.partial_dates import refuse_before, refuse_future
from shared.contracts.brands import (
    BRAND_STEPS,
    BrandReturned,
    BrandRevoked,
    BrandStep,
    BrandStepCompleted,
    BrandStepCorrected,
)
from shared.contracts.values import Day, PartialDate, Value
from shared.rejection import Rejected


class CompleteBrandStep(Value):
    """Take the step that is due; `date` None where it is unknown."""

    step: BrandStep
    date: PartialDate | None
    note: StepNote = StepNote()
    today: Day


class CorrectBrandStep(Value):
    """A taken step was on another day; `note` None leaves materials and opinion as they are."""

    step: BrandStep
    date: PartialDate | None
    note: StepNote | None = None
    today: Day


class ReturnBrand(Value):
    """Back to before `step`: it and what followed have to be taken again."""

    step: BrandStep
    date: PartialDate
    today: Day


class RevokeBrand(Value):
    """The brand is one no more; it may be registered anew and then begins from the first step."""

    date: PartialDate
    today: Day


def complete(command: CompleteBrandStep, state: BrandState) -> list[BrandEvent]:
    known = state.taken(command.step)
    if known is not None and known.date == command.date:
        return _noted(command.step, command.note, known.note) if command.note != StepNote() else []
    if known is not None:
        raise Rejected(
            "step_already_taken",
            "step",
            f"“{BRAND_STEPS[command.step]}”已经完成，日期为 {known.date or '不详'}",
            "日期写错的用“更正步骤”，需要重做的先“退回”",
            value=command.step,
        )
    refuse_skipping(command.step, state.steps)
    refuse_future(command.date, command.today, "date", BRAND_STEPS[command.step])
    steps = (*state.steps, TakenStep(step=command.step, date=command.date))
    refuse_disorder(steps, "date")
    if state.returned is not None:
        refuse_before(command.date, state.returned.date, "date", BRAND_STEPS[command.step], "退回")
    return [
        BrandStepCompleted(step=command.step, date=command.date),
        *_noted(command.step, command.note, StepNote()),
    ]


def correct_step(command: CorrectBrandStep, state: BrandState) -> list[BrandEvent]:
    known = state.taken(command.step)
    if known is None:
        raise not_taken(command.step)
    refuse_future(command.date, command.today, "date", BRAND_STEPS[command.step])
    refuse_disorder(
        tuple(
            one.model_copy(update={"date": command.date}) if one.step == command.step else one for one in state.steps
        ),
        "date",
    )
    moved = [] if known.date == command.date else [BrandStepCorrected(step=command.step, date=command.date)]
    return [*moved, *([] if command.note is None else _noted(command.step, command.note, known.note))]


def send_back(command: ReturnBrand, state: BrandState) -> list[BrandEvent]:
    returned = BrandReturned(step=command.step, date=command.date)
    if state.returned == returned:
        return []
    if state.taken(command.step) is None:
        raise not_taken(command.step)
    _refuse_impossible_end(command.date, command.today, state, "退回")
    return [returned]


def revoke(command: RevokeBrand, state: BrandState) -> list[BrandEvent]:
    _refuse_impossible_end(command.date, command.today, state, "撤销")
    return [BrandRevoked(date=command.date)]


def refuse_skipping(step: BrandStep, taken: Sequence[TakenStep], field: str = "step") -> None:
    """Raise `Rejected` naming the step that is due, unless it is this one."""
    due = STEPS[len(taken)]
    if step != due:
        raise Rejected(
            "step_skipped",
            field,
            f"“{BRAND_STEPS[due]}”还没有完成，不能进行“{BRAND_STEPS[step]}”",
            f"先完成“{BRAND_STEPS[due]}”（{due}）",
            value=step,
        )


def refuse_disorder(steps: Sequence[TakenStep], field: str) -> None:
    """No step before an earlier one; unknown days are passed over."""
    dated = [one for one in steps if one.date is not None]
    for former, later in combinations(dated, 2):
        refuse_before(later.date, former.date, field, BRAND_STEPS[later.step], BRAND_STEPS[former.step])


def not_taken(step: BrandStep) -> Rejected:
    return Rejected("step_not_taken", "step", f"“{BRAND_STEPS[step]}”还没有完成", "选择已经完成的步骤", value=step)


def _refuse_impossible_end(date: str, today: str, state: BrandState, what: str) -> None:
    refuse_future(date, today, "date", what)
    for one in state.steps:
        refuse_before(date, one.date, "date", what, BRAND_STEPS[one.step])


def _noted(step: BrandStep, note: StepNote, known: StepNote) -> list[BrandEvent]:
    return [] if note == known else [BrandStepNoted(step=step, note=note)]
