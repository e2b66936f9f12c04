"""The five steps of a brand in their only order: taken, corrected, sent back, ended."""

from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from services.activities.domain.brand import (
    BRAND,
    BrandCommand,
    CorrectBrand,
    RegisterBrand,
)
from services.activities.domain.brand_facts import Ancestor
from services.activities.domain.brand_record import RecordBrand
from services.activities.domain.brand_state import (
    STEPS,
    BrandEvent,
    BrandState,
    BrandStepNoted,
    StepNote,
)
from services.activities.domain.brand_steps import CompleteBrandStep, CorrectBrandStep, ReturnBrand, RevokeBrand
from services.activities.examples.brands import (
    BRAND_FACTS,
    BRAND_ID,
    NOTE,
    OWN,
    PARENT_ID,
)
from shared.contracts.brands import (
    BrandRegistered,
    BrandReturned,
    BrandRevoked,
    BrandStep,
    BrandStepCompleted,
    BrandStepCorrected,
)
from shared.rejection import Rejected
from shared.testing.given import given

TODAY = "2024-12-31"
PARENT = Ancestor(brand_id=PARENT_ID, status="registered")
REGISTER = RegisterBrand(brand_id=BRAND_ID, facts=BRAND_FACTS, ancestors=(PARENT,))
REGISTERED = BrandRegistered(facts=BRAND_FACTS)
REVOKED = BrandRevoked(date="2024-12-01")
DAYS: dict[BrandStep, str] = {
    "submit": "2024-02-20",
    "recognise": "2024-04-30",
    "cultivate": "2024-06",
    "publicise": "2024-08-28",
    "designate_exemplar": "2024-11-08",
}


def completed(*steps: BrandStep) -> tuple[BrandEvent, ...]:
    return tuple(BrandStepCompleted(step=step, date=DAYS[step]) for step in steps)


def complete(step: BrandStep, date: str | None, **more: Any) -> CompleteBrandStep:
    return CompleteBrandStep(step=step, date=date, today=TODAY, **more)


def test_five_steps_are_taken_in_their_order_with_materials_and_opinion() -> None:
    given(BRAND, REGISTERED).when(complete("submit", "2024-02-20", note=NOTE)).then(
        *completed("submit"), BrandStepNoted(step="submit", note=NOTE)
    )
    for n, step in enumerate(STEPS):
        given(BRAND, REGISTERED, *completed(*STEPS[:n])).when(complete(step, DAYS[step])).then(*completed(step))


@pytest.mark.parametrize(("n", "skipping"), [(0, 1), (0, 4), (1, 2), (2, 4), (3, 4)])
def test_a_step_that_is_not_due_is_refused(n: int, skipping: int) -> None:
    given(BRAND, REGISTERED, *completed(*STEPS[:n])).when(complete(STEPS[skipping], "2024-12-01")).then_rejected(
        "step_skipped", "step"
    )


def test_the_refusal_of_a_skipped_step_names_the_one_that_is_due() -> None:
    with pytest.raises(Rejected) as refusal:
        BRAND.decide(complete("cultivate", "2024-12-01"), BRAND.fold([REGISTERED, *completed("submit")]))
    assert refusal.value.problem == "“认定”还没有完成，不能进行“培育”"
    assert refusal.value.expected == "先完成“认定”（recognise）"


def test_a_taken_step_taken_again_changes_nothing_unless_it_says_something_else() -> None:
    taken: tuple[BrandEvent, ...] = (REGISTERED, *completed("submit"))
    given(BRAND, *taken).when(complete("submit", "2024-02-20")).then()
    given(BRAND, *taken).when(complete("submit", "2024-02-20", note=NOTE)).then(
        BrandStepNoted(step="submit", note=NOTE)
    )
    given(BRAND, *taken).when(complete("submit", "2024-02-21")).then_rejected("step_already_taken", "step")


