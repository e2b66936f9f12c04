"""What only the holding court knows of an activity, and what is impossible in it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.contracts.activities import ActivityFacts
from shared.contracts.kinds import LABELS, Kind
from shared.contracts.personal import FORGOTTEN, Personal, RecordText
from shared.contracts.values import Count, Id, LongText, ShortText, Value
from shared.rejection import Rejected


class Absence(Value):
    """One absent person, or a number of people absent for the same reason."""

    person_id: Id | None = None
    number: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    reason: Personal[ShortText | None] = None


class Attendance(Value):
    """Who was there and who was not; `chair_id` and `recorder_id` are ids of persons."""

    chair_id: Id | None = None
    recorder_id: Id | None = None
    absences: Annotated[tuple[Absence, ...], Field(max_length=1000)] = ()
    non_voting_attendees: RecordText[LongText | None] = None


class Vote(Value):
    """A vote with its count, never who voted how."""

    matter: RecordText[LongText]
    eligible_voters: Count
    present: Count
    in_favour: Count
    against: Count
    abstained: Count
    secret_ballot: bool


class Minutes(Value):
    """What was said and resolved; `evidence` are references to files, in the office's own words, never empty.

    `title` is the office's own where the shared one must not tell: see `private_title`.
    """

    title: RecordText[ShortText | None] = None
    agenda: RecordText[LongText | None] = None
    resolutions: RecordText[LongText | None] = None
    votes: Annotated[tuple[Vote, ...], Field(max_length=100)] = ()
    evidence: RecordText[Annotated[tuple[ShortText, ...], Field(min_length=1, max_length=100)] | None] = None
    content: RecordText[LongText | None] = None
    outcome: RecordText[LongText | None] = None
    remark: RecordText[LongText | None] = None


class AttendanceRecorded(Value):
    """`activities.attendance-recorded.v1`."""

    attendance: Attendance


class AttendanceCorrected(Value):
    """`activities.attendance-corrected.v1`: `attendance` as it is now; `changed` names the fields that differ."""

    attendance: Attendance
    changed: tuple[ShortText, ...]


class MinutesRecorded(Value):
    """`activities.minutes-recorded.v1`."""

    minutes: Minutes


class MinutesCorrected(Value):
    """`activities.minutes-corrected.v1`: `minutes` as they are now; `changed` names the fields that differ."""

    minutes: Minutes
    changed: tuple[ShortText, ...]


def refuse_impossible_facts(facts: ActivityFacts) -> None:
    """Raise `Rejected` for what cannot have been; what merely looks odd is kept as written."""
    if facts.start is not None and facts.end is not None and facts.end <= facts.start:
        raise Rejected(
            "end_not_after_start",
            "facts.end",
            f"结束时间 {facts.end} 不晚于开始时间 {facts.start}",
            "填写晚于开始时间的结束时间",
            value=facts.end,
        )
    if facts.expected is not None and facts.present is not None and facts.present > facts.expected:
        raise Rejected(
            "present_above_expected",
            "facts.present",
            f"实到 {facts.present} 人多于应到 {facts.expected} 人",
            "实到人数不超过应到人数",
            value=str(facts.present),
        )
    _refuse_doubled_kinds(facts)
    if facts.occurrences is not None and len(facts.date) == len("2024-02-20"):
        raise Rejected(
            "number_on_one_day",
            "facts.date",
            f"只知道“{facts.occurrences.words}”的记录不能写成 {facts.date} 一天",
            "只写年份或年月",
            value=facts.date,
        )


def _refuse_doubled_kinds(facts: ActivityFacts) -> None:
    for index, kind in enumerate(facts.also_serves):
        if kind == facts.kind or kind in facts.also_serves[:index]:
            raise Rejected(
                "kind_named_twice",
                f"facts.also_serves.{index}",
                "同一类型写了两次",
                "“兼”只写主要类型以外的类型，每个一次",
                value=kind,
            )


def refuse_future(facts: ActivityFacts, today: str) -> None:
    """What has been held lies not after `today`; a year or month that has begun is no future."""
    if facts.date > today:
        raise Rejected(
            "held_in_the_future",
            "facts.date",
            f"日期 {facts.date} 还没有到（今天是 {today}）",
            "填写实际开展的日期；尚未开展的先列入计划",
            value=facts.date,
        )


def refuse_impossible_attendance(attendance: Attendance, facts: ActivityFacts) -> None:
    """Every absence needs a reason: 应到 − 实到 people, no fewer. A forgotten reason was given."""
    if facts.expected is None or facts.present is None:
        return
    absent = facts.expected - facts.present
    explained = sum(absence.number for absence in attendance.absences if absence.reason is not None)
    if explained < absent:
        raise Rejected(
            "absence_without_reason",
            "attendance.absences",
            f"缺席 {absent} 人，只写了 {explained} 人的原因",
            "写明每一名缺席人员的原因",
            value=str(explained),
        )


def shared_title(kind: Kind, title: str) -> str:
    """The title that others may read: of a talk only its kind, for its own says with whom and what about."""
    return LABELS[kind] if kind == "heart_to_heart_talk" else title


def private_title(facts: ActivityFacts, minutes: Minutes) -> tuple[ActivityFacts, Minutes]:
    """Move the office's own words for a talk out of the shared facts into the minutes, which are encrypted."""
    shared = shared_title(facts.kind, facts.title)
    if facts.title == shared:
        return facts, minutes
    return facts.model_copy(update={"title": shared}), minutes.model_copy(update={"title": facts.title})


def refuse_told_title(facts: ActivityFacts) -> None:
    """What is only planned or held has no minutes that could take the words for a talk."""
    if facts.title != shared_title(facts.kind, facts.title):
        raise Rejected(
            "title_of_a_talk",
            "facts.title",
            "谈心谈话的名称上级可见，不能写谈话对象和内容",
            f"写“{LABELS[facts.kind]}”；谈话对象和内容写入谈话记录",
        )


def keeping_forgotten_reasons(attendance: Attendance, known: Attendance) -> Attendance:
    """Whoever states an attendance again cannot name a reason that was forgotten: it stays given, and forgotten."""
    forgotten = {absence.person_id for absence in known.absences if absence.reason is FORGOTTEN} - {None}
    absences = tuple(
        absence.model_copy(update={"reason": FORGOTTEN})
        if absence.reason is None and absence.person_id in forgotten
        else absence
        for absence in attendance.absences
    )
    return attendance.model_copy(update={"absences": absences})


def refuse_impossible_votes(minutes: Minutes) -> None:
    """No more votes than voters present, no more of them than there are."""
    for index, vote in enumerate(minutes.votes):
        field = f"minutes.votes.{index}"
        if vote.present > vote.eligible_voters:
            raise Rejected(
                "voters_above_eligible",
                f"{field}.present",
                f"到会有表决权 {vote.present} 人多于应到会有表决权 {vote.eligible_voters} 人",
                "到会人数不超过应到会有表决权人数",
                value=str(vote.present),
            )
        cast = vote.in_favour + vote.against + vote.abstained
        if cast > vote.present:
            raise Rejected(
                "votes_above_voters",
                f"{field}.in_favour",
                f"赞成、反对、弃权共 {cast} 票，多于到会有表决权 {vote.present} 人",
                "票数之和不超过到会有表决权人数",
                value=str(cast),
            )
