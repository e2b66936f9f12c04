"""One canonical example of every event of `activities`, shared by tests and documents. All people are invented."""

from __future__ import annotations

from typing import Final

from services.activities import stored_events
from services.activities.domain import explanation, facts, outside_person
from services.activities.domain.facts import Absence, Attendance, Minutes, Vote
from services.activities.examples import brands, joint, linked
from shared.contracts import activities as a
from shared.contracts import forgetting as f
from shared.contracts.joint import JointPart, Participation, Party
from shared.contracts.values import LowerBound, Value

ACTIVITY_ID: Final = joint.ACTIVITY_ID
OBLIGATION_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d02"
AGREEMENT_ID: Final = joint.AGREEMENT_ID
PARTNER_ID: Final = joint.PARTNER_ID
BRANCH_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7c03"
CHAIR_ID: Final = "0b6f7c52-6d0e-4d39-8a35-9c1f20e4a101"
ABSENT_ID: Final = "0b6f7c52-6d0e-4d39-8a35-9c1f20e4a102"
OUTSIDE_PERSON_ID: Final = "0b6f7c52-6d0e-4d39-8a35-9c1f20e4a103"

FACTS: Final = a.ActivityFacts(
    unit_kind="branch",
    unit_id=BRANCH_ID,
    branch_id=BRANCH_ID,
    kind="theme_party_day",
    also_serves=("thematic_lesson", "joint_activity"),
    title="3月主题党日暨专题党课",
    date="2024-03-08",
    start="09:00",
    end="10:20",
    place="党员活动室",
    expected=16,
    present=13,
    campaigns=("党纪学习教育", "模范机关创建"),
    number="LJ2024-001",
    joint=JointPart(
        lead=Party(party_kind="own_unit", party_id=BRANCH_ID),
        agreement_id=AGREEMENT_ID,
        participations=(
            Participation(party=Party(party_kind="own_unit", party_id=BRANCH_ID), seats=13),
            Participation(party=Party(party_kind="partner", party_id=PARTNER_ID), seats=9),
        ),
    ),
    tags=("志愿服务",),
    partners=("青云社区党委",),
    joint_modes=("forces",),
)
ATTENDANCE: Final = Attendance(
    chair_id=CHAIR_ID,
    recorder_id=OUTSIDE_PERSON_ID,
    absences=(Absence(person_id=ABSENT_ID, reason="开庭"), Absence(number=2, reason="出差")),
    non_voting_attendees="院领导1人",
)
MINUTES: Final = Minutes(
    title=None,
    agenda="学习研讨",
    resolutions="同意月度计划",
    votes=(
        Vote(
            matter="月度计划",
            eligible_voters=15,
            present=12,
            in_favour=11,
            against=0,
            abstained=1,
            secret_ballot=False,
        ),
    ),
    evidence=("签到表第3页",),
    content="学习研讨",
    outcome="形成清单1份",
    remark=None,
)
KEY: Final = a.ObligationKey(
    unit_kind="branch", unit_id=BRANCH_ID, obligation="branch_committee_meeting", period="2024-02"
)

_ACTIVITY, _OBLIGATION = f"activity-{ACTIVITY_ID}", f"obligation-{OBLIGATION_ID}"

EXAMPLES: Final[dict[str, tuple[str, Value]]] = {
    a.ACTIVITY_PLANNED: (
        _ACTIVITY,
        a.ActivityPlanned(
            facts=FACTS.model_copy(update={"date": "2024-03", "start": None, "end": None, "present": None})
        ),
    ),
    a.ACTIVITY_HELD: (_ACTIVITY, a.ActivityHeld(facts=FACTS)),
    a.ACTIVITY_RECORDED: (
        _ACTIVITY,
        a.ActivityRecorded(entry="opening_import", remarks=("joint_partner_unknown",)),
    ),
    a.ACTIVITY_CORRECTED: (
        _ACTIVITY,
        a.ActivityCorrected(
            facts=a.ActivityFacts(
                unit_kind="branch",
                unit_id=BRANCH_ID,
                branch_id=BRANCH_ID,
                kind="legal_outreach",
                title="普法宣传（全年）",
                date="2024",
                occurrences=LowerBound(at_least=20, words="20余次"),
            ),
            changed=("occurrences",),
        ),
    ),
    a.ACTIVITY_CANCELLED: (_ACTIVITY, a.ActivityCancelled(cause="duplicate")),
    a.OBLIGATION_EXPLAINED: (_OBLIGATION, a.ObligationExplained(key=KEY)),
    a.OBLIGATION_EXPLANATION_WITHDRAWN: (_OBLIGATION, a.ObligationExplanationWithdrawn(key=KEY)),
    stored_events.ATTENDANCE_RECORDED: (_ACTIVITY, facts.AttendanceRecorded(attendance=ATTENDANCE)),
    stored_events.ATTENDANCE_CORRECTED: (
        _ACTIVITY,
        facts.AttendanceCorrected(
            attendance=ATTENDANCE.model_copy(update={"non_voting_attendees": None}), changed=("non_voting_attendees",)
        ),
    ),
    stored_events.MINUTES_RECORDED: (_ACTIVITY, facts.MinutesRecorded(minutes=MINUTES)),
    stored_events.MINUTES_CORRECTED: (
        _ACTIVITY,
        facts.MinutesCorrected(minutes=MINUTES.model_copy(update={"remark": "补充签到表"}), changed=("remark",)),
    ),
    f.OUTSIDE_FORGETTING_REQUESTED: (
        f"outside_person-{OUTSIDE_PERSON_ID}",
        outside_person.OutsidePersonForgettingRequested(
            person_id=OUTSIDE_PERSON_ID,
            request=f.ForgettingRequest(reason="purpose_achieved", requested_by="party_office"),
        ),
    ),
    f.OUTSIDE_FORGETTING_WITHDRAWN: (
        f"outside_person-{OUTSIDE_PERSON_ID}",
        outside_person.OutsidePersonForgettingWithdrawn(person_id=OUTSIDE_PERSON_ID),
    ),
    f.OUTSIDE_PERSON_FORGOTTEN: (
        f"outside_person-{OUTSIDE_PERSON_ID}",
        outside_person.OutsidePersonForgotten(person_id=OUTSIDE_PERSON_ID, reason="purpose_achieved"),
    ),
    stored_events.OUTSIDE_PERSON_REGISTERED: (
        f"outside_person-{OUTSIDE_PERSON_ID}",
        outside_person.OutsidePersonRegistered(person_id=OUTSIDE_PERSON_ID, name="程远山"),
    ),
    stored_events.EXPLANATION_NOTED: (
        _OBLIGATION,
        explanation.ExplanationNoted(text="支委会成员同时外出执行，已于次月初补开。"),
    ),
    **joint.EXAMPLES,
    **brands.EXAMPLES,
    **linked.EXAMPLES,
}
"""By stored name: the stream and the event."""
