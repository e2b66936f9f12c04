"""Asking the own reporting over the bus: how far it has a log, and for the runs it holds."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Final

from shared.broker.connection import Link, connected, new_link
from shared.broker.topology import JOURNAL, as_queue, lookup_queue
from shared.contracts.lookups import JournalAsked
from shared.receiver.receiving import is_of
from shared.restore.above import HEADER, Above, read_above
from shared.restore.held import Message
from shared.sealing.control import BadControl, State, is_signed, parse_state
from shared.sealing.keys import PublicKey
from shared.sealing.origin import Origin
from shared.sealing.succession import SUCCESSION, followed
from shared.sealing.wire import KIND, NOTE, SIGNATURE

HOLDER: Final = "reporting"
PATIENCE_SECONDS: Final = 3.0


class Unanswered(ConnectionError):
    """No usable answer: nothing is known, and the same question may be asked again."""


class Reporting:
    """The own reporting, as a service asks it about its log of `origin`; `above` came with the latest state."""

    def __init__(self, link: Link, origin: Origin) -> None:
        self._link = link
        self.origin = origin
        self.above: Sequence[Above] = ()

    async def state(self, keys: Sequence[PublicKey]) -> State:
        """Its latest `state`, signed by one of `keys`; raises `Unanswered`."""
        headers, body = await self._ask(None)
        try:
            state = parse_state(body)
            self.above = read_above(headers.get(HEADER, "[]"))
        except (BadControl, ValueError, TypeError) as error:
            raise Unanswered(str(error)) from None
        later = followed(state.receiver, keys, headers.get(SUCCESSION, ""))
        signed = any(is_signed(body, headers.get(SIGNATURE, ""), key) for key in later)
        # Of an epoch that has not come yet it says where the one before it stands.
        fits = state.origin.epoch <= self.origin.epoch and is_of(state.origin, self.origin)
        if headers.get(KIND) != "state" or not fits or not signed:
            raise Unanswered("no state of our log that reporting has signed")
        return state

    async def next_epoch(self, keys: Sequence[PublicKey]) -> Reporting | None:
        """The same about the next epoch, where reporting has received something of it."""
        later = Reporting(self._link, replace(self.origin, epoch=self.origin.epoch + 1))
        return later if (await later.state(keys)).origin == later.origin else None

    async def run(self, position: int) -> Message | None:
        """The run that holds a position; None if it has not got that far; raises `Unanswered`."""
        headers, body = await self._ask(position)
        if headers.get(KIND) == "run":
            return {KIND: "run", NOTE: headers.get(NOTE, "")}, body
        if headers.get(KIND) == "state":
            return None
        raise Unanswered("neither a run nor a state")

    async def _ask(self, position: int | None) -> tuple[dict[str, str], bytes]:
        question = JournalAsked(origin=self.origin.text, position=position)
        try:
            reply = await self._link.broker.request(
                question.model_dump_json().encode(),
                as_queue(lookup_queue(HOLDER, JOURNAL)),
                timeout=PATIENCE_SECONDS,
                expiration=PATIENCE_SECONDS,
                content_type="application/json",
            )
        except Exception as error:
            raise Unanswered(type(error).__name__) from None
        return {name: str(value) for name, value in reply.headers.items()}, bytes(reply.body)


@contextlib.asynccontextmanager
async def own_reporting(broker_url: str, origin: Origin) -> AsyncIterator[Reporting]:
    """A connection of its own, as long as the block lasts."""
    link = new_link(broker_url, "asks reporting for its journal")
    async with connected(link):
        yield Reporting(link, origin)
