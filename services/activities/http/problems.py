"""Problems to be solved together (问题联解): raised, corrected, solved, reopened, undone, read."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services.activities.domain.activity import ACTIVITY, ActivityState
from services.activities.domain.joint_problem import (
    JOINT_PROBLEM,
    CorrectJointProblem,
    JointProblemCommand,
    JointProblemState,
    RaiseJointProblem,
    ReopenJointProblem,
    SolveJointProblem,
    UndoJointProblem,
)
from services.activities.http import bodies
from services.activities.http.activities import place
from services.activities.http.joint import authority, places, refuse_unknown_agreement, repeated
from services.activities.http.owners import actor_on_any
from services.activities.http.parts import Parts
from services.activities.queries import agreement
from shared.business_day import today
from shared.command_path import execute, load_state
from shared.contracts.ids import command_aggregate_id
from shared.contracts.joint import JointProblemFacts, Party
from shared.contracts.values import Id
from shared.http.calls import Call
from shared.http.commands import accepted, context
from shared.http.preconditions import etag
from shared.http.problems import not_found
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Requirement
from shared.meta import Actor
from shared.rejection import Rejected

MANAGE: Final = Requirement("manage_joint", "unit")
READ: Final = Requirement("read_activities", "unit")
router = Router()


@router.post("/problems", requires=MANAGE, status=201, summary="提出需联合解决的问题")
async def raise_problem(call: Call, parts: Parts, body: bodies.JointProblem) -> Reply:
    problem_id = str(command_aggregate_id(call.command_id))
    await _refuse_unknown(call, parts, body.facts, None)
    command = RaiseJointProblem(facts=body.facts, note=body.note, today=_today())
    return await _carried_out(call, parts, problem_id, body.facts, command, created=True)


@router.post("/problems/{problem_id}/correct", requires=MANAGE, conditional=True, summary="更正问题")
async def correct_problem(call: Call, parts: Parts, body: bodies.ProblemCorrection, problem_id: Id) -> Reply:
    facts = await _known(call, parts, problem_id)
    if body.facts is not None:
        await _actor(call, parts, body.facts)
        await _refuse_unknown(call, parts, body.facts, facts)
    command = CorrectJointProblem(facts=body.facts, note=body.note, without_note=body.without_note, today=_today())
    return await _carried_out(call, parts, problem_id, facts, command)


@router.post("/problems/{problem_id}/solve", requires=MANAGE, conditional=True, summary="问题已解决")
async def solve_problem(call: Call, parts: Parts, body: bodies.Solution, problem_id: Id) -> Reply:
    facts = await _known(call, parts, problem_id)
    command = SolveJointProblem(solved_on=body.solved_on, note=body.note, today=_today())
    return await _carried_out(call, parts, problem_id, facts, command)


@router.post("/problems/{problem_id}/reopen", requires=MANAGE, conditional=True, summary="问题重新提出")
async def reopen_problem(call: Call, parts: Parts, problem_id: Id) -> Reply:
    facts = await _known(call, parts, problem_id)
    return await _carried_out(call, parts, problem_id, facts, ReopenJointProblem())


@router.post("/problems/{problem_id}/undo", requires=MANAGE, conditional=True, summary="撤销误登记的问题")
async def undo_problem(call: Call, parts: Parts, problem_id: Id) -> Reply:
    facts = await _known(call, parts, problem_id)
    return await _carried_out(call, parts, problem_id, facts, UndoJointProblem())


@router.get("/problems/{problem_id}", requires=READ, summary="一个问题")
async def read_problem(call: Call, parts: Parts, problem_id: Id) -> Reply:
    """Read from the problem's own stream: always current."""
    state: JointProblemState
    state, version = await load_state(parts.deps, JOINT_PROBLEM, UUID(problem_id))
    if state.facts is None:
        raise not_found("problem_id", problem_id, "问题")
    await _actor(call, parts, state.facts)
    return json_reply({"problem_id": problem_id, **state.model_dump(mode="json")}, etag=etag(version))


def _today() -> str:
    return today().isoformat()


async def _known(call: Call, parts: Parts, problem_id: str) -> JointProblemFacts:
    """What is recorded; whoever has no part in it is turned away here."""
    state: JointProblemState
    state, _ = await load_state(parts.deps, JOINT_PROBLEM, UUID(problem_id))
    if state.facts is None:
        raise not_found("problem_id", problem_id, "问题")
    await _actor(call, parts, state.facts)
    return state.facts


async def _actor(call: Call, parts: Parts, facts: JointProblemFacts) -> Actor:
    """Whoever raised or owns it; where neither is of this court, whoever states its activity or agreement."""
    own = [party for party in (facts.raised_by, facts.owner) if party is not None and party.party_kind == "own_unit"]
    if own:
        return actor_on_any(call, places(parts.site, own))
    if facts.activity_id is not None and (held := await _activity(parts, facts.activity_id)).facts is not None:
        return call.actor_on(place(parts.site, held.facts))
    if facts.agreement_id is not None and (agreed := await agreement(parts.deps, facts.agreement_id)).facts is not None:
        return actor_on_any(call, authority(parts.site, agreed.facts))
    return call.actor_on(parts.site)


async def _refuse_unknown(
    call: Call, parts: Parts, facts: JointProblemFacts, recorded: JointProblemFacts | None
) -> None:
    """Raise `Rejected` for a reference that leads nowhere; what is recorded already may stay."""
    if await repeated(call, parts):
        return
    named: list[tuple[str, Party | None]] = [("facts.raised_by", facts.raised_by), ("facts.owner", facts.owner)]
    known = set() if recorded is None else {recorded.raised_by, recorded.owner}
    await parts.refuse_unknown_parties([(field, one) for field, one in named if one is not None and one not in known])
    if recorded is None or recorded.agreement_id != facts.agreement_id:
        await refuse_unknown_agreement(parts, facts.agreement_id, "facts.agreement_id")
    if facts.activity_id is None or (recorded is not None and recorded.activity_id == facts.activity_id):
        return
    if (await _activity(parts, facts.activity_id)).status in (None, "cancelled"):
        problem, expected = "没有这项活动，或已经取消", "已登记的活动的编号"
        raise Rejected("unknown_activity", "facts.activity_id", problem, expected, value=facts.activity_id)


async def _activity(parts: Parts, activity_id: str) -> ActivityState:
    state: ActivityState
    state, _ = await load_state(parts.deps, ACTIVITY, UUID(activity_id))
    return state


async def _carried_out(
    call: Call,
    parts: Parts,
    problem_id: str,
    facts: JointProblemFacts,
    command: JointProblemCommand,
    *,
    created: bool = False,
) -> Reply:
    actor = await _actor(call, parts, facts)
    expected = None if created else call.expected_version
    outcome = await execute(
        parts.deps, context(call, actor), JOINT_PROBLEM, UUID(problem_id), command, expected_version=expected
    )
    location = f"/problems/{problem_id}" if created else None
    return await accepted(parts.deps, "activities", outcome, {"problem_id": problem_id}, location=location)
