"""Events of the domain to events of the log, personal fields encrypted, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import orjson

from shared.codec import Codec, Unknown
from shared.contracts.values import Value
from shared.eventstore import NewEvent, RecordedEvent
from shared.personal.fields import KeyGone, keys_to_open, keys_to_seal, opened, seal
from shared.personal.keyring import Keyring

MAX_DATA: Final = 240 * 1024
"""Bytes of an event's data; the store allows 256 KiB together with meta."""


@dataclass(frozen=True)
class Occurrence:
    """An event about to be stored, in the stream of `aggregate_id`, with the meta as stored."""

    event: Value
    aggregate_id: UUID
    meta: dict[str, Any]


class TooLong(ValueError):
    """The data of the occurrence at `index` are longer than the store takes."""

    def __init__(self, index: int) -> None:
        super().__init__(f"occurrence {index}: more than {MAX_DATA} bytes of data")
        self.index = index


class TextKeyGone(ValueError):
    """The occurrence at `index` says something, in `field`, under a key of its record that is gone for good."""

    def __init__(self, index: int, field: str) -> None:
        super().__init__(f"occurrence {index}: {field}")
        self.index = index
        self.field = field


async def encode_all(codec: Codec, keyring: Keyring, occurrences: Sequence[Occurrence]) -> list[NewEvent]:
    """The stored form, in the same order; keys of new persons and records are made.

    Raises `UnregisteredEvent` for a class without a stored name, `TooLong` for data beyond the store's bound, and
    `TextKeyGone`.
    """
    encoded = [(one, *codec.encode(one.event), uuid4()) for one in occurrences]
    keys = await keyring.get_or_make(
        {key for one, _, data, _ in encoded for key in keys_to_seal(type(one.event), data, str(one.aggregate_id))}
    )
    for index, (one, _, data, event_id) in enumerate(encoded):
        try:
            seal(type(one.event), data, str(one.aggregate_id), event_id, keys)
        except KeyGone as gone:
            raise TextKeyGone(index, gone.pointer[1:].replace("/", ".")) from None
        if len(orjson.dumps(data)) > MAX_DATA:
            raise TooLong(index)
    return [NewEvent(name, data, one.meta, event_id) for one, name, data, event_id in encoded]


async def decode_all(codec: Codec, keyring: Keyring, events: Sequence[RecordedEvent]) -> list[Value | Unknown]:
    """The events of the log as the domain knows them, in the same order; `Unknown` where it does not.

    A personal field whose key is gone is `FORGOTTEN`.
    """
    keys = await keyring.existing({key for event in events for key in keys_to_open(event.data)})
    return [codec.decode(event.type, opened(event.data, event.event_id, keys)) for event in events]
