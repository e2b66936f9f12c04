"""The hash chain over an origin's events (design §4): commitment, leaf, h."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256

import orjson

SALT_BYTES = 16
HASH_BYTES = 32


def event_time(recorded_at: datetime) -> str:
    """`2024-02-20T01:30:00.123456Z`: UTC, six digits."""
    if recorded_at.tzinfo is not UTC:
        recorded_at = recorded_at.astimezone(UTC)
    return recorded_at.isoformat(timespec="microseconds")[:26] + "Z"


def committed(stream: str, version: int, event_id: str, kind: str, time: str, data: bytes, meta: bytes) -> bytes:
    """The canonical object that a commitment hides; `data` and `meta` are canonical JSON already."""
    return b'{"data":%b,"id":"%b","meta":%b,"stream":%b,"time":"%b","type":%b,"version":%d}' % (
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


def leaf(origin: str, position: int, family: str, c: bytes) -> bytes:
    """What the chain holds of one event, whether its content is shown or withheld."""
    return sha256(_leaf_object(origin, position, family, c)).digest()


def _leaf_object(origin: str, position: int, family: str, c: bytes) -> bytes:
    return f'\0{{"c":"{c.hex()}","family":"{family}","origin":"{origin}","position":{position}}}'.encode()


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
    h, position = previous, first
    for family, c in entries:
        h = sha256(b"\1" + h + sha256(_leaf_object(origin, position, family, c)).digest()).digest()
        found.append(h)
        position += 1
    return found
