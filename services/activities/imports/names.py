"""The names of a ledger as ids: through `members` under the operator's rights, else persons outside the roster."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID, uuid4

import asyncpg

from services.activities.domain.outside_person import OUTSIDE_PERSON, RegisterOutsidePerson
from services.activities.imports.drafts import Draft
from services.activities.imports.units import RowUnit
from shared.acts import Act
from shared.contracts.ids import normalised
from shared.contracts.lookups import MAX_NAMES, NameAsked, NameFound, NamesResolved, ResolveNames
from shared.ledgers.people import NamedAbsence, WrittenName
from shared.ledgers.row_reading import RowReading
from shared.meta import Actor, Source
from shared.personal.keyed_hash import KeyedHash

Resolve = Callable[[ResolveNames], Awaitable[NamesResolved]]

_KNOWN: Final = (
    "select keyed_hash, person_id::text as person_id from outside_person_keys where keyed_hash = any($1::text[])"
)
_KEEP: Final = """
    insert into outside_person_keys (keyed_hash, person_id)
    select * from unnest($1::text[], $2::uuid[]) as made (keyed_hash, person_id) order by keyed_hash
    on conflict (keyed_hash) do nothing
"""


class Row(Protocol):
    """What a name stands in: a row about a unit."""

    @property
    def reading(self) -> RowReading: ...

    @property
    def unit(self) -> RowUnit: ...


@dataclass(frozen=True)
class Mention:
    """One name in one cell."""

    draft: Row
    column: str
    person: WrittenName

    @property
    def asked(self) -> NameAsked:
        return NameAsked(name=self.person.name, branch_id=self.draft.unit.branch_id, department=self.person.department)


class People:
    """Who is meant by the names of a ledger."""

    def __init__(self, found: dict[NameAsked, str], outside: dict[tuple[str, str], str]) -> None:
        self._found = found
        self._outside = outside

    def person_id(self, draft: Row, column: str, person: WrittenName | None) -> str | None:
        """The id of a name, None where there is no name."""
        if person is None:
            return None
        mention = Mention(draft, column, person)
        return self._found.get(mention.asked) or self._outside[_outside_key(mention)]


def mentions(drafts: Sequence[Draft]) -> Iterator[Mention]:
    """Every name of every row, in order."""
    for draft in drafts:
        if draft.chair is not None:
            yield Mention(draft, "chair", draft.chair)
        if draft.recorder is not None:
            yield Mention(draft, "recorder", draft.recorder)
        for entry in draft.absences:
            if isinstance(entry, NamedAbsence):
                yield Mention(draft, "absences", entry.person)


async def ask_members(
    resolve: Resolve, actor: Actor, after: str, every: Sequence[Mention]
) -> dict[NameAsked, NameFound]:
    """The answer to every different question."""
    asked = list(dict.fromkeys(mention.asked for mention in every))
    found: dict[NameAsked, NameFound] = {}
    for first in range(0, len(asked), MAX_NAMES):
        part = tuple(asked[first : first + MAX_NAMES])
        answer = await resolve(ResolveNames(actor=actor, after=after, names=part))
        found |= dict(zip(part, answer.answers, strict=True))
    return found


def refuse_ambiguous(every: Sequence[Mention], found: dict[NameAsked, NameFound]) -> None:
    """A name of several members, of whom the row's branch has not exactly one, refuses its row."""
    for mention in every:
        if found[mention.asked].status == "ambiguous":
            problem, expected = "名册中有几名党员叫这个名字", "姓名（部门），如 张某（刑事审判第一庭）"
            mention.draft.reading.error(mention.column, "ambiguous_name", problem, expected, value=mention.person.words)


async def outside_people(
    pool: asyncpg.Pool, hashed: KeyedHash, every: Sequence[Mention], *, keep: bool
) -> dict[tuple[str, str], str]:
    """The ids of names that the roster does not know: found again by name and unit, else random."""
    for mention in every:
        mention.draft.reading.remark(mention.column, "person_outside_roster", "名册中没有这个姓名，按名册外人员导入")
    keys = {_outside_key(mention): hashed(*_outside_key(mention)) for mention in every}
    known = await _known(pool, keys)
    ids = {key: known.get(hash_, str(uuid4())) for key, hash_ in keys.items()}
    if keep and keys:
        await pool.execute(_KEEP, list(keys.values()), [UUID(ids[key]) for key in keys])
        # Somebody else may have kept one first: what stands in the table counts.
        known = await _known(pool, keys)
        ids = {key: known[hash_] for key, hash_ in keys.items()}
    return ids


def registrations(every: Sequence[Mention], outside: dict[tuple[str, str], str], source: Source) -> list[Act]:
    """One act for each person outside the roster, at the row that names them first."""
    acts: dict[str, Act] = {}
    for mention in every:
        person = outside[_outside_key(mention)]
        at = source.model_copy(update={"row": mention.draft.reading.row.number})
        command = RegisterOutsidePerson(person_id=person, name=normalised(mention.person.name))
        acts.setdefault(person, Act(OUTSIDE_PERSON, UUID(person), command, at))
    return list(acts.values())


async def _known(pool: asyncpg.Pool, keys: dict[tuple[str, str], str]) -> dict[str, str]:
    rows = await pool.fetch(_KNOWN, list(keys.values()))
    return {row["keyed_hash"]: row["person_id"] for row in rows}


def _outside_key(mention: Mention) -> tuple[str, str]:
    return normalised(mention.person.name), mention.draft.unit.key
