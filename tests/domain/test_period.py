"""Reporting periods: submitted and reopened, locked with their figures and unlocked."""

from datetime import date
from uuid import UUID

import pytest

from services.activities.domain.period import (
    PERIOD,
    LockPeriod,
    ReopenPeriod,
    SubmitPeriod,
    UnlockPeriod,
    period_id,
)
from shared.contracts.periods import (
    LockedCourt,
    PeriodLocked,
    PeriodReopened,
    PeriodSubmitted,
    PeriodUnlocked,
    period_span,
)
from shared.testing.given import given

SUBMIT = SubmitPeriod(period="2024-H1", day="2024-07-01", remark="已与各支部核对")
SUBMITTED = PeriodSubmitted(period="2024-H1", remark="已与各支部核对")
REOPEN = ReopenPeriod(period="2024-H1", reason="补录五月党课")
REOPENED = PeriodReopened(period="2024-H1", reason="补录五月党课")
UNLOCK = UnlockPeriod(period="2024-H1", reason="省院要求更正")
UNLOCKED = PeriodUnlocked(period="2024-H1", reason="省院要求更正")


def locked(joint: int = 12) -> PeriodLocked:
    court = LockedCourt(site="demo2", submitted=True, complete=True, figures={"joint": joint})
    return PeriodLocked(period="2024-H1", as_of="2024-07-10", courts=(court,), origins=())


def lock(joint: int = 12) -> LockPeriod:
    return LockPeriod(locked=locked(joint), day="2024-07-10")


def test_a_period_is_submitted_once() -> None:
    given(PERIOD).when(SUBMIT).then(SUBMITTED)
    given(PERIOD, SUBMITTED).when(SUBMIT).then()
    given(PERIOD, SUBMITTED).when(SUBMIT.model_copy(update={"remark": None})).then()


@pytest.mark.parametrize("day", ["2024-06-30", "2024-01-05"])
def test_a_period_that_is_not_over_may_not_be_submitted_or_locked(day: str) -> None:
    early = SUBMIT.model_copy(update={"day": day})
    given(PERIOD).when(early).then_rejected("period_not_over", "period")
    given(PERIOD).when(LockPeriod(locked=locked(), day=day)).then_rejected("period_not_over", "period")


def test_a_submitted_period_is_reopened_once_and_may_be_submitted_again() -> None:
    given(PERIOD).when(REOPEN).then()
    given(PERIOD, SUBMITTED).when(REOPEN).then(REOPENED)
    given(PERIOD, SUBMITTED, REOPENED).when(REOPEN).then()
    given(PERIOD, SUBMITTED, REOPENED).when(SUBMIT).then(SUBMITTED)


def test_figures_are_locked_once_and_others_only_after_unlocking() -> None:
    given(PERIOD).when(lock()).then(locked())
    given(PERIOD, locked()).when(lock()).then()
    given(PERIOD, locked()).when(lock(13)).then_rejected("period_locked", "period")
    given(PERIOD, locked(), UNLOCKED).when(lock(13)).then(locked(13))


def test_what_is_not_locked_is_not_unlocked() -> None:
    given(PERIOD).when(UNLOCK).then()
    given(PERIOD, SUBMITTED, locked()).when(UNLOCK).then(UNLOCKED)
    given(PERIOD, SUBMITTED, locked(), UNLOCKED).when(UNLOCK).then()


def test_submission_and_lock_do_not_touch_each_other() -> None:
    given(PERIOD, SUBMITTED, locked()).when(REOPEN, lock()).then()
    given(PERIOD, locked(), SUBMITTED).when(lock(13)).then_rejected("period_locked", "period")


def test_a_court_is_locked_once() -> None:
    twice = locked().model_copy(update={"courts": locked().courts * 2})
    given(PERIOD).when(LockPeriod(locked=twice, day="2024-07-10")).then_rejected("court_named_twice", "courts.1.site")


def test_a_period_has_one_stream_in_one_court_and_serves_no_other_period() -> None:
    assert period_id("demo1", "2024-H1") == UUID("e84f3ab7-3adf-55a4-958b-2b889e987994")
    assert period_id("demo1", "2024") != period_id("demo1", "2024-H1") != period_id("demo2", "2024-H1")
    other = SubmitPeriod(period="2024-Q1", day="2024-07-01")
    given(PERIOD, SUBMITTED).when(other).then_rejected("other_period", "period")


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-H1", date(2024, 1, 1), date(2024, 6, 30)),
        ("2024-H2", date(2024, 7, 1), date(2024, 12, 31)),
        ("2024-Q3", date(2024, 7, 1), date(2024, 9, 30)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-12", date(2023, 12, 1), date(2023, 12, 31)),
    ],
)
def test_a_period_has_a_first_and_a_last_day(period: str, first: date, last: date) -> None:
    assert period_span(period) == (first, last)
