"""Finding persons of a roster again: random ids, and a table of keyed hashes outside the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import asyncpg

from services.members.imports.rows import RosterRow
from shared.contracts.ids import normalised
from shared.personal.keyed_hash import KeyedHash

_KNOWN: Final = "select keyed_hash, person_id::text as person_id from person_keys where keyed_hash = any($1::text[])"
_WITH_ID: Final = """
    select distinct person_id::text as person_id from person_keys
     where basis = 'id_number' and person_id = any($1::uuid[])
"""
_KEEP: Final = """
    insert into person_keys (keyed_hash, person_id, basis)
    select * from unnest($1::text[], $2::uuid[], $3::text[]) as made (keyed_hash, person_id, basis) order by keyed_hash
    on conflict (keyed_hash) do nothing
"""
_ALL: Final = "select distinct person_id::text as person_id from person_keys"


@dataclass(frozen=True)
class Keys:
    """The hashes under which a row's person may be known."""

    id_number: str | None
    name: str


def keys_of(rows: Sequence[RosterRow], hashed: KeyedHash) -> list[Keys]:
    """One for each row. A second row with the same ID number, or the same name, birth and branch, is another person."""
    numbers, names = Counter[str](), Counter[tuple[str, str, str]]()
    keys = []
    for row in rows:
        known = row.id_number is not None and numbers[row.id_number] == 0
        if row.id_number is not None:
            numbers[row.id_number] += 1
        described = (normalised(str(row.details.name)), str(row.details.birth or ""), normalised(row.branch))
        names[described] += 1
        keys.append(
            Keys(
                hashed("id_number", row.id_number) if known and row.id_number else None,
                hashed("name_birth_branch", *described, str(names[described])),
            )
        )
    return keys


async def find_persons(pool: asyncpg.Pool, keys: Sequence[Keys], *, keep: bool) -> list[str]:
    """The person of each row: a known one or a new random id, which is kept only with `keep`.

    The ID number decides; a person known by name only is found by name until an ID number is known.
    """
    every = [key for one in keys for key in (one.id_number, one.name) if key is not None]
    found = await _assigned(pool, keys, every)
    if keep and keys:
        rows = [(one.id_number, person, "id_number") for one, person in zip(keys, found, strict=True)]
        rows += [(one.name, person, "name_birth_branch") for one, person in zip(keys, found, strict=True)]
        kept = [row for row in rows if row[0] is not None]
        await pool.execute(_KEEP, *[list(column) for column in zip(*kept, strict=True)])
        # Somebody else may have kept one first: what stands in the table counts.
        found = await _assigned(pool, keys, every)
    return found


async def all_persons(pool: asyncpg.Pool) -> set[str]:
    """Everybody whom a roster has ever held."""
    return {row["person_id"] for row in await pool.fetch(_ALL)}


async def _assigned(pool: asyncpg.Pool, keys: Sequence[Keys], every: list[str]) -> list[str]:
    known: dict[str, str] = {row["keyed_hash"]: row["person_id"] for row in await pool.fetch(_KNOWN, every)}
    with_id = {row["person_id"] for row in await pool.fetch(_WITH_ID, list(set(known.values())))}
    taken: set[str] = {known[one.id_number] for one in keys if one.id_number in known}
    persons = []
    for one in keys:
        person = known.get(one.id_number) if one.id_number else None
        if person is None:
            person = _by_name(one, known.get(one.name), with_id, taken) or str(uuid4())
        taken.add(person)
        persons.append(person)
    return persons


def _by_name(one: Keys, person: Any, with_id: set[str], taken: set[str]) -> str | None:
    """A row that brings a new ID number is not the namesake whose ID number is another."""
    if person is None or person in taken or (one.id_number is not None and person in with_id):
        return None
    return str(person)
