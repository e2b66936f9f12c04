"""One activity: planned, held, recorded, corrected, cancelled, read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.activities.domain.activity import (
    ACTIVITY,
    ActivityCommand,
    CancelActivity,
    CorrectActivity,
    HoldActivity,
    PlanActivity,
    RecordActivity,
)
from services.activities.http import bodies
from services.activities.http.joint import refuse_other_lead, refuse_unknown_joint, stated_anew
from services.activities.http.known import people_listed, people_of
from services.activities.http.parts import Parts, entry_of
from services.activities.queries import remarks_on
from shared.acts import Outcome
from shared.business_day import today
from shared.command_path import execute, load_state
from shared.contracts.activities import ActivityFacts
from shared.contracts.ids import command_aggregate_id, joint_activity_id
from shared.contracts.values import Id
from shared.http.calls import Call
from shared.http.commands import accepted, context
from shared.http.preconditions import etag
from shared.http.problems import not_found
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Action, Requirement
from shared.meta import Actor
from shared.rejection import Rejected

router = Router()


def _own(action: Action) -> Requirement:
    return Requirement(action, "unit")


@router.post("/activities", requires=_own("plan_activity"), status=201, summary="计划一项活动")
async def plan_activity(call: Call, parts: Parts, body: bodies.Facts) -> Reply:
    """The id of a joint activity follows from its 活动编号, if it has one."""
    return await _new(call, parts, PlanActivity(facts=body.facts))


@router.post("/activities/record", requires=_own("record_activity"), status=201, summary="记录一项未经计划的活动")
async def record_new_activity(call: Call, parts: Parts, body: bodies.Record) -> Reply:
    """The id of a joint activity follows from its 活动编号, if it has one."""
    return await _new(call, parts, await _record_command(parts, body))


@router.post("/activities/{activity_id}/plan", requires=_own("plan_activity"), conditional=True, summary="更改计划")
async def replan_activity(call: Call, parts: Parts, body: bodies.Facts, activity_id: Id) -> Reply:
    facts = await _known(call, parts, activity_id)
    return await _stated(call, parts, UUID(activity_id), PlanActivity(facts=body.facts), body.facts, facts)


@router.post("/activities/{activity_id}/hold", requires=_own("record_activity"), conditional=True, summary="活动已开展")
async def hold_activity(call: Call, parts: Parts, body: bodies.Facts, activity_id: Id) -> Reply:
    facts = await _known(call, parts, activity_id)
    command = HoldActivity(facts=body.facts, today=_today())
    return await _stated(call, parts, UUID(activity_id), command, body.facts, facts)


@router.post("/activities/{activity_id}/record", requires=_own("record_activity"), conditional=True, summary="记录活动")
async def record_activity(call: Call, parts: Parts, body: bodies.Record, activity_id: Id) -> Reply:
    facts = await _known(call, parts, activity_id)
    return await _stated(call, parts, UUID(activity_id), await _record_command(parts, body), body.facts, facts)


@router.post(
    "/activities/{activity_id}/correct", requires=_own("correct_activity"), conditional=True, summary="更正记录"
)
async def correct_activity(call: Call, parts: Parts, body: bodies.Correction, activity_id: Id) -> Reply:
    facts = await _known(call, parts, activity_id)
    attending = [] if body.attendance is None else people_of(body.attendance)
    await parts.refuse_unknown_people([*attending, *people_listed(body.participants or ())])
    command = CorrectActivity(**{name: getattr(body, name) for name in type(body).model_fields}, today=_today())
    return await _stated(call, parts, UUID(activity_id), command, body.facts or facts, facts)


@router.post("/activities/{activity_id}/cancel", requires=_own("cancel_activity"), conditional=True, summary="撤销活动")
async def cancel_activity(call: Call, parts: Parts, body: bodies.Cancellation, activity_id: Id) -> Reply:
    facts = await _known(call, parts, activity_id)
    return await _carried_out(call, parts, UUID(activity_id), CancelActivity(cause=body.cause), facts)


@router.get("/activities/{activity_id}", requires=_own("read_activities"), summary="一项活动")
async def read_activity(call: Call, parts: Parts, activity_id: Id) -> Reply:
    """Read from the activity's own stream: always current."""
    state, version = await load_state(parts.deps, ACTIVITY, UUID(activity_id))
    if state.facts is None:
        raise not_found("activity_id", activity_id, "活动")
    call.actor_on(place(parts.site, state.facts))
    return json_reply({"activity_id": activity_id, **state.model_dump(mode="json")}, etag=etag(version))


