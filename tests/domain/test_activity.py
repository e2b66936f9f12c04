"""An activity: planned, held, recorded, corrected, cancelled; impossible ones are refused, odd ones are not."""

import pytest

from services.activities.domain.activity import (
    ACTIVITY,
    CancelActivity,
    CorrectActivity,
    HoldActivity,
    PlanActivity,
    RecordActivity,
)
from services.activities.domain.facts import (
    Absence,
    Attendance,
    AttendanceCorrected,
    AttendanceRecorded,
    Minutes,
    MinutesCorrected,
    MinutesRecorded,
)
from services.activities.examples import ATTENDANCE, FACTS, MINUTES
from shared.contracts.activities import (
    ActivityCancelled,
    ActivityCorrected,
    ActivityFacts,
    ActivityHeld,
    ActivityPlanned,
    ActivityRecorded,
)
from shared.contracts.personal import FORGOTTEN
from shared.contracts.values import LowerBound
from shared.testing.given import given

TODAY = "2024-12-31"
RECORD = RecordActivity(
    facts=FACTS, attendance=ATTENDANCE, minutes=MINUTES, entry="opening_import", remarks=("odd_unit",), today=TODAY
)
HELD = ActivityHeld(facts=FACTS)
RECORDED = (
    HELD,
    AttendanceRecorded(attendance=ATTENDANCE),
    MinutesRecorded(minutes=MINUTES),
    ActivityRecorded(entry="opening_import", remarks=("odd_unit",)),
)


def facts(**changes: object) -> ActivityFacts:
    return FACTS.model_copy(update=changes)


def record(**changes: object) -> RecordActivity:
    return RECORD.model_copy(update=changes)


def test_a_ledger_row_holds_and_records_in_one() -> None:
    given(ACTIVITY).when(RECORD).then(*RECORDED)


def test_the_same_row_again_changes_nothing() -> None:
    given(ACTIVITY, *RECORDED).when(RECORD).then()
    given(ACTIVITY, *RECORDED).when(record(entry="late_entry", remarks=(), today="2025-06-01")).then()


def test_a_changed_row_makes_one_correction_of_what_differs() -> None:
    given(ACTIVITY, *RECORDED).when(record(facts=facts(place="第一会议室", present=14))).then(
        ActivityCorrected(facts=facts(place="第一会议室", present=14), changed=("place", "present"))
    )
    other = ATTENDANCE.model_copy(update={"non_voting_attendees": None})
    given(ACTIVITY, *RECORDED).when(record(attendance=other)).then(
        AttendanceCorrected(attendance=other, changed=("non_voting_attendees",))
    )
    minutes = MINUTES.model_copy(update={"agenda": "学习研讨与表决"})
    given(ACTIVITY, *RECORDED).when(record(minutes=minutes)).then(
        MinutesCorrected(minutes=minutes, changed=("agenda",))
    )


def test_a_plan_is_made_changed_and_made_real() -> None:
    planned = facts(date="2024-03", start=None, end=None, present=None)
    moved = facts(date="2024-04", start=None, end=None, present=None)
    given(ACTIVITY).when(PlanActivity(facts=planned)).then(ActivityPlanned(facts=planned))
    given(ACTIVITY, ActivityPlanned(facts=planned)).when(PlanActivity(facts=planned)).then()
    given(ACTIVITY, ActivityPlanned(facts=planned)).when(PlanActivity(facts=moved)).then(
        ActivityCorrected(facts=moved, changed=("date",))
    )
    given(ACTIVITY, ActivityPlanned(facts=planned)).when(HoldActivity(facts=FACTS, today=TODAY)).then(HELD)
    given(ACTIVITY, ActivityPlanned(facts=planned)).when(RECORD).then(*RECORDED)


def test_what_is_held_is_recorded_without_being_held_again() -> None:
    given(ACTIVITY, HELD).when(RECORD).then(*RECORDED[1:])
    given(ACTIVITY, HELD).when(HoldActivity(facts=FACTS, today=TODAY)).then()
    given(ACTIVITY, HELD).when(record(facts=facts(place="第一会议室"))).then(
        ActivityCorrected(facts=facts(place="第一会议室"), changed=("place",)), *RECORDED[1:]
    )


def test_what_is_held_is_not_held_otherwise_or_planned_again() -> None:
    other = facts(place="第一会议室")
    given(ACTIVITY, HELD).when(HoldActivity(facts=other, today=TODAY)).then_rejected("activity_already_held", "facts")
    given(ACTIVITY, HELD).when(PlanActivity(facts=other)).then_rejected("activity_already_held", "facts")


