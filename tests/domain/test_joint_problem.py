"""A problem to be solved together: raised, corrected, solved, reopened, undone; never solved before it was raised."""

import pytest

from services.activities.domain.joint_problem import (
    JOINT_PROBLEM,
    CorrectJointProblem,
    JointProblemCommand,
    JointProblemEvent,
    JointProblemNoted,
    RaiseJointProblem,
    RecordJointProblem,
    ReopenJointProblem,
    SolveJointProblem,
    UndoJointProblem,
)
from services.activities.examples.joint import PROBLEM_FACTS
from shared.contracts.ids import joint_problem_id
from shared.contracts.joint import (
    JointProblemCorrected,
    JointProblemFacts,
    JointProblemRaised,
    JointProblemReopened,
    JointProblemSolved,
    JointProblemUndone,
)
from shared.testing.given import given

TODAY = "2024-12-31"
NOTE = "正在推进"
NOTED = JointProblemNoted(note=NOTE)
RAISED = (JointProblemRaised(facts=PROBLEM_FACTS), NOTED)
SOLVED = (*RAISED, JointProblemSolved(solved_on="2024-05-16"))
UNDONE = (*RAISED, JointProblemUndone())
RECORD = RecordJointProblem(facts=PROBLEM_FACTS, solved=False, note=NOTE, today=TODAY)


def facts(**changes: object) -> JointProblemFacts:
    return PROBLEM_FACTS.model_copy(update=changes)


def record(**changes: object) -> RecordJointProblem:
    return RECORD.model_copy(update=changes)


def test_a_problem_is_raised_solved_and_reopened() -> None:
    given(JOINT_PROBLEM).when(RaiseJointProblem(facts=PROBLEM_FACTS, note=NOTE, today=TODAY)).then(*RAISED)
    given(JOINT_PROBLEM, *RAISED).when(SolveJointProblem(solved_on="2024-05-16", today=TODAY)).then(SOLVED[-1])
    given(JOINT_PROBLEM, *RAISED).when(SolveJointProblem(note="已形成机制", today=TODAY)).then(
        JointProblemSolved(), JointProblemNoted(note="已形成机制")
    )
    given(JOINT_PROBLEM, *SOLVED).when(ReopenJointProblem()).then(JointProblemReopened())
    given(JOINT_PROBLEM, *SOLVED).when(SolveJointProblem(solved_on="2024-05-17", today=TODAY)).then(
        JointProblemSolved(solved_on="2024-05-17")
    )


@pytest.mark.parametrize(
    ("history", "command"),
    [
        (RAISED, RaiseJointProblem(facts=PROBLEM_FACTS, note=NOTE, today=TODAY)),
        (RAISED, RECORD),
        (RAISED, ReopenJointProblem()),
        (RAISED, CorrectJointProblem(facts=PROBLEM_FACTS, today=TODAY)),
        (SOLVED, SolveJointProblem(solved_on="2024-05-16", today=TODAY)),
        (SOLVED, record(solved=True, solved_on="2024-05-16")),
    ],
)
def test_what_is_said_again_changes_nothing(
    history: tuple[JointProblemEvent, ...], command: JointProblemCommand
) -> None:
    given(JOINT_PROBLEM, *history).when(command).then()


def test_a_ledger_states_a_problem_with_its_state() -> None:
    given(JOINT_PROBLEM).when(RECORD).then(*RAISED)
    given(JOINT_PROBLEM).when(record(note=None)).then(RAISED[0])
    given(JOINT_PROBLEM).when(record(solved=True)).then(RAISED[0], JointProblemSolved(), NOTED)
    given(JOINT_PROBLEM).when(record(solved=False, solved_on="2024-05-16")).then(*RAISED)


def test_a_ledger_that_says_something_else_corrects() -> None:
    given(JOINT_PROBLEM, *RAISED).when(record(facts=facts(due=None))).then(
        JointProblemCorrected(facts=facts(due=None), changed=("due",))
    )
    given(JOINT_PROBLEM, *RAISED).when(record(note=None)).then(JointProblemNoted(note=None))
    given(JOINT_PROBLEM, *SOLVED).when(RECORD).then(JointProblemReopened())
    given(JOINT_PROBLEM, *RAISED).when(record(solved=True)).then(JointProblemSolved())


def test_an_undone_problem_counts_as_absent() -> None:
    given(JOINT_PROBLEM, *SOLVED).when(UndoJointProblem()).then(JointProblemUndone())
    given(JOINT_PROBLEM, *UNDONE).when(RECORD).then(*RAISED)
    given(JOINT_PROBLEM, *UNDONE).when(RaiseJointProblem(facts=PROBLEM_FACTS, note=NOTE, today=TODAY)).then(*RAISED)


