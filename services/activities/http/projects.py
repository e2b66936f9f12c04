"""Party-plus projects (党建+项目) and their work lists."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services.activities.domain.brand import BRAND
from services.activities.domain.party_plus_project import (
    PROJECT,
    CompleteProject,
    CompleteProjectWork,
    CorrectProject,
    ListProjectWork,
    ProjectCommand,
    ProjectState,
    StartProject,
    UndoProject,
    WithdrawProjectWork,
)
from services.activities.http.joint import repeated
from services.activities.http.owners import actor_on_all, unit_paths
from services.activities.http.parts import Parts
from shared.business_day import today
from shared.command_path import execute, load_state
from shared.contracts.brands import ProjectFacts, WorkItem
from shared.contracts.ids import command_aggregate_id
from shared.contracts.values import Day, Id, LongText, LowerBound, PartialDate, ShortText, Value
from shared.http.calls import Call
from shared.http.commands import accepted, context
from shared.http.preconditions import etag
from shared.http.problems import not_found
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Requirement
from shared.meta import Actor
from shared.rejection import Rejected
from shared.rules.brands import work_progress

OWN: Final = Requirement("manage_brands", "unit")
router = Router()


class ProjectStated(Value):
    """The project as it is."""

    facts: ProjectFacts


class ProjectWorkStated(Value):
    """With `item_id` a known line as it is now, else a new one."""

    item_id: Id | None = None
    title: ShortText
    due: Day | None = None


class ProjectWorkFinished(Value):
    date: PartialDate


class ProjectFinished(Value):
    """`text` is what came of it, stored encrypted; `outcome` a number in the office's own words."""

    date: PartialDate
    outcome: LowerBound | None = None
    text: LongText | None = None


@router.post("/projects", requires=OWN, status=201, summary="登记党建+项目")
async def start_project(call: Call, parts: Parts, body: ProjectStated) -> Reply:
    project_id = command_aggregate_id(call.command_id)
    actor = await _actor_on_facts(call, parts, body.facts)
    return await _carried_out(call, parts, project_id, StartProject(facts=body.facts), actor, created=True)


@router.post("/projects/{project_id}/correct", requires=OWN, conditional=True, summary="更正项目信息")
async def correct_project(call: Call, parts: Parts, body: ProjectStated, project_id: Id) -> Reply:
    await _actor(call, parts, project_id)
    actor = await _actor_on_facts(call, parts, body.facts)
    return await _carried_out(call, parts, UUID(project_id), CorrectProject(facts=body.facts), actor)


@router.post("/projects/{project_id}/work", requires=OWN, conditional=True, summary="列入或更改清单上的一项")
async def list_project_work(call: Call, parts: Parts, body: ProjectWorkStated, project_id: Id) -> Reply:
    item_id = body.item_id or str(command_aggregate_id(call.command_id))
    command = ListProjectWork(item=WorkItem(item_id=item_id, title=body.title, due=body.due))
    return await _own(call, parts, project_id, command, item_id=item_id)


@router.post("/projects/{project_id}/work/{item_id}/done", requires=OWN, conditional=True, summary="清单上的一项已完成")
async def complete_project_work(
    call: Call, parts: Parts, body: ProjectWorkFinished, project_id: Id, item_id: Id
) -> Reply:
    return await _own(call, parts, project_id, CompleteProjectWork(item_id=item_id, date=body.date, today=_today()))


@router.post(
    "/projects/{project_id}/work/{item_id}/withdraw", requires=OWN, conditional=True, summary="撤下清单上的一项"
)
async def withdraw_project_work(call: Call, parts: Parts, project_id: Id, item_id: Id) -> Reply:
    return await _own(call, parts, project_id, WithdrawProjectWork(item_id=item_id))


@router.post("/projects/{project_id}/complete", requires=OWN, conditional=True, summary="项目完成")
async def complete_project(call: Call, parts: Parts, body: ProjectFinished, project_id: Id) -> Reply:
    """Every line of the work list is done or withdrawn."""
    command = CompleteProject(date=body.date, outcome=body.outcome, text=body.text, today=_today())
    return await _own(call, parts, project_id, command)


@router.post(
    "/projects/{project_id}/undo",
    requires=Requirement("manage_brands", "site"),
    conditional=True,
    summary="撤回误登记的项目",
)
async def undo_project(call: Call, parts: Parts, project_id: Id) -> Reply:
    return await _own(call, parts, project_id, UndoProject(before=ProjectState()))


@router.get("/projects/{project_id}", requires=Requirement("read_activities", "unit"), summary="一个党建+项目")
async def read_project(call: Call, parts: Parts, project_id: Id) -> Reply:
    """Read from the project's own stream: always current. `progress` is in per cent, null without a work list."""
    state, version = await load_state(parts.deps, PROJECT, UUID(project_id))
    if state.facts is None:
        raise not_found("project_id", project_id, "项目")
    actor_on_all(call, await _paths(parts, state))
    standing = [work.standing for work in state.work.values()]
    progress = work_progress(standing.count("done"), standing.count("open"))
    shown = {"project_id": project_id, **state.model_dump(mode="json"), "progress": progress}
    return json_reply(shown, etag=etag(version))


def _today() -> str:
    return today().isoformat()


async def _paths(parts: Parts, state: ProjectState) -> list[str]:
    return [parts.site] if state.facts is None else await unit_paths(parts, [("project_id", state.facts.unit_id)])


async def _actor(call: Call, parts: Parts, project_id: str) -> Actor:
    state, version = await load_state(parts.deps, PROJECT, UUID(project_id))
    if version == 0:
        raise not_found("project_id", project_id, "项目")
    return actor_on_all(call, await _paths(parts, state))


async def _actor_on_facts(call: Call, parts: Parts, facts: ProjectFacts) -> Actor:
    actor = actor_on_all(call, await unit_paths(parts, [("facts.unit_id", facts.unit_id)]))
    if await repeated(call, parts):
        return actor
    await parts.refuse_unknown_parties([(f"facts.partners.{n}", party) for n, party in enumerate(facts.partners)])
    if facts.brand_id is not None:
        brand, _ = await load_state(parts.deps, BRAND, UUID(facts.brand_id))
        if brand.status in (None, "undone"):
            raise Rejected("unknown_brand", "facts.brand_id", "没有这个品牌", "已有品牌的编号", value=facts.brand_id)
    return actor


async def _own(
    call: Call, parts: Parts, project_id: str, command: ProjectCommand, *, item_id: str | None = None
) -> Reply:
    actor = await _actor(call, parts, project_id)
    return await _carried_out(call, parts, UUID(project_id), command, actor, item_id=item_id)


async def _carried_out(
    call: Call,
    parts: Parts,
    project_id: UUID,
    command: ProjectCommand,
    actor: Actor,
    *,
    created: bool = False,
    item_id: str | None = None,
) -> Reply:
    outcome = await execute(
        parts.deps, context(call, actor), PROJECT, project_id, command, expected_version=call.expected_version
    )
    location = f"/projects/{project_id}" if created else None
    told = {"project_id": str(project_id)} | ({} if item_id is None else {"item_id": item_id})
    return await accepted(parts.deps, "activities", outcome, told, location=location)
