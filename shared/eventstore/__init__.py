"""The event store: gapless, in commit order, in PostgreSQL."""

from shared.eventstore.install import NOTIFY_CHANNEL, grant, install, notified_position
from shared.eventstore.records import (
    ANY,
    NO_STREAM,
    Append,
    AppendResult,
    CommandIdReused,
    CommandRecord,
    ExpectedVersion,
    NewEvent,
    RawEvent,
    RecordedEvent,
    StoreUnavailable,
    VersionConflict,
)
from shared.eventstore.store import EventStore

__all__ = [
    "ANY",
    "NOTIFY_CHANNEL",
    "NO_STREAM",
    "Append",
    "AppendResult",
    "CommandIdReused",
    "CommandRecord",
    "EventStore",
    "ExpectedVersion",
    "NewEvent",
    "RawEvent",
    "RecordedEvent",
    "StoreUnavailable",
    "VersionConflict",
    "grant",
    "install",
    "notified_position",
]
