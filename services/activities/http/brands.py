"""Brands: registered, taken step by step, returned, revoked, watched for their effect."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services.activities.commands.brands import PlacingCommand, ancestors_of, levels_below, place_brand
from services.activities.domain.brand import BRAND, BrandCommand, CorrectBrand, DescribeBrand, RegisterBrand
from services.activities.domain.brand_effect import (
    RecordBrandEvidence,
    SetBrandGoal,
    WithdrawBrandEvidence,
    WithdrawBrandGoal,
)
from services.activities.domain.brand_facts import own_owners
from services.activities.domain.brand_record import UndoBrand
from services.activities.domain.brand_state import BrandState, Description, StepNote
from services.activities.domain.brand_steps import CompleteBrandStep, CorrectBrandStep, ReturnBrand, RevokeBrand
from services.activities.http.owners import actor_on_all, actor_on_any, owner_paths, unit_paths
from services.activities.http.parts import Parts
from shared.business_day import today
from shared.command_path import execute, load_state
from shared.contracts.brands import BrandEvidence, BrandFacts, BrandGoal, BrandStep
from shared.contracts.ids import command_aggregate_id
from shared.contracts.values import Count, Day, Id, LongText, PartialDate, ShortText, Value
from shared.http.calls import Call
from shared.http.commands import accepted, context
from shared.http.preconditions import etag
from shared.http.problems import not_found
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Requirement
from shared.meta import Actor

OWN: Final = Requirement("manage_brands", "unit")
OFFICE: Final = Requirement("manage_brands", "site")
router = Router()


class BrandStated(Value):
    """The brand as it is; `unknown` names the fields that nobody knows (`**`)."""

    facts: BrandFacts


class BrandSubmission(Value):
    """The first step; `date` null where it is unknown."""

    date: PartialDate | None
    note: StepNote = StepNote()


class BrandStepTaken(Value):
    """The step that is due; `date` null where it is unknown."""

    step: BrandStep
    date: PartialDate | None
    note: StepNote = StepNote()


class BrandStepMended(Value):
    """A step was on another day; without `note` materials and opinion stay."""

    step: BrandStep
    date: PartialDate | None
    note: StepNote | None = None


class BrandSentBack(Value):
    """`step` and what followed have to be taken again."""

    step: BrandStep
    date: PartialDate


class BrandEnd(Value):
    date: PartialDate


class BrandGoalStated(Value):
    """With `goal_id` a known goal as it is now, else a new one."""

    goal_id: Id | None = None
    indicator: ShortText
    target: Count | None = None
    measure: ShortText | None = None
    due: Day | None = None


class BrandEvidenceStated(Value):
    """With `evidence_id` a known piece as it is now, else a new one; `text` is stored encrypted."""

    evidence_id: Id | None = None
    date: PartialDate
    goal_id: Id | None = None
    reached: Count | None = None
    text: LongText | None = None


@router.post("/brands", requires=OWN, status=201, summary="登记品牌")
async def register_brand(call: Call, parts: Parts, body: BrandStated) -> Reply:
    """One's own brand; one with several own owners is registered by the party office."""
    return await _registered(call, parts, command_aggregate_id(call.command_id), body.facts, created=True)


@router.post("/brands/{brand_id}/register", requires=OFFICE, conditional=True, summary="重新登记已撤销的品牌")
async def register_brand_again(call: Call, parts: Parts, body: BrandStated, brand_id: Id) -> Reply:
    await _known(parts, brand_id)
    return await _registered(call, parts, UUID(brand_id), body.facts)


@router.post("/brands/{brand_id}/correct", requires=OWN, conditional=True, summary="更正品牌信息")
async def correct_brand(call: Call, parts: Parts, body: BrandStated, brand_id: Id) -> Reply:
    """A brand that is recognised is corrected by the party office."""
    state = await _known(parts, brand_id)
    actor_on_any(call, await _paths(parts, state))
    new = await owner_paths(call, parts, body.facts.owners, "facts.owners")
    actor = actor_on_all(call, [parts.site] if state.taken("recognise") else new or [parts.site])
    ancestors = await ancestors_of(parts.deps, body.facts.parent_id)
    below = await levels_below(parts.pool, parts.deps, brand_id) if ancestors else 0
    command = CorrectBrand(brand_id=brand_id, facts=body.facts, ancestors=ancestors, levels_below=below)
    return await _placed(call, parts, UUID(brand_id), command, actor)


@router.post("/brands/{brand_id}/submit", requires=OWN, conditional=True, summary="申报品牌")
async def submit_brand(call: Call, parts: Parts, body: BrandSubmission, brand_id: Id) -> Reply:
    command = CompleteBrandStep(step="submit", date=body.date, note=body.note, today=_today())
    return await _own(call, parts, brand_id, command)


@router.post("/brands/{brand_id}/steps", requires=OFFICE, conditional=True, summary="认定、培育、宣传、选树")
async def complete_brand_step(call: Call, parts: Parts, body: BrandStepTaken, brand_id: Id) -> Reply:
    """The five steps have one order; the one that is due is named where another is sent."""
    command = CompleteBrandStep(step=body.step, date=body.date, note=body.note, today=_today())
    return await _own(call, parts, brand_id, command)


@router.post("/brands/{brand_id}/steps/correct", requires=OFFICE, conditional=True, summary="更正已完成的步骤")
async def correct_brand_step(call: Call, parts: Parts, body: BrandStepMended, brand_id: Id) -> Reply:
    command = CorrectBrandStep(step=body.step, date=body.date, note=body.note, today=_today())
    return await _own(call, parts, brand_id, command)