def test_undoing_leads_back_to_the_state_before() -> None:
    raised, solved = JOINT_PROBLEM.fold(RAISED), JOINT_PROBLEM.fold(SOLVED)
    given(JOINT_PROBLEM, *SOLVED).when(UndoJointProblem(before=raised)).then(JointProblemReopened())
    given(JOINT_PROBLEM, *SOLVED, JointProblemReopened()).when(UndoJointProblem(before=solved)).then(SOLVED[-1])
    changed = (JointProblemCorrected(facts=facts(due=None), changed=("due",)), JointProblemNoted(note=None))
    given(JOINT_PROBLEM, *RAISED, *changed).when(UndoJointProblem(before=raised)).then(
        JointProblemCorrected(facts=PROBLEM_FACTS, changed=("due",)), NOTED
    )
    given(JOINT_PROBLEM, *UNDONE, *RAISED).when(UndoJointProblem(before=JOINT_PROBLEM.fold(UNDONE))).then(
        JointProblemUndone()
    )


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"facts": facts(raised_on="2025-01-01")}, "date_in_the_future", "facts.raised_on"),
        ({"facts": facts(due="2024-03-07")}, "due_before_raised", "facts.due"),
        ({"facts": facts(due="2024-02-29", raised_on="2024-03")}, "due_before_raised", "facts.due"),
        ({"solved": True, "solved_on": "2024-03-07"}, "solved_before_raised", "solved_on"),
        ({"solved": True, "solved_on": "2024-02"}, "solved_before_raised", "solved_on"),
        ({"solved": True, "solved_on": "2025-01-01"}, "date_in_the_future", "solved_on"),
    ],
)
def test_impossible_days_are_refused(changes: dict[str, object], code: str, field: str) -> None:
    given(JOINT_PROBLEM).when(record(**changes)).then_rejected(code, field)
    given(JOINT_PROBLEM, *RAISED).when(record(**changes)).then_rejected(code, field)


def test_days_that_are_known_only_in_part_may_fit() -> None:
    for day in ("2024-03-08", "2024-03", "2024"):
        given(JOINT_PROBLEM, *RAISED).when(SolveJointProblem(solved_on=day, today=TODAY)).then(
            JointProblemSolved(solved_on=day)
        )
    given(JOINT_PROBLEM, *SOLVED).when(
        CorrectJointProblem(facts=facts(raised_on="2024-06-01"), today=TODAY)
    ).then_rejected("solved_before_raised", "solved_on")


@pytest.mark.parametrize(
    ("history", "command", "code", "field"),
    [
        (RAISED, RaiseJointProblem(facts=facts(due=None), note=NOTE, today=TODAY), "problem_already_raised", "facts"),
        (UNDONE, UndoJointProblem(), "undone_already", "problem_id"),
        ((), UndoJointProblem(), "unknown_problem", "problem_id"),
        *(
            (history, command, "unknown_problem", "problem_id")
            for history in ((), UNDONE)
            for command in (
                SolveJointProblem(today=TODAY),
                ReopenJointProblem(),
                CorrectJointProblem(facts=PROBLEM_FACTS, today=TODAY),
            )
        ),
    ],
)
def test_what_the_state_does_not_allow_is_refused(
    history: tuple[JointProblemEvent, ...], command: JointProblemCommand, code: str, field: str
) -> None:
    given(JOINT_PROBLEM, *history).when(command).then_rejected(code, field)


def test_a_problem_is_found_again_by_the_number_of_its_activity_and_its_place_in_the_row() -> None:
    assert joint_problem_id("shi04", "LJ2024-001", 1) == joint_problem_id("shi04", "ＬＪ2024-001", 1)
    assert joint_problem_id("shi04", "LJ2024-001", 1) != joint_problem_id("shi04", "LJ2024-001", 2)


def test_a_note_is_emptied_only_where_it_is_said() -> None:
    given(JOINT_PROBLEM, *RAISED).when(CorrectJointProblem(today=TODAY)).then()
    given(JOINT_PROBLEM, *RAISED).when(CorrectJointProblem(without_note=True, today=TODAY)).then(
        JointProblemNoted(note=None)
    )
    given(JOINT_PROBLEM, *RAISED).when(CorrectJointProblem(note="x", without_note=True, today=TODAY)).then_rejected(
        "note_and_none", "without_note"
    )
