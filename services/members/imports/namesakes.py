"""Who of the people recorded already is meant by a row that no key knows: registered by hand, or moved since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from services.members.directory import position
from services.members.domain.person import PERSON, PersonState
from services.members.imports.rows import RosterRow
from services.members.projections.directory import follow_page, name_hash, searched
from shared.acts import CommandDeps
from shared.ledgers.states import load_states

_NAMED: Final = """
    select name_hash, person_id::text as person_id from directory_people
     where name_hash = any($1::text[]) order by details_position
"""


@dataclass(frozen=True)
class Recorded:
    """Where the people of the court are looked up."""

    pool: asyncpg.Pool
    commands: CommandDeps
    hash_key: bytes


async def namesakes(recorded: Recorded, rows: Sequence[RosterRow], branches: Sequence[str]) -> list[list[str]]:
    """For each row, with the id of its branch, the people of its name and birth in that branch."""
    if not rows:
        return []
    await _catch_up(recorded)
    hashed = name_hash(recorded.hash_key)
    hashes = [hashed(searched(str(row.details.name))) for row in rows]
    named: dict[str, list[str]] = {}
    for found in await recorded.pool.fetch(_NAMED, list(set(hashes))):
        named.setdefault(found["name_hash"], []).append(found["person_id"])
    every = [person for people in named.values() for person in people]
    states: dict[str, PersonState] = await load_states(recorded.commands, PERSON, every)
    return [
        [person for person in named.get(key, ()) if _is_meant(states[person], row, branch)]
        for key, row, branch in zip(hashes, rows, branches, strict=True)
    ]


def _is_meant(state: PersonState, row: RosterRow, branch: str) -> bool:
    if state.details is None or not state.memberships or state.memberships[-1].branch_id != branch:
        return False
    return _same_birth(state.details.birth, row.details.birth)


def _same_birth(one: object, other: object) -> bool:
    """1972-06 and 1972-06-15 may be one day; an unknown birth is only like another unknown one."""
    if not isinstance(one, str) or not isinstance(other, str):
        return one is None and other is None
    return one.startswith(other) or other.startswith(one)


async def _catch_up(recorded: Recorded) -> None:
    head = await recorded.commands.store.head()
    while await position(recorded.pool) < head:
        await follow_page(recorded.commands, recorded.pool, recorded.hash_key)
