"""Rows of the events table as values, whole columns at a time: the log is read far more often than written."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import asyncpg
import orjson

from shared.collecting import no_collection
from shared.eventstore.records import RawEvent, RecordedEvent

Rows: TypeAlias = Sequence[asyncpg.Record] | Sequence[tuple[Any, ...]]

_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def recorded_events(rows: Rows) -> list[RecordedEvent]:
    """Rows in the order of the fields of `RecordedEvent`, recorded_at as PostgreSQL sends it."""
    if not rows:
        return []
    with no_collection():
        *head, data, meta, times = _columns(rows)
        columns = zip(*head, _parsed(data), _parsed(meta), _times(times), strict=True)
        return list(map(RecordedEvent._make, columns))


def raw_events(rows: Rows) -> list[RawEvent]:
    """Rows in the order of the fields of `RawEvent`, recorded_at as PostgreSQL sends it."""
    if not rows:
        return []
    with no_collection():
        *head, times = _columns(rows)
        return list(map(RawEvent._make, zip(*head, _times(times), strict=True)))


def _columns(rows: Rows) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True))


def _parsed(texts: Sequence[str]) -> list[dict[str, Any]]:
    """What lies in the table was written by this store: parsed in one go, not checked again."""
    parsed: list[dict[str, Any]] = orjson.loads("[" + ",".join(texts) + "]")
    return parsed


def _times(sent: Sequence[bytes]) -> list[datetime]:
    times = {each: _POSTGRES_EPOCH + timedelta(microseconds=int.from_bytes(each, signed=True)) for each in set(sent)}
    return [times[each] for each in sent]
