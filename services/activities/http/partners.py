"""Partners (共建单位): registered, corrected, merged, separated, undone, read."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from services.activities.domain.partner import (
    PARTNER,
    CorrectPartner,
    MergePartner,
    PartnerCommand,
    PartnerState,
    RegisterPartner,
    ReleasePartnerAlias,
    SeparatePartner,
    TakePartnerAlias,
    UndoPartner,
)
from services.activities.http import bodies
from services.activities.http.joint import repeated
from services.activities.http.parts import Parts
from services.activities.naming import NOUNS, named_by
from shared.acts import Act, ActsRejected
from shared.command_path import execute_all, load_state
from shared.contracts.ids import partner_id as partner_id_of
from shared.contracts.values import Id
from shared.http.calls import Call
from shared.http.commands import accepted, context
from shared.http.preconditions import etag
from shared.http.problems import not_found
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Requirement
from shared.rejection import Rejected

MANAGE: Final = Requirement("manage_joint", "site")
READ: Final = Requirement("read_branches", "site")
router = Router()


@router.post("/partners", requires=MANAGE, status=201, summary="登记共建单位")
async def register_partner(call: Call, parts: Parts, body: bodies.Partner) -> Reply:
    """The id follows from house and branch: the same partner is found again, never registered twice."""
    identity = str(partner_id_of(parts.site, body.facts.organisation, body.facts.branch))
    act = _act(identity, RegisterPartner(facts=body.facts, court=parts.court))
    return await _carried_out(call, parts, identity, [act], created=True)


@router.post("/partners/{partner_id}/correct", requires=MANAGE, conditional=True, summary="更正共建单位")
async def correct_partner(call: Call, parts: Parts, body: bodies.Partner, partner_id: Id) -> Reply:
    act = _act(partner_id, CorrectPartner(facts=body.facts, court=parts.court))
    return await _carried_out(call, parts, partner_id, [act])


@router.post("/partners/{partner_id}/merge", requires=MANAGE, conditional=True, summary="并入另一个共建单位")
async def merge_partner(call: Call, parts: Parts, body: bodies.Merging, partner_id: Id) -> Reply:
    """Both streams tell of it in one append, so that no two mergings at once can lead in a circle."""
    acts = [
        _act(partner_id, MergePartner(partner_id=partner_id, into=body.into)),
        _act(body.into, TakePartnerAlias(alias=partner_id)),
    ]
    return await _carried_out(call, parts, partner_id, acts)


@router.post("/partners/{partner_id}/separate", requires=MANAGE, conditional=True, summary="拆分已并入的共建单位")
async def separate_partner(call: Call, parts: Parts, body: bodies.Merging, partner_id: Id) -> Reply:
    """`into` is the partner it was merged into."""
    acts = [
        _act(partner_id, SeparatePartner(into=body.into)),
        _act(body.into, ReleasePartnerAlias(alias=partner_id)),
    ]
    return await _carried_out(call, parts, partner_id, acts)


@router.post("/partners/{partner_id}/undo", requires=MANAGE, conditional=True, summary="撤销误登记的共建单位")
async def undo_partner(call: Call, parts: Parts, partner_id: Id) -> Reply:
    """Refused while a record names it: first that is corrected or undone."""
    call.actor_on(parts.site)
    if not await repeated(call, parts):
        await _refuse_named(parts, partner_id)
    return await _carried_out(call, parts, partner_id, [_act(partner_id, UndoPartner())])


@router.get("/partners/{partner_id}", requires=READ, summary="一个共建单位")
async def read_partner(call: Call, parts: Parts, partner_id: Id) -> Reply:
    """Read from the partner's own stream: always current."""
    call.actor_on(parts.site)
    state: PartnerState
    state, version = await load_state(parts.deps, PARTNER, UUID(partner_id))
    if version == 0:
        raise not_found("partner_id", partner_id, "共建单位")
    return json_reply({"partner_id": partner_id, **state.model_dump(mode="json")}, etag=etag(version))


async def _refuse_named(parts: Parts, partner_id: str) -> None:
    for category, identity in (await named_by(parts.pool, parts.deps, [partner_id])).values():
        noun = NOUNS[category]
        problem, expected = f"{noun}中写着这个共建单位", f"先更正或撤销{noun} {identity}"
        raise Rejected("partner_named", "partner_id", problem, expected, value=identity)


def _act(partner_id: str, command: PartnerCommand) -> Act:
    return Act(PARTNER, UUID(partner_id), command)


async def _carried_out(call: Call, parts: Parts, partner_id: str, acts: list[Act], *, created: bool = False) -> Reply:
    actor = call.actor_on(parts.site)
    try:
        outcome = await execute_all(
            parts.deps, context(call, actor), acts, expected_version=None if created else call.expected_version
        )
    except ActsRejected as several:
        raise several.rejected[0].rejection from None
    location = f"/partners/{partner_id}" if created else None
    return await accepted(parts.deps, "activities", outcome, {"partner_id": partner_id}, location=location)
