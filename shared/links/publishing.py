"""Publishing to an upper site: the same messages as to the own broker, into the one exchange this site may write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from faststream.rabbit import ExchangeType, RabbitBroker, RabbitExchange

from shared.broker.connection import confirmed
from shared.broker.sender import CONTROL_TTL_SECONDS, run_headers
from shared.contracts.messages import HeadBody, Run
from shared.links.topology import inbound_exchange
from shared.sealing.wire import BATCH_TYPE, JSON_TYPE, KIND, SIGNATURE

if TYPE_CHECKING:
    from aio_pika.abc import HeadersType as Headers

_OPENING: Final[Headers] = {KIND: "opening"}


class UplinkSender:
    """What a site publishes to one upper site; all of it raises `Unconfirmed`."""

    def __init__(self, broker: RabbitBroker, site: str, within: float) -> None:
        self._within = within
        # Only the upper site makes it; without it there is no way up.
        exchange = RabbitExchange(inbound_exchange(site), ExchangeType.FANOUT, declare=False)
        self._batches = broker.publisher(
            exchange=exchange,
            persist=True,
            content_type=BATCH_TYPE,
            title="logs, up",
            description="Sealed runs of the own logs and of those below, with their notes; openings.",
            schema=Run,
        )
        self._heads = broker.publisher(
            exchange=exchange,
            persist=True,
            content_type=JSON_TYPE,
            title="heads, up",
            description="The heads of the same logs, as their sources signed them.",
            schema=HeadBody,
        )

    async def run(self, body: bytes, note: str) -> None:
        await confirmed(self._batches.publish(body, headers=run_headers(note)), self._within)

    async def run_to(self, _: str, body: bytes, note: str) -> None:
        """There is one receiver: again is the same as once."""
        await self.run(body, note)

    async def head(self, body: bytes, signature: str) -> None:
        headers: Headers = {KIND: "head", SIGNATURE: signature}
        await confirmed(self._heads.publish(body, headers=headers, expiration=CONTROL_TTL_SECONDS), self._within)

    async def opening(self, body: bytes) -> None:
        await confirmed(self._batches.publish(body, headers=_OPENING), self._within)
