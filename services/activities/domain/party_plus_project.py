"""A 党建+ project with its work list: started, worked off line by line, completed."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, assert_never

from pydantic import Field

from services.activities.domain.partial_dates import refuse_before, refuse_future
from shared.contracts.brands import (
    ProjectCompleted,
    ProjectCorrected,
    ProjectFacts,
    ProjectStarted,
    ProjectUndone,
    ProjectWorkDone,
    ProjectWorkListed,
    ProjectWorkWithdrawn,
    WorkItem,
)
from shared.contracts.personal import RecordText
from shared.contracts.values import Day, Id, LongText, LowerBound, PartialDate, Value, differing
from shared.decider import Decider
from shared.rejection import Rejected


class ProjectOutcomeNoted(Value):
    """`activities.party-plus-project-outcome-noted.v1`: what came of it, in a private family."""

    text: RecordText[LongText | None]


ProjectEvent: TypeAlias = (
    ProjectStarted
    | ProjectCorrected
    | ProjectWorkListed
    | ProjectWorkDone
    | ProjectWorkWithdrawn
    | ProjectCompleted
    | ProjectOutcomeNoted
    | ProjectUndone
)


class StartProject(Value):
    facts: ProjectFacts


class CorrectProject(Value):
    """`facts` as they are now."""

    facts: ProjectFacts


class ListProjectWork(Value):
    """A new line, or a known one as it is now; a withdrawn line is open again."""

    item: WorkItem


class CompleteProjectWork(Value):
    item_id: Id
    date: PartialDate
    today: Day


class WithdrawProjectWork(Value):
    """The line counts neither as done nor as open."""

    item_id: Id


class CompleteProject(Value):
    """Every line is done or withdrawn. Said again with another date or outcome it is a correction."""

    date: PartialDate
    outcome: LowerBound | None = None
    text: LongText | None = None
    today: Day


class UndoProject(Value):
    """Back to `before`; where that is empty the project counts as absent."""

    before: ProjectState


class Work(Value):
    """A line of the work list; `done_on` is set while it is done."""

    item: WorkItem
    standing: Literal["open", "done", "withdrawn"] = "open"
    done_on: PartialDate | None = None


class ProjectState(Value):
    """`status` is None before the first event."""

    status: Literal["running", "completed", "undone"] | None = None
    facts: ProjectFacts | None = None
    work: dict[str, Work] = Field(default_factory=dict)
    completed: ProjectCompleted | None = None
    outcome_text: RecordText[LongText | None] = None


ProjectCommand: TypeAlias = (
    StartProject
    | CorrectProject
    | ListProjectWork
    | CompleteProjectWork
    | WithdrawProjectWork
    | CompleteProject
    | UndoProject
)


def evolve(state: ProjectState, event: ProjectEvent) -> ProjectState:
    match event:
        case ProjectStarted(facts=facts):
            return ProjectState(status="running", facts=facts)
        case ProjectCorrected(facts=facts):
            return state.model_copy(update={"facts": facts})
        case ProjectCompleted():
            return state.model_copy(update={"status": "completed", "completed": event})
        case ProjectOutcomeNoted(text=text):
            return state.model_copy(update={"outcome_text": text})
        case ProjectUndone():
            return ProjectState(status="undone")
        case ProjectWorkListed(item=item):
            known = state.work.get(item.item_id)
            if known is None or known.standing == "withdrawn":
                return _with_work(state, Work(item=item))
            return _with_work(state, known.model_copy(update={"item": item}))
        case ProjectWorkDone(item_id=item_id, date=date):
            return _with_standing(state, item_id, "done", date)
        case ProjectWorkWithdrawn(item_id=item_id):
            return _with_standing(state, item_id, "withdrawn", None)
        case _:
            assert_never(event)


def _with_work(state: ProjectState, work: Work) -> ProjectState:
    return state.model_copy(update={"work": state.work | {work.item.item_id: work}})


def _with_standing(state: ProjectState, item_id: str, standing: str, done_on: str | None) -> ProjectState:
    known = state.work.get(item_id)
    if known is None:
        return state
    return _with_work(state, known.model_copy(update={"standing": standing, "done_on": done_on}))


def decide(command: ProjectCommand, state: ProjectState) -> list[ProjectEvent]:
    if isinstance(command, StartProject):
        return _start(command.facts, state)
    if state.status == "undone":
        raise Rejected("project_undone", "project_id", "项目的登记已经撤回", "重新登记这个项目")
    if state.facts is None:
        raise Rejected("unknown_project", "project_id", "没有这个项目", "选择已有的项目，或先登记")
    match command:
        case CorrectProject(facts=facts):
            return _correct(facts, state.facts)
        case CompleteProject():
            return _complete(command, state, state.facts)
        case ListProjectWork(item=item):
            return _list(item, state, state.facts)
        case CompleteProjectWork():
            return _done(command, state, state.facts)
        case WithdrawProjectWork(item_id=item_id):
            work = _known_work(item_id, state)
            return [] if work.standing == "withdrawn" else [*_running(state), ProjectWorkWithdrawn(item_id=item_id)]
        case UndoProject(before=before):
            return _undo(before, state)
        case _:
            assert_never(command)


def _start(facts: ProjectFacts, state: ProjectState) -> list[ProjectEvent]:
    _refuse_impossible(facts)
    if state.status is None or state.status == "undone":
        return [ProjectStarted(facts=facts)]
    if state.facts != facts:
        raise Rejected("project_already_started", "facts", "项目已经登记，内容与此不同", "用“更正”修改已登记的项目")
    return []


def _correct(facts: ProjectFacts, known: ProjectFacts) -> list[ProjectEvent]:
    _refuse_impossible(facts)
    changed = differing(known, facts)
    return [ProjectCorrected(facts=facts, changed=changed)] if changed else []


def _list(item: WorkItem, state: ProjectState, facts: ProjectFacts) -> list[ProjectEvent]:
    refuse_before(item.due, facts.start, "item.due", "完成期限的", "项目开始")
    known = state.work.get(item.item_id)
    if known is not None and known.item == item and known.standing != "withdrawn":
        return []
    return [*_running(state), ProjectWorkListed(item=item)]


def _done(command: CompleteProjectWork, state: ProjectState, facts: ProjectFacts) -> list[ProjectEvent]:
    work = _known_work(command.item_id, state)
    refuse_future(command.date, command.today, "date", "完成")
    refuse_before(command.date, facts.start, "date", "完成", "项目开始")
    if work.standing == "withdrawn":
        raise Rejected("work_withdrawn", "item_id", "这一项已经撤下", "需要时重新列入清单", value=command.item_id)
    if work.done_on == command.date:
        return []
    return [*_running(state), ProjectWorkDone(item_id=command.item_id, date=command.date)]


def _complete(command: CompleteProject, state: ProjectState, facts: ProjectFacts) -> list[ProjectEvent]:
    refuse_future(command.date, command.today, "date", "完成")
    refuse_before(command.date, facts.start, "date", "完成", "项目开始")
    still = [work.item.title for work in state.work.values() if work.standing == "open"]
    if still:
        problem = f"清单还有 {len(still)} 项没有完成，如“{still[0]}”"
        raise Rejected("work_still_open", "date", problem, "每一项先完成或撤下", value=str(len(still)))
    for work in state.work.values():
        refuse_before(command.date, work.done_on, "date", "完成", f"清单“{work.item.title}”完成")
    completed = ProjectCompleted(date=command.date, outcome=command.outcome)
    events: list[ProjectEvent] = [] if state.completed == completed else [completed]
    return events if command.text == state.outcome_text else [*events, ProjectOutcomeNoted(text=command.text)]


def _undo(before: ProjectState, state: ProjectState) -> list[ProjectEvent]:
    if before.facts is None:
        return [ProjectUndone()]
    if before == state:
        return []
    if before.status != "running" or state.status != "running" or state.facts is None:
        raise Rejected("undo_not_possible", "project_id", "项目的状态在此之后已经改变", "由人工更正这个项目")
    events = [*_correct(before.facts, state.facts)]
    events += [ProjectWorkWithdrawn(item_id=key) for key, work in state.work.items() if _taken_back(work, before)]
    for key, work in before.work.items():
        events += _work_again(work, state.work.get(key))
    return events


def _taken_back(work: Work, before: ProjectState) -> bool:
    former = before.work.get(work.item.item_id)
    reopened = former is not None and former.standing == "open" and work.standing == "done"
    return reopened or (work.standing != "withdrawn" and (former is None or former.standing == "withdrawn"))


def _work_again(former: Work, work: Work | None) -> list[ProjectEvent]:
    if work == former:
        return []
    events: list[ProjectEvent] = []
    hidden = work is None or work.item != former.item or work.standing == "withdrawn"
    if former.standing == "open" or (former.standing == "done" and hidden):
        events.append(ProjectWorkListed(item=former.item))
    if former.done_on is not None and (work is None or work.done_on != former.done_on):
        events.append(ProjectWorkDone(item_id=former.item.item_id, date=former.done_on))
    return events


def _running(state: ProjectState) -> list[ProjectEvent]:
    """Nothing; raises `Rejected` where the work list is closed."""
    if state.status == "completed":
        raise Rejected("project_completed", "project_id", "项目已经完成，清单不再变动", "另行登记后续项目")
    return []


def _known_work(item_id: str, state: ProjectState) -> Work:
    work = state.work.get(item_id)
    if work is None:
        raise Rejected("unknown_work", "item_id", "清单上没有这一项", "选择清单上已有的一项", value=item_id)
    return work


def _refuse_impossible(facts: ProjectFacts) -> None:
    refuse_before(facts.due, facts.start, "facts.due", "完成期限的", "开始")
    for index, partner in enumerate(facts.partners):
        if partner in facts.partners[:index] or partner.party_id == facts.unit_id:
            problem, expected = "同一参与单位写了两次，或写了本单位自己", "只写本单位以外的参与单位，每个一次"
            raise Rejected("party_named_twice", f"facts.partners.{index}", problem, expected, value=partner.party_id)


PROJECT: Final[Decider[ProjectCommand, ProjectState, ProjectEvent]] = Decider(
    "party_plus_project", ProjectState(), decide, evolve
)
