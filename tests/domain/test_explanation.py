"""Explanations of obligations, and people outside the roster."""

from uuid import UUID

import pytest

from services.activities.domain.explanation import (
    EXPLANATION,
    ExplainObligation,
    ExplanationNoted,
    WithdrawExplanation,
    obligation_id,
)
from services.activities.domain.outside_person import (
    OUTSIDE_PERSON,
    OutsidePersonRegistered,
    RegisterOutsidePerson,
)
from services.activities.examples import ABSENT_ID, KEY, OUTSIDE_PERSON_ID
from services.activities.http.explanations import refuse_other_rhythm
from shared.contracts.activities import ObligationExplained, ObligationExplanationWithdrawn
from shared.rejection import Rejected
from shared.testing.given import given

EXPLAIN = ExplainObligation(key=KEY, text="全体外出执行")
EXPLAINED = (ObligationExplained(key=KEY), ExplanationNoted(text="全体外出执行"))
WITHDRAWN = ObligationExplanationWithdrawn(key=KEY)


def test_an_obligation_is_explained_once() -> None:
    given(EXPLANATION).when(EXPLAIN).then(*EXPLAINED)
    given(EXPLANATION, *EXPLAINED).when(EXPLAIN).then()


def test_other_words_are_noted_without_explaining_again() -> None:
    given(EXPLANATION, *EXPLAINED).when(ExplainObligation(key=KEY, text="全体外出执行，次月补开")).then(
        ExplanationNoted(text="全体外出执行，次月补开")
    )


def test_an_explanation_is_withdrawn_once_and_may_be_given_again() -> None:
    given(EXPLANATION).when(WithdrawExplanation(key=KEY)).then()
    given(EXPLANATION, *EXPLAINED).when(WithdrawExplanation(key=KEY)).then(WITHDRAWN)
    given(EXPLANATION, *EXPLAINED, WITHDRAWN).when(WithdrawExplanation(key=KEY)).then()
    given(EXPLANATION, *EXPLAINED, WITHDRAWN).when(EXPLAIN).then(*EXPLAINED)


def test_an_explanation_does_not_serve_another_obligation() -> None:
    other = KEY.model_copy(update={"period": "2024-03"})
    given(EXPLANATION, *EXPLAINED).when(ExplainObligation(key=other, text="x")).then_rejected("other_obligation", "key")


def test_an_obligation_has_one_stream_in_one_court() -> None:
    assert obligation_id("demo1", KEY) == UUID("444ee224-5cd5-5256-9807-38f8966d4eea")
    assert obligation_id("demo2", KEY) != obligation_id("demo1", KEY)


@pytest.mark.parametrize(
    ("obligation", "period"),
    [("branch_committee_meeting", "2024-02"), ("branch_assembly", "2024-Q3"), ("organisational_life_meeting", "2024")],
)
def test_a_period_that_fits_the_rule_or_that_no_rule_knows_is_taken(obligation: str, period: str) -> None:
    refuse_other_rhythm(KEY.model_copy(update={"obligation": obligation, "period": period}))


@pytest.mark.parametrize(
    ("obligation", "period", "expected"),
    [
        ("branch_committee_meeting", "2024-Q1", "应为月 2024-02"),
        ("branch_committee_meeting", "2024", "应为月 2024-02"),
        ("branch_assembly", "2024-03", "应为季度 2024-Q3"),
    ],
)
def test_a_period_of_another_rhythm_is_refused_naming_the_right_one(
    obligation: str, period: str, expected: str
) -> None:
    with pytest.raises(Rejected) as refused:
        refuse_other_rhythm(KEY.model_copy(update={"obligation": obligation, "period": period}))
    assert (refused.value.code, refused.value.field) == ("invalid_period", "key.period")
    assert refused.value.expected == expected


def test_a_person_outside_the_roster_is_registered_once() -> None:
    register = RegisterOutsidePerson(person_id=OUTSIDE_PERSON_ID, name="程远山")
    registered = OutsidePersonRegistered(person_id=OUTSIDE_PERSON_ID, name="程远山")
    given(OUTSIDE_PERSON).when(register).then(registered)
    given(OUTSIDE_PERSON, registered).when(register).then()
    given(OUTSIDE_PERSON, registered).when(RegisterOutsidePerson(person_id=ABSENT_ID, name="程远山")).then_rejected(
        "other_person", "person_id"
    )
