"""A party-plus project: started, its work list worked off, completed once nothing is open."""

import pytest

from services.activities.domain.party_plus_project import (
    PROJECT,
    CompleteProject,
    CompleteProjectWork,
    CorrectProject,
    ListProjectWork,
    ProjectCommand,
    ProjectEvent,
    ProjectOutcomeNoted,
    ProjectState,
    StartProject,
    UndoProject,
    WithdrawProjectWork,
)
from services.activities.examples.brands import GOAL_ID, ITEM_ID, OUTSIDE, OWN, PROJECT_FACTS, WORK
from shared.contracts.brands import (
    ProjectCompleted,
    ProjectCorrected,
    ProjectStarted,
    ProjectUndone,
    ProjectWorkDone,
    ProjectWorkListed,
    ProjectWorkWithdrawn,
    WorkItem,
)
from shared.contracts.values import LowerBound
from shared.rejection import Rejected
from shared.testing.given import given

TODAY = "2024-12-31"
STARTED = ProjectStarted(facts=PROJECT_FACTS)
LISTED = ProjectWorkListed(item=WORK)
SECOND = WorkItem(item_id=GOAL_ID, title="走访当事人")
DONE = ProjectWorkDone(item_id=ITEM_ID, date="2024-04-28")
WITHDRAWN = ProjectWorkWithdrawn(item_id=ITEM_ID)
COMPLETED = ProjectCompleted(date="2024-11-20", outcome=LowerBound(at_least=60, words="60余件"))
COMPLETE = CompleteProject(date="2024-11-20", outcome=COMPLETED.outcome, text="执结60余件", today=TODAY)
NOTED = ProjectOutcomeNoted(text="执结60余件")
FINISH = CompleteProjectWork(item_id=ITEM_ID, date="2024-04-28", today=TODAY)


def test_a_project_is_started_once_and_corrected() -> None:
    given(PROJECT).when(StartProject(facts=PROJECT_FACTS)).then(STARTED)
    given(PROJECT, STARTED).when(StartProject(facts=PROJECT_FACTS)).then()
    moved = PROJECT_FACTS.model_copy(update={"place": None, "breakthrough": False})
    given(PROJECT, STARTED).when(StartProject(facts=moved)).then_rejected("project_already_started", "facts")
    given(PROJECT, STARTED).when(CorrectProject(facts=moved)).then(
        ProjectCorrected(facts=moved, changed=("breakthrough", "place"))
    )
    given(PROJECT, STARTED).when(CorrectProject(facts=PROJECT_FACTS)).then()


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"due": "2024-02-29"}, "before_beginning", "facts.due"),
        ({"partners": (OUTSIDE, OUTSIDE)}, "party_named_twice", "facts.partners.1"),
        ({"partners": (OUTSIDE, OWN)}, "party_named_twice", "facts.partners.1"),
    ],
)
def test_a_project_that_cannot_be_is_refused(changes: dict[str, object], code: str, field: str) -> None:
    facts = PROJECT_FACTS.model_copy(update=changes)
    given(PROJECT).when(StartProject(facts=facts)).then_rejected(code, field)
    given(PROJECT, STARTED).when(CorrectProject(facts=facts)).then_rejected(code, field)


def test_a_line_is_listed_changed_done_withdrawn_and_listed_again() -> None:
    later = WORK.model_copy(update={"due": "2024-05-31"})
    given(PROJECT, STARTED).when(ListProjectWork(item=WORK)).then(LISTED)
    given(PROJECT, STARTED, LISTED).when(ListProjectWork(item=WORK)).then()
    given(PROJECT, STARTED, LISTED).when(ListProjectWork(item=later)).then(ProjectWorkListed(item=later))
    given(PROJECT, STARTED, LISTED).when(FINISH).then(DONE)
    given(PROJECT, STARTED, LISTED, DONE).when(FINISH).then()
    given(PROJECT, STARTED, LISTED, DONE).when(ListProjectWork(item=WORK)).then()
    given(PROJECT, STARTED, LISTED, DONE).when(WithdrawProjectWork(item_id=ITEM_ID)).then(WITHDRAWN)
    given(PROJECT, STARTED, LISTED, WITHDRAWN).when(WithdrawProjectWork(item_id=ITEM_ID)).then()
    given(PROJECT, STARTED, LISTED, DONE, WITHDRAWN).when(ListProjectWork(item=WORK)).then(LISTED)


