"""What the command path is given and what it gives back: plain data."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias
from uuid import UUID

from shared.codec import Codec
from shared.decider import Decider
from shared.eventstore import EventStore
from shared.meta import Actor, Source
from shared.personal.keyring import Keyring
from shared.rejection import Rejected

AnyDecider: TypeAlias = Decider[Any, Any, Any]


async def at_once() -> None:
    """Nothing has to be waited for."""


@dataclass(frozen=True)
class CommandDeps:
    """What the command path needs of its service; `admit` returns when a command may be carried out, or raises."""

    store: EventStore
    codec: Codec
    keyring: Keyring
    admit: Callable[[], Awaitable[None]] = at_once


@dataclass(frozen=True)
class CommandContext:
    """Who acts, from where, by which command. `request_hash` stands for the request's whole content.

    `to` is the addressee of every event the command yields (a letter); None for all others.
    """

    actor: Actor
    source: Source
    command_id: str
    correlation: str
    request_hash: bytes
    on_behalf_of: str | None = None
    traceparent: str | None = None
    to: str | None = None


@dataclass(frozen=True)
class Act:
    """One command for one aggregate; `source` replaces the context's (sheet and row of an import)."""

    decider: AnyDecider
    aggregate_id: UUID
    command: Any
    source: Source | None = None

    @cached_property
    def stream(self) -> str:
        return f"{self.decider.category}-{self.aggregate_id}"


@dataclass(frozen=True)
class Decided:
    """What an act comes to; `version` is its stream's afterwards."""

    act: Act
    events: tuple[Any, ...]
    version: int


@dataclass(frozen=True)
class Outcome:
    """`positions` of the events, `version` of the first act's stream, `duplicate` if an earlier call did it."""

    positions: list[int]
    version: int
    duplicate: bool
    answer: dict[str, Any] | None = None


@dataclass(frozen=True)
class RejectedAct:
    """The act at `index` (from 0) was rejected."""

    index: int
    rejection: Rejected


class ActsRejected(Exception):
    """Some of several acts were rejected; nothing has happened."""

    def __init__(self, rejected: Sequence[RejectedAct]) -> None:
        super().__init__(f"{len(rejected)} acts rejected")
        self.rejected = tuple(rejected)


class PreconditionFailed(Exception):
    """The caller's version is no longer the stream's; nothing has happened."""

    def __init__(self, stream: str, expected: int, actual: int) -> None:
        super().__init__(f"{stream}: version {expected} expected, {actual} found")
        self.stream = stream
        self.expected = expected
        self.actual = actual