def test_a_correction_leaves_alone_what_it_does_not_name() -> None:
    given(ACTIVITY, *RECORDED).when(CorrectActivity(facts=facts(title="三月主题党日"), today=TODAY)).then(
        ActivityCorrected(facts=facts(title="三月主题党日"), changed=("title",))
    )
    given(ACTIVITY, *RECORDED).when(CorrectActivity(minutes=Minutes(), today=TODAY)).then(
        MinutesCorrected(
            minutes=Minutes(), changed=("agenda", "resolutions", "votes", "evidence", "content", "outcome")
        )
    )
    given(ACTIVITY, *RECORDED).when(CorrectActivity(facts=FACTS, attendance=ATTENDANCE, today=TODAY)).then()


def test_only_what_was_recorded_has_attendance_and_minutes_to_correct() -> None:
    given(ACTIVITY).when(CorrectActivity(facts=FACTS, today=TODAY)).then_rejected("unknown_activity", "activity_id")
    given(ACTIVITY, HELD).when(CorrectActivity(minutes=MINUTES, today=TODAY)).then_rejected(
        "not_recorded_yet", "minutes"
    )
    given(ACTIVITY, HELD).when(CorrectActivity(attendance=ATTENDANCE, today=TODAY)).then_rejected(
        "not_recorded_yet", "attendance"
    )


def test_a_cancelled_activity_cannot_be_corrected_or_held() -> None:
    cancelled = (*RECORDED, ActivityCancelled(cause="duplicate"))
    for command in (
        CorrectActivity(facts=FACTS, today=TODAY),
        HoldActivity(facts=FACTS, today=TODAY),
        record(entry="timely"),
        CancelActivity(cause="not_held"),
    ):
        given(ACTIVITY, *cancelled).when(command).then_rejected("activity_cancelled", "activity_id")


def test_cancelling_twice_for_one_cause_happens_once() -> None:
    given(ACTIVITY, *RECORDED).when(CancelActivity(cause="duplicate")).then(ActivityCancelled(cause="duplicate"))
    given(ACTIVITY, *RECORDED).when(CancelActivity(cause="duplicate"), CancelActivity(cause="duplicate")).then()
    given(ACTIVITY).when(CancelActivity(cause="duplicate")).then_rejected("unknown_activity", "activity_id")


def test_a_ledger_does_not_bring_back_what_a_person_cancelled() -> None:
    given(ACTIVITY, *RECORDED, ActivityCancelled(cause="duplicate")).when(RECORD).then()
    given(ACTIVITY, *RECORDED, ActivityCancelled(cause="not_held")).when(RECORD).then()


def test_an_entry_undone_as_a_mistake_counts_as_absent() -> None:
    given(ACTIVITY, *RECORDED, ActivityCancelled(cause="entered_by_mistake")).when(RECORD).then(*RECORDED)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"start": "10:20", "end": "10:20"}, "end_not_after_start", "facts.end"),
        ({"start": "10:20", "end": "09:00"}, "end_not_after_start", "facts.end"),
        ({"expected": 12, "present": 13}, "present_above_expected", "facts.present"),
        ({"also_serves": ("theme_party_day",)}, "kind_named_twice", "facts.also_serves.0"),
        ({"also_serves": ("lecture", "lecture")}, "kind_named_twice", "facts.also_serves.1"),
        ({"occurrences": LowerBound(at_least=20, words="20余次")}, "number_on_one_day", "facts.date"),
        ({"date": "2025-01-01"}, "held_in_the_future", "facts.date"),
        ({"date": "2025-01"}, "held_in_the_future", "facts.date"),
        ({"date": "2025"}, "held_in_the_future", "facts.date"),
        ({"expected": 17}, "absence_without_reason", "attendance.absences"),
    ],
)
def test_what_cannot_have_been_is_refused(changes: dict[str, object], code: str, field: str) -> None:
    given(ACTIVITY).when(record(facts=facts(**changes))).then_rejected(code, field)
    given(ACTIVITY, *RECORDED).when(CorrectActivity(facts=facts(**changes), today=TODAY)).then_rejected(code, field)


@pytest.mark.parametrize(
    "changes",
    [
        {"start": None},
        {"end": None},
        {"expected": 13, "present": 13},
        {"expected": None},
        {"present": None},
        {"date": "2024"},
        {"date": "2024-12"},
        {"date": "2024-12-31"},
        {"date": "2024", "occurrences": LowerBound(at_least=20, words="20余次")},
        {"kind": "party_group_meeting", "also_serves": (), "joint": None},
    ],
)
def test_what_only_looks_odd_is_recorded(changes: dict[str, object]) -> None:
    changed = facts(**changes)
    given(ACTIVITY).when(record(facts=changed)).then(ActivityHeld(facts=changed), *RECORDED[1:])


def test_a_plan_may_lie_in_the_future_but_cannot_be_impossible() -> None:
    future = facts(date="2025-03-08", present=None)
    given(ACTIVITY).when(PlanActivity(facts=future)).then(ActivityPlanned(facts=future))
    given(ACTIVITY).when(PlanActivity(facts=facts(end="08:00"))).then_rejected("end_not_after_start", "facts.end")


