"""The form of an append, checked and written down before it waits for its turn."""

import hashlib
import os
import secrets
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import orjson

from shared.canonical import canonical_bytes
from shared.eventstore.records import ANY, Append, NewEvent

MAX_TEXT = 255
_MAX_BIGINT = 2**63 - 1
MAX_CONTENT = 256 * 1024
ANY_VERSION = -1


class WrittenEvent(NamedTuple):
    """An event as the database gets it; `version` counts from 1 within its append to one stream."""

    event_id: UUID
    type: str
    data: str
    meta: str
    salt: bytes


class WrittenStream(NamedTuple):
    """What one append asks of one stream; `expected` is `ANY_VERSION` for any."""

    stream: str
    expected: int
    events: list[WrittenEvent]


class WrittenAppend(NamedTuple):
    """One append, ready to be sent and to be sent again."""

    command_id: str
    actor: str
    request_hash: bytes
    answer: str | None
    streams: list[WrittenStream]
    events: int
    size: int


def written(
    appends: Sequence[Append],
    command_id: str | UUID | None,
    actor: str,
    request_hash: bytes | None,
    answer: dict[str, Any] | None,
) -> WrittenAppend:
    """Check the form of an append and write it down; `TypeError` or `ValueError` names what is wrong."""
    if isinstance(appends, Append) or not isinstance(appends, (list, tuple)):
        raise TypeError(f"appends: {type(appends).__qualname__} given; a list of Append is wanted")
    seen: set[UUID] = set()
    streams: list[WrittenStream] = []
    hashed: list[bytes] = []
    size = 0
    for number, append in enumerate(appends):
        if not isinstance(append, Append):
            raise TypeError(f"appends[{number}]: {type(append).__qualname__} given; Append is wanted")
        stream, content, length = _written_stream(append, f"appends[{number}]", seen)
        streams.append(stream)
        hashed.append(content)
        size += length
    if len({stream.stream for stream in streams}) < len(streams):
        raise ValueError("appends: a stream is named twice; put all its events into one Append")
    if request_hash is None:
        request_hash = hashlib.sha256(b"[" + b",".join(hashed) + b"]").digest()
    return WrittenAppend(
        _command_id(command_id),
        checked_text("actor", actor) if actor else "",
        bytes(request_hash),
        None if answer is None else _object("answer", answer).decode(),
        streams,
        sum(len(stream.events) for stream in streams),
        size,
    )


def _written_stream(append: Append, path: str, seen: set[UUID]) -> tuple[WrittenStream, bytes, int]:
    """The stream as sent, as hashed (`[stream, expected, [[type, data, meta, event_id or null], …]]`), its size."""
    name = checked_text(f"{path}.stream", append.stream)
    events: list[WrittenEvent] = []
    hashed: list[bytes] = []
    size = 0
    meta: tuple[object, bytes] = (object(), b"")
    for number, event in enumerate(_events(append.events, path)):
        entry, content, meta = _written_event(event, f"{path}.events[{number}]", meta)
        if entry.event_id in seen:
            raise ValueError(f"{path}.events[{number}].event_id: {entry.event_id} is given twice")
        seen.add(entry.event_id)
        events.append(entry)
        hashed.append(content)
        size += len(content)
    expected = _expected_version(append.expected_version, path)
    wanted = b'"any"' if expected == ANY_VERSION else b"%d" % expected
    content = b"[%b,%b,[%b]]" % (orjson.dumps(name), wanted, b",".join(hashed))
    return WrittenStream(name, expected, events), content, size


def _written_event(
    event: NewEvent, path: str, last_meta: tuple[object, bytes]
) -> tuple[WrittenEvent, bytes, tuple[object, bytes]]:
    """The event as sent, as hashed, and its meta written: the events of a command share theirs."""
    if not isinstance(event, NewEvent):
        raise TypeError(f"{path}: {type(event).__qualname__} given; NewEvent is wanted")
    name = checked_text(f"{path}.type", event.type)
    data = _object(f"{path}.data", event.data)
    meta = last_meta[1] if event.meta is last_meta[0] else _object(f"{path}.meta", event.meta)
    if len(data) + len(meta) > MAX_CONTENT:
        raise ValueError(f"{path}: data and meta are {len(data) + len(meta)} bytes; {MAX_CONTENT} are allowed")
    given = event.event_id
    if given is None:
        event_id, shown = uuid4(), b"null"
    elif isinstance(given, UUID):
        event_id, shown = given, b'"%b"' % str(given).encode()
    else:
        raise TypeError(f"{path}.event_id: {type(given).__qualname__} given; uuid.UUID or None is wanted")
    content = b"[%b,%b,%b,%b]" % (orjson.dumps(name), data, meta, shown)
    return WrittenEvent(event_id, name, data.decode(), meta.decode(), os.urandom(16)), content, (event.meta, meta)


def _events(events: Iterable[NewEvent], path: str) -> Sequence[NewEvent]:
    if isinstance(events, (list, tuple)):
        return events
    raise TypeError(f"{path}.events: {type(events).__qualname__} given; a list of NewEvent is wanted")


def _expected_version(expected: object, path: str) -> int:
    if expected is ANY:
        return ANY_VERSION
    if type(expected) is not int:
        raise TypeError(f"{path}.expected_version: {expected!r} given; a version, NO_STREAM or ANY is wanted")
    if not 0 <= expected < 2**63:
        raise ValueError(f"{path}.expected_version: {expected} given; 0 or more is wanted")
    return expected


def _command_id(command_id: object) -> str:
    if command_id is None:
        return secrets.token_hex(16)
    if isinstance(command_id, UUID):
        return str(command_id)
    return checked_text("command_id", command_id)


def checked_text(field: str, text: object) -> str:
    """`text`, if it is a name of 1 to 255 characters that PostgreSQL can hold."""
    if not isinstance(text, str):
        raise TypeError(f"{field}: {type(text).__qualname__} given; str is wanted")
    if not 1 <= len(text) <= MAX_TEXT:
        raise ValueError(f"{field}: {len(text)} characters given; 1 to {MAX_TEXT} are allowed")
    if type(text) is not str:
        text = str.__str__(text)
    if not text.isascii() or "\0" in text:
        _in_field(field, text)
    return text


def checked_number(field: str, number: object, least: int = 0) -> int:
    """`number`, if it is an integer from `least` on that PostgreSQL can hold."""
    if not isinstance(number, int) or isinstance(number, bool):
        raise TypeError(f"{field}: {type(number).__qualname__} given; int is wanted")
    if not least <= number <= _MAX_BIGINT:
        raise ValueError(f"{field}: {number} given; {least} to {_MAX_BIGINT} are allowed")
    return number


def _object(field: str, value: object) -> bytes:
    if type(value) is not dict:
        raise TypeError(f"{field}: {type(value).__qualname__} given; dict is wanted")
    return _in_field(field, value)


def _in_field(field: str, value: object) -> bytes:
    try:
        return canonical_bytes(value)
    except TypeError as error:
        raise TypeError(f"{field}: {error}") from None
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from None
