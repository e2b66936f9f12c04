"""An honour is proposed, awarded, revoked; years in a row are computed, gaps named."""

import pytest

from services.activities.domain.honour import (
    HONOUR,
    AwardHonour,
    CorrectHonour,
    HonourCommand,
    HonourState,
    ProposeHonour,
    RevokeHonour,
    UndoHonour,
)
from services.activities.examples.brands import BRANCH_ID, HONOUR_FACTS
from shared.contracts.honours import (
    HonourAwarded,
    HonourCorrected,
    HonourFacts,
    HonourProposed,
    HonourRevoked,
    HonourUndone,
)
from shared.rules.honours import Award, Streak, Streaks, streaks, streaks_by_series
from shared.testing.given import given

TODAY = "2024-12-31"
AWARDED = HonourAwarded(facts=HONOUR_FACTS)
EARLIER = HONOUR_FACTS.model_copy(update={"date": "2024-06"})
PROPOSED = HonourProposed(facts=EARLIER)
REVOKED = HonourRevoked(date="2024-10-08")


def test_an_honour_is_proposed_awarded_and_revoked() -> None:
    given(HONOUR).when(ProposeHonour(facts=EARLIER, today=TODAY)).then(PROPOSED)
    given(HONOUR, PROPOSED).when(AwardHonour(facts=HONOUR_FACTS, today=TODAY)).then(AWARDED)
    given(HONOUR, PROPOSED, AWARDED).when(RevokeHonour(date="2024-10-08", today=TODAY)).then(REVOKED)


def test_an_honour_nobody_proposed_is_awarded_at_once() -> None:
    given(HONOUR).when(AwardHonour(facts=HONOUR_FACTS, today=TODAY)).then(AWARDED)


def test_saying_it_again_changes_nothing() -> None:
    given(HONOUR, PROPOSED).when(ProposeHonour(facts=EARLIER, today=TODAY)).then()
    given(HONOUR, AWARDED).when(AwardHonour(facts=HONOUR_FACTS, today=TODAY)).then()
    given(HONOUR, AWARDED, REVOKED).when(RevokeHonour(date="2024-10-08", today=TODAY)).then()
    given(HONOUR, AWARDED).when(CorrectHonour(facts=HONOUR_FACTS, today=TODAY)).then()


def test_a_correction_names_what_differs() -> None:
    other = HONOUR_FACTS.model_copy(update={"honour_level": "provincial", "document_no": None})
    given(HONOUR, AWARDED).when(CorrectHonour(facts=other, today=TODAY)).then(
        HonourCorrected(facts=other, changed=("honour_level", "document_no"))
    )


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"date": "2025-01-01"}, "date_in_the_future", "facts.date"),
        ({"subject_kind": "court"}, "subject_not_needed", "facts.subject_id"),
        ({"subject_kind": "person", "subject_id": None}, "subject_missing", "facts.subject_id"),
    ],
)
def test_an_honour_that_cannot_be_is_refused(changes: dict[str, str | None], code: str, field: str) -> None:
    facts = HONOUR_FACTS.model_copy(update=changes)
    given(HONOUR).when(ProposeHonour(facts=facts, today=TODAY)).then_rejected(code, field)
    given(HONOUR).when(AwardHonour(facts=facts, today=TODAY)).then_rejected(code, field)
    given(HONOUR, AWARDED).when(CorrectHonour(facts=facts, today=TODAY)).then_rejected(code, field)


def test_states_come_in_their_order() -> None:
    again = HONOUR_FACTS.model_copy(update={"date": "2024-08-01"})
    given(HONOUR, AWARDED).when(ProposeHonour(facts=EARLIER, today=TODAY)).then_rejected(
        "honour_already_recorded", "facts"
    )
    given(HONOUR, AWARDED).when(AwardHonour(facts=again, today=TODAY)).then_rejected("honour_already_recorded", "facts")
    given(HONOUR, AWARDED, REVOKED).when(AwardHonour(facts=again, today=TODAY)).then_rejected(
        "honour_revoked", "honour_id"
    )
    given(HONOUR, PROPOSED).when(RevokeHonour(date="2024-10-08", today=TODAY)).then_rejected(
        "honour_not_awarded", "honour_id"
    )


