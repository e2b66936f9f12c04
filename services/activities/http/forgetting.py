"""Forgetting somebody outside the roster: the party office asks, an administrator confirms; nobody does both."""

from __future__ import annotations

from uuid import UUID

from services.activities.domain.outside_person import (
    OUTSIDE_PERSON,
    ConfirmForgetting,
    OutsidePersonCommand,
    RequestForgetting,
    WithdrawForgetting,
)
from services.activities.http.parts import Parts
from shared.command_path import execute
from shared.contracts.forgetting import ForgettingRequest
from shared.contracts.values import Id
from shared.http.calls import Call
from shared.http.commands import accepted, context
from shared.http.forgetting import CONFIRM, REQUEST, Asked, bury_at_once, list_requests
from shared.http.replies import Reply
from shared.http.routing import Router

router = Router()
list_requests(router)


@router.post("/outside-people/{person_id}/forgetting", requires=REQUEST, summary="申请删除一人的个人信息")
async def request_forgetting(call: Call, parts: Parts, body: Asked, person_id: Id) -> Reply:
    request = ForgettingRequest(reason=body.reason, requested_by=call.actor_on(parts.site).subject)
    return await _carried_out(call, parts, person_id, RequestForgetting(request=request))


@router.post("/outside-people/{person_id}/forgetting/withdraw", requires=REQUEST, summary="撤回删除申请")
async def withdraw_forgetting(call: Call, parts: Parts, person_id: Id) -> Reply:
    return await _carried_out(call, parts, person_id, WithdrawForgetting())


@router.post("/outside-people/{person_id}/forgetting/confirm", requires=CONFIRM, summary="确认删除，不可恢复")
async def confirm_forgetting(call: Call, parts: Parts, person_id: Id) -> Reply:
    actor = call.actor_on(parts.site)
    command = ConfirmForgetting(confirmed_by=actor.subject)
    reply = await _carried_out(call, parts, person_id, command)
    await bury_at_once(parts)
    return reply


async def _carried_out(call: Call, parts: Parts, person_id: str, command: OutsidePersonCommand) -> Reply:
    outcome = await execute(
        parts.deps, context(call, call.actor_on(parts.site)), OUTSIDE_PERSON, UUID(person_id), command
    )
    return await accepted(parts.deps, "activities", outcome, {"person_id": person_id})
