"""A joint activity: who took part, who stood on the lists, what is impossible, and how an entry is undone."""

from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import given as every
from hypothesis import settings
from hypothesis import strategies as st

from services.activities.domain.activity import (
    ACTIVITY,
    ActivityEvent,
    ActivityState,
    CorrectActivity,
    HoldActivity,
    PlanActivity,
    RecordActivity,
    UndoActivity,
)
from services.activities.domain.facts import Attendance, AttendanceRecorded, Minutes, MinutesCorrected, MinutesRecorded
from services.activities.domain.joint import ParticipantList, ParticipantsListed
from services.activities.examples.joint import (
    AGREEMENT_ID,
    ALIAS_ID,
    BRANCH_ID,
    OTHER_OWN,
    OUTSIDE,
    OWN,
    PARTNER_ID,
)
from shared.contracts.activities import (
    ActivityCancelled,
    ActivityCorrected,
    ActivityFacts,
    ActivityHeld,
    ActivityPlanned,
    ActivityRecorded,
)
from shared.contracts.joint import JointPart, Participation, Party
from shared.rejection import Rejected
from shared.testing.given import given

TODAY = "2024-12-31"
JOINT = JointPart(
    lead=OWN,
    agreement_id=AGREEMENT_ID,
    participations=(Participation(party=OWN, seats=2), Participation(party=OUTSIDE, seats=9)),
)
FACTS = ActivityFacts(
    unit_kind="branch",
    unit_id=BRANCH_ID,
    branch_id=BRANCH_ID,
    kind="joint_activity",
    title="联学共建",
    date="2024-03-08",
    joint_modes=("planning",),
    number="LJ2024-001",
    joint=JOINT,
)


def person(number: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"urn:lianjian:person:{number}"))


LISTS = (
    ParticipantList(party=OWN, person_ids=(person(1), person(2))),
    ParticipantList(party=OUTSIDE, person_ids=(person(2),)),
)
RECORD = RecordActivity(
    facts=FACTS, attendance=Attendance(), minutes=Minutes(), participants=LISTS, entry="timely", today=TODAY
)
RECORDED: tuple[ActivityEvent, ...] = (
    ActivityHeld(facts=FACTS),
    AttendanceRecorded(attendance=Attendance()),
    MinutesRecorded(minutes=Minutes()),
    ParticipantsListed(lists=LISTS),
    ActivityRecorded(entry="timely"),
)


def facts(**changes: object) -> ActivityFacts:
    return FACTS.model_copy(update=changes)


def part(**changes: object) -> ActivityFacts:
    return facts(joint=JOINT.model_copy(update=changes))


def record(**changes: object) -> RecordActivity:
    return RECORD.model_copy(update=changes)


def test_a_joint_activity_is_recorded_with_its_lists() -> None:
    given(ACTIVITY).when(RECORD).then(*RECORDED)
    given(ACTIVITY, *RECORDED).when(RECORD).then()
    given(ACTIVITY).when(record(participants=None)).then(*RECORDED[:3], RECORDED[4])


def test_whoever_says_nothing_of_the_lists_leaves_them_as_they_are() -> None:
    given(ACTIVITY, *RECORDED).when(record(participants=None)).then()
    given(ACTIVITY, *RECORDED).when(CorrectActivity(minutes=Minutes(outcome="会议纪要"), today=TODAY)).then(
        MinutesCorrected(minutes=Minutes(outcome="会议纪要"), changed=("outcome",))
    )


def test_lists_are_stated_again_as_a_whole() -> None:
    for command in (record(participants=LISTS[:1]), CorrectActivity(participants=LISTS[:1], today=TODAY)):
        given(ACTIVITY, *RECORDED).when(command).then(ParticipantsListed(lists=LISTS[:1]))
    given(ACTIVITY, *RECORDED).when(CorrectActivity(participants=(), today=TODAY)).then(ParticipantsListed(lists=()))


def test_lists_of_an_activity_that_was_cancelled_by_mistake_are_gone() -> None:
    cancelled = (*RECORDED, ActivityCancelled(cause="entered_by_mistake"))
    given(ACTIVITY, *cancelled).when(record(participants=None)).then(*RECORDED[:3], RECORDED[4])
    given(ACTIVITY, *cancelled).when(RECORD).then(*RECORDED)