def test_dates_come_in_their_order() -> None:
    before = HONOUR_FACTS.model_copy(update={"date": "2024-05-31"})
    after = HONOUR_FACTS.model_copy(update={"date": "2024-11-01"})
    given(HONOUR, PROPOSED).when(AwardHonour(facts=before, today=TODAY)).then_rejected("before_beginning", "facts.date")
    given(HONOUR, AWARDED).when(RevokeHonour(date="2024-06-30", today=TODAY)).then_rejected("before_beginning", "date")
    given(HONOUR, AWARDED).when(RevokeHonour(date="2025-01-01", today=TODAY)).then_rejected(
        "date_in_the_future", "date"
    )
    given(HONOUR, AWARDED, REVOKED).when(CorrectHonour(facts=after, today=TODAY)).then_rejected(
        "before_beginning", "facts.date"
    )


@pytest.mark.parametrize(
    "command",
    [
        RevokeHonour(date="2024-10-08", today=TODAY),
        CorrectHonour(facts=HONOUR_FACTS, today=TODAY),
        UndoHonour(),
    ],
)
def test_what_is_not_there_cannot_change(command: HonourCommand) -> None:
    given(HONOUR).when(command).then_rejected("unknown_honour", "honour_id")
    given(HONOUR, AWARDED, HonourUndone()).when(command).then_rejected("honour_undone", "honour_id")


def test_an_undone_honour_may_be_stated_again() -> None:
    given(HONOUR, AWARDED).when(UndoHonour()).then(HonourUndone())
    given(HONOUR, AWARDED, HonourUndone()).when(AwardHonour(facts=HONOUR_FACTS, today=TODAY)).then(AWARDED)


def test_undoing_leads_to_what_was_before() -> None:
    proposed = HonourState(status="proposed", facts=EARLIER)
    awarded = HonourState(status="awarded", facts=HONOUR_FACTS)
    given(HONOUR, PROPOSED, AWARDED).when(UndoHonour(before=proposed)).then(PROPOSED)
    given(HONOUR, AWARDED, REVOKED).when(UndoHonour(before=awarded)).then(AWARDED)
    given(HONOUR, AWARDED).when(UndoHonour(before=awarded)).then()
    corrected = HonourCorrected(facts=EARLIER, changed=("date",))
    given(HONOUR, AWARDED, corrected).when(UndoHonour(before=awarded)).then(
        HonourCorrected(facts=HONOUR_FACTS, changed=("date",))
    )
    revoked = HonourState(status="revoked", facts=HONOUR_FACTS, revoked_on="2024-10-08")
    given(HONOUR, AWARDED).when(UndoHonour(before=revoked)).then_rejected("undo_not_possible", "honour_id")


def test_years_in_a_row_are_one_streak_and_what_interrupts_them_is_named() -> None:
    found = streaks([2021, 2018, 2019, 2020, 2023, 2019])
    assert found == Streaks((Streak(2018, 2021), Streak(2023, 2023)), (2022,))
    assert found.words == "2018—2021年连续4年；2023年；中断：2022年"
    assert streaks([2015, 2019]).gaps == (2016, 2017, 2018)
    assert streaks([2020, 2021]).words == "2020—2021年连续2年"
    assert streaks([]) == Streaks((), ())
    assert streaks([]).words == ""


def test_proposed_and_revoked_honours_make_no_streak_and_subjects_are_kept_apart() -> None:
    def award(year: int, state: str = "awarded", title: str = "先进基层党组织", subject: str = BRANCH_ID) -> Award:
        return Award(title, "unit", subject, year, state)

    found = streaks_by_series(
        [
            award(2020),
            award(2021, "proposed"),
            award(2022, "revoked"),
            award(2023, title=" 先进基层党组织"),
            award(2021, subject="another"),
            award(2024, "proposed", "文明单位"),
        ]
    )
    assert found == {
        ("先进基层党组织", "unit", BRANCH_ID): Streaks((Streak(2020, 2020), Streak(2023, 2023)), (2021, 2022)),
        ("先进基层党组织", "unit", "another"): Streaks((Streak(2021, 2021),), ()),
    }


def test_the_court_itself_may_be_honoured() -> None:
    facts = HonourFacts(title="文明单位", subject_kind="court", date="2024")
    given(HONOUR).when(AwardHonour(facts=facts, today=TODAY)).then(HonourAwarded(facts=facts))