def test_steps_do_not_go_back_in_time() -> None:
    taken: tuple[BrandEvent, ...] = (REGISTERED, *completed("submit"))
    given(BRAND, *taken).when(complete("recognise", "2024-02-19")).then_rejected("before_beginning", "date")
    given(BRAND, *taken).when(complete("recognise", "2024-01")).then_rejected("before_beginning", "date")
    given(BRAND, *taken).when(complete("recognise", "2024-02")).then(
        BrandStepCompleted(step="recognise", date="2024-02")
    )
    given(BRAND, *taken).when(complete("recognise", "2025-01-01")).then_rejected("date_in_the_future", "date")


def test_a_step_on_an_unknown_day_hides_no_disorder() -> None:
    unknown: tuple[BrandEvent, ...] = (
        REGISTERED,
        *completed("submit"),
        BrandStepCompleted(step="recognise", date=None),
    )
    given(BRAND, *unknown).when(complete("cultivate", "2024-02-19")).then_rejected("before_beginning", "date")
    vague: tuple[BrandEvent, ...] = (
        REGISTERED,
        *completed("submit"),
        BrandStepCompleted(step="recognise", date="2024"),
    )
    given(BRAND, *vague).when(complete("cultivate", "2024-02-19")).then_rejected("before_beginning", "date")
    given(BRAND, *unknown).when(complete("cultivate", "2024-02-20")).then(
        BrandStepCompleted(step="cultivate", date="2024-02-20")
    )


def test_a_step_is_corrected_between_its_neighbours() -> None:
    taken: tuple[BrandEvent, ...] = (REGISTERED, *completed("submit", "recognise", "cultivate"))

    def correct(step: BrandStep, date: str | None, note: StepNote | None = None) -> CorrectBrandStep:
        return CorrectBrandStep(step=step, date=date, note=note, today=TODAY)

    given(BRAND, *taken).when(correct("recognise", "2024-05-01")).then(
        BrandStepCorrected(step="recognise", date="2024-05-01")
    )
    given(BRAND, *taken).when(correct("recognise", None)).then(BrandStepCorrected(step="recognise", date=None))
    given(BRAND, *taken).when(correct("recognise", "2024-04-30")).then()
    given(BRAND, *taken).when(correct("recognise", "2024-04-30", NOTE)).then(
        BrandStepNoted(step="recognise", note=NOTE)
    )
    given(BRAND, *taken).when(correct("recognise", "2024-07-01")).then_rejected("before_beginning", "date")
    given(BRAND, *taken).when(correct("recognise", "2024-02-01")).then_rejected("before_beginning", "date")
    given(BRAND, *taken).when(correct("recognise", "2025-01-01")).then_rejected("date_in_the_future", "date")
    given(BRAND, *taken).when(correct("publicise", "2024-08-28")).then_rejected("step_not_taken", "step")


def test_a_brand_is_sent_back_and_the_step_has_to_be_taken_again() -> None:
    taken: tuple[BrandEvent, ...] = (REGISTERED, *completed("submit", "recognise", "cultivate"))
    back = ReturnBrand(step="recognise", date="2024-09-01", today=TODAY)
    returned = BrandReturned(step="recognise", date="2024-09-01")
    given(BRAND, *taken).when(back).then(returned)
    given(BRAND, *taken, returned).when(back).then()
    given(BRAND, *taken, returned).when(complete("cultivate", "2024-10-01")).then_rejected("step_skipped", "step")
    given(BRAND, *taken, returned).when(complete("recognise", "2024-08-31")).then_rejected("before_beginning", "date")
    given(BRAND, *taken, returned).when(complete("recognise", "2024-10-01")).then(
        BrandStepCompleted(step="recognise", date="2024-10-01")
    )


def test_a_return_that_cannot_be_is_refused() -> None:
    taken: tuple[BrandEvent, ...] = (REGISTERED, *completed("submit", "recognise"))

    def back(step: BrandStep, date: str) -> ReturnBrand:
        return ReturnBrand(step=step, date=date, today=TODAY)

    given(BRAND, *taken).when(back("cultivate", "2024-09-01")).then_rejected("step_not_taken", "step")
    given(BRAND, *taken).when(back("submit", "2024-04-01")).then_rejected("before_beginning", "date")
    given(BRAND, *taken).when(back("submit", "2025-01-01")).then_rejected("date_in_the_future", "date")


