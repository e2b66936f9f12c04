"""A later epoch of a log of the own site: followed by itself, for who opened it is the same site (design §7)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final

from shared.broker.tables import Connection
from shared.contracts.links import EPOCH_OPENED
from shared.receiver.reading import Refused, Row
from shared.receiver.receiving import Inspect, Outcome, Sink
from shared.sealing.origin import Origin

_HAVE: Final = "select have, h from receipts where origin = $1 for update"
_BEGIN: Final = "insert into receipts (origin, have, h) values ($1, $2, $3) on conflict do nothing"

_EPOCHS: Final = "select have from receipts where origin like $1"

Again = Callable[[Connection], Awaitable[None]]
"""Forgets what was received, so that it comes again from the first position."""


def following(sink: Sink, again: Again | None = None) -> Sink:
    """`sink` for logs of the own site; `again` where no history is kept from which one could go back."""

    async def guard(connection: Connection, _: str, origin: Origin, first: int, __: int) -> Inspect | Outcome:
        if origin.epoch == 1 or await connection.fetchval("select true from receipts where origin = $1", origin.text):
            return _anything
        before = replace(origin, epoch=origin.epoch - 1).text
        former = await connection.fetchrow(_HAVE, before)
        if former is None or former["have"] < first - 1:
            return Outcome.GAP
        h = former["h"]
        if former["have"] > first - 1:
            # We have more of the epoch before than is kept of it.
            if sink.held is None:
                if again is not None:
                    await again(connection)
                return Outcome.GAP
            (h,) = await sink.held(connection, before, first - 1, first - 1)
        await connection.execute(_BEGIN, origin.text, first - 1, h)
        return _opening(origin, first - 1)

    return replace(sink, guard=guard)


async def reached_of_own(connection: Connection, site: str, service: str, epoch: int) -> int | None:
    """How far a log of the own site is received, in whatever epoch; None where there cannot be such an epoch yet.

    Positions go on from epoch to epoch: what is past a position in a later epoch is past it.
    """
    rows = await connection.fetch(_EPOCHS, f"{site}/{service}/log/%")
    if epoch < 1 or epoch > len(rows) + 1:
        return None
    return max((row["have"] for row in rows), default=0) if epoch <= max(len(rows), 1) else 0


def _anything(_: Sequence[Row]) -> None:
    return


def _opening(origin: Origin, kept_to: int) -> Inspect:
    def inspect(rows: Sequence[Row]) -> None:
        said = json.loads(rows[0].data or "{}")
        if rows[0].type != EPOCH_OPENED.get(origin.service) or said.get("kept_to") != kept_to:
            raise Refused("epoch", f"{origin.text} does not begin with the event that opens it", rows[0].position)

    return inspect