@router.post("/brands/{brand_id}/return", requires=OFFICE, conditional=True, summary="退回到某一步")
async def return_brand(call: Call, parts: Parts, body: BrandSentBack, brand_id: Id) -> Reply:
    return await _own(call, parts, brand_id, ReturnBrand(step=body.step, date=body.date, today=_today()))


@router.post("/brands/{brand_id}/revoke", requires=OFFICE, conditional=True, summary="撤销品牌")
async def revoke_brand(call: Call, parts: Parts, body: BrandEnd, brand_id: Id) -> Reply:
    await _known(parts, brand_id)
    command = RevokeBrand(date=body.date, today=_today())
    return await _placed(call, parts, UUID(brand_id), command, call.actor_on(parts.site))


@router.post("/brands/{brand_id}/undo", requires=OFFICE, conditional=True, summary="撤回误登记的品牌")
async def undo_brand(call: Call, parts: Parts, brand_id: Id) -> Reply:
    await _known(parts, brand_id)
    return await _placed(call, parts, UUID(brand_id), UndoBrand(), call.actor_on(parts.site))


@router.post("/brands/{brand_id}/description", requires=OWN, conditional=True, summary="载体和成效")
async def describe_brand(call: Call, parts: Parts, body: Description, brand_id: Id) -> Reply:
    return await _own(call, parts, brand_id, DescribeBrand(description=body))


@router.post("/brands/{brand_id}/goals", requires=OWN, conditional=True, summary="设定或更改目标")
async def set_brand_goal(call: Call, parts: Parts, body: BrandGoalStated, brand_id: Id) -> Reply:
    goal_id = body.goal_id or str(command_aggregate_id(call.command_id))
    goal = BrandGoal(goal_id=goal_id, **body.model_dump(exclude={"goal_id"}))
    return await _own(call, parts, brand_id, SetBrandGoal(goal=goal), goal_id=goal_id)


@router.post("/brands/{brand_id}/goals/{goal_id}/withdraw", requires=OWN, conditional=True, summary="撤下目标")
async def withdraw_brand_goal(call: Call, parts: Parts, brand_id: Id, goal_id: Id) -> Reply:
    return await _own(call, parts, brand_id, WithdrawBrandGoal(goal_id=goal_id))


@router.post("/brands/{brand_id}/evidence", requires=OWN, conditional=True, summary="登记成效佐证")
async def record_brand_evidence(call: Call, parts: Parts, body: BrandEvidenceStated, brand_id: Id) -> Reply:
    evidence_id = body.evidence_id or str(command_aggregate_id(call.command_id))
    evidence = BrandEvidence(evidence_id=evidence_id, **body.model_dump(exclude={"evidence_id", "text"}))
    command = RecordBrandEvidence(evidence=evidence, text=body.text, today=_today())
    return await _own(call, parts, brand_id, command, evidence_id=evidence_id)


@router.post(
    "/brands/{brand_id}/evidence/{evidence_id}/withdraw", requires=OWN, conditional=True, summary="撤下成效佐证"
)
async def withdraw_brand_evidence(call: Call, parts: Parts, brand_id: Id, evidence_id: Id) -> Reply:
    return await _own(call, parts, brand_id, WithdrawBrandEvidence(evidence_id=evidence_id))


@router.get("/brands/{brand_id}", requires=Requirement("read_activities", "unit"), summary="一个品牌")
async def read_brand(call: Call, parts: Parts, brand_id: Id) -> Reply:
    """Read from the brand's own stream: always current. `due` is the step that comes next."""
    state, version = await load_state(parts.deps, BRAND, UUID(brand_id))
    if state.facts is None:
        raise not_found("brand_id", brand_id, "品牌")
    actor_on_any(call, await _paths(parts, state))
    shown = state.model_dump(mode="json", exclude={"withdrawn"})
    return json_reply({"brand_id": brand_id, **shown, "due": state.due}, etag=etag(version))


def _today() -> str:
    return today().isoformat()


async def _known(parts: Parts, brand_id: str) -> BrandState:
    state, version = await load_state(parts.deps, BRAND, UUID(brand_id))
    if version == 0:
        raise not_found("brand_id", brand_id, "品牌")
    known: BrandState = state
    return known


async def _paths(parts: Parts, state: BrandState) -> list[str]:
    """What an undone brand was is told to nobody but those who see the whole court."""
    owned = () if state.facts is None else own_owners(state.facts)
    return await unit_paths(parts, [("brand_id", unit_id) for unit_id in owned]) or [parts.site]


async def _registered(call: Call, parts: Parts, brand_id: UUID, facts: BrandFacts, *, created: bool = False) -> Reply:
    paths = await owner_paths(call, parts, facts.owners, "facts.owners")
    actor = actor_on_all(call, paths or [parts.site])
    ancestors = await ancestors_of(parts.deps, facts.parent_id)
    command = RegisterBrand(brand_id=str(brand_id), facts=facts, ancestors=ancestors)
    return await _placed(call, parts, brand_id, command, actor, created=created)


async def _placed(
    call: Call, parts: Parts, brand_id: UUID, command: PlacingCommand, actor: Actor, *, created: bool = False
) -> Reply:
    outcome = await place_brand(parts.deps, context(call, actor), brand_id, command, call.expected_version)
    location = f"/brands/{brand_id}" if created else None
    return await accepted(parts.deps, "activities", outcome, {"brand_id": str(brand_id)}, location=location)


async def _own(call: Call, parts: Parts, brand_id: str, command: BrandCommand, **told: str) -> Reply:
    actor = actor_on_any(call, await _paths(parts, await _known(parts, brand_id)))
    outcome = await execute(
        parts.deps, context(call, actor), BRAND, UUID(brand_id), command, expected_version=call.expected_version
    )
    return await accepted(parts.deps, "activities", outcome, {"brand_id": brand_id, **told})
