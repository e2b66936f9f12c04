"""The hash chain over an origin's events (design §4): commitment, leaf, h."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import orjson

SALT_BYTES = 16
HASH_BYTES = 32

_CONTENT: Final = b'{"data":%b,"id":"%b","meta":%b,"stream":%b,"time":"%b","type":%b,"version":%d}'
_SALTED: Final = b"%b" + _CONTENT
_SECOND: Final = len("2024-02-20T01:30:00")


def event_time(recorded_at: datetime) -> str:
    """`2024-02-20T01:30:00.123456Z`: UTC, six digits."""
    if recorded_at.tzinfo is not UTC:
        recorded_at = recorded_at.astimezone(UTC)
    return recorded_at.isoformat(timespec="microseconds")[:26] + "Z"


def event_times(recorded: Iterable[datetime]) -> list[str]:
    """`event_time` of each, in a quarter of the time."""
    moments = [at if at.tzinfo is UTC else at.astimezone(UTC) for at in recorded]
    written: list[str] = orjson.loads(orjson.dumps(moments, option=orjson.OPT_UTC_Z))
    # A whole second is written without its six digits.
    return [time if len(time) > _SECOND + 1 else f"{time[:_SECOND]}.000000Z" for time in written]


def committed(stream: str, version: int, event_id: str, kind: str, time: str, data: bytes, meta: bytes) -> bytes:
    """The canonical object that a commitment hides; `data` and `meta` are canonical JSON already."""
    return _CONTENT % (
        data,
        event_id.encode(),
        meta,
        orjson.dumps(stream),
        time.encode(),
        orjson.dumps(kind),
        version,
    )


def commitment(salt: bytes, content: bytes) -> bytes:
    """c: without the salt, nobody can test a guess of the content."""
    return sha256(salt + content).digest()


def commitments(
    salts: Sequence[bytes],
    streams: Sequence[str],
    versions: Sequence[int],
    ids: Sequence[str],
    types: Sequence[str],
    times: Sequence[str],
    data: Sequence[bytes],
    meta: Sequence[bytes],
) -> list[bytes]:
    """c of each event, from a column for each part of it."""
    kinds = {kind: orjson.dumps(kind) for kind in set(types)}
    parts = zip(
        salts,
        data,
        map(str.encode, ids),
        meta,
        map(orjson.dumps, streams),
        map(str.encode, times),
        map(kinds.__getitem__, types),
        versions,
        strict=True,
    )
    return [sha256(_SALTED % each).digest() for each in parts]


def leaf(origin: str, position: int, family: str, c: bytes) -> bytes:
    """What the chain holds of one event, whether its content is shown or withheld."""
    return sha256(
        f'\0{{"c":"{c.hex()}","family":"{family}","origin":"{origin}","position":{position}}}'.encode()
    ).digest()


def letter_leaf(origin: str, position: int, log_position: int, log_leaf: bytes) -> bytes:
    """The leaf of the n-th letter to a site: it points at the event's place in the sender's log."""
    return sha256(
        f'\3{{"log_leaf":"{log_leaf.hex()}","log_position":{log_position},'
        f'"origin":"{origin}","position":{position}}}'.encode()
    ).digest()


def first_h(origin: str) -> bytes:
    """h(0), the root of a log with nothing in it."""
    return sha256(b"\2" + origin.encode()).digest()


def next_h(previous: bytes, this_leaf: bytes) -> bytes:
    """h(n) from h(n-1) and leaf(n)."""
    return sha256(b"\1" + previous + this_leaf).digest()


def roots(origin: str, previous: bytes, first: int, entries: Iterable[tuple[str, bytes]]) -> list[bytes]:
    """h for each of consecutive (family, commitment) entries; the first of them has position `first`."""
    found: list[bytes] = []
    h, after = previous, f'","origin":"{origin}","position":'
    for position, (family, c) in enumerate(entries, first):
        # As in `leaf` and `next_h`; this is where all events pass.
        this_leaf = sha256(f'\0{{"c":"{c.hex()}","family":"{family}{after}{position}}}'.encode()).digest()
        h = sha256(b"\1" + h + this_leaf).digest()
        found.append(h)
    return found
