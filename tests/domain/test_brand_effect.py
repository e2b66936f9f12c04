"""Whether a brand has an effect: goals, evidence, and what is seen of them as of a day."""

from datetime import date

import pytest

from services.activities.domain.brand import BRAND
from services.activities.domain.brand_effect import (
    RecordBrandEvidence,
    SetBrandGoal,
    WithdrawBrandEvidence,
    WithdrawBrandGoal,
)
from services.activities.domain.brand_state import BrandEvidenceNoted
from services.activities.examples.brands import BRAND_FACTS, EVIDENCE, EVIDENCE_ID, GOAL, GOAL_ID, ITEM_ID
from shared.contracts.brands import (
    BrandEvidenceRecorded,
    BrandEvidenceWithdrawn,
    BrandGoalSet,
    BrandGoalWithdrawn,
    BrandRegistered,
    BrandRevoked,
    BrandUndone,
)
from shared.rules.brands import goal_progress, imbalance, is_stale, last_sign, work_progress
from shared.testing.given import given

REGISTERED = BrandRegistered(facts=BRAND_FACTS)
GOAL_SET = BrandGoalSet(goal=GOAL)
RECORD = RecordBrandEvidence(evidence=EVIDENCE, text="宣讲3场", today="2024-06-01")
RECORDED = (BrandEvidenceRecorded(evidence=EVIDENCE), BrandEvidenceNoted(evidence_id=EVIDENCE_ID, text="宣讲3场"))


def test_a_goal_is_set_changed_and_withdrawn() -> None:
    higher = GOAL.model_copy(update={"target": 20})
    given(BRAND, REGISTERED).when(SetBrandGoal(goal=GOAL)).then(GOAL_SET)
    given(BRAND, REGISTERED, GOAL_SET).when(SetBrandGoal(goal=GOAL)).then()
    given(BRAND, REGISTERED, GOAL_SET).when(SetBrandGoal(goal=higher)).then(BrandGoalSet(goal=higher))
    withdrawn = BrandGoalWithdrawn(goal_id=GOAL_ID)
    given(BRAND, REGISTERED, GOAL_SET).when(WithdrawBrandGoal(goal_id=GOAL_ID)).then(withdrawn)
    given(BRAND, REGISTERED, GOAL_SET, withdrawn).when(WithdrawBrandGoal(goal_id=GOAL_ID)).then()
    given(BRAND, REGISTERED, GOAL_SET, withdrawn).when(SetBrandGoal(goal=GOAL)).then(GOAL_SET)


def test_evidence_is_recorded_once_with_what_it_says() -> None:
    given(BRAND, REGISTERED, GOAL_SET).when(RECORD).then(*RECORDED)
    given(BRAND, REGISTERED, GOAL_SET, *RECORDED).when(RECORD).then()


def test_changed_evidence_and_changed_words_are_told_apart() -> None:
    more = EVIDENCE.model_copy(update={"reached": 4})
    history = (REGISTERED, GOAL_SET, *RECORDED)
    given(BRAND, *history).when(RECORD.model_copy(update={"evidence": more})).then(BrandEvidenceRecorded(evidence=more))
    given(BRAND, *history).when(RECORD.model_copy(update={"text": "宣讲三场"})).then(
        BrandEvidenceNoted(evidence_id=EVIDENCE_ID, text="宣讲三场")
    )


def test_evidence_is_withdrawn_once() -> None:
    history = (REGISTERED, GOAL_SET, *RECORDED)
    withdrawn = BrandEvidenceWithdrawn(evidence_id=EVIDENCE_ID)
    given(BRAND, *history).when(WithdrawBrandEvidence(evidence_id=EVIDENCE_ID)).then(withdrawn)
    given(BRAND, *history, withdrawn).when(WithdrawBrandEvidence(evidence_id=EVIDENCE_ID)).then()


def test_evidence_of_a_withdrawn_goal_may_still_be_corrected() -> None:
    history = (REGISTERED, GOAL_SET, *RECORDED, BrandGoalWithdrawn(goal_id=GOAL_ID))
    more = EVIDENCE.model_copy(update={"reached": 4})
    given(BRAND, *history).when(RECORD.model_copy(update={"evidence": more})).then(BrandEvidenceRecorded(evidence=more))


def test_evidence_that_cannot_be_is_refused() -> None:
    given(BRAND, REGISTERED).when(RECORD).then_rejected("unknown_goal", "evidence.goal_id")
    given(BRAND, REGISTERED, GOAL_SET).when(RECORD.model_copy(update={"today": "2024-05-15"})).then_rejected(
        "date_in_the_future", "evidence.date"
    )
    given(BRAND, REGISTERED).when(WithdrawBrandGoal(goal_id=ITEM_ID)).then_rejected("unknown_goal", "goal_id")
    given(BRAND, REGISTERED).when(WithdrawBrandEvidence(evidence_id=ITEM_ID)).then_rejected(
        "unknown_evidence", "evidence_id"
    )


@pytest.mark.parametrize("command", [SetBrandGoal(goal=GOAL), RECORD, WithdrawBrandGoal(goal_id=GOAL_ID)])
def test_a_brand_that_is_none_has_no_effect(
    command: SetBrandGoal | RecordBrandEvidence | WithdrawBrandGoal,
) -> None:
    given(BRAND).when(command).then_rejected("unknown_brand", "brand_id")
    given(BRAND, REGISTERED, BrandRevoked(date="2024-05-01")).when(command).then_rejected("brand_revoked", "brand_id")
    given(BRAND, REGISTERED, BrandUndone()).when(command).then_rejected("brand_undone", "brand_id")


def test_the_last_sign_is_the_latest_day_that_is_possible() -> None:
    assert last_sign(["2024-02-20", "2024-02", None]) == date(2024, 2, 29)
    assert last_sign(["2023", "2023-11-30"]) == date(2023, 12, 31)
    assert last_sign([None]) is None


def test_a_brand_is_stale_after_more_days_than_agreed() -> None:
    assert not is_stale(date(2024, 1, 1), date(2024, 6, 29))  # the 180th day
    assert is_stale(date(2024, 1, 1), date(2024, 6, 30))
    assert is_stale(date(2024, 1, 1), date(2024, 2, 1), days=30)
    assert is_stale(None, date(2024, 1, 1))
    assert not is_stale(date(2024, 3, 1), date(2024, 1, 1))


def test_progress_is_half_up_and_unknown_where_nothing_is_set() -> None:
    assert goal_progress([3, None, 2], 12) == 42  # 41.67
    assert goal_progress([1], 8) == 13  # 12.5
    assert goal_progress([15], 12) == 125
    assert goal_progress([], 12) == 0
    assert goal_progress([3], None) is None
    assert goal_progress([3], 0) is None
    assert work_progress(1, 7) == 13  # 12.5
    assert work_progress(2, 1) == 67
    assert work_progress(0, 3) == 0
    assert work_progress(0, 0) is None


def test_those_lag_behind_who_have_nothing_while_others_have() -> None:
    assert imbalance({"b2": 0, "b1": 3, "b3": 0}) == ("b2", "b3")
    assert imbalance({"b1": 1, "b2": 2}) == ()
    assert imbalance({"b1": 0, "b2": 0}) == ()
    assert imbalance({}) == ()
