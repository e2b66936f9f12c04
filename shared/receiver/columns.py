"""The quick look at a run: column by column, for the one form that nearly all events have.

It says yes only where the careful look of `reading` would find nothing wrong; at anything else it says None, and the
careful look then names what it was.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from itertools import chain
from operator import itemgetter
from typing import Any, Final, NamedTuple

from shared.canonical import MAX_INTEGER, canonical_each
from shared.sealing.chain import committed
from shared.sealing.wire import WITHHELD

_ATTRIBUTES: Final = (
    "specversion",
    "source",
    "datacontenttype",
    "position",
    "streamversion",
    "id",
    "time",
    "family",
    "type",
    "subject",
    "salt",
    "data",
)
_CONSTANT: Final = 3
_GETTER: Final = itemgetter(*_ATTRIBUTES)
_CONTENT: Final = itemgetter("data", "meta")
_IDS: Final = re.compile(r"(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\n)+", re.ASCII)
_TIMES: Final = re.compile(r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\n)+", re.ASCII)
_FAMILY: Final = re.compile(r"[a-z][a-z0-9_]{0,31}\.[a-z][a-z0-9_]{0,63}", re.ASCII)
_MAX_TEXT: Final = 255


class Columns(NamedTuple):
    """What a run holds, a list for each attribute; `contents` are canonical."""

    families: Sequence[str]
    commitments: list[bytes]
    salts: list[bytes]
    streams: Sequence[str]
    versions: Sequence[int]
    ids: Sequence[str]
    types: Sequence[str]
    times: list[datetime]
    data: list[bytes]
    meta: list[bytes]


def columns_of(elements: Sequence[Any], origin: str, first: int) -> Columns | None:
    """The columns of a run of nothing but full events in the right form; None for anything else."""
    try:
        return _columns(elements, origin, first)
    except (KeyError, TypeError, ValueError):
        return None


def _columns(elements: Sequence[Any], origin: str, first: int) -> Columns | None:
    extra = {len(element) for element in elements if type(element) is dict}
    if not extra <= {12, 13} or any(len(each) == 13 and "traceparent" not in each for each in elements):
        return None
    columns = list(zip(*map(_GETTER, elements), strict=True))
    constants, (positions, versions), texts = columns[:_CONSTANT], columns[3:5], columns[5:11]
    if [set(column) for column in constants] != [{"1.0"}, {origin}, {"application/json"}]:
        return None
    if {type(number) for column in (positions, versions) for number in column} != {int}:
        return None
    if list(positions) != list(range(first, first + len(elements))):
        return None
    if min(versions) < 1 or max(versions) > MAX_INTEGER:
        return None
    if any(set(map(type, column)) != {str} for column in texts) or not _texts_fit(texts):
        return None
    return _committed_columns(texts, versions, columns[11])


def _texts_fit(texts: Sequence[Sequence[str]]) -> bool:
    ids, times, families, types, streams, salts = texts
    return (
        set(map(len, ids)) == {36}
        and set(map(len, times)) == {27}
        and set(map(len, salts)) == {24}
        and _IDS.fullmatch("\n".join(ids) + "\n") is not None
        and _TIMES.fullmatch("\n".join(times) + "\n") is not None
        and all(_FAMILY.fullmatch(family) for family in set(families))
        and WITHHELD not in types
        and all(0 < len(text) <= _MAX_TEXT and "\0" not in text for text in {*types, *streams})
    )


def _committed_columns(
    texts: Sequence[Sequence[str]], versions: Sequence[int], contents: Sequence[dict[str, Any]]
) -> Columns | None:
    ids, times, families, types, streams, salt_texts = texts
    if set(map(type, contents)) != {dict} or set(map(len, contents)) != {2}:
        return None
    pairs = [_CONTENT(content) for content in contents]
    if set(map(type, chain.from_iterable(pairs))) != {dict}:
        return None
    salts = [a2b_base64(text, strict_mode=True) for text in salt_texts]
    if set(map(len, salts)) != {16}:
        return None
    data, meta = (canonical_each(column) for column in zip(*pairs, strict=True))
    hidden = map(committed, streams, versions, ids, types, times, data, meta)
    commitments = [sha256(salt + content).digest() for salt, content in zip(salts, hidden, strict=True)]
    moments = [datetime.fromisoformat(time) for time in times]
    return Columns(families, commitments, salts, streams, versions, ids, types, moments, data, meta)
