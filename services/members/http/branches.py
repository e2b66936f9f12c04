"""Branches, their committees and their groups."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services.members import queries
from services.members.domain.branch import (
    BRANCH,
    AssignBusinessLine,
    BranchCommand,
    DissolveBranchCommittee,
    DissolvePartyGroup,
    EstablishBranch,
    FormBranchCommittee,
    FormPartyGroup,
)
from services.members.http import bodies
from services.members.http.parts import Parts
from shared.business_day import today
from shared.command_path import execute, load_state
from shared.contracts.ids import command_aggregate_id
from shared.contracts.members import BranchFacts, PartyGroupFacts
from shared.contracts.values import Day, Id
from shared.http.calls import Call
from shared.http.commands import accepted, context
from shared.http.preconditions import etag
from shared.http.problems import not_found
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Requirement

MANAGE: Final = Requirement("manage_branches", "site")
router = Router()


@router.post("/branches", requires=MANAGE, status=201, summary="设立党支部")
async def establish_branch(call: Call, parts: Parts, body: bodies.Branch) -> Reply:
    branch_id = command_aggregate_id(call.command_id)
    command = EstablishBranch(facts=BranchFacts(**body.model_dump()))
    return await _carried_out(call, parts, branch_id, command, created=True)


@router.post("/branches/{branch_id}/correct", requires=MANAGE, conditional=True, summary="更正党支部信息")
async def correct_branch(call: Call, parts: Parts, body: bodies.Branch, branch_id: Id) -> Reply:
    await _known(parts, branch_id)
    return await _carried_out(call, parts, UUID(branch_id), EstablishBranch(facts=BranchFacts(**body.model_dump())))


@router.post("/branches/{branch_id}/business-line", requires=MANAGE, conditional=True, summary="指定党支部的条线")
async def assign_business_line(call: Call, parts: Parts, body: bodies.BusinessLine, branch_id: Id) -> Reply:
    return await _carried_out(call, parts, UUID(branch_id), AssignBusinessLine(business_line=body.business_line))


@router.post("/branches/{branch_id}/committee", requires=MANAGE, conditional=True, summary="成立支委会")
async def form_committee(call: Call, parts: Parts, body: bodies.Beginning, branch_id: Id) -> Reply:
    return await _carried_out(call, parts, UUID(branch_id), FormBranchCommittee(effective_from=body.effective_from))


@router.post("/branches/{branch_id}/committee/dissolve", requires=MANAGE, conditional=True, summary="撤销支委会")
async def dissolve_committee(call: Call, parts: Parts, body: bodies.Ending, branch_id: Id) -> Reply:
    return await _carried_out(call, parts, UUID(branch_id), DissolveBranchCommittee(effective_to=body.effective_to))


@router.post("/branches/{branch_id}/groups", requires=MANAGE, conditional=True, summary="成立党小组")
async def form_group(call: Call, parts: Parts, body: bodies.PartyGroup, branch_id: Id) -> Reply:
    group_id = str(command_aggregate_id(call.command_id))
    command = FormPartyGroup(facts=PartyGroupFacts(group_id=group_id, **body.model_dump()))
    return await _carried_out(call, parts, UUID(branch_id), command, group_id=group_id)


@router.post(
    "/branches/{branch_id}/groups/{group_id}/dissolve", requires=MANAGE, conditional=True, summary="撤销党小组"
)
async def dissolve_group(call: Call, parts: Parts, body: bodies.Ending, branch_id: Id, group_id: Id) -> Reply:
    command = DissolvePartyGroup(group_id=group_id, effective_to=body.effective_to)
    return await _carried_out(call, parts, UUID(branch_id), command, group_id=group_id)


@router.get("/branches", requires=Requirement("read_branches", "site"), summary="党支部和党小组，按建制序")
async def list_branches(call: Call, parts: Parts, day: Day | None = None) -> Reply:
    """As of `day`, today unless given."""
    call.actor_on(parts.site)
    asked = day or today().isoformat()
    return json_reply({"day": asked, "branches": await queries.branches(parts.pool, asked)})


@router.get("/branches/{branch_id}", requires=Requirement("read_branches", "unit"), summary="一个党支部")
async def read_branch(call: Call, parts: Parts, branch_id: Id) -> Reply:
    """Read from the branch's own stream: always current."""
    call.actor_on(f"{parts.site}.{branch_id}")
    state, version = await load_state(parts.deps, BRANCH, UUID(branch_id))
    if version == 0:
        raise not_found("branch_id", branch_id, "党支部")
    return json_reply({"branch_id": branch_id, **state.model_dump(mode="json")}, etag=etag(version))


async def _known(parts: Parts, branch_id: str) -> None:
    if not await parts.deps.store.read_stream(f"branch-{branch_id}", limit=1):
        raise not_found("branch_id", branch_id, "党支部")


async def _carried_out(
    call: Call, parts: Parts, branch_id: UUID, command: BranchCommand, *, created: bool = False, group_id: str = ""
) -> Reply:
    actor = call.actor_on(parts.site)
    outcome = await execute(
        parts.deps, context(call, actor), BRANCH, branch_id, command, expected_version=call.expected_version
    )
    told = {"branch_id": str(branch_id)} | ({"group_id": group_id} if group_id else {})
    location = f"/branches/{branch_id}" if created else None
    return await accepted(parts.deps, "members", outcome, told, location=location)
