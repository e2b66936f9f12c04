"""Whatever was stated before: stating it again yields nothing, and a correction leads to what it states."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.activities.domain.activity import (
    ACTIVITY,
    ActivityCommand,
    ActivityState,
    CancelActivity,
    CorrectActivity,
    HoldActivity,
    PlanActivity,
    RecordActivity,
)
from services.activities.domain.facts import Absence, Attendance, Minutes
from services.activities.domain.joint_agreement import (
    JOINT_AGREEMENT,
    CorrectJointAgreement,
    EndJointAgreement,
    JointAgreementCommand,
    JointAgreementState,
    ProposeJointAgreement,
    RecordJointAgreement,
    ResumeJointAgreement,
    SignJointAgreement,
    UndoJointAgreement,
)
from services.activities.domain.joint_problem import (
    JOINT_PROBLEM,
    CorrectJointProblem,
    JointProblemCommand,
    JointProblemState,
    RaiseJointProblem,
    RecordJointProblem,
    ReopenJointProblem,
    SolveJointProblem,
    UndoJointProblem,
)
from services.activities.examples import FACTS, joint
from services.activities.stored_events import CODEC as ACTIVITIES
from services.members.domain.branch import (
    BRANCH,
    BranchCommand,
    DissolveBranchCommittee,
    DissolvePartyGroup,
    EstablishBranch,
    FormBranchCommittee,
    FormPartyGroup,
)
from services.members.domain.person import (
    PERSON,
    PersonCommand,
    RecordMembership,
    RegisterPerson,
    membership_on,
)
from services.members.domain.posts import AssignPost, VacatePost
from services.members.examples import (
    BRANCH_FACTS,
    BRANCH_ID,
    DETAILS,
    GROUP_FACTS,
    GROUP_ID,
    MEMBERSHIP_FACTS,
    POST_FACTS,
    SITE_ID,
)
from services.members.stored_events import CODEC as MEMBERS
from shared.codec import Codec
from shared.decider import Decider
from shared.rejection import Rejected

DAYS = st.sampled_from(["2023-01-01", "2024-01-01", "2024-06-30", "2025-01-01"])
BRANCHES = st.sampled_from([BRANCH_ID, SITE_ID])

BRANCH_COMMANDS: st.SearchStrategy[BranchCommand] = st.one_of(
    st.builds(
        lambda day, order: EstablishBranch(
            facts=BRANCH_FACTS.model_copy(update={"effective_from": day, "official_order": order})
        ),
        DAYS,
        st.integers(1, 2),
    ),
    st.builds(FormBranchCommittee, effective_from=DAYS),
    st.builds(DissolveBranchCommittee, effective_to=DAYS),
    st.builds(
        lambda day, name: FormPartyGroup(facts=GROUP_FACTS.model_copy(update={"effective_from": day, "name": name})),
        DAYS,
        st.sampled_from(["第一党小组", "第二党小组"]),
    ),
    st.builds(DissolvePartyGroup, group_id=st.just(GROUP_ID), effective_to=DAYS),
)
MEMBERSHIPS = st.builds(
    lambda day, branch, kind: MEMBERSHIP_FACTS.model_copy(
        update={"effective_from": day, "branch_id": branch, "member_kind": kind}
    ),
    DAYS,
    BRANCHES,
    st.sampled_from(["full_member", "probationary_member"]),
)
PERSON_COMMANDS: st.SearchStrategy[PersonCommand] = st.one_of(
    st.builds(
        lambda remark: RegisterPerson(details=DETAILS.model_copy(update={"remark": remark})),
        st.sampled_from([None, "借调", "挂职"]),
    ),
    st.builds(RecordMembership, facts=MEMBERSHIPS),
    st.builds(
        lambda day, branch: AssignPost(
            facts=POST_FACTS.model_copy(update={"effective_from": day, "branch_id": branch})
        ),
        DAYS,
        BRANCHES,
    ),
    st.builds(VacatePost, branch_id=BRANCHES, post=st.just("organisation_commissioner"), effective_to=DAYS),
)
ACTIVITY_FACTS = st.builds(
    lambda place, present: FACTS.model_copy(update={"place": place, "present": present}),
    st.sampled_from([None, "党员活动室"]),
    st.sampled_from([None, 14, 16, 17]),
)
ATTENDANCES = st.sampled_from([Attendance(), Attendance(absences=(Absence(number=3, reason="开庭"),))])
MINUTES = st.sampled_from([Minutes(), Minutes(agenda="学习研讨")])
ACTIVITY_COMMANDS: st.SearchStrategy[ActivityCommand] = st.one_of(
    st.builds(PlanActivity, facts=ACTIVITY_FACTS),
    st.builds(HoldActivity, facts=ACTIVITY_FACTS, today=st.just("2024-12-31")),
    st.builds(
        RecordActivity,
        facts=ACTIVITY_FACTS,
        attendance=ATTENDANCES,
        minutes=MINUTES,
        entry=st.sampled_from(["opening_import", "timely"]),
        today=st.just("2024-12-31"),
    ),
    st.builds(
        CorrectActivity,
        facts=st.none() | ACTIVITY_FACTS,
        attendance=st.none() | ATTENDANCES,
        minutes=st.none() | MINUTES,
        today=st.just("2024-12-31"),
    ),
    st.builds(CancelActivity, cause=st.sampled_from(["duplicate", "entered_by_mistake"])),
)

TODAY = st.just("2024-12-31")
PARTIAL_DAYS = st.sampled_from([None, "2024-02-20", "2024-03", "2025-01-01"])
AGREEMENTS = st.builds(
    lambda signed, planned: joint.AGREEMENT_FACTS.model_copy(update={"signed": signed, "planned_a_year": planned}),
    PARTIAL_DAYS,
    st.sampled_from([None, 4]),
)
AGREEMENT_DETAILS = st.sampled_from([joint.DETAILS, joint.DETAILS.model_copy(update={"goals": None})])
ENDINGS = st.sampled_from(["expired", "terminated"])
AGREEMENT_COMMANDS: st.SearchStrategy[JointAgreementCommand] = st.one_of(
    st.builds(ProposeJointAgreement, facts=AGREEMENTS, details=AGREEMENT_DETAILS),
    st.builds(SignJointAgreement, signed=st.sampled_from(["2024-02-20", "2024-03"]), today=TODAY),
    st.builds(
        RecordJointAgreement,
        facts=AGREEMENTS,
        details=AGREEMENT_DETAILS,
        signed=st.booleans(),
        ended=st.none() | ENDINGS,
        effective_to=PARTIAL_DAYS,
        today=TODAY,
    ),
    st.builds(CorrectJointAgreement, facts=st.none() | AGREEMENTS, details=st.none() | AGREEMENT_DETAILS, today=TODAY),
    st.builds(EndJointAgreement, cause=ENDINGS, effective_to=PARTIAL_DAYS),
    st.builds(ResumeJointAgreement),
)
PROBLEMS = st.builds(
    lambda due: joint.PROBLEM_FACTS.model_copy(update={"due": due}), st.sampled_from([None, "2024-06-30", "2024-01-01"])
)
NOTES = st.sampled_from([None, "正在推进"])
PROBLEM_COMMANDS: st.SearchStrategy[JointProblemCommand] = st.one_of(
    st.builds(RaiseJointProblem, facts=PROBLEMS, note=NOTES, today=TODAY),
    st.builds(
        RecordJointProblem, facts=PROBLEMS, solved=st.booleans(), solved_on=PARTIAL_DAYS, note=NOTES, today=TODAY
    ),
    st.builds(CorrectJointProblem, facts=st.none() | PROBLEMS, note=NOTES, today=TODAY),
    st.builds(SolveJointProblem, solved_on=PARTIAL_DAYS, note=NOTES, today=TODAY),
    st.builds(ReopenJointProblem),
)


def accepted(decider: Decider[Any, Any, Any], commands: list[Any], codec: Codec) -> list[tuple[Any, Any]]:
    """Each accepted command with the state after it; every event is written and read on the way."""
    state, states = decider.initial, []
    for command in commands:
        try:
            events = decider.decide(command, state)
        except Rejected:
            continue
        read = [codec.decode(*codec.encode(event)) for event in events]
        assert read == list(events)
        state = decider.fold(read, state)
        assert list(decider.decide(command, state)) == [], f"{command} yields events again"
        states.append((command, state))
    return states


@settings(max_examples=150, deadline=None)
@given(st.lists(BRANCH_COMMANDS, max_size=12))
def test_a_branch_command_repeated_at_once_yields_nothing(commands: list[BranchCommand]) -> None:
    for command, state in accepted(BRANCH, commands, MEMBERS):
        if isinstance(command, EstablishBranch):
            assert state.facts.official_order == command.facts.official_order
            assert state.facts.effective_from <= command.facts.effective_from


@settings(max_examples=150, deadline=None)
@given(st.lists(PERSON_COMMANDS, max_size=12))
def test_a_person_command_repeated_at_once_yields_nothing(commands: list[PersonCommand]) -> None:
    for command, state in accepted(PERSON, commands, MEMBERS):
        if isinstance(command, RegisterPerson):
            assert state.details == command.details
        if isinstance(command, RecordMembership):
            in_force = membership_on(state, command.facts.effective_from)
            assert in_force is not None
            assert (in_force.branch_id, in_force.member_kind) == (command.facts.branch_id, command.facts.member_kind)
            days = [entry.effective_from for entry in state.memberships]
            assert days == sorted(set(days))


@settings(max_examples=200, deadline=None)
@given(st.lists(ACTIVITY_COMMANDS, max_size=12))
def test_an_activity_command_repeated_at_once_yields_nothing_and_its_content_stands(
    commands: list[ActivityCommand],
) -> None:
    for command, state in accepted(ACTIVITY, commands, ACTIVITIES):
        assert isinstance(state, ActivityState)
        if isinstance(command, RecordActivity) and state.status == "recorded":
            assert (state.facts, state.attendance, state.minutes) == (
                command.facts,
                command.attendance,
                command.minutes,
            )
        if isinstance(command, CorrectActivity):
            assert command.facts in (None, state.facts)


@settings(max_examples=200, deadline=None)
@given(st.lists(AGREEMENT_COMMANDS, max_size=12))
def test_an_agreement_command_repeated_at_once_yields_nothing_and_every_state_is_led_back_to(
    commands: list[JointAgreementCommand],
) -> None:
    states = [state for _, state in accepted(JOINT_AGREEMENT, commands, ACTIVITIES)]
    last = states[-1] if states else JointAgreementState()
    for before in states:
        assert (before.status == "ended") == (before.ending is not None)
        assert JOINT_AGREEMENT.fold(JOINT_AGREEMENT.decide(UndoJointAgreement(before=before), last), last) == before


@settings(max_examples=200, deadline=None)
@given(st.lists(PROBLEM_COMMANDS, max_size=12))
def test_a_problem_command_repeated_at_once_yields_nothing_and_every_state_is_led_back_to(
    commands: list[JointProblemCommand],
) -> None:
    states = [state for _, state in accepted(JOINT_PROBLEM, commands, ACTIVITIES)]
    last = states[-1] if states else JointProblemState()
    for before in states:
        assert before.solved_on is None or before.status == "solved"
        assert JOINT_PROBLEM.fold(JOINT_PROBLEM.decide(UndoJointProblem(before=before), last), last) == before
