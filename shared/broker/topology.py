"""The exchanges, queues and bindings of a site's own broker, as data.

One quorum queue for each receiver of a service's log, `<receiver>.from.<service>`; a control queue for each
service with a log; a queue for look-ups; and `unrouted`, where a missing binding is seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from faststream.rabbit import ExchangeType, QueueType, RabbitExchange, RabbitQueue

if TYPE_CHECKING:
    from faststream.rabbit.schemas.queue import ClassicQueueArgs, QuorumQueueArgs

LOG_EXCHANGE: Final = "lianjian.log"
CONTROL_EXCHANGE: Final = "lianjian.control"
UNROUTED: Final = "unrouted"

DELIVERY_LIMIT: Final = 1_000_000
"""Every return counts, also a disconnect; a message is never thrown away for having been returned often."""

RESOLVE_NAMES: Final = "resolve-names"
NAMES_OF: Final = "names-of"
JOURNAL: Final = "journal"
LOOKUP_TTL_MS: Final = 10_000

RECEIVERS: Final[dict[str, tuple[str, ...]]] = {"members": ("reporting", "activities"), "activities": ("reporting",)}
"""Which services of a site receive which service's log."""


@dataclass(frozen=True)
class Exchange:
    name: str
    kind: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Queue:
    name: str
    kind: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Binding:
    exchange: str
    queue: str
    key: str


@dataclass(frozen=True)
class Topology:
    exchanges: tuple[Exchange, ...]
    queues: tuple[Queue, ...]
    bindings: tuple[Binding, ...]


_LOG: Final = Exchange(LOG_EXCHANGE, "topic", {"alternate-exchange": UNROUTED})
_CONTROL: Final = Exchange(CONTROL_EXCHANGE, "direct", {"alternate-exchange": UNROUTED})


def receiver_queue(receiver: str, service: str) -> Queue:
    """Where a receiver finds the runs of a service; resent runs go there past the exchange."""
    return Queue(
        f"{receiver}.from.{service}",
        "quorum",
        {"x-single-active-consumer": True, "x-delivery-limit": DELIVERY_LIMIT},
    )


def control_queue(service: str) -> Queue:
    """Where a service finds the `state` of its receivers."""
    return Queue(f"{service}.control", "quorum", {"x-delivery-limit": DELIVERY_LIMIT, "x-max-length": 10_000})


def lookup_queue(service: str, question: str) -> Queue:
    """Questions to a service: worth nothing after a few seconds, and never persistent."""
    return Queue(f"{service}.lookup.{question}", "classic", {"x-message-ttl": LOOKUP_TTL_MS})


def own_topology(site: str) -> Topology:
    """Everything the services of `site` need in their virtual host; declaring it again changes nothing."""
    receiving = [(receiver, service) for service, receivers in RECEIVERS.items() for receiver in receivers]
    return Topology(
        (
            Exchange(UNROUTED, "fanout"),
            _LOG,
            _CONTROL,
        ),
        (
            Queue(UNROUTED, "quorum", {"x-max-length": 100_000}),
            *(receiver_queue(receiver, service) for receiver, service in receiving),
            *(control_queue(service) for service in RECEIVERS),
            lookup_queue("members", RESOLVE_NAMES),
            lookup_queue("members", NAMES_OF),
            lookup_queue("reporting", JOURNAL),
        ),
        (
            Binding(UNROUTED, UNROUTED, ""),
            *(
                Binding(LOG_EXCHANGE, receiver_queue(receiver, service).name, f"{site}.{service}.log")
                for receiver, service in receiving
            ),
            *(Binding(CONTROL_EXCHANGE, control_queue(service).name, service) for service in RECEIVERS),
        ),
    )


def as_queue(queue: Queue, key: str = "") -> RabbitQueue:
    """The queue as FastStream declares it, bound with `key` where it is subscribed through an exchange."""
    if queue.kind == "quorum":
        arguments = cast("QuorumQueueArgs", dict(queue.arguments))
        return RabbitQueue(queue.name, QueueType.QUORUM, arguments=arguments, routing_key=key)
    return RabbitQueue(queue.name, arguments=cast("ClassicQueueArgs", dict(queue.arguments)), routing_key=key)


def as_exchange(exchange: Exchange) -> RabbitExchange:
    """The exchange as FastStream declares it."""
    return RabbitExchange(exchange.name, ExchangeType(exchange.kind), arguments=dict(exchange.arguments))


def log_exchange() -> RabbitExchange:
    return as_exchange(_LOG)


def control_exchange() -> RabbitExchange:
    return as_exchange(_CONTROL)