def test_an_absence_without_a_reason_explains_nobody() -> None:
    silent = Attendance(absences=(Absence(number=3),))
    given(ACTIVITY).when(record(attendance=silent)).then_rejected("absence_without_reason", "attendance.absences")
    spoken = Attendance(absences=(Absence(number=2, reason="开庭"), Absence(reason="请假")))
    given(ACTIVITY).when(record(attendance=spoken)).then(HELD, AttendanceRecorded(attendance=spoken), *RECORDED[2:])


def test_a_forgotten_reason_was_given_and_stays_so_when_the_attendance_is_corrected() -> None:
    forgotten = ATTENDANCE.model_copy(
        update={"absences": (ATTENDANCE.absences[0].model_copy(update={"reason": FORGOTTEN}), ATTENDANCE.absences[1])}
    )
    past = (HELD, AttendanceRecorded(attendance=forgotten), *RECORDED[2:])
    given(ACTIVITY, *past).when(CorrectActivity(facts=facts(place="第一会议室"), today=TODAY)).then(
        ActivityCorrected(facts=facts(place="第一会议室"), changed=("place",))
    )
    silent = (ATTENDANCE.absences[0].model_copy(update={"reason": None}), ATTENDANCE.absences[1])
    stated = ATTENDANCE.model_copy(update={"recorder_id": None, "absences": silent})
    given(ACTIVITY, *past).when(CorrectActivity(attendance=stated, today=TODAY)).then(
        AttendanceCorrected(attendance=forgotten.model_copy(update={"recorder_id": None}), changed=("recorder_id",))
    )
    given(ACTIVITY, *RECORDED).when(CorrectActivity(attendance=stated, today=TODAY)).then_rejected(
        "absence_without_reason", "attendance.absences"
    )


TALK = facts(kind="heart_to_heart_talk", title="与某同志谈子女就学", also_serves=(), joint=None)
TALK_SHARED = facts(kind="heart_to_heart_talk", title="谈心谈话", also_serves=(), joint=None)


def test_the_words_for_a_talk_stand_in_its_minutes_and_its_kind_is_the_title() -> None:
    titled = MINUTES.model_copy(update={"title": "与某同志谈子女就学"})
    recorded = (ActivityHeld(facts=TALK_SHARED), RECORDED[1], MinutesRecorded(minutes=titled), RECORDED[3])
    given(ACTIVITY).when(record(facts=TALK)).then(*recorded)
    given(ACTIVITY, *recorded).when(record(facts=TALK)).then()
    given(ACTIVITY, *recorded).when(CorrectActivity(facts=TALK_SHARED, today=TODAY)).then()
    given(ACTIVITY, ActivityHeld(facts=TALK_SHARED)).when(record(facts=TALK)).then(*recorded[1:])


def test_other_words_for_a_recorded_talk_correct_its_minutes_alone() -> None:
    recorded = (ActivityHeld(facts=TALK_SHARED), *RECORDED[1:])
    stated = TALK.model_copy(update={"title": "与某同志谈工作调动"})
    titled = MINUTES.model_copy(update={"title": "与某同志谈工作调动"})
    given(ACTIVITY, *recorded).when(CorrectActivity(facts=stated, today=TODAY)).then(
        MinutesCorrected(minutes=titled, changed=("title",))
    )


def test_a_talk_without_minutes_yet_is_called_by_its_kind() -> None:
    for command in (PlanActivity(facts=TALK), HoldActivity(facts=TALK, today=TODAY)):
        given(ACTIVITY).when(command).then_rejected("title_of_a_talk", "facts.title")
    given(ACTIVITY, ActivityHeld(facts=TALK_SHARED)).when(CorrectActivity(facts=TALK, today=TODAY)).then_rejected(
        "title_of_a_talk", "facts.title"
    )
    given(ACTIVITY).when(PlanActivity(facts=TALK_SHARED)).then(ActivityPlanned(facts=TALK_SHARED))


@pytest.mark.parametrize(
    ("counts", "code", "field"),
    [
        ({"present": 16}, "voters_above_eligible", "minutes.votes.0.present"),
        ({"in_favour": 12}, "votes_above_voters", "minutes.votes.0.in_favour"),
    ],
)
def test_an_impossible_vote_is_refused(counts: dict[str, int], code: str, field: str) -> None:
    (vote,) = MINUTES.votes
    minutes = MINUTES.model_copy(update={"votes": (vote.model_copy(update=counts),)})
    given(ACTIVITY).when(record(minutes=minutes)).then_rejected(code, field)


def test_a_vote_that_some_did_not_take_part_in_is_recorded() -> None:
    (vote,) = MINUTES.votes
    minutes = MINUTES.model_copy(update={"votes": (vote.model_copy(update={"in_favour": 3}),)})
    given(ACTIVITY).when(record(minutes=minutes)).then(*RECORDED[:2], MinutesRecorded(minutes=minutes), RECORDED[3])
