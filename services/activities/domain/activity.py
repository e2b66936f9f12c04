"""One activity of a branch, a party group or the party committee: planned, held, recorded, corrected, cancelled."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, assert_never

from services.activities.domain.facts import (
    Attendance,
    AttendanceCorrected,
    AttendanceRecorded,
    Minutes,
    MinutesCorrected,
    MinutesRecorded,
    keeping_forgotten_reasons,
    private_title,
    refuse_future,
    refuse_impossible_attendance,
    refuse_impossible_facts,
    refuse_impossible_votes,
    refuse_told_title,
)
from services.activities.domain.joint import (
    ParticipantList,
    Participants,
    ParticipantsListed,
    refuse_impossible_joint,
    refuse_impossible_lists,
)
from shared.contracts.activities import (
    ActivityCancelled,
    ActivityCorrected,
    ActivityFacts,
    ActivityHeld,
    ActivityPlanned,
    ActivityRecorded,
    CancellationCause,
    Entry,
)
from shared.contracts.values import Day, ShortText, Value, differing
from shared.decider import Decider
from shared.rejection import Rejected

ActivityEvent: TypeAlias = (
    ActivityPlanned
    | ActivityHeld
    | AttendanceRecorded
    | MinutesRecorded
    | ParticipantsListed
    | ActivityRecorded
    | ActivityCorrected
    | AttendanceCorrected
    | MinutesCorrected
    | ActivityCancelled
)


class PlanActivity(Value):
    """Put an activity into the plan, or change what is planned."""

    facts: ActivityFacts


class HoldActivity(Value):
    """The activity has taken place; attendance and minutes follow."""

    facts: ActivityFacts
    today: Day


class RecordActivity(Value):
    """State all that is known of an activity that took place.

    Of a recorded activity other content is a correction. A recorded mistake that was cancelled counts as absent. Any
    other cancellation stands: a ledger row (`opening_import`) changes nothing then, a person is told. Lists that are
    not stated (None) stay as they are.
    """

    facts: ActivityFacts
    attendance: Attendance
    minutes: Minutes
    participants: Participants | None = None
    entry: Entry
    remarks: tuple[ShortText, ...] = ()
    today: Day


class CorrectActivity(Value):
    """Change what is stated; None leaves a part as it is."""

    facts: ActivityFacts | None = None
    attendance: Attendance | None = None
    minutes: Minutes | None = None
    participants: Participants | None = None
    today: Day


class CancelActivity(Value):
    """The activity counts no more."""

    cause: CancellationCause


Status: TypeAlias = Literal["planned", "held", "recorded", "cancelled"]


class ActivityState(Value):
    """`status` is None before the first event."""

    status: Status | None = None
    facts: ActivityFacts | None = None
    attendance: Attendance = Attendance()
    minutes: Minutes = Minutes()
    participants: tuple[ParticipantList, ...] = ()
    cause: CancellationCause | None = None


class UndoActivity(Value):
    """Back to `before`, an earlier state: none, or recorded."""

    before: ActivityState = ActivityState()


ActivityCommand: TypeAlias = (
    PlanActivity | HoldActivity | RecordActivity | CorrectActivity | CancelActivity | UndoActivity
)


def evolve(state: ActivityState, event: ActivityEvent) -> ActivityState:
    match event:
        case ActivityPlanned(facts=facts):
            return ActivityState(status="planned", facts=facts)
        case ActivityHeld(facts=facts):
            return ActivityState(status="held", facts=facts)
        case ActivityRecorded():
            return state.model_copy(update={"status": "recorded"})
        case ActivityCorrected(facts=facts):
            return state.model_copy(update={"facts": facts})
        case AttendanceRecorded(attendance=attendance) | AttendanceCorrected(attendance=attendance):
            return state.model_copy(update={"attendance": attendance})
        case MinutesRecorded(minutes=minutes) | MinutesCorrected(minutes=minutes):
            return state.model_copy(update={"minutes": minutes})
        case ParticipantsListed(lists=lists):
            return state.model_copy(update={"participants": lists})
        case ActivityCancelled(cause=cause):
            return state.model_copy(update={"status": "cancelled", "cause": cause})
        case _:
            assert_never(event)


def decide(command: ActivityCommand, state: ActivityState) -> list[ActivityEvent]:
    match command:
        case PlanActivity():
            return _plan(command, state)
        case HoldActivity():
            return _hold(command, state)
        case RecordActivity():
            return _record(command, state)
        case CorrectActivity():
            return _correct(command, state)
        case CancelActivity():
            return _cancel(command, state)
        case UndoActivity(before=before):
            return _undo(before, state)
        case _:
            assert_never(command)


def _plan(command: PlanActivity, state: ActivityState) -> list[ActivityEvent]:
    _refuse_impossible_facts(command.facts)
    if state.facts is None:
        return [ActivityPlanned(facts=command.facts)]
    if state.status != "planned" and state.facts != command.facts:
        raise _refused(state)
    return _corrected_facts(command.facts, state)


def _hold(command: HoldActivity, state: ActivityState) -> list[ActivityEvent]:
    _refuse_impossible_facts(command.facts)
    refuse_future(command.facts, command.today)
    if state.status is None or state.status == "planned":
        return [ActivityHeld(facts=command.facts)]
    if state.status == "cancelled" or state.facts != command.facts:
        raise _refused(state)
    return []


def _record(command: RecordActivity, state: ActivityState) -> list[ActivityEvent]:
    facts, minutes = private_title(command.facts, command.minutes)
    kept = state.participants if state.status == "recorded" else ()
    target = _recorded(
        facts, command.attendance, minutes, kept if command.participants is None else command.participants
    )
    _refuse_impossible(target, command.today)
    if state.status == "recorded":
        return _corrected(target, state)
    if state.status == "cancelled" and state.cause != "entered_by_mistake":
        if command.entry == "opening_import":
            return []
        raise _refused(state)
    return [
        *(_corrected_facts(facts, state) if state.status == "held" else [ActivityHeld(facts=facts)]),
        AttendanceRecorded(attendance=command.attendance),
        MinutesRecorded(minutes=minutes),
        *([ParticipantsListed(lists=target.participants)] if target.participants else []),
        ActivityRecorded(entry=command.entry, remarks=command.remarks),
    ]


def _correct(command: CorrectActivity, state: ActivityState) -> list[ActivityEvent]:
    if state.facts is None or state.status == "cancelled":
        raise _refused(state)
    facts = command.facts or state.facts
    if state.status == "recorded":
        attendance = keeping_forgotten_reasons(command.attendance or state.attendance, state.attendance)
        facts, minutes = private_title(facts, command.minutes or state.minutes)
        lists = state.participants if command.participants is None else command.participants
        target = _recorded(facts, attendance, minutes, lists)
        _refuse_impossible(target, command.today)
        return _corrected(target, state)
    for field in ("attendance", "minutes", "participants"):
        if getattr(command, field) is not None:
            raise Rejected("not_recorded_yet", field, "活动还没有记录，没有可更正的内容", "先记录活动，再更正")
    _refuse_impossible_facts(facts)
    if state.status == "held":
        refuse_future(facts, command.today)
    return _corrected_facts(facts, state)


def _cancel(command: CancelActivity, state: ActivityState) -> list[ActivityEvent]:
    if state.status is None or (state.status == "cancelled" and state.cause != command.cause):
        raise _refused(state)
    return [] if state.status == "cancelled" else [ActivityCancelled(cause=command.cause)]


def _undo(before: ActivityState, state: ActivityState) -> list[ActivityEvent]:
    if state.status in (None, "cancelled"):
        raise _refused(state)
    absent = before.status is None or (before.status == "cancelled" and before.cause == "entered_by_mistake")
    if state.status != "recorded" or not (absent or before.status == "recorded"):
        problem, expected = "活动当时只是计划或已开展，记录不能收回", "逐项更正，或撤销活动"
        raise Rejected("undo_not_possible", "activity_id", problem, expected, value=before.status)
    return [ActivityCancelled(cause="entered_by_mistake")] if absent else _corrected(before, state)


def _recorded(
    facts: ActivityFacts, attendance: Attendance, minutes: Minutes, participants: tuple[ParticipantList, ...]
) -> ActivityState:
    return ActivityState(
        status="recorded", facts=facts, attendance=attendance, minutes=minutes, participants=participants
    )


def _refuse_impossible_facts(facts: ActivityFacts) -> None:
    refuse_told_title(facts)
    refuse_impossible_facts(facts)
    refuse_impossible_joint(facts)


def _refuse_impossible(target: ActivityState, today: str) -> None:
    facts = target.facts
    assert facts is not None
    _refuse_impossible_facts(facts)
    refuse_future(facts, today)
    refuse_impossible_attendance(target.attendance, facts)
    refuse_impossible_votes(target.minutes)
    refuse_impossible_lists(facts, target.participants)


def _corrected(target: ActivityState, state: ActivityState) -> list[ActivityEvent]:
    events = [] if target.facts is None else _corrected_facts(target.facts, state)
    if changed := differing(state.attendance, target.attendance):
        events.append(AttendanceCorrected(attendance=target.attendance, changed=changed))
    if changed := differing(state.minutes, target.minutes):
        events.append(MinutesCorrected(minutes=target.minutes, changed=changed))
    if state.participants != target.participants:
        events.append(ParticipantsListed(lists=target.participants))
    return events


def _corrected_facts(facts: ActivityFacts, state: ActivityState) -> list[ActivityEvent]:
    changed = () if state.facts is None else differing(state.facts, facts)
    return [ActivityCorrected(facts=facts, changed=changed)] if changed else []


def _refused(state: ActivityState) -> Rejected:
    match state.status:
        case None:
            return Rejected("unknown_activity", "activity_id", "没有这项活动", "选择已有的活动，或先登记")
        case "cancelled":
            return Rejected("activity_cancelled", "activity_id", "活动已经取消", "另行登记一项活动")
        case "planned" | "held" | "recorded":
            return Rejected("activity_already_held", "facts", "活动已经登记，内容与此不同", "用“更正”修改已登记的活动")
        case _:
            assert_never(state.status)


ACTIVITY: Final[Decider[ActivityCommand, ActivityState, ActivityEvent]] = Decider(
    "activity", ActivityState(), decide, evolve
)
