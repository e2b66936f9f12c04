"""The personal fields of an event's data: which they are, whose they are, and sealing and opening all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, TypeAlias, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from shared.contracts.personal import FORGOTTEN, SHOWN, PersonMark, RecordMark
from shared.personal.sealed import is_sealed, open_value, seal_value


@dataclass(frozen=True)
class _Leaf:
    of_person: bool


@dataclass(frozen=True)
class _Each:
    item: _Plan


@dataclass(frozen=True)
class _Object:
    fields: dict[str, _Plan]


_Plan: TypeAlias = "_Leaf | _Each | _Object"


@dataclass(frozen=True)
class _Place:
    """A personal field in data: where it stands and whose key it is under."""

    container: dict[str, Any]
    name: str
    pointer: str
    key_id: str
    of_person: bool


class KeyGone(Exception):
    """A record's free text cannot be stored: its key is gone for good. `pointer` is the field's, within the data."""

    def __init__(self, pointer: str) -> None:
        super().__init__(pointer)
        self.pointer = pointer


def person_key(person_id: str | UUID) -> str:
    """The id of a person's key."""
    return f"person:{person_id}"


def record_key(record_id: str | UUID) -> str:
    """The id of the key of a record's free text; the record is the aggregate, by the id in its stream's name."""
    return f"record:{record_id}"


def keys_to_seal(model: type[BaseModel], data: dict[str, Any], record_id: str) -> set[str]:
    """The ids of the keys that `seal` will need."""
    return {place.key_id for place in _places(model, data, record_id)}


def seal(
    model: type[BaseModel], data: dict[str, Any], record_id: str, event_id: UUID, keys: Mapping[str, bytes]
) -> None:
    """Encrypt the personal fields of `data` in place; null and a forgotten value stay as they are, and need no key.

    What is said of a person who has no key, because they were forgotten, is not stored: it reads as forgotten. Text of
    a record that has none, because a restore did not bring it back, raises `KeyGone`: nobody's words vanish unsaid.
    """
    for place in list(_places(model, data, record_id)):
        value = place.container[place.name]
        if place.key_id not in keys:
            if not place.of_person:
                raise KeyGone(place.pointer)
            place.container[place.name] = dict(SHOWN)
            continue
        place.container[place.name] = seal_value(value, place.key_id, keys[place.key_id], event_id, place.pointer)


def keys_to_open(data: Any) -> set[str]:
    """The ids of the keys under which parts of stored data are encrypted."""
    if is_sealed(data):
        return {data["key"]}
    return {key for _, part in _parts(data) if isinstance(part, dict | list) for key in keys_to_open(part)}


def opened(data: Any, event_id: UUID, keys: Mapping[str, bytes], pointer: str = "") -> Any:
    """A copy of stored data in clear, `FORGOTTEN` where the key is not among `keys` or was gone at the writing.

    Needs no model, so that data of former and of newer versions opens as well.
    """
    if is_sealed(data):
        key = keys.get(data["key"])
        return FORGOTTEN if key is None else open_value(data, key, event_id, pointer)
    if _is_forgotten(data):
        return FORGOTTEN
    if isinstance(data, dict):
        return {name: opened(part, event_id, keys, f"{pointer}/{name}") for name, part in data.items()}
    if isinstance(data, list):
        return [opened(part, event_id, keys, f"{pointer}/{index}") for index, part in enumerate(data)]
    return data


def _is_forgotten(data: Any) -> bool:
    return isinstance(data, dict) and data.keys() == {"forgotten"} and data["forgotten"] is True


def _parts(data: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(data, dict):
        return data.items()
    return enumerate(data) if isinstance(data, list) else ()


def _places(model: type[BaseModel], data: dict[str, Any], record_id: str) -> Iterator[_Place]:
    plan = _plan_of_model(model)
    return iter(()) if plan is None else _found(plan, data, "", record_id)


def _found(plan: _Plan, data: Any, pointer: str, record_id: str) -> Iterator[_Place]:
    if isinstance(plan, _Each):
        for index, item in enumerate(data):
            yield from _found(plan.item, item, f"{pointer}/{index}", record_id)
        return
    if data is None or not isinstance(plan, _Object):
        return
    for name, part in plan.fields.items():
        here = f"{pointer}/{name}"
        if not isinstance(part, _Leaf):
            yield from _found(part, data[name], here, record_id)
        elif data[name] is not None and not _is_forgotten(data[name]):
            person_id = data.get("person_id") if part.of_person else None
            key_id = record_key(record_id) if person_id is None else person_key(person_id)
            yield _Place(data, name, here, key_id, person_id is not None)


@cache
def _plan_of_model(model: type[BaseModel]) -> _Object | None:
    fields: dict[str, _Plan] = {}
    for name, field in model.model_fields.items():
        marks = [mark for mark in field.metadata if isinstance(mark, PersonMark | RecordMark)]
        plan = _Leaf(isinstance(marks[0], PersonMark)) if marks else _plan_of_annotation(field.annotation)
        if plan is not None:
            fields[name] = plan
    return _Object(fields) if fields else None


def _plan_of_annotation(annotation: Any) -> _Plan | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _plan_of_model(annotation)
    if get_origin(annotation) is Annotated:
        return _plan_of_annotation(get_args(annotation)[0])
    plans = [plan for part in get_args(annotation) if (plan := _plan_of_annotation(part)) is not None]
    if not plans:
        return None
    return _Each(plans[0]) if get_origin(annotation) in (tuple, list) else plans[0]
