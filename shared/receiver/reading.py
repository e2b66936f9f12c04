"""Reading a run off the wire: strictly, and by hand, for this is where all events pass (design §4, §5)."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from typing import Any, Final, NamedTuple

import orjson

from shared.canonical import MAX_INTEGER, canonical_bytes
from shared.collecting import no_collection
from shared.receiver.columns import Columns, columns_of
from shared.sealing.chain import commitment, committed, leaf, letter_leaf, next_h, roots
from shared.sealing.note import BadNote, Note, parse_note
from shared.sealing.origin import LOG
from shared.sealing.wire import KIND, NOTE, RUN_EVENTS, WITHHELD

MAX_BODY: Final = 16 * 1024 * 1024

_SHOWN: Final = frozenset(
    (
        "specversion",
        "id",
        "source",
        "type",
        "time",
        "subject",
        "streamversion",
        "position",
        "family",
        "salt",
        "datacontenttype",
        "data",
    )
)
_OPTIONAL: Final = frozenset(("traceparent", "logposition"))
_WITHHELD: Final = frozenset(("specversion", "id", "source", "type", "position", "family", "commitment"))
_CONTENT: Final = {"data", "meta"}

_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_FAMILY: Final = re.compile(r"[a-z][a-z0-9_]{0,31}\.[a-z][a-z0-9_]{0,63}", re.ASCII)
_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MAX_TEXT: Final = 255


class Refused(Exception):
    """A message that is not a run as it should be; `reason` is one word for counting, `problem` a sentence."""

    def __init__(self, reason: str, problem: str, position: int | None = None) -> None:
        super().__init__(problem)
        self.reason = reason
        self.problem = problem
        self.position = position


class Row(NamedTuple):
    """One event as it is kept; of a withheld one everything after `h` is None."""

    origin: str
    position: int
    family: str
    c: bytes
    h: bytes
    salt: bytes | None
    stream: str | None
    version: int | None
    event_id: str | None
    type: str | None
    time: datetime | None
    data: str | None
    meta: str | None


@dataclass(frozen=True)
class Run:
    """A run whose events hash from the note's previous root to its root. Who signed it is not looked at here."""

    note: Note
    note_text: str
    rows: list[Row]


def read_run(headers: Mapping[str, Any], body: bytes) -> Run:
    """The run in a message; raises `Refused`."""
    if headers.get(KIND) != "run":
        raise Refused("kind", f"{KIND}: run is wanted")
    text = headers.get(NOTE)
    if not isinstance(text, str):
        raise Refused("note", f"{NOTE} is missing")
    try:
        note = parse_note(text)
    except BadNote as error:
        raise Refused("note", str(error)) from None
    with no_collection():
        return _run(note, text, body)


def read_opening(headers: Mapping[str, Any], body: bytes) -> list[Row]:
    """The events of an opening, each with the commitment that its contents hash to, its h empty; raises `Refused`."""
    if headers.get(KIND) != "opening":
        raise Refused("kind", f"{KIND}: opening is wanted")
    rows = []
    for element in elements_of(body):
        at = element.get("position") if isinstance(element, dict) else None
        if type(at) is not int or not 0 < at <= MAX_INTEGER:
            raise Refused("schema", "an opening holds events with the positions they have in their origin")
        row = _row(element, str(element.get("source")), at)
        if row.type is None:
            raise _bad(at, "type", "an event in full")
        rows.append(row)
    return rows


def _run(note: Note, text: str, body: bytes) -> Run:
    seal = note.seal
    if seal.origin.channel == LOG and len(body) <= MAX_BODY and seal.last - seal.first < RUN_EVENTS:
        columns = columns_of(body, seal.origin.text, range(seal.first, seal.last + 1))
        if columns is not None:
            return Run(note, text, _rows(note, columns))
    elements = elements_of(body)
    if len(elements) != seal.last - seal.first + 1:
        raise Refused("length", f"the note covers {seal.last - seal.first + 1} positions, the run {len(elements)}")
    return Run(note, text, _careful_rows(note, elements))


def _rows(note: Note, all_of: Columns) -> list[Row]:
    seal = note.seal
    entries = zip(all_of.families, all_of.commitments, strict=True)
    found = roots(seal.origin.text, seal.previous_root, seal.first, entries)
    _check_root(note, found)
    places = repeat(seal.origin.text, len(found)), range(seal.first, seal.last + 1)
    columns = *places, all_of.families, all_of.commitments, found, *all_of[2:]
    return list(map(Row._make, zip(*columns, strict=True)))


def _check_root(note: Note, found: list[bytes]) -> None:
    if found[-1] != note.seal.root:
        raise Refused("chain", "the events do not hash to the root that is signed", note.seal.first)


def _careful_rows(note: Note, elements: list[Any]) -> list[Row]:
    seal = note.seal
    rows = [_row(element, seal.origin.text, seal.first + index) for index, element in enumerate(elements)]
    found = _roots(note, rows, elements)
    _check_root(note, found)
    return [row._replace(h=h) for row, h in zip(rows, found, strict=True)]