def place(site: str, unit: Any) -> str:
    """The organisation path of a unit: a group lies in its branch, the party committee is the court's own."""
    branch_id = getattr(unit, "branch_id", None)
    if unit.unit_kind == "party_committee":
        return site
    if unit.unit_kind == "party_group":
        return f"{site}.{branch_id}.{unit.unit_id}" if branch_id else site
    return f"{site}.{unit.unit_id}"


def _today() -> str:
    return today().isoformat()


async def _record_command(parts: Parts, body: bodies.Record) -> RecordActivity:
    await parts.refuse_unknown_people([*people_of(body.attendance), *people_listed(body.participants or ())])
    return RecordActivity(
        facts=body.facts,
        attendance=body.attendance,
        minutes=body.minutes,
        participants=body.participants,
        entry=entry_of(body.facts, today(), parts.late_entry_after_workdays),
        remarks=await remarks_on(parts.deps, body.facts),
        today=_today(),
    )


async def _new(call: Call, parts: Parts, command: PlanActivity | RecordActivity) -> Reply:
    facts = command.facts
    actor = await _allowed(call, parts, facts, None)
    outcome: Outcome
    if facts.joint is None or facts.number is None:
        identity = command_aggregate_id(call.command_id)
        outcome = await execute(parts.deps, context(call, actor), ACTIVITY, identity, command)
    else:
        identity = joint_activity_id(parts.site, facts.number)
        problem, expected = "这个活动编号已有记录", "更正已有的活动，或换一个编号"
        taken = Rejected("number_taken", "facts.number", problem, expected, value=facts.number)
        outcome = await stated_anew(call, parts, actor, ACTIVITY, identity, command, taken)
    told, location = {"activity_id": str(identity)}, f"/activities/{identity}"
    return await accepted(parts.deps, "activities", outcome, told, location=location)


async def _allowed(call: Call, parts: Parts, facts: ActivityFacts, recorded: ActivityFacts | None) -> Actor:
    """The actor, once what the facts name is there and is his to speak for."""
    await parts.refuse_unknown_unit(facts, "facts")
    await refuse_unknown_joint(call, parts, facts, recorded)
    refuse_other_lead(call, parts.site, facts)
    return call.actor_on(place(parts.site, facts))


async def _known(call: Call, parts: Parts, activity_id: str) -> ActivityFacts:
    """What is recorded of the activity; whoever may not act on the unit it belongs to is turned away here."""
    state, _ = await load_state(parts.deps, ACTIVITY, UUID(activity_id))
    if state.facts is None:
        raise not_found("activity_id", activity_id, "活动")
    call.actor_on(place(parts.site, state.facts))
    facts: ActivityFacts = state.facts
    return facts


async def _stated(
    call: Call,
    parts: Parts,
    activity_id: UUID,
    command: ActivityCommand,
    facts: ActivityFacts,
    recorded: ActivityFacts,
) -> Reply:
    await _allowed(call, parts, facts, recorded)
    return await _carried_out(call, parts, activity_id, command, facts)


async def _carried_out(
    call: Call, parts: Parts, activity_id: UUID, command: ActivityCommand, facts: ActivityFacts
) -> Reply:
    actor = call.actor_on(place(parts.site, facts))
    outcome = await execute(
        parts.deps, context(call, actor), ACTIVITY, activity_id, command, expected_version=call.expected_version
    )
    return await accepted(parts.deps, "activities", outcome, {"activity_id": str(activity_id)})
