"""ID number, telephone and dues base in full: for a reason out of a list, and written down who looked."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, get_args
from uuid import UUID

from fastapi import Query

from services.members.domain.identifiers import IDENTIFIERS, Identifier
from services.members.domain.person import PERSON
from services.members.http.parts import Parts
from shared.command_path import load_state
from shared.contracts.values import Id
from shared.http.calls import Call
from shared.http.problems import not_found
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Requirement

ReadingReason = Literal["verify_identity", "transfer_membership", "assess_dues", "contact_person", "statistics"]
"""核对身份 · 转接组织关系 · 核定党费 · 联系本人 · 党内统计. Listed, as addresses get into logs."""

READ: Final = Requirement("read_identifiers", "site")
_KEEP: Final = "insert into identifier_reads (actor, person_id, fields, reason) values ($1, $2, $3, $4)"
_KEPT: Final = """
    select read_at, actor::json->>'subject' as subject, actor::json->>'role' as role, fields, reason
      from identifier_reads where person_id = $1 order by read_at desc limit 500
"""
router = Router()


@router.get("/people/{person_id}/identifiers", requires=READ, summary="证件号码、电话、党费基数原文（留痕）")
async def read_identifiers(
    call: Call,
    parts: Parts,
    person_id: Id,
    reason: ReadingReason,
    field: Annotated[list[Identifier] | None, Query(max_length=len(IDENTIFIERS))] = None,
) -> Reply:
    """`field` may be repeated; without it, all of them. Who looked is written down before anything is shown."""
    actor = call.actor_on(parts.site)
    state, version = await load_state(parts.deps, PERSON, UUID(person_id))
    if version == 0:
        raise not_found("person_id", person_id, "党员")
    fields = [name for name in get_args(Identifier) if field is None or name in field]
    await parts.pool.execute(_KEEP, actor.model_dump_json(), UUID(person_id), fields, reason)
    known: dict[str, Any] = {} if state.identifiers is None else state.identifiers.model_dump(mode="json")
    return json_reply({"person_id": person_id} | {name: known.get(name) for name in fields})


@router.get("/people/{person_id}/identifiers/reads", requires=READ, summary="谁看过此人的证件号码等原文")
async def read_reads(call: Call, parts: Parts, person_id: Id) -> Reply:
    call.actor_on(parts.site)
    rows = [dict(row) for row in await parts.pool.fetch(_KEPT, UUID(person_id))]
    return json_reply({"person_id": person_id, "reads": rows})