def elements_of(body: bytes) -> list[Any]:
    """The events of a batch, not looked at yet; raises `Refused`."""
    if len(body) > MAX_BODY:
        raise Refused("size", f"{len(body)} bytes; at most {MAX_BODY} are allowed")
    try:
        elements = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused("schema", "the body is no JSON") from None
    if not isinstance(elements, list) or not 1 <= len(elements) <= RUN_EVENTS:
        raise Refused("schema", f"a batch of 1 to {RUN_EVENTS} events is wanted")
    return elements


def _roots(note: Note, rows: list[Row], elements: list[Any]) -> list[bytes]:
    seal = note.seal
    if seal.origin.channel == LOG:
        return roots(seal.origin.text, seal.previous_root, seal.first, ((row.family, row.c) for row in rows))
    found: list[bytes] = []
    h = seal.previous_root
    for row, element in zip(rows, elements, strict=True):
        at = element.get("logposition")
        if type(at) is not int or not row.position <= at <= MAX_INTEGER:
            raise _bad(row.position, "logposition", "the event's position in its log")
        log_leaf = leaf(seal.origin.log.text, at, row.family, row.c)
        h = next_h(h, letter_leaf(seal.origin.text, row.position, at, log_leaf))
        found.append(h)
    return found


def _row(element: Any, origin: str, position: int) -> Row:
    if not isinstance(element, dict):
        raise _bad(position, "event", "an object")
    if element.get("position") != position or type(element["position"]) is not int:
        raise _bad(position, "position", str(position))
    if element.get("source") != origin:
        raise _bad(position, "source", origin)
    if element.get("specversion") != "1.0":
        raise _bad(position, "specversion", "1.0")
    family = element.get("family")
    if not isinstance(family, str) or not _FAMILY.fullmatch(family):
        raise _bad(position, "family", "<service>.<family>")
    if element.get("type") == WITHHELD:
        return _withheld(element, origin, position, family)
    return _shown(element, origin, position, family)


def _withheld(element: dict[str, Any], origin: str, position: int, family: str) -> Row:
    if element.keys() - {"logposition"} != _WITHHELD:
        raise _bad(position, "attributes", "those of a withheld event")
    if element["id"] != f"{origin}@{position}":
        raise _bad(position, "id", f"{origin}@{position}")
    c = element["commitment"]
    if not isinstance(c, str) or not _HASH.fullmatch(c):
        raise _bad(position, "commitment", "64 lower-case hex digits")
    return Row(origin, position, family, bytes.fromhex(c), b"", None, None, None, None, None, None, None, None)


def _shown(element: dict[str, Any], origin: str, position: int, family: str) -> Row:
    if element.keys() != _SHOWN and element.keys() - _OPTIONAL != _SHOWN:
        raise _bad(position, "attributes", "those of an event")
    content = element["data"]
    if type(content) is not dict or content.keys() != _CONTENT:
        raise _bad(position, "data", "an object with data and meta")
    stream, kind, version = element["subject"], element["type"], element["streamversion"]
    if type(version) is not int or not 0 < version <= MAX_INTEGER:
        raise _bad(position, "streamversion", "a version from 1")
    event_id, time = element["id"], element["time"]
    if type(event_id) is not str or not _ID.fullmatch(event_id):
        raise _bad(position, "id", "a lower-case hyphenated UUID")
    if element["datacontenttype"] != "application/json":
        raise _bad(position, "datacontenttype", "application/json")
    moment, salt = _moment(time, position), _salt(element["salt"], position)
    data, meta = _object(content["data"], position, "data"), _object(content["meta"], position, "meta")
    _name(stream, position, "subject")
    _name(kind, position, "type")
    c = commitment(salt, committed(stream, version, event_id, kind, time, data, meta))
    return Row(
        origin, position, family, c, b"", salt, stream, version, event_id, kind, moment, data.decode(), meta.decode()
    )


def _moment(time: Any, position: int) -> datetime:
    if type(time) is str and _TIME.fullmatch(time):
        try:
            return datetime.fromisoformat(time)
        except ValueError:
            pass
    raise _bad(position, "time", "2024-02-20T01:30:00.123456Z is the form")


def _salt(text: Any, position: int) -> bytes:
    # 24 characters with two for padding: what decodes to 16 bytes and is written so again.
    if type(text) is str and len(text) == 24:
        try:
            salt = b64decode(text, validate=True)
        except ValueError:
            salt = b""
        if len(salt) == 16:
            return salt
    raise _bad(position, "salt", "base64 of 16 bytes")


def _object(value: Any, position: int, field: str) -> bytes:
    if type(value) is not dict:
        raise _bad(position, f"data.{field}", "an object")
    try:
        return canonical_bytes(value)
    except (TypeError, ValueError) as error:
        raise Refused("schema", f"position {position}, data.{field}: {error}", position) from None


def _name(value: Any, position: int, field: str) -> None:
    if type(value) is not str or not 0 < len(value) <= _MAX_TEXT or "\0" in value:
        raise _bad(position, field, f"1 to {_MAX_TEXT} characters")


def _bad(position: int, field: str, wanted: str) -> Refused:
    return Refused("schema", f"position {position}, {field}: {wanted} is wanted", position)
