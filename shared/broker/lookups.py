"""Questions to `members` over the bus: request and reply by FastStream, never persistent, never logged."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

import structlog
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker
from pydantic import BaseModel, ValidationError

from shared.broker.connection import Link, connected, new_link
from shared.broker.serving import serve_questions
from shared.broker.topology import NAMES_OF, RESOLVE_NAMES, as_queue, lookup_queue, own_topology
from shared.contracts.lookups import LookupRefused, NamesOf, NamesResolved, PersonsNamed, ResolveNames
from shared.leases import is_cancelled
from shared.status import RoleStatus

ANSWERING: Final = "members"
PATIENCE_SECONDS: Final = 3.0

A = TypeVar("A", bound=BaseModel)
ResolvesNames = Callable[[ResolveNames], Awaitable[NamesResolved | LookupRefused]]
NamesPersons = Callable[[NamesOf], Awaitable[PersonsNamed | LookupRefused]]

log = structlog.get_logger()


class Unavailable(Exception):
    """No answer in time: nothing is known, and the same question may be asked again."""


class LookupDenied(Exception):
    """The question was understood and will not be answered; `reason` as in `LookupRefused`."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"members refused the look-up: {reason}")
        self.reason = reason


@dataclass(frozen=True)
class Answering:
    """What `members` answers with: two functions of its directory."""

    broker_url: str = field(repr=False)
    site: str
    resolve_names: ResolvesNames
    names_of: NamesPersons
    status: RoleStatus = field(default_factory=lambda: RoleStatus("lookups"))


async def answer_role(answering: Answering, stop: asyncio.Event) -> None:
    """Answer until `stop`, side by side with other replicas, through outages of the broker."""

    def subscribe(broker: RabbitBroker) -> None:
        subscribe_questions(broker, answering.resolve_names, answering.names_of)

    await serve_questions(answering.broker_url, own_topology(answering.site), subscribe, answering.status, stop)


def subscribe_questions(broker: RabbitBroker, resolve_names: ResolvesNames, names_of: NamesPersons) -> None:
    """Let the two functions answer; what they raise becomes the answer `unavailable`."""

    @broker.subscriber(
        as_queue(lookup_queue(ANSWERING, RESOLVE_NAMES)),
        ack_policy=AckPolicy.REJECT_ON_ERROR,
        channel=Channel(prefetch_count=10),
        title="resolve names",
    )
    async def answer_resolve_names(question: ResolveNames) -> NamesResolved | LookupRefused:
        """Whose are these names?"""
        return await _answered(resolve_names, question)

    @broker.subscriber(
        as_queue(lookup_queue(ANSWERING, NAMES_OF)),
        ack_policy=AckPolicy.REJECT_ON_ERROR,
        channel=Channel(prefetch_count=10),
        title="names of persons",
    )
    async def answer_names_of(question: NamesOf) -> PersonsNamed | LookupRefused:
        """What are these persons called?"""
        return await _answered(names_of, question)


Q = TypeVar("Q")


async def _answered(answer: Callable[[Q], Awaitable[A | LookupRefused]], question: Q) -> A | LookupRefused:
    try:
        return await answer(question)
    except Exception as error:
        # Neither question nor message of the error: both may hold a name.
        log.warning("lookup_failed", error=type(error).__name__)
        return LookupRefused(refused="unavailable")


class Lookups:
    """Asks `members`, over one connection that is made when first needed and again after it broke."""

    def __init__(self, broker_url: str, patience: float = PATIENCE_SECONDS) -> None:
        self._broker_url = broker_url
        self._patience = patience
        self._turn = asyncio.Lock()
        self._open: tuple[Link, contextlib.AsyncExitStack] | None = None

    async def resolve_names(self, question: ResolveNames) -> NamesResolved:
        """The answers in the order of the names; raises `Unavailable` or `LookupDenied`."""
        return await self._ask(RESOLVE_NAMES, question, NamesResolved)

    async def names_of(self, question: NamesOf) -> PersonsNamed:
        """The answers in the order of the ids; raises `Unavailable` or `LookupDenied`."""
        return await self._ask(NAMES_OF, question, PersonsNamed)

    async def close(self) -> None:
        """Give the connection up; the next question makes a new one."""
        opened, self._open = self._open, None
        if opened is not None:
            with contextlib.suppress(Exception):
                await opened[1].aclose()

    async def _ask(self, queue: str, question: BaseModel, answer: type[A]) -> A:
        asking = asyncio.ensure_future(self._request(queue, question.model_dump_json().encode()))
        try:
            done, _ = await asyncio.wait((asking,), timeout=self._patience)
        finally:
            asking.cancel()
        if not done:
            raise Unavailable("members did not answer in time")
        try:
            body = asking.result()
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and is_cancelled():
                raise
            raise Unavailable(f"members could not be asked: {type(error).__name__}") from None
        return _parsed(body, answer)

    async def _request(self, queue: str, body: bytes) -> bytes:
        # One at a time: a channel can await the reply to one question only.
        async with self._turn:
            try:
                link = await self._link()
                reply = await link.broker.request(
                    body,
                    as_queue(lookup_queue(ANSWERING, queue)),
                    timeout=self._patience,
                    expiration=self._patience,
                    content_type="application/json",
                )
            except BaseException:
                await self.close()
                raise
            return bytes(reply.body)

    async def _link(self) -> Link:
        if self._open is not None and self._open[0].broken.is_set():
            await self.close()
        if self._open is None:
            link, stack = new_link(self._broker_url, "asks members"), contextlib.AsyncExitStack()
            await stack.enter_async_context(connected(link))
            self._open = (link, stack)
        return self._open[0]


def _parsed(body: bytes, answer: type[A]) -> A:
    try:
        return answer.model_validate_json(body)
    except ValidationError:
        pass
    try:
        refused = LookupRefused.model_validate_json(body).refused
    except ValidationError:
        raise Unavailable("members answered in a form that is not understood here") from None
    if refused in ("unavailable", "behind"):
        raise Unavailable(f"members is {refused}")
    raise LookupDenied(refused)


@contextlib.asynccontextmanager
async def lookups(broker_url: str, patience: float = PATIENCE_SECONDS) -> AsyncIterator[Lookups]:
    """Look-ups as long as the block lasts."""
    asking = Lookups(broker_url, patience)
    try:
        yield asking
    finally:
        await asking.close()