def test_a_line_that_cannot_be_is_refused() -> None:
    early = WORK.model_copy(update={"due": "2024-02-29"})
    given(PROJECT, STARTED).when(ListProjectWork(item=early)).then_rejected("before_beginning", "item.due")
    given(PROJECT, STARTED).when(FINISH).then_rejected("unknown_work", "item_id")
    given(PROJECT, STARTED).when(WithdrawProjectWork(item_id=ITEM_ID)).then_rejected("unknown_work", "item_id")
    given(PROJECT, STARTED, LISTED, WITHDRAWN).when(FINISH).then_rejected("work_withdrawn", "item_id")
    given(PROJECT, STARTED, LISTED).when(FINISH.model_copy(update={"date": "2025-01-01"})).then_rejected(
        "date_in_the_future", "date"
    )
    given(PROJECT, STARTED, LISTED).when(FINISH.model_copy(update={"date": "2024-02"})).then_rejected(
        "before_beginning", "date"
    )


def test_a_project_is_completed_once_nothing_is_open() -> None:
    given(PROJECT, STARTED).when(COMPLETE).then(COMPLETED, NOTED)
    given(PROJECT, STARTED, LISTED, DONE).when(COMPLETE).then(COMPLETED, NOTED)
    given(PROJECT, STARTED, LISTED, WITHDRAWN).when(COMPLETE).then(COMPLETED, NOTED)
    given(PROJECT, STARTED, LISTED, DONE, COMPLETED, NOTED).when(COMPLETE).then()


def test_completing_with_open_work_says_how_much_is_open() -> None:
    open_work = (STARTED, LISTED, ProjectWorkListed(item=SECOND), DONE)
    given(PROJECT, *open_work).when(COMPLETE).then_rejected("work_still_open", "date")
    with pytest.raises(Rejected) as refusal:
        PROJECT.decide(COMPLETE, PROJECT.fold(open_work))
    assert refusal.value.problem == "清单还有 1 项没有完成，如“走访当事人”"
    assert refusal.value.value == "1"


def test_a_completion_that_cannot_be_is_refused() -> None:
    given(PROJECT, STARTED).when(COMPLETE.model_copy(update={"date": "2024-02-29"})).then_rejected(
        "before_beginning", "date"
    )
    given(PROJECT, STARTED, LISTED, DONE).when(COMPLETE.model_copy(update={"date": "2024-04-27"})).then_rejected(
        "before_beginning", "date"
    )
    given(PROJECT, STARTED).when(COMPLETE.model_copy(update={"date": "2025-01-01"})).then_rejected(
        "date_in_the_future", "date"
    )


def test_the_work_list_of_a_completed_project_is_closed() -> None:
    history = (STARTED, LISTED, DONE, COMPLETED)
    given(PROJECT, *history).when(ListProjectWork(item=SECOND)).then_rejected("project_completed", "project_id")
    given(PROJECT, *history).when(WithdrawProjectWork(item_id=ITEM_ID)).then_rejected("project_completed", "project_id")
    given(PROJECT, *history).when(FINISH.model_copy(update={"date": "2024-04-29"})).then_rejected(
        "project_completed", "project_id"
    )


@pytest.mark.parametrize(
    "command",
    [
        CorrectProject(facts=PROJECT_FACTS),
        ListProjectWork(item=WORK),
        FINISH,
        WithdrawProjectWork(item_id=ITEM_ID),
        COMPLETE,
        UndoProject(before=ProjectState()),
    ],
)
def test_what_is_not_there_cannot_change(command: ProjectCommand) -> None:
    given(PROJECT).when(command).then_rejected("unknown_project", "project_id")
    given(PROJECT, STARTED, ProjectUndone()).when(command).then_rejected("project_undone", "project_id")


def after(*events: ProjectEvent) -> ProjectState:
    return PROJECT.fold(events)


def test_undoing_leads_to_what_was_before() -> None:
    given(PROJECT, STARTED).when(UndoProject(before=ProjectState())).then(ProjectUndone())
    before = after(STARTED, LISTED)
    given(PROJECT, STARTED, LISTED).when(UndoProject(before=before)).then()
    given(PROJECT, STARTED, LISTED, ProjectWorkListed(item=SECOND)).when(UndoProject(before=before)).then(
        ProjectWorkWithdrawn(item_id=GOAL_ID)
    )
    given(PROJECT, STARTED, LISTED, DONE).when(UndoProject(before=before)).then(WITHDRAWN, LISTED)
    given(PROJECT, STARTED, LISTED, WITHDRAWN).when(UndoProject(before=before)).then(LISTED)
    done = after(STARTED, LISTED, DONE)
    given(PROJECT, STARTED, LISTED, DONE, WITHDRAWN).when(UndoProject(before=done)).then(LISTED, DONE)
    given(PROJECT, STARTED, LISTED, COMPLETED).when(UndoProject(before=before)).then_rejected(
        "undo_not_possible", "project_id"
    )


def test_an_undone_project_may_be_started_again() -> None:
    given(PROJECT, STARTED, ProjectUndone()).when(StartProject(facts=PROJECT_FACTS)).then(STARTED)
