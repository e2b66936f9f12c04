"""The quick look at a run: column by column, for the bytes that sources of ours write.

It says yes only where the careful look of `reading` would find nothing wrong; at anything else it says None, and the
careful look then names what it was.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import compress
from operator import itemgetter
from typing import Any, Final, NamedTuple

import orjson

from shared.canonical import MAX_INTEGER, canonical_each
from shared.sealing.chain import commitments
from shared.sealing.wire import WITHHELD

_SHOWN: Final = itemgetter(
    "specversion", "source", "datacontenttype", "data", "position", "streamversion",
    "family", "id", "time", "type", "subject", "salt",
)  # fmt: skip
_NUMBERS: Final = 4
_TEXTS: Final = 6
_SHOWN_SIZE: Final = 12
_WITHHELD: Final = frozenset(("specversion", "id", "source", "type", "position", "family", "commitment"))

_DATA: Final = b',"data":{"data":'
_META: Final = b',"meta":'
_END: Final = b"}}"
_NO_CONTENT: Final = b',"data":0}'

_IDS: Final = re.compile(r"(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\n)+", re.ASCII)
_TIMES: Final = re.compile(r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\n)+", re.ASCII)
_FAMILY: Final = re.compile(r"[a-z][a-z0-9_]{0,31}\.[a-z][a-z0-9_]{0,63}", re.ASCII)
_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MAX_TEXT: Final = 255


class Columns(NamedTuple):
    """What a run holds, a list for each attribute; of withheld events all but the first two are None."""

    families: Sequence[str]
    commitments: Sequence[bytes]
    salts: Sequence[bytes | None]
    streams: Sequence[str | None]
    versions: Sequence[int | None]
    ids: Sequence[str | None]
    types: Sequence[str | None]
    times: Sequence[datetime | None]
    data: Sequence[str | None]
    meta: Sequence[str | None]


_NOTHING: Final = (None,) * (len(Columns._fields) - 2)


def columns_of(body: bytes, origin: str, positions: range) -> Columns | None:
    """The columns of a run of events in the right form, at exactly these positions; None for anything else."""
    try:
        return _columns(body, origin, positions)
    except (KeyError, TypeError, ValueError):
        return None


def _columns(body: bytes, origin: str, positions: range) -> Columns | None:
    elements, data, meta = _apart(body)
    if len(elements) != len(positions) or set(map(type, elements)) != {dict}:
        return None
    is_shown = [each["type"] != WITHHELD for each in elements]
    shown = list(compress(elements, is_shown))
    columns = _shown_columns(shown, origin, tuple(compress(positions, is_shown)), data, meta)
    if columns is None or len(shown) == len(elements):
        return columns
    return _with_withheld(elements, origin, positions, columns)


def _apart(body: bytes) -> tuple[Sequence[Any], list[bytes], list[bytes]]:
    """The events without their contents, and of each content the bytes of its data and its meta.

    A content is cut out where one seems to begin and end. That the batch reads so is sure once all that was cut out
    has turned out to be whole objects, and every event to have lost one, and to hold no other object.
    """
    if _NO_CONTENT in body:
        raise ValueError("what stands for a content that was cut out is there already")
    start, *pieces = body.split(_DATA)
    data, meta, left = [], [], [start]
    for piece in pieces:
        datum, _, behind = piece.partition(_META)
        metum, _, rest = behind.rpartition(_END)
        data.append(datum)
        meta.append(metum)
        left.append(rest)
    return orjson.loads(_NO_CONTENT.join(left)), data, meta


def _shown_columns(
    elements: Sequence[dict[str, Any]], origin: str, positions: tuple[int, ...], data: list[bytes], meta: list[bytes]
) -> Columns | None:
    if len(elements) != len(data):
        return None
    if not elements:
        return Columns(*[()] * len(Columns._fields))
    if any(len(each) != _SHOWN_SIZE and not _is_traced(each) for each in elements):
        return None
    columns = list(zip(*map(_SHOWN, elements), strict=True))
    alike, numbers, texts = columns[:_NUMBERS], columns[_NUMBERS:_TEXTS], columns[_TEXTS:]
    if [set(column) for column in alike] != [{"1.0"}, {origin}, {"application/json"}, {0}]:
        return None
    places, versions = numbers
    if places != positions or min(versions) < 1 or max(versions) > MAX_INTEGER:
        return None
    if any(set(map(type, column)) != {int} for column in numbers):
        return None
    if any(set(map(type, column)) != {str} for column in texts) or not _texts_fit(texts):
        return None
    if not (_are_canonical_objects(data) and _are_canonical_objects(meta)):
        return None
    return _committed_columns(versions, texts, data, meta)


def _is_traced(element: dict[str, Any]) -> bool:
    return len(element) == _SHOWN_SIZE + 1 and type(element["traceparent"]) is str


def _texts_fit(texts: Sequence[Sequence[str]]) -> bool:
    families, ids, times, types, streams, _ = texts
    return (
        set(map(len, ids)) == {36}
        and set(map(len, times)) == {27}
        and _IDS.fullmatch("\n".join(ids) + "\n") is not None
        and _TIMES.fullmatch("\n".join(times) + "\n") is not None
        and all(map(_FAMILY.fullmatch, set(families)))
        and all(0 < len(text) <= _MAX_TEXT and "\0" not in text for text in {*types, *streams})
    )


def _are_canonical_objects(texts: Iterable[bytes]) -> bool:
    """Whether each is what is written of it once it is read; of those alike in a run one is looked at."""
    distinct = list(set(texts))
    values = orjson.loads(b"[%b]" % b",".join(distinct))
    return set(map(type, values)) == {dict} and canonical_each(values) == distinct


def _committed_columns(
    versions: Sequence[int], texts: Sequence[Sequence[str]], data: list[bytes], meta: list[bytes]
) -> Columns | None:
    families, ids, times, types, streams, salt_texts = texts
    salts = [a2b_base64(text, strict_mode=True) for text in salt_texts]
    if set(map(len, salts)) != {16}:
        return None
    found = commitments(salts, streams, versions, ids, types, times, data, meta)
    moments = list(map(datetime.fromisoformat, times))
    told = list(map(bytes.decode, data)), list(map(bytes.decode, meta))
    return Columns(families, found, salts, streams, versions, ids, types, moments, *told)


def _with_withheld(elements: Sequence[dict[str, Any]], origin: str, positions: range, shown: Columns) -> Columns | None:
    rows: list[tuple[Any, ...]] = []
    told = zip(*shown, strict=True)
    for position, each in zip(positions, elements, strict=True):
        if each["type"] != WITHHELD:
            rows.append(next(told))
        elif _is_withheld(each, origin, position):
            rows.append((each["family"], bytes.fromhex(each["commitment"]), *_NOTHING))
        else:
            return None
    return Columns(*zip(*rows, strict=True))


def _is_withheld(element: dict[str, Any], origin: str, position: int) -> bool:
    """Whether it is the form of `withheld_element`, and at this position."""
    return (
        element.keys() == _WITHHELD
        and element["specversion"] == "1.0"
        and element["id"] == f"{origin}@{position}"
        and element["source"] == origin
        and element["position"] == position
        and type(element["position"]) is int
        and _FAMILY.fullmatch(element["family"]) is not None
        and _HASH.fullmatch(element["commitment"]) is not None
    )
