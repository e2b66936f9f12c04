"""What identifies or prices a person: ID number, telephone, dues base; stored only where the office asks for it."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from shared.contracts.personal import FORGOTTEN, Forgotten, Personal
from shared.contracts.values import Id, ShortText, Value, differing

Identifier = Literal["id_number", "phone", "dues_base_fen"]
IDENTIFIERS: Final[tuple[Identifier, ...]] = get_args(Identifier)

MOST_FEN: Final = 100_000_000
Fen = Annotated[int, Field(ge=0, le=MOST_FEN)]
"""An amount in 分; a dues base of a million yuan a month is a mistake."""


class PersonIdentifiers(Value):
    """`dues_base_fen` is 月党费基数 in 分. None: not stored."""

    person_id: Id
    id_number: Personal[ShortText | None] = None
    phone: Personal[ShortText | None] = None
    dues_base_fen: Personal[Fen | None] = None


class PersonIdentifiersRecorded(Value):
    """`members.person-identifiers-recorded.v1`: the identifiers as they are now; `changed` names those that differ."""

    identifiers: PersonIdentifiers
    changed: tuple[ShortText, ...]


class RecordIdentifiers(Value):
    """State some identifiers; those that are None stay as they are."""

    identifiers: PersonIdentifiers


def record_identifiers(stated: PersonIdentifiers, known: PersonIdentifiers | None) -> list[PersonIdentifiersRecorded]:
    """What is new in what was stated."""
    before = PersonIdentifiers(person_id=stated.person_id) if known is None else known
    given: dict[str, object] = {name: value for name in IDENTIFIERS if (value := getattr(stated, name)) is not None}
    now = before.model_copy(update=given)
    changed = tuple(name for name in IDENTIFIERS if getattr(before, name) != getattr(now, name))
    return [PersonIdentifiersRecorded(identifiers=now, changed=changed)] if changed else []


def identifiers_led_back(
    before: PersonIdentifiers | None, now: PersonIdentifiers | None
) -> list[PersonIdentifiersRecorded]:
    """What was stated since is stored no more."""
    if now is None:
        return []
    former = PersonIdentifiers(person_id=now.person_id) if before is None else before
    changed = differing(now, former)
    return [PersonIdentifiersRecorded(identifiers=former, changed=changed)] if changed else []


def masked(identifiers: PersonIdentifiers) -> dict[str, object]:
    """As they are shown without a reason: `110101********1234`, `138****8000`; of a dues base nothing."""
    shown: dict[str, object] = {"person_id": identifiers.person_id}
    for name in IDENTIFIERS:
        value = getattr(identifiers, name)
        shown[name] = _hidden(name, value) if isinstance(value, str | int) else _shown_as_it_is(value)
    return shown


def _shown_as_it_is(value: Forgotten | None) -> object:
    return {"forgotten": True} if value is FORGOTTEN else None


def _hidden(name: Identifier, value: str | int) -> str:
    if not isinstance(value, str):
        return "****"
    first, last = (6, 4) if name == "id_number" else (3, 4)
    if len(value) < first + last + 2:
        return "*" * len(value)
    return value[:first] + "*" * (len(value) - first - last) + value[-last:]
