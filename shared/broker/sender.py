"""Publishing runs, heads and states through FastStream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from faststream.rabbit import RabbitBroker

from shared.broker.connection import confirmed
from shared.broker.topology import control_exchange, log_exchange
from shared.contracts.messages import HeadBody, Run, StateBody
from shared.sealing.control import Head, State
from shared.sealing.keys import Signer
from shared.sealing.origin import Origin
from shared.sealing.succession import SUCCESSION
from shared.sealing.wire import BATCH_TYPE, JSON_TYPE, KIND, NOTE, SIGNATURE

if TYPE_CHECKING:
    from aio_pika.abc import HeadersType as Headers

CONTROL_TTL_SECONDS: Final = 60


class LogSender:
    """What the relay of one origin publishes."""

    def __init__(self, broker: RabbitBroker, origin: Origin) -> None:
        self._broker = broker
        self._runs = broker.publisher(
            exchange=log_exchange(),
            routing_key=origin.routing_key,
            persist=True,
            content_type=BATCH_TYPE,
            title=f"{origin.service} log",
            description="Sealed runs of the log, in order, each with its signed note.",
            schema=Run,
        )
        self._heads = broker.publisher(
            exchange=log_exchange(),
            routing_key=origin.routing_key,
            persist=True,
            content_type=JSON_TYPE,
            title=f"{origin.service} head",
            description="How far the log is sealed: signed, unnumbered, after changes and every 15 s.",
            schema=HeadBody,
        )

    async def run(self, body: bytes, note: str) -> None:
        """Send to every receiver; raises `Unconfirmed`."""
        await confirmed(self._runs.publish(body, headers=run_headers(note)))

    async def run_to(self, queue: str, body: bytes, note: str) -> None:
        """Send again to one receiver, past the exchange; raises `Unconfirmed`."""
        await confirmed(
            self._broker.publish(body, queue, headers=run_headers(note), content_type=BATCH_TYPE, persist=True)
        )

    async def head(self, head: Head, key: Signer) -> None:
        body = head.body
        headers: Headers = {KIND: "head", SIGNATURE: key.sign(body).line}
        await confirmed(self._heads.publish(body, headers=headers, expiration=CONTROL_TTL_SECONDS))


class StateSender:
    """What a receiver answers to the services whose logs it receives."""

    def __init__(self, broker: RabbitBroker, services: tuple[str, ...]) -> None:
        self._publishers = {
            service: broker.publisher(
                exchange=control_exchange(),
                routing_key=service,
                persist=True,
                content_type=JSON_TYPE,
                title=f"state for {service}",
                description="How far the log is received: signed, unnumbered, after changes and every 15 s.",
                schema=StateBody,
            )
            for service in services
        }

    async def state(self, state: State, key: Signer) -> None:
        body = state.body
        headers = state_headers(body, key)
        publisher = self._publishers[state.origin.service]
        await confirmed(publisher.publish(body, headers=headers, expiration=CONTROL_TTL_SECONDS))


def run_headers(note: str) -> Headers:
    """The headers of a sealed run."""
    return {KIND: "run", NOTE: note}


def state_headers(body: bytes, key: Signer) -> Headers:
    """The headers of a `state`: who knows only the first key sees by them how the present one follows on it."""
    headers: Headers = {KIND: "state", SIGNATURE: key.sign(body).line}
    if key.succession:
        headers[SUCCESSION] = "\n".join(key.succession)
    return headers
