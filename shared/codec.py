"""Events to stored names and JSON data, and back; old versions are read through upcasters (design §3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from shared.contracts.families import Family
from shared.contracts.values import Value

Data: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class StoredType:
    """What an event class is called in the log, for ever, and the family that decides who may see it."""

    name: str
    model: type[Value]
    family: Family


@dataclass(frozen=True)
class Upcaster:
    """How `data` of a former version becomes `data` of the next (`…v1` to `…v2`); never edited once released."""

    name: str
    to: str
    upcast: Callable[[Data], Data]


@dataclass(frozen=True)
class Unknown:
    """An event of a type this program does not know: a newer one wrote it."""

    name: str
    data: Data


class UnregisteredEvent(TypeError):
    """The program tried to store an event whose class has no stored name."""


class Codec:
    """The stored names of one service. Raises `ValueError` if two types share a name, a class or an upcaster."""

    def __init__(self, types: Iterable[StoredType], upcasters: Iterable[Upcaster] = ()) -> None:
        types, upcasters = tuple(types), tuple(upcasters)
        self._by_name = {stored.name: stored for stored in types}
        self._by_model = {stored.model: stored for stored in types}
        self._upcasters = {upcaster.name: upcaster for upcaster in upcasters}
        if len(self._by_name) < len(types) or len(self._by_model) < len(types):
            raise ValueError("a stored name or an event class is registered twice")
        if len(self._upcasters) < len(upcasters) or self._upcasters.keys() & self._by_name.keys():
            raise ValueError("a stored name is upcast twice, or is upcast and current at once")
        for upcaster in upcasters:
            self._current(upcaster.name)

    @property
    def types(self) -> tuple[StoredType, ...]:
        """Everything that is stored today."""
        return tuple(self._by_name.values())

    @property
    def names(self) -> tuple[str, ...]:
        """Every stored name that can be read, former versions included."""
        return (*self._by_name, *self._upcasters)

    @property
    def families(self) -> Mapping[str, Family]:
        """The family of every stored name, former versions included."""
        return {name: self._current(name).family for name in self.names}

    def stored_type(self, event: Value) -> StoredType:
        """The registration of an event; `UnregisteredEvent` if there is none."""
        stored = self._by_model.get(type(event))
        if stored is None:
            raise UnregisteredEvent(f"{type(event).__qualname__} has no stored name; register it in stored_events.py")
        return stored

    def encode(self, event: Value) -> tuple[str, Data]:
        """The stored name and the data, personal fields still in clear. None stays as null."""
        return self.stored_type(event).name, event.model_dump(mode="json")

    def decode(self, name: str, data: Data) -> Value | Unknown:
        """The event; personal fields are opened already, or are `FORGOTTEN`."""
        while name in self._upcasters:
            upcaster = self._upcasters[name]
            name, data = upcaster.to, upcaster.upcast(data)
        stored = self._by_name.get(name)
        return Unknown(name, data) if stored is None else stored.model.model_validate(data)

    def _current(self, name: str) -> StoredType:
        for _ in range(len(self._upcasters) + 1):
            if name in self._by_name:
                return self._by_name[name]
            if name in self._upcasters:
                name = self._upcasters[name].to
        raise ValueError(f"{name} is neither a current stored name nor leads to one")
