"""Campaigns (专项教育、专项行动) of the whole court or of some units."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services.activities.domain.campaign import (
    CAMPAIGN,
    CampaignCommand,
    CorrectCampaign,
    OpenCampaign,
    UndoCampaign,
)
from services.activities.http.owners import unit_paths
from services.activities.http.parts import Parts
from shared.command_path import execute, load_state
from shared.contracts import ids
from shared.contracts.honours import CampaignFacts
from shared.contracts.values import Id, Value
from shared.http.calls import Call
from shared.http.commands import accepted, context
from shared.http.preconditions import etag
from shared.http.problems import not_found
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Requirement

MANAGE: Final = Requirement("manage_campaigns", "site")
router = Router()


class CampaignStated(Value):
    """The campaign as it is; activities go by its name. Without `unit_ids` the whole court takes part."""

    facts: CampaignFacts


@router.post("/campaigns", requires=MANAGE, status=201, summary="登记专项活动")
async def open_campaign(call: Call, parts: Parts, body: CampaignStated) -> Reply:
    """There is one campaign of a name: its id follows from it."""
    campaign_id = ids.campaign_id(parts.site, body.facts.name)
    await _refuse_unknown_units(parts, body.facts)
    return await _carried_out(call, parts, campaign_id, OpenCampaign(facts=body.facts), created=True)


@router.post("/campaigns/{campaign_id}/correct", requires=MANAGE, conditional=True, summary="更正专项活动")
async def correct_campaign(call: Call, parts: Parts, body: CampaignStated, campaign_id: Id) -> Reply:
    """The end included; the name stays."""
    await _known(parts, campaign_id)
    await _refuse_unknown_units(parts, body.facts)
    return await _carried_out(call, parts, UUID(campaign_id), CorrectCampaign(facts=body.facts))


@router.post("/campaigns/{campaign_id}/undo", requires=MANAGE, conditional=True, summary="撤回误登记的专项活动")
async def undo_campaign(call: Call, parts: Parts, campaign_id: Id) -> Reply:
    await _known(parts, campaign_id)
    return await _carried_out(call, parts, UUID(campaign_id), UndoCampaign())


@router.get("/campaigns/{campaign_id}", requires=Requirement("read_figures", "site"), summary="一个专项活动")
async def read_campaign(call: Call, parts: Parts, campaign_id: Id) -> Reply:
    """Read from the campaign's own stream: always current."""
    call.actor_on(parts.site)
    state, version = await load_state(parts.deps, CAMPAIGN, UUID(campaign_id))
    if state.facts is None:
        raise not_found("campaign_id", campaign_id, "专项活动")
    return json_reply({"campaign_id": campaign_id, **state.model_dump(mode="json")}, etag=etag(version))


async def _refuse_unknown_units(parts: Parts, facts: CampaignFacts) -> None:
    await unit_paths(parts, [(f"facts.unit_ids.{n}", unit_id) for n, unit_id in enumerate(facts.unit_ids)])


async def _known(parts: Parts, campaign_id: str) -> None:
    if not await parts.deps.store.read_stream(f"campaign-{campaign_id}", limit=1):
        raise not_found("campaign_id", campaign_id, "专项活动")


async def _carried_out(
    call: Call, parts: Parts, campaign_id: UUID, command: CampaignCommand, *, created: bool = False
) -> Reply:
    actor = call.actor_on(parts.site)
    outcome = await execute(
        parts.deps, context(call, actor), CAMPAIGN, campaign_id, command, expected_version=call.expected_version
    )
    location = f"/campaigns/{campaign_id}" if created else None
    return await accepted(parts.deps, "activities", outcome, {"campaign_id": str(campaign_id)}, location=location)