def test_a_viewing_by_four_branches_is_one_activity_with_four_participations_43_seats_and_41_people() -> None:
    parties = [
        Party(party_kind="own_unit", party_id=f"5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7c0{number}") for number in range(3, 7)
    ]
    # Two people stand on two lists each: the last of the first list and the last of the second.
    lists = [range(1, 13), range(13, 22), [12, *range(22, 28)], [21, *range(28, 42)]]
    viewing = facts(
        joint=JointPart(
            lead=parties[0],
            participations=tuple(
                Participation(party=party, seats=seats) for party, seats in zip(parties, (12, 9, 7, 15), strict=True)
            ),
        )
    )
    listed = tuple(
        ParticipantList(party=party, person_ids=tuple(map(person, numbers)))
        for party, numbers in zip(parties, lists, strict=True)
    )
    state = ACTIVITY.fold(ACTIVITY.decide(record(facts=viewing, participants=listed), ActivityState()))
    assert state.facts is not None
    assert state.facts.joint is not None
    assert [one.seats for one in state.facts.joint.participations] == [12, 9, 7, 15]
    assert sum(len(one.person_ids) for one in state.participants) == 43
    assert len({someone for one in state.participants for someone in one.person_ids}) == 41


@pytest.mark.parametrize(
    ("impossible", "code", "field"),
    [
        (facts(kind="lecture"), "joint_part_of_another_kind", "facts.joint"),
        (part(lead=OTHER_OWN), "lead_takes_no_part", "facts.joint.lead"),
        (
            part(participations=(Participation(party=OWN, seats=2),)),
            "one_party_alone",
            "facts.joint.participations",
        ),
        (
            part(participations=(*JOINT.participations, Participation(party=OUTSIDE))),
            "party_named_twice",
            "facts.joint.participations.2.party",
        ),
    ],
)
def test_an_impossible_joint_part_is_refused_whether_planned_held_recorded_or_corrected(
    impossible: ActivityFacts, code: str, field: str
) -> None:
    for command in (
        PlanActivity(facts=impossible),
        HoldActivity(facts=impossible, today=TODAY),
        record(facts=impossible, participants=None),
    ):
        given(ACTIVITY).when(command).then_rejected(code, field)
    correction = CorrectActivity(facts=impossible, participants=(), today=TODAY)
    given(ACTIVITY, *RECORDED).when(correction).then_rejected(code, field)


@pytest.mark.parametrize(
    "possible",
    [
        facts(kind="theme_party_day", also_serves=("joint_activity",)),
        facts(joint=None),
        part(participations=(Participation(party=OWN), Participation(party=OTHER_OWN))),
        part(lead=OUTSIDE),
        part(agreement_id=None),
        facts(number=None),
    ],
)
def test_what_is_unusual_is_recorded(possible: ActivityFacts) -> None:
    recorded = (ActivityHeld(facts=possible), *RECORDED[1:3], RECORDED[4])
    given(ACTIVITY).when(record(facts=possible, participants=None)).then(*recorded)


@pytest.mark.parametrize(
    ("lists", "code", "field"),
    [
        ((ParticipantList(party=OTHER_OWN, person_ids=(person(1),)),), "list_of_nobody_present", "0.party"),
        ((LISTS[0], LISTS[0]), "party_named_twice", "1.party"),
        ((ParticipantList(party=OWN, person_ids=(person(1), person(1))),), "person_listed_twice", "0.person_ids"),
        (
            (ParticipantList(party=OWN, person_ids=(person(1), person(2), person(3))),),
            "more_listed_than_seats",
            "0.person_ids",
        ),
    ],
)
def test_impossible_lists_are_refused(lists: tuple[ParticipantList, ...], code: str, field: str) -> None:
    given(ACTIVITY).when(record(participants=lists)).then_rejected(code, f"participants.{field}")
    correction = CorrectActivity(participants=lists, today=TODAY)
    given(ACTIVITY, *RECORDED).when(correction).then_rejected(code, f"participants.{field}")


def test_a_party_of_whom_nobody_came_has_no_list() -> None:
    nobody = part(participations=(Participation(party=OWN, seats=0), JOINT.participations[1]))
    given(ACTIVITY).when(record(facts=nobody)).then_rejected("more_listed_than_seats", "participants.0.person_ids")


def test_a_party_with_a_list_cannot_be_left_out_without_its_list() -> None:
    left = part(participations=(Participation(party=OWN, seats=2), Participation(party=OTHER_OWN)))
    given(ACTIVITY, *RECORDED).when(CorrectActivity(facts=left, today=TODAY)).then_rejected(
        "list_of_nobody_present", "participants.1.party"
    )
    given(ACTIVITY, *RECORDED).when(CorrectActivity(facts=left, participants=LISTS[:1], today=TODAY)).then(
        ActivityCorrected(facts=left, changed=("joint",)), ParticipantsListed(lists=LISTS[:1])
    )


