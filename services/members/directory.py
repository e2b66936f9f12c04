"""Whose is a name, and what is somebody called: answered from the directory, under the asker's rights."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import asyncpg
import orjson

from services.members.domain.person import PersonDetails, PersonDetailsCorrected, PersonRegistered
from services.members.projections.directory import name_hash, searched
from shared.acts import CommandDeps
from shared.contracts.lookups import (
    LookupRefused,
    NameAsked,
    NameFound,
    NamesOf,
    NamesResolved,
    PersonNamed,
    PersonsNamed,
    ResolveNames,
)
from shared.eventstore import RecordedEvent
from shared.identity.access import Relation, Requirement, covers, granted
from shared.meta import Actor
from shared.stored_form import decode_all

SERVICE: Final = "members"
PATIENCE_SECONDS: Final = 2.0
_STEP: Final = 0.02

_LATEST: Final = """
    left join lateral (
        select branch_id from directory_memberships m
         where m.person_id = p.person_id order by effective_from desc limit 1
    ) as latest on true
"""
BY_NAME: Final = f"""
    select p.name_hash, p.person_id::text, p.details_position, latest.branch_id::text
      from directory_people p {_LATEST} where p.name_hash = any($1::text[])
"""  # noqa: S608
_BY_ID: Final = f"""
    select p.name_hash, p.person_id::text, p.details_position, latest.branch_id::text
      from directory_people p {_LATEST} where p.person_id = any($1::uuid[])
"""  # noqa: S608
_DETAILS: Final = """
    select position, stream, version, event_id, type, data, recorded_at
      from events where position = any($1::bigint[])
"""
_EPOCH: Final = "select coalesce((select epoch from events order by position desc limit 1), 1)"

_Details: TypeAlias = dict[int, PersonDetails]


@dataclass(frozen=True)
class DirectoryDeps:
    """What the two questions need; `hash_key` is the secret of the keyed hashes."""

    pool: asyncpg.Pool
    commands: CommandDeps
    site: str
    hash_key: bytes


@dataclass(frozen=True)
class _Person:
    name_hash: str | None
    person_id: str
    details_position: int
    branch_id: str | None


async def position(pool: asyncpg.Pool) -> int:
    """Up to which position of the log the directory knows."""
    known: int = await pool.fetchval("select position from directory_cursor")
    return known


async def resolve_names(deps: DirectoryDeps, question: ResolveNames) -> NamesResolved | LookupRefused:
    """One answer a name, in the same order.

    Where several people have the name, a given department decides if one of them alone is in it, then a given
    branch. People whom the actor may not see by name are not found.
    """
    relation = await _admitted(deps, question.actor, question.after)
    if isinstance(relation, LookupRefused):
        return relation
    hashed = name_hash(deps.hash_key)
    hashes = [hashed(searched(asked.name)) for asked in question.names]
    found = _visible(deps, question.actor, relation, await deps.pool.fetch(BY_NAME, list(set(hashes))))
    namesakes: dict[str | None, list[_Person]] = {}
    for person in found:
        namesakes.setdefault(person.name_hash, []).append(person)
    asked_departments = {key for key, asked in zip(hashes, question.names, strict=True) if asked.department}
    details = await _details(
        deps, [one for key in asked_departments for one in namesakes.get(key, []) if len(namesakes[key]) > 1]
    )
    return NamesResolved(
        answers=tuple(
            _answer(asked, namesakes.get(key, []), details) for key, asked in zip(hashes, question.names, strict=True)
        )
    )


async def names_of(deps: DirectoryDeps, question: NamesOf) -> PersonsNamed | LookupRefused:
    """One answer a person, in the same order; who may not be seen by name is `unknown`."""
    relation = await _admitted(deps, question.actor, question.after)
    if isinstance(relation, LookupRefused):
        return relation
    rows = await deps.pool.fetch(_BY_ID, list(set(question.person_ids)))
    people = {one.person_id: one for one in _visible(deps, question.actor, relation, rows)}
    details = await _details(deps, people.values())
    return PersonsNamed(answers=tuple(_named(one, people.get(one), details) for one in question.person_ids))


def _answer(asked: NameAsked, namesakes: Sequence[_Person], details: _Details) -> NameFound:
    if not namesakes:
        return NameFound(status="unknown")
    narrowed = list(namesakes)
    if len(narrowed) > 1 and asked.department is not None:
        narrowed = [one for one in namesakes if _works_in(details.get(one.details_position), asked.department)]
        narrowed = narrowed or list(namesakes)
    if len(narrowed) > 1 and asked.branch_id is not None:
        narrowed = [one for one in narrowed if one.branch_id == asked.branch_id]
    if len(narrowed) == 1:
        return NameFound(status="found", person_id=narrowed[0].person_id)
    return NameFound(status="ambiguous")


def _works_in(details: PersonDetails | None, department: str) -> bool:
    post = None if details is None else details.department_post
    return isinstance(post, str) and searched(department) in searched(post)


def _named(person_id: str, person: _Person | None, details: _Details) -> PersonNamed:
    if person is None:
        return PersonNamed(person_id=person_id, status="unknown")
    name = details[person.details_position].name
    if not isinstance(name, str):
        return PersonNamed(person_id=person_id, status="forgotten")
    return PersonNamed(person_id=person_id, status="known", name=name)


async def _details(deps: DirectoryDeps, people: Iterable[_Person]) -> _Details:
    """The present details, opened, by the position of their event."""
    positions = [one.details_position for one in people]
    if not positions:
        return {}
    rows = await deps.pool.fetch(_DETAILS, positions)
    recorded = [
        RecordedEvent(at, stream, version, event_id, name, orjson.loads(data), {}, recorded_at)
        for at, stream, version, event_id, name, data, recorded_at in rows
    ]
    decoded = await decode_all(deps.commands.codec, deps.commands.keyring, recorded)
    return {
        stored.position: event.details
        for stored, event in zip(recorded, decoded, strict=True)
        if isinstance(event, PersonRegistered | PersonDetailsCorrected)
    }


def _visible(deps: DirectoryDeps, actor: Actor, relation: Relation, rows: Iterable[Any]) -> list[_Person]:
    people = [_Person(*row) for row in rows]
    if relation == "site":
        return people
    return [one for one in people if covers(actor, relation, _place(deps.site, relation, one))]


def _place(site: str, relation: Relation, person: _Person) -> str:
    if relation == "self":
        return person.person_id
    return site if person.branch_id is None else f"{site}.{person.branch_id}"


async def _admitted(deps: DirectoryDeps, actor: Actor, after: str | None) -> Relation | LookupRefused:
    relation = granted(actor.role, Requirement("read_names", "self"))
    if relation is None:
        return LookupRefused(refused="not_allowed")
    if after is None:
        return relation
    log, _, wanted = after.partition("@")
    # Positions go on from epoch to epoch: who names a former one names the same position.
    if log not in [f"{SERVICE}.{epoch}" for epoch in range(1, await deps.pool.fetchval(_EPOCH) + 1)]:
        return LookupRefused(refused="malformed")
    return relation if await _reached(deps.pool, int(wanted)) else LookupRefused(refused="behind")


async def _reached(pool: asyncpg.Pool, wanted: int) -> bool:
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while await position(pool) < wanted:
        if asyncio.get_running_loop().time() >= deadline:
            return False
        await asyncio.sleep(_STEP)
    return True
