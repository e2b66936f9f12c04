"""What the ids of records are called, for whoever exports them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import asyncpg

from services.activities.domain.outside_person import OUTSIDE_PERSON
from services.activities.replica import Units, have, units
from shared.acts import CommandDeps
from shared.contracts.lookups import MAX_PERSONS, NamesOf, PersonsNamed
from shared.ledgers.states import load_states
from shared.meta import Actor

NamesPersons = Callable[[NamesOf], Awaitable[PersonsNamed]]


@dataclass(frozen=True)
class ExportDeps:
    """`names_of` asks members; names are shown under the rights of who exports."""

    pool: asyncpg.Pool
    commands: CommandDeps
    site: str
    court: str
    names_of: NamesPersons


async def names_of(deps: ExportDeps, actor: Actor, people: Iterable[str]) -> dict[str, str]:
    """The names by id: of the roster through members, of others from their own streams; the forgotten have none."""
    asked = sorted(set(people))
    named: dict[str, str] = {}
    async with deps.pool.acquire() as connection:
        after = f"members.1@{await have(connection, deps.site)}"
    for first in range(0, len(asked), MAX_PERSONS):
        part = tuple(asked[first : first + MAX_PERSONS])
        answer = await deps.names_of(NamesOf(actor=actor, after=after, person_ids=part))
        named |= {one.person_id: one.name for one in answer.answers if one.name is not None}
    outside = await load_states(deps.commands, OUTSIDE_PERSON, [one for one in asked if one not in named])
    for person_id, state in outside.items():
        if state.person is not None and isinstance(state.person.name, str):
            named[person_id] = state.person.name
    return named


async def known_units(deps: ExportDeps) -> Units:
    """The units of the court as they are here."""
    async with deps.pool.acquire() as connection:
        return await units(connection)