def test_lists_of_what_is_only_planned_or_held_wait_for_the_record() -> None:
    for event in (ActivityPlanned(facts=FACTS), ActivityHeld(facts=FACTS)):
        given(ACTIVITY, event).when(CorrectActivity(participants=LISTS, today=TODAY)).then_rejected(
            "not_recorded_yet", "participants"
        )


def test_undoing_an_entry_cancels_it_as_a_mistake_or_leads_back() -> None:
    mistake = ActivityCancelled(cause="entered_by_mistake")
    given(ACTIVITY, *RECORDED).when(UndoActivity()).then(mistake)
    given(ACTIVITY, *RECORDED, mistake, *RECORDED).when(UndoActivity(before=ACTIVITY.fold((*RECORDED, mistake)))).then(
        mistake
    )
    before = ACTIVITY.fold(RECORDED)
    changed = (
        ActivityCorrected(facts=facts(title="联学"), changed=("title",)),
        MinutesCorrected(minutes=Minutes(outcome="会议纪要"), changed=("outcome",)),
        ParticipantsListed(lists=LISTS[:1]),
    )
    given(ACTIVITY, *RECORDED, *changed).when(UndoActivity(before=before)).then(
        ActivityCorrected(facts=FACTS, changed=("title",)),
        MinutesCorrected(minutes=Minutes(), changed=("outcome",)),
        ParticipantsListed(lists=LISTS),
    )


def test_an_entry_that_was_planned_or_held_before_or_is_cancelled_is_not_undone() -> None:
    for first in (ActivityPlanned(facts=FACTS), ActivityHeld(facts=FACTS)):
        undo = UndoActivity(before=ACTIVITY.fold([first]))
        given(ACTIVITY, first, *RECORDED[1:]).when(undo).then_rejected("undo_not_possible", "activity_id")
    duplicate = ActivityCancelled(cause="duplicate")
    given(ACTIVITY, *RECORDED, duplicate).when(UndoActivity()).then_rejected("activity_cancelled", "activity_id")
    stood = UndoActivity(before=ACTIVITY.fold((*RECORDED, duplicate)))
    given(ACTIVITY, *RECORDED).when(stood).then_rejected("undo_not_possible", "activity_id")
    given(ACTIVITY, ActivityHeld(facts=FACTS)).when(UndoActivity()).then_rejected("undo_not_possible", "activity_id")
    given(ACTIVITY).when(UndoActivity()).then_rejected("unknown_activity", "activity_id")


PARTIES = st.builds(
    Party,
    party_kind=st.sampled_from(["own_unit", "partner"]),
    party_id=st.sampled_from([BRANCH_ID, PARTNER_ID, ALIAS_ID]),
)
PARTICIPATIONS = st.lists(
    st.builds(Participation, party=PARTIES, seats=st.none() | st.integers(0, 5)), min_size=1, max_size=4
)
PEOPLE = st.lists(st.integers(1, 6).map(person), min_size=1, max_size=5)
ROLLS = st.lists(
    st.builds(lambda party, people: ParticipantList(party=party, person_ids=tuple(people)), PARTIES, PEOPLE),
    max_size=3,
)


@settings(max_examples=300, deadline=None)
@every(PARTIES, PARTICIPATIONS, ROLLS)
def test_whatever_is_accepted_names_each_party_once_and_nobody_beyond_the_seats(
    lead: Party, participations: list[Participation], rolls: list[ParticipantList]
) -> None:
    joint = JointPart(lead=lead, participations=tuple(participations))
    command = record(facts=facts(joint=joint), participants=tuple(rolls))
    parties = [one.party for one in participations]
    seats = {one.party: one.seats for one in participations}
    fitting = (
        len(set(parties)) == len(parties) >= 2
        and lead in parties
        and len({roll.party for roll in rolls}) == len(rolls)
        and all(roll.party in seats and len(set(roll.person_ids)) == len(roll.person_ids) for roll in rolls)
        and all(len(roll.person_ids) <= (99 if seats[roll.party] is None else seats[roll.party] or 0) for roll in rolls)
    )
    try:
        events = ACTIVITY.decide(command, ActivityState())
    except Rejected:
        assert not fitting
        return
    assert fitting
    assert ACTIVITY.decide(command, ACTIVITY.fold(events)) == []
