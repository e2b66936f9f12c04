"""Finding persons of a roster again: random ids, and a table of keyed hashes outside the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final
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


Others = Callable[[Sequence[int]], Awaitable[list[list[str]]]]
"""For rows that no key knows, by their index: who else may be meant."""


def keys_of(rows: Sequence[RosterRow], branches: Sequence[str], hashed: KeyedHash) -> list[Keys]:
    """One for each row, with the id of its branch.

    A second row with the same ID number, or the same name, birth and branch, is another person.
    """
    numbers, names = Counter[str](), Counter[tuple[str, str, str]]()
    keys = []
    for row, branch in zip(rows, branches, strict=True):
        known = row.id_number is not None and numbers[row.id_number] == 0
        if row.id_number is not None:
            numbers[row.id_number] += 1
        described = (normalised(str(row.details.name)), str(row.details.birth or ""), branch)
        names[described] += 1
        keys.append(
            Keys(
                hashed("id_number", row.id_number) if known and row.id_number else None,
                hashed("name_birth_branch", *described, str(names[described])),
            )
        )
    return keys


async def find_persons(
    pool: asyncpg.Pool, keys: Sequence[Keys], stated: Sequence[str | None], others: Others, *, keep: bool
) -> list[str]:
    """The person of each row: a known one or a new random id, which is kept only with `keep`.

    The id that an exported row states decides, of whomever it speaks now, else the ID number; a person known by name
    only is found by name until an ID number is known.
    """
    every = [key for one in keys for key in (one.id_number, one.name) if key is not None]
    known = {row["keyed_hash"] for row in await pool.fetch(_KNOWN, every)}
    unknown = [
        index for index, one in enumerate(keys) if stated[index] is None and not {one.id_number, one.name} & known
    ]
    meant = dict(zip(unknown, await others(unknown), strict=True))
    found = await _assigned(pool, keys, every, stated, [meant.get(index, []) for index in range(len(keys))])
    if keep and keys:
        rows = [(one.id_number, person, "id_number") for one, person in zip(keys, found, strict=True)]
        rows += [(one.name, person, "name_birth_branch") for one, person in zip(keys, found, strict=True)]
        kept = [row for row in rows if row[0] is not None]
        await pool.execute(_KEEP, *[list(column) for column in zip(*kept, strict=True)])
        # Somebody else may have kept one first: what stands in the table counts.
        found = await _assigned(pool, keys, every, stated, [[person] for person in found])
    return found


async def all_persons(pool: asyncpg.Pool) -> set[str]:
    """Everybody whom a roster has ever held."""
    return {row["person_id"] for row in await pool.fetch(_ALL)}


async def _assigned(
    pool: asyncpg.Pool,
    keys: Sequence[Keys],
    every: list[str],
    stated: Sequence[str | None],
    meant: Sequence[Sequence[str]],
) -> list[str]:
    known: dict[str, str] = {row["keyed_hash"]: row["person_id"] for row in await pool.fetch(_KNOWN, every)}
    with_id = {row["person_id"] for row in await pool.fetch(_WITH_ID, list({*known.values(), *chain(*meant)}))}
    taken: set[str] = {known[one.id_number] for one in keys if one.id_number in known}
    taken |= {one for one in stated if one is not None}
    persons = []
    for one, own, others in zip(keys, stated, meant, strict=True):
        person = own or (known.get(one.id_number) if one.id_number else None)
        if person is None:
            named = [known.get(one.name), *others]
            person = next((p for p in named if _is_free(one, p, with_id, taken)), None) or str(uuid4())
        taken.add(person)
        persons.append(person)
    return persons


def _is_free(one: Keys, person: str | None, with_id: set[str], taken: set[str]) -> bool:
    """A row that brings a new ID number is not the namesake whose ID number is another."""
    return person is not None and person not in taken and not (one.id_number is not None and person in with_id)
