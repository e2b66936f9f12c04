"""Honours (荣誉台账) of the court, its units, people and brands: proposed, awarded, revoked."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services.activities.domain.brand import BRAND
from services.activities.domain.honour import (
    HONOUR,
    AwardHonour,
    CorrectHonour,
    HonourCommand,
    ProposeHonour,
    RevokeHonour,
    UndoHonour,
)
from services.activities.http.joint import repeated
from services.activities.http.owners import unit_paths
from services.activities.http.parts import Parts
from shared.business_day import today
from shared.command_path import execute, load_state
from shared.contracts.honours import HonourFacts
from shared.contracts.ids import command_aggregate_id
from shared.contracts.values import Id, PartialDate, Value
from shared.http.calls import Call
from shared.http.commands import accepted, context
from shared.http.preconditions import etag
from shared.http.problems import not_found
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Requirement
from shared.rejection import Rejected

MANAGE: Final = Requirement("manage_honours", "site")
router = Router()


class HonourStated(Value):
    """`title` is also the name of its series; without `subject_id` it is the court's own."""

    facts: HonourFacts


class HonourEnd(Value):
    date: PartialDate


@router.post("/honours", requires=MANAGE, status=201, summary="登记拟授荣誉")
async def propose_honour(call: Call, parts: Parts, body: HonourStated) -> Reply:
    honour_id = command_aggregate_id(call.command_id)
    return await _stated(call, parts, honour_id, body, ProposeHonour(facts=body.facts, today=_today()), created=True)


@router.post("/honours/award", requires=MANAGE, status=201, summary="登记已获荣誉")
async def award_new_honour(call: Call, parts: Parts, body: HonourStated) -> Reply:
    honour_id = command_aggregate_id(call.command_id)
    return await _stated(call, parts, honour_id, body, AwardHonour(facts=body.facts, today=_today()), created=True)


@router.post("/honours/{honour_id}/award", requires=MANAGE, conditional=True, summary="拟授荣誉已获得")
async def award_honour(call: Call, parts: Parts, body: HonourStated, honour_id: Id) -> Reply:
    await _known(parts, honour_id)
    return await _stated(call, parts, UUID(honour_id), body, AwardHonour(facts=body.facts, today=_today()))


@router.post("/honours/{honour_id}/revoke", requires=MANAGE, conditional=True, summary="撤销荣誉")
async def revoke_honour(call: Call, parts: Parts, body: HonourEnd, honour_id: Id) -> Reply:
    await _known(parts, honour_id)
    return await _carried_out(call, parts, UUID(honour_id), RevokeHonour(date=body.date, today=_today()))


@router.post("/honours/{honour_id}/correct", requires=MANAGE, conditional=True, summary="更正荣誉")
async def correct_honour(call: Call, parts: Parts, body: HonourStated, honour_id: Id) -> Reply:
    await _known(parts, honour_id)
    return await _stated(call, parts, UUID(honour_id), body, CorrectHonour(facts=body.facts, today=_today()))


@router.post("/honours/{honour_id}/undo", requires=MANAGE, conditional=True, summary="撤回误登记的荣誉")
async def undo_honour(call: Call, parts: Parts, honour_id: Id) -> Reply:
    await _known(parts, honour_id)
    return await _carried_out(call, parts, UUID(honour_id), UndoHonour())


@router.get("/honours/{honour_id}", requires=Requirement("read_activities", "site"), summary="一项荣誉")
async def read_honour(call: Call, parts: Parts, honour_id: Id) -> Reply:
    """Read from the honour's own stream: always current."""
    call.actor_on(parts.site)
    state, version = await load_state(parts.deps, HONOUR, UUID(honour_id))
    if state.facts is None:
        raise not_found("honour_id", honour_id, "荣誉")
    return json_reply({"honour_id": honour_id, **state.model_dump(mode="json")}, etag=etag(version))


def _today() -> str:
    return today().isoformat()


async def _refuse_unknown_subject(parts: Parts, facts: HonourFacts) -> None:
    if facts.subject_id is None:
        return
    field = "facts.subject_id"
    match facts.subject_kind:
        case "unit":
            await unit_paths(parts, [(field, facts.subject_id)])
        case "person":
            await parts.refuse_unknown_people([(field, facts.subject_id)])
        case "brand":
            brand, _ = await load_state(parts.deps, BRAND, UUID(facts.subject_id))
            if brand.status in (None, "undone"):
                raise Rejected("unknown_brand", field, "没有这个品牌", "已有品牌的编号", value=facts.subject_id)


async def _known(parts: Parts, honour_id: str) -> None:
    if not await parts.deps.store.read_stream(f"honour-{honour_id}", limit=1):
        raise not_found("honour_id", honour_id, "荣誉")


async def _stated(
    call: Call, parts: Parts, honour_id: UUID, body: HonourStated, command: HonourCommand, *, created: bool = False
) -> Reply:
    call.actor_on(parts.site)
    if not await repeated(call, parts):
        await _refuse_unknown_subject(parts, body.facts)
    return await _carried_out(call, parts, honour_id, command, created=created)


async def _carried_out(
    call: Call, parts: Parts, honour_id: UUID, command: HonourCommand, *, created: bool = False
) -> Reply:
    actor = call.actor_on(parts.site)
    outcome = await execute(
        parts.deps, context(call, actor), HONOUR, honour_id, command, expected_version=call.expected_version
    )
    location = f"/honours/{honour_id}" if created else None
    return await accepted(parts.deps, "activities", outcome, {"honour_id": str(honour_id)}, location=location)
