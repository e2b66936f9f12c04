"""What a person decides about records of several courts: duplicates, and partners that are linked courts."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query

from services.activities.domain.duplicate import (
    DUPLICATE,
    ConfirmDuplicate,
    DuplicateCommand,
    RejectDuplicate,
    WithdrawDuplicate,
    duplicate_id,
)
from services.activities.domain.partner_claim import (
    PARTNER_CLAIM,
    ClaimPartner,
    PartnerClaimCommand,
    WithdrawPartnerClaim,
    partner_claim_id,
)
from services.activities.http.parts import Parts
from shared.command_path import execute, load_state
from shared.contracts.links import SiteId
from shared.contracts.values import Id
from shared.http.calls import Call
from shared.http.commands import accepted, context
from shared.http.preconditions import etag
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Requirement

CONFIRM: Final = Requirement("confirm_duplicates", "site")
READ: Final = Requirement("read_figures", "site")
router = Router()


@router.post("/duplicates/confirmations", requires=CONFIRM, summary="确认两院登记的是同一次联建活动")
async def confirm_duplicate(call: Call, parts: Parts, body: ConfirmDuplicate) -> Reply:
    """It counts once from then on, as `first` records it. What neither this court nor one below recorded is ignored."""
    return await _decided(call, parts, body)


@router.post("/duplicates/rejections", requires=CONFIRM, summary="认定是两次联建活动")
async def reject_duplicate(call: Call, parts: Parts, body: RejectDuplicate) -> Reply:
    """They are proposed no more."""
    return await _decided(call, parts, body)


@router.post("/duplicates/withdrawals", requires=CONFIRM, summary="撤回对两条记录的决定")
async def withdraw_duplicate(call: Call, parts: Parts, body: WithdrawDuplicate) -> Reply:
    return await _decided(call, parts, body)


@router.post("/partner-claims", requires=CONFIRM, summary="认领：共建单位就是某个联通的法院")
async def claim_partner(call: Call, parts: Parts, body: ClaimPartner) -> Reply:
    """Its history counts as that court's, back to the first record."""
    return await _claimed(call, parts, body)


@router.post("/partner-claims/withdrawals", requires=CONFIRM, summary="撤回认领")
async def withdraw_partner_claim(call: Call, parts: Parts, body: WithdrawPartnerClaim) -> Reply:
    return await _claimed(call, parts, body)


@router.get("/partner-claims", requires=READ, summary="一个共建单位的认领")
async def read_partner_claim(
    call: Call, parts: Parts, recorded_by: Annotated[SiteId, Query()], partner_id: Annotated[Id, Query()]
) -> Reply:
    """Read from its own stream: always current. `court` is null while it is nobody's."""
    call.actor_on(parts.site)
    state, version = await load_state(parts.deps, PARTNER_CLAIM, partner_claim_id(recorded_by, partner_id))
    named = {"recorded_by": recorded_by, "partner_id": partner_id}
    return json_reply({**named, **state.model_dump(mode="json")}, etag=etag(version))


async def _decided(call: Call, parts: Parts, command: DuplicateCommand) -> Reply:
    actor = call.actor_on(parts.site)
    stream: UUID = duplicate_id(command.first, command.second)
    outcome = await execute(parts.deps, context(call, actor), DUPLICATE, stream, command)
    return await accepted(parts.deps, "activities", outcome, {"duplicate_id": str(stream)})


async def _claimed(call: Call, parts: Parts, command: PartnerClaimCommand) -> Reply:
    actor = call.actor_on(parts.site)
    stream: UUID = partner_claim_id(command.recorded_by, command.partner_id)
    outcome = await execute(parts.deps, context(call, actor), PARTNER_CLAIM, stream, command)
    return await accepted(parts.deps, "activities", outcome, {"partner_claim_id": str(stream)})
