"""Rows of the events table as values, whole columns at a time: the log is read far more often than written."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import asyncpg
import orjson

from shared.eventstore.records import RawEvent, RecordedEvent

Rows: TypeAlias = Sequence[asyncpg.Record] | Sequence[tuple[Any, ...]]

_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def recorded_events(rows: Rows) -> list[RecordedEvent]:
    """Rows in the order of the fields of `RecordedEvent`, recorded_at as PostgreSQL sends it."""
    if not rows:
        return []
    with _no_collection():
        *head, data, meta, times = _columns(rows)
        columns = zip(*head, _parsed(data), _parsed(meta), _times(times), strict=True)
        return list(map(RecordedEvent._make, columns))


def raw_events(rows: Rows) -> list[RawEvent]:
    """Rows in the order of the fields of `RawEvent`, recorded_at as PostgreSQL sends it."""
    if not rows:
        return []
    with _no_collection():
        *head, times = _columns(rows)
        return list(map(RawEvent._make, zip(*head, _times(times), strict=True)))


@contextmanager
def _no_collection() -> Iterator[None]:
    """A page is thousands of new objects and no rubbish: looking for some costs a third of the reading."""
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_collecting:
            gc.enable()


def _columns(rows: Rows) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True))


def _parsed(texts: Sequence[str]) -> list[dict[str, Any]]:
    """What lies in the table was written by this store: parsed in one go, not checked again."""
    parsed: list[dict[str, Any]] = orjson.loads("[" + ",".join(texts) + "]")
    return parsed


def _times(sent: Sequence[bytes]) -> list[datetime]:
    times = {each: _POSTGRES_EPOCH + timedelta(microseconds=int.from_bytes(each, signed=True)) for each in set(sent)}
    return [times[each] for each in sent]
