"""Questions that one service asks another over the bus: answered now or not at all, never stored, never logged."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from shared.contracts.values import Id, ShortText, Value
from shared.meta import Actor

MAX_NAMES: Final = 5_000
MAX_PERSONS: Final = 20_000

Version = Literal[1]
LogPosition = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,32}\.[1-9][0-9]{0,8}@(0|[1-9][0-9]{0,15})$")]
"""`members.1@42`: the answer must know that log up to there."""


class NameAsked(Value):
    """A name as a ledger has it; where it is ambiguous, the branch and the department narrow it down."""

    name: ShortText
    branch_id: Id | None = None
    department: ShortText | None = None


class ResolveNames(Value):
    """Whose are these names? Answered under the rights of `actor`, in the same order."""

    version: Version = 1
    actor: Actor
    after: LogPosition | None = None
    names: tuple[NameAsked, ...] = Field(max_length=MAX_NAMES)


class NameFound(Value):
    """`person_id` is given exactly where the status is found."""

    status: Literal["found", "ambiguous", "unknown"]
    person_id: Id | None = None


class NamesResolved(Value):
    version: Version = 1
    answers: tuple[NameFound, ...]


class NamesOf(Value):
    """What are these persons called? Answered under the rights of `actor`."""

    version: Version = 1
    actor: Actor
    after: LogPosition | None = None
    person_ids: tuple[Id, ...] = Field(max_length=MAX_PERSONS)


class PersonNamed(Value):
    """`name` is given exactly where the status is known."""

    person_id: Id
    status: Literal["known", "forgotten", "unknown"]
    name: ShortText | None = None


class PersonsNamed(Value):
    version: Version = 1
    answers: tuple[PersonNamed, ...]


class LookupRefused(Value):
    """The question was not answered: `unavailable` may be asked again, the others not."""

    version: Version = 1
    refused: Literal["malformed", "not_allowed", "behind", "unavailable"]


class JournalAsked(Value):
    """How far has reporting received the log of `origin`? With `position`: which run holds it, if it has been received?

    Answered with the signed `state`, or with the run and its note as they came.
    """

    version: Version = 1
    origin: ShortText
    position: Annotated[int, Field(ge=1, le=2**53 - 1)] | None = None
