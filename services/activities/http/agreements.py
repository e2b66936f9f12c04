"""Joint agreements (联建协议): proposed, recorded, signed, corrected, ended, undone, read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.activities.domain.agreement_facts import JointAgreementDetails, agreement_parties
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
from services.activities.http import bodies
from services.activities.http.joint import authority, new_parties, places, repeated, stated_anew
from services.activities.http.owners import actor_on_any
from services.activities.http.parts import Parts
from shared.business_day import today
from shared.command_path import execute, load_state
from shared.contracts.ids import command_aggregate_id, joint_agreement_id
from shared.contracts.joint import JointAgreementFacts, Party
from shared.contracts.values import Id
from shared.http.calls import Call
from shared.http.commands import accepted, context
from shared.http.preconditions import etag
from shared.http.problems import not_found
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Requirement
from shared.rejection import Rejected

MANAGE: Final = Requirement("manage_joint", "unit")
READ: Final = Requirement("read_activities", "unit")
router = Router()


@router.post("/agreements", requires=MANAGE, status=201, summary="发起联建协议")
async def propose_agreement(call: Call, parts: Parts, body: bodies.Agreement) -> Reply:
    """The id follows from 协议编号, if there is one."""
    return await _new(call, parts, body, ProposeJointAgreement(facts=body.facts, details=body.details))


@router.post("/agreements/record", requires=MANAGE, status=201, summary="登记已签订的联建协议")
async def record_agreement(call: Call, parts: Parts, body: bodies.SignedAgreement) -> Reply:
    ended = body.ended
    command = RecordJointAgreement(
        facts=body.facts,
        details=body.details,
        ended=None if ended is None else ended.cause,
        effective_to=None if ended is None else ended.effective_to,
        today=today().isoformat(),
    )
    return await _new(call, parts, body, command)


@router.post("/agreements/{agreement_id}/correct", requires=MANAGE, conditional=True, summary="更正联建协议")
async def correct_agreement(call: Call, parts: Parts, body: bodies.AgreementCorrection, agreement_id: Id) -> Reply:
    state = await _known(call, parts, agreement_id)
    if body.facts is not None:
        actor_on_any(call, authority(parts.site, body.facts))
        await _refuse_unknown_parties(call, parts, new_parties(body.facts, state))
    await _refuse_unknown_contact(parts, body.details)
    command = CorrectJointAgreement(facts=body.facts, details=body.details, today=today().isoformat())
    return await _carried_out(call, parts, agreement_id, state, command)


@router.post("/agreements/{agreement_id}/sign", requires=MANAGE, conditional=True, summary="签订联建协议")
async def sign_agreement(call: Call, parts: Parts, body: bodies.Signing, agreement_id: Id) -> Reply:
    state = await _known(call, parts, agreement_id)
    command = SignJointAgreement(signed=body.signed, today=today().isoformat())
    return await _carried_out(call, parts, agreement_id, state, command)


@router.post("/agreements/{agreement_id}/end", requires=MANAGE, conditional=True, summary="终止联建协议")
async def end_agreement(call: Call, parts: Parts, body: bodies.Ending, agreement_id: Id) -> Reply:
    state = await _known(call, parts, agreement_id)
    command = EndJointAgreement(cause=body.cause, effective_to=body.effective_to)
    return await _carried_out(call, parts, agreement_id, state, command)


@router.post("/agreements/{agreement_id}/resume", requires=MANAGE, conditional=True, summary="收回误登记的终止")
async def resume_agreement(call: Call, parts: Parts, agreement_id: Id) -> Reply:
    state = await _known(call, parts, agreement_id)
    return await _carried_out(call, parts, agreement_id, state, ResumeJointAgreement())


@router.post("/agreements/{agreement_id}/undo", requires=MANAGE, conditional=True, summary="撤销误登记的联建协议")
async def undo_agreement(call: Call, parts: Parts, agreement_id: Id) -> Reply:
    state = await _known(call, parts, agreement_id)
    return await _carried_out(call, parts, agreement_id, state, UndoJointAgreement())


@router.get("/agreements/{agreement_id}", requires=READ, summary="一份联建协议")
async def read_agreement(call: Call, parts: Parts, agreement_id: Id) -> Reply:
    """Read from the agreement's own stream: always current."""
    state: JointAgreementState
    state, version = await load_state(parts.deps, JOINT_AGREEMENT, UUID(agreement_id))
    if state.facts is None:
        raise not_found("agreement_id", agreement_id, "联建协议")
    actor_on_any(call, places(parts.site, [party for _, party in agreement_parties(state.facts)]))
    return json_reply({"agreement_id": agreement_id, **state.model_dump(mode="json")}, etag=etag(version))


async def _new(
    call: Call, parts: Parts, body: bodies.Agreement | bodies.SignedAgreement, command: JointAgreementCommand
) -> Reply:
    facts: JointAgreementFacts = body.facts
    actor = actor_on_any(call, authority(parts.site, facts))
    await _refuse_unknown_parties(call, parts, agreement_parties(facts))
    await _refuse_unknown_contact(parts, body.details)
    number = facts.number
    identity = command_aggregate_id(call.command_id) if number is None else joint_agreement_id(parts.site, number)
    problem, expected = "这个协议编号已有记录", "用“更正”修改已登记的协议，或换一个编号"
    taken = Rejected("number_taken", "facts.number", problem, expected, value=number)
    outcome = await stated_anew(call, parts, actor, JOINT_AGREEMENT, identity, command, taken)
    told, location = {"agreement_id": str(identity)}, f"/agreements/{identity}"
    return await accepted(parts.deps, "activities", outcome, told, location=location)


async def _known(call: Call, parts: Parts, agreement_id: str) -> JointAgreementState:
    """What is recorded; whoever may not state anything of it is turned away here."""
    state: JointAgreementState
    state, _ = await load_state(parts.deps, JOINT_AGREEMENT, UUID(agreement_id))
    if state.facts is None:
        raise not_found("agreement_id", agreement_id, "联建协议")
    actor_on_any(call, authority(parts.site, state.facts))
    return state


async def _refuse_unknown_parties(call: Call, parts: Parts, named: Sequence[tuple[str, Party]]) -> None:
    if not await repeated(call, parts):
        await parts.refuse_unknown_parties(named)


async def _refuse_unknown_contact(parts: Parts, details: JointAgreementDetails | None) -> None:
    if details is not None:
        await parts.refuse_unknown_people([("details.contact_id", details.contact_id)])


async def _carried_out(
    call: Call, parts: Parts, agreement_id: str, state: JointAgreementState, command: JointAgreementCommand
) -> Reply:
    assert state.facts is not None
    actor = actor_on_any(call, authority(parts.site, state.facts))
    outcome = await execute(
        parts.deps,
        context(call, actor),
        JOINT_AGREEMENT,
        UUID(agreement_id),
        command,
        expected_version=call.expected_version,
    )
    return await accepted(parts.deps, "activities", outcome, {"agreement_id": agreement_id})
