"""People of the roster: details, where the membership lies, posts."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID, uuid4

from services.members.domain.branch import BRANCH
from services.members.domain.identifiers import masked
from services.members.domain.person import (
    PERSON,
    CorrectPersonDetails,
    EndMembership,
    PersonCommand,
    PersonDetails,
    PersonState,
    RecordMembership,
    RegisterPerson,
)
from services.members.domain.posts import AssignPost, VacatePost
from services.members.http import bodies
from services.members.http.parts import Parts
from shared.command_path import Act, execute, execute_all, load_state
from shared.contracts.members import MembershipFacts, PostFacts
from shared.contracts.values import Id
from shared.http.calls import Call
from shared.http.commands import accepted, context
from shared.http.preconditions import etag
from shared.http.problems import not_found
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Requirement
from shared.rejection import Rejected

MANAGE: Final = Requirement("manage_members", "site")
router = Router()


@router.post("/people", requires=MANAGE, status=201, summary="登记党员")
async def register_person(call: Call, parts: Parts, body: bodies.NewPerson) -> Reply:
    actor = call.actor_on(parts.site)
    await _refuse_unknown_unit(parts, body.membership, "membership.")
    # Random, never derived: the command remembers it for whoever sends the request again.
    person_id = uuid4()
    acts = [
        Act(PERSON, person_id, RegisterPerson(details=_details(person_id, body.details))),
        Act(PERSON, person_id, RecordMembership(facts=_membership(person_id, body.membership))),
    ]
    outcome = await execute_all(parts.deps, context(call, actor), acts, answer=lambda _: {"person_id": str(person_id)})
    known = (outcome.answer or {})["person_id"]
    return await accepted(parts.deps, "members", outcome, {}, location=f"/people/{known}")


@router.post("/people/{person_id}/correct", requires=MANAGE, conditional=True, summary="更正党员信息")
async def correct_details(call: Call, parts: Parts, body: bodies.Details, person_id: Id) -> Reply:
    details = _details(UUID(person_id), body)
    return await _carried_out(call, parts, person_id, CorrectPersonDetails(details=details))


@router.post("/people/{person_id}/membership", requires=MANAGE, conditional=True, summary="记录组织关系")
async def record_membership(call: Call, parts: Parts, body: bodies.Membership, person_id: Id) -> Reply:
    await _refuse_unknown_unit(parts, body, "")
    return await _carried_out(call, parts, person_id, RecordMembership(facts=_membership(UUID(person_id), body)))


@router.post("/people/{person_id}/membership/end", requires=MANAGE, conditional=True, summary="记录组织关系终止")
async def end_membership(call: Call, parts: Parts, body: bodies.Ending, person_id: Id) -> Reply:
    return await _carried_out(call, parts, person_id, EndMembership(effective_to=body.effective_to))


@router.post("/people/{person_id}/posts", requires=MANAGE, conditional=True, summary="任支部职务")
async def assign_post(call: Call, parts: Parts, body: bodies.PostHeld, person_id: Id) -> Reply:
    facts = PostFacts(person_id=person_id, **body.model_dump())
    return await _carried_out(call, parts, person_id, AssignPost(facts=facts))


@router.post("/people/{person_id}/posts/vacate", requires=MANAGE, conditional=True, summary="免支部职务")
async def vacate_post(call: Call, parts: Parts, body: bodies.PostGivenUp, person_id: Id) -> Reply:
    return await _carried_out(call, parts, person_id, VacatePost(**body.model_dump()))


@router.get("/people/{person_id}", requires=Requirement("read_names", "self"), summary="一名党员")
async def read_person(call: Call, parts: Parts, person_id: Id) -> Reply:
    """Read from the person's own stream, decrypted: names are shown to whoever may read them there, to nobody else."""
    state, version = await load_state(parts.deps, PERSON, UUID(person_id))
    call.actor_on(_place(parts.site, person_id, state, call))
    if version == 0:
        raise not_found("person_id", person_id, "党员")
    shown = state.model_dump(mode="json", exclude={"identifiers", "person_id"})
    identifiers = None if state.identifiers is None else masked(state.identifiers)
    return json_reply({"person_id": person_id, **shown, "identifiers": identifiers}, etag=etag(version))


def _place(site: str, person_id: str, state: PersonState, call: Call) -> str:
    if call.relation == "self":
        return person_id
    return f"{site}.{state.memberships[-1].branch_id}" if state.memberships else site


async def _refuse_unknown_unit(parts: Parts, membership: bodies.Membership, prefix: str) -> None:
    state, version = await load_state(parts.deps, BRANCH, UUID(membership.branch_id))
    if version == 0:
        raise _unknown("branch", prefix + "branch_id", "党支部", membership.branch_id)
    if membership.group_id is not None and membership.group_id not in state.groups:
        raise _unknown("party_group", prefix + "group_id", "党小组", membership.group_id)


def _unknown(code: str, field: str, noun: str, value: str) -> Rejected:
    return Rejected(f"unknown_{code}", field, f"没有这个{noun}", f"已有{noun}的编号", value=value)


def _details(person_id: UUID, body: bodies.Details) -> PersonDetails:
    return PersonDetails(person_id=str(person_id), **body.model_dump())


def _membership(person_id: UUID, body: bodies.Membership) -> MembershipFacts:
    return MembershipFacts(person_id=str(person_id), **body.model_dump())


async def _carried_out(call: Call, parts: Parts, person_id: str, command: PersonCommand) -> Reply:
    actor = call.actor_on(parts.site)
    outcome = await execute(
        parts.deps, context(call, actor), PERSON, UUID(person_id), command, expected_version=call.expected_version
    )
    told: dict[str, Any] = {"person_id": person_id}
    return await accepted(parts.deps, "members", outcome, told)
