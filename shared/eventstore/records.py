"""What goes into the event store and what comes out of it: plain data."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Final, Literal, NamedTuple, TypeAlias
from uuid import UUID


class _Expectation(Enum):
    ANY = "any"

    def __repr__(self) -> str:
        return self.name


ANY: Final = _Expectation.ANY
"""Append whatever the version of the stream is."""

NO_STREAM: Final = 0
"""Append only if the stream has no events yet."""

ExpectedVersion: TypeAlias = int | Literal[_Expectation.ANY]


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be stored; `data` and `meta` are canonical JSON objects, `event_id` is random if None."""

    type: str
    data: dict[str, Any]
    meta: dict[str, Any]
    event_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Append:
    """New events of one stream, stored only if its version is `expected_version` (even when there are none)."""

    stream: str
    expected_version: ExpectedVersion
    events: Sequence[NewEvent]


@dataclass(frozen=True, slots=True)
class AppendResult:
    """The positions, one per event in the order given; `duplicate` if the command was stored before."""

    positions: list[int]
    duplicate: bool = field(default=False, compare=False)


class RecordedEvent(NamedTuple):
    """A stored event; `recorded_at` is aware UTC."""

    position: int
    stream: str
    version: int
    event_id: UUID
    type: str
    data: dict[str, Any]
    meta: dict[str, Any]
    recorded_at: datetime


class RawEvent(NamedTuple):
    """A stored event as it lies in the table: `data` and `meta` are canonical JSON text."""

    position: int
    epoch: int
    stream: str
    version: int
    event_id: UUID
    type: str
    data: str
    meta: str
    salt: bytes
    recorded_at: datetime


REFILLED: Final = b"refilled"
"""Stands for the hash of a request that was lost with it: whatever its actor sends under that id is the same."""


class CommandRecord(NamedTuple):
    """What is remembered of an accepted command; `answer` is what its first caller was told."""

    command_id: str
    actor: str
    request_hash: bytes
    positions: list[int]
    answer: dict[str, Any] | None


class VersionConflict(Exception):
    """The first stream, in the order given, whose version is not the expected one; nothing was appended."""

    def __init__(self, stream: str, expected: int, actual: int) -> None:
        super().__init__(stream, expected, actual)
        self.stream = stream
        self.expected = expected
        self.actual = actual

    def __str__(self) -> str:
        return f"stream {self.stream}: version {self.expected} expected, {self.actual} found"


class CommandIdReused(Exception):
    """This command id was used before with other content or by another actor; nothing was appended."""

    def __init__(self, command_id: str) -> None:
        super().__init__(command_id)
        self.command_id = command_id

    def __str__(self) -> str:
        return f"command id {self.command_id}: used before with other content; take a new id for a new command"


class StoreUnavailable(ConnectionError):
    """PostgreSQL could not be asked. An append may have happened: repeat it with the same command id."""
