"""One problem to be solved together (问题联解): raised, corrected, solved, reopened; its note stands apart."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, assert_never

from services.activities.domain.partial_dates import refuse_future, surely_before
from shared.contracts.joint import (
    JointProblemCorrected,
    JointProblemFacts,
    JointProblemRaised,
    JointProblemReopened,
    JointProblemSolved,
    JointProblemUndone,
)
from shared.contracts.personal import RecordText
from shared.contracts.values import Day, LongText, PartialDate, Value, differing
from shared.decider import Decider
from shared.rejection import Rejected


class JointProblemNoted(Value):
    """`activities.joint-problem-noted.v1`: how it stands (解决情况), in a private family; None: nothing is said."""

    note: RecordText[LongText | None]


JointProblemEvent: TypeAlias = (
    JointProblemRaised
    | JointProblemCorrected
    | JointProblemSolved
    | JointProblemReopened
    | JointProblemUndone
    | JointProblemNoted
)


class RaiseJointProblem(Value):
    """Something new; repeating it changes nothing, an undone one is raised anew."""

    facts: JointProblemFacts
    note: LongText | None = None
    today: Day


class RecordJointProblem(Value):
    """State all that is known of a problem, as a ledger does; other content is a correction."""

    facts: JointProblemFacts
    solved: bool
    solved_on: PartialDate | None = None
    note: LongText | None = None
    today: Day


class CorrectJointProblem(Value):
    """Change what is stated; None leaves a part as it is, `without_note` empties the note."""

    facts: JointProblemFacts | None = None
    note: LongText | None = None
    without_note: bool = False
    today: Day


class SolveJointProblem(Value):
    """Said again with another day, it is said anew; a note that is None leaves the note as it is."""

    solved_on: PartialDate | None = None
    note: LongText | None = None
    today: Day


class ReopenJointProblem(Value):
    """It was not solved after all."""


class JointProblemState(Value):
    """`status` is None before the first event."""

    status: Literal["raised", "solved", "undone"] | None = None
    facts: JointProblemFacts | None = None
    solved_on: PartialDate | None = None
    note: RecordText[LongText | None] = None

    @property
    def stands(self) -> bool:
        """Whether it counts: neither undone nor never stated."""
        return self.status in ("raised", "solved")


class UndoJointProblem(Value):
    """Back to `before`, an earlier state; without it, the problem was entered by mistake."""

    before: JointProblemState = JointProblemState()


JointProblemCommand: TypeAlias = (
    RaiseJointProblem
    | RecordJointProblem
    | CorrectJointProblem
    | SolveJointProblem
    | ReopenJointProblem
    | UndoJointProblem
)


def evolve(state: JointProblemState, event: JointProblemEvent) -> JointProblemState:
    match event:
        case JointProblemRaised(facts=facts):
            return JointProblemState(status="raised", facts=facts)
        case JointProblemCorrected(facts=facts):
            return state.model_copy(update={"facts": facts})
        case JointProblemSolved(solved_on=solved_on):
            return state.model_copy(update={"status": "solved", "solved_on": solved_on})
        case JointProblemReopened():
            return state.model_copy(update={"status": "raised", "solved_on": None})
        case JointProblemUndone():
            return state.model_copy(update={"status": "undone"})
        case JointProblemNoted(note=note):
            return state.model_copy(update={"note": note})
        case _:
            assert_never(event)


def decide(command: JointProblemCommand, state: JointProblemState) -> list[JointProblemEvent]:
    match command:
        case RaiseJointProblem():
            return _raise(command, state)
        case RecordJointProblem(solved=solved, today=today):
            status: Literal["solved", "raised"] = "solved" if solved else "raised"
            solved_on = command.solved_on if solved else None
            target = JointProblemState(status=status, facts=command.facts, solved_on=solved_on, note=command.note)
        case CorrectJointProblem(facts=facts, today=today):
            _refuse_absent(state)
            target = state.model_copy(update={"facts": facts or state.facts, "note": _note(command, state)})
        case SolveJointProblem(solved_on=solved_on, note=note, today=today):
            _refuse_absent(state)
            target = state.model_copy(update={"status": "solved", "solved_on": solved_on, "note": note or state.note})
        case ReopenJointProblem():
            _refuse_absent(state)
            return [JointProblemReopened()] if state.status == "solved" else []
        case UndoJointProblem(before=before):
            _refuse_absent(state, again="undone_already")
            return _towards(before, state)
        case _:
            assert_never(command)
    _refuse_impossible(target, today)
    return _towards(target, state)


def _note(command: CorrectJointProblem, state: JointProblemState) -> object:
    if command.note is not None and command.without_note:
        problem, expected = "写了解决情况，又要清空", "清空时不写 note"
        raise Rejected("note_and_none", "without_note", problem, expected)
    return None if command.without_note else command.note or state.note


def _raise(command: RaiseJointProblem, state: JointProblemState) -> list[JointProblemEvent]:
    target = JointProblemState(status="raised", facts=command.facts, note=command.note)
    _refuse_impossible(target, command.today)
    if state.stands and (state.facts, state.note) != (command.facts, command.note):
        raise Rejected("problem_already_raised", "facts", "这个问题已经登记，内容与此不同", "用“更正”修改已登记的问题")
    return [] if state.stands else _towards(target, state)


def _towards(target: JointProblemState, state: JointProblemState) -> list[JointProblemEvent]:
    """The events that lead from `state` to `target`."""
    if target.facts is None or not target.stands:
        return [JointProblemUndone()] if state.stands else []
    events: list[JointProblemEvent] = []
    if not state.stands:
        events.append(JointProblemRaised(facts=target.facts))
        state = JointProblemState(status="raised", facts=target.facts)
    elif state.facts is not None and (changed := differing(state.facts, target.facts)):
        events.append(JointProblemCorrected(facts=target.facts, changed=changed))
    if target.status == "solved" and (state.status, state.solved_on) != ("solved", target.solved_on):
        events.append(JointProblemSolved(solved_on=target.solved_on))
    if target.status == "raised" and state.status == "solved":
        events.append(JointProblemReopened())
    if target.note != state.note:
        events.append(JointProblemNoted(note=target.note))
    return events


def _refuse_impossible(target: JointProblemState, today: str) -> None:
    facts = target.facts
    assert facts is not None
    refuse_future(facts.raised_on, today, "facts.raised_on", "提出")
    if facts.due is not None and surely_before(facts.due, facts.raised_on):
        problem = f"解决期限 {facts.due} 早于提出日期 {facts.raised_on}"
        raise Rejected("due_before_raised", "facts.due", problem, "填写不早于提出日期的期限", value=facts.due)
    refuse_future(target.solved_on, today, "solved_on", "解决")
    if target.solved_on is not None and surely_before(target.solved_on, facts.raised_on):
        problem = f"解决日期 {target.solved_on} 早于提出日期 {facts.raised_on}"
        raise Rejected(
            "solved_before_raised", "solved_on", problem, "填写不早于提出日期的解决日期", value=target.solved_on
        )


def _refuse_absent(state: JointProblemState, again: str = "unknown_problem") -> None:
    if state.status is None:
        raise Rejected("unknown_problem", "problem_id", "没有这个问题", "已登记的问题的编号")
    if state.status == "undone":
        raise Rejected(again, "problem_id", "这个问题已经撤销", "选择已登记的问题，或重新登记")


JOINT_PROBLEM: Final[Decider[JointProblemCommand, JointProblemState, JointProblemEvent]] = Decider(
    "joint_problem", JointProblemState(), decide, evolve
)