def test_a_revoked_brand_takes_no_steps_and_may_be_registered_anew_from_the_first() -> None:
    revoked: tuple[BrandEvent, ...] = (REGISTERED, *completed("submit", "recognise"), REVOKED)
    given(BRAND, *revoked[:-1]).when(RevokeBrand(date="2024-12-01", today=TODAY)).then(REVOKED)
    given(BRAND, *revoked).when(RevokeBrand(date="2024-12-01", today=TODAY)).then()
    given(BRAND, *revoked).when(RevokeBrand(date="2024-12-02", today=TODAY)).then_rejected("brand_revoked", "brand_id")
    given(BRAND, *revoked).when(complete("cultivate", "2024-12-30")).then_rejected("brand_revoked", "brand_id")
    given(BRAND, *revoked).when(REGISTER).then(REGISTERED)
    given(BRAND, *revoked, REGISTERED).when(complete("recognise", "2024-12-30")).then_rejected("step_skipped", "step")


def test_a_brand_is_not_revoked_before_its_last_step() -> None:
    given(BRAND, REGISTERED, *completed("submit")).when(RevokeBrand(date="2024-02-19", today=TODAY)).then_rejected(
        "before_beginning", "date"
    )
    given(BRAND, REGISTERED).when(RevokeBrand(date="2025-01-01", today=TODAY)).then_rejected(
        "date_in_the_future", "date"
    )


STEPS_TAKE = st.sampled_from(STEPS)
SOME_DAYS = st.none() | st.sampled_from(["2024", "2024-02", "2024-02-20", "2024-06-01", "2025-06-01"])
ALONE = BRAND_FACTS.model_copy(update={"owners": (OWN,), "main": False})
FACTS = st.sampled_from([BRAND_FACTS, ALONE])
COMMANDS: st.SearchStrategy[BrandCommand] = st.one_of(
    st.builds(RegisterBrand, brand_id=st.just(BRAND_ID), facts=FACTS, ancestors=st.just((PARENT,))),
    st.builds(CorrectBrand, brand_id=st.just(BRAND_ID), facts=FACTS, ancestors=st.just((PARENT,))),
    st.builds(CompleteBrandStep, step=STEPS_TAKE, date=SOME_DAYS, note=st.just(StepNote()), today=st.just(TODAY)),
    st.builds(CorrectBrandStep, step=STEPS_TAKE, date=SOME_DAYS, note=st.none(), today=st.just(TODAY)),
    st.builds(ReturnBrand, step=STEPS_TAKE, date=SOME_DAYS.filter(bool), today=st.just(TODAY)),
    st.builds(RevokeBrand, date=SOME_DAYS.filter(bool), today=st.just(TODAY)),
    st.builds(
        lambda n, days: RecordBrand(
            brand_id=BRAND_ID,
            facts=BRAND_FACTS,
            ancestors=(PARENT,),
            steps=dict(zip(STEPS[:n], days, strict=False)),
            today=TODAY,
        ),
        st.integers(0, 5),
        st.lists(SOME_DAYS, min_size=5, max_size=5),
    ),
)


def in_order(state: BrandState) -> bool:
    """Steps are a beginning of the five, and no later one is surely before an earlier one."""
    dates = [step.date for step in state.steps if step.date is not None]
    pairs = [(a, b, min(len(a), len(b))) for n, a in enumerate(dates) for b in dates[n + 1 :]]
    return [step.step for step in state.steps] == list(STEPS[: len(state.steps)]) and all(
        b[:known] >= a[:known] for a, b, known in pairs
    )


@settings(max_examples=300, deadline=None)
@for_all(st.lists(COMMANDS, max_size=15))
def test_whatever_is_tried_steps_stay_in_order_and_repeating_changes_nothing(commands: list[BrandCommand]) -> None:
    state: BrandState = BRAND.initial
    for command in commands:
        try:
            events: list[BrandEvent] = list(BRAND.decide(command, state))
        except Rejected:
            continue
        state = BRAND.fold(events, state)
        assert in_order(state)
        assert list(BRAND.decide(command, state)) == []
