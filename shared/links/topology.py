"""What a link needs in the upper site's virtual host, as data; the reconciler of `members` makes and repairs it.

The lower site may write `in.<site>` and read `down.<site>`, nothing else. What it writes waits in `up.<site>`, where
the upper site's reporting takes it; what reporting answers waits in `down.<site>`.
"""

from __future__ import annotations

from typing import Any, Final

from shared.broker.topology import DELIVERY_LIMIT, UNROUTED, Binding, Exchange, Queue, Topology

JOINS: Final = "members.joins"
"""Where the upper site's `members` finds requests to join."""

JOIN_EXCHANGE: Final = "joining"

_MIB: Final = 1024 * 1024
UP_BYTES: Final = 256 * _MIB
"""What of one lower site may wait above, so that none fills the disk: more than the send window of two logs."""
JOINS_BYTES: Final = 16 * _MIB


def inbound_exchange(site: str) -> str:
    """Only the lower site's own user may write to it: who delivered is known from it, never from the message."""
    return f"in.{site}"


def inbound_queue(site: str) -> str:
    return f"up.{site}"


def outbound_queue(site: str) -> str:
    return f"down.{site}"


def join_exchange(site: str) -> str:
    """Written by the join user of an invitation, until use or expiry."""
    return f"{JOIN_EXCHANGE}.{site}"


def join_reply_queue(site: str) -> str:
    return f"joined.{site}"


def link_user(upper: str, site: str) -> str:
    """The broker user of a link; several upper sites may share a node, so both names are in it."""
    return f"{upper}.{site}"


def join_user(upper: str, site: str) -> str:
    return f"join.{upper}.{site}"


def link_permissions(site: str) -> dict[str, str]:
    """What the lower site may do in the upper site's virtual host."""
    return {"configure": "^$", "write": rf"^in\.{site}$", "read": rf"^down\.{site}$"}


def join_permissions(site: str) -> dict[str, str]:
    """What an invitation opens."""
    return {"configure": "^$", "write": rf"^joining\.{site}$", "read": rf"^joined\.{site}$"}


def link_topology(site: str) -> Topology:
    """The objects of a joined link."""
    single = {"x-single-active-consumer": True, "x-delivery-limit": DELIVERY_LIMIT, **_refusing_beyond(UP_BYTES)}
    return Topology(
        (Exchange(inbound_exchange(site), "fanout", {"alternate-exchange": UNROUTED}),),
        (
            Queue(inbound_queue(site), "quorum", single),
            Queue(outbound_queue(site), "quorum", {"x-delivery-limit": DELIVERY_LIMIT, "x-max-length": 100_000}),
        ),
        (Binding(inbound_exchange(site), inbound_queue(site), ""),),
    )


def joins_topology() -> Topology:
    """Where requests to join wait; the exchanges before it come and go with invitations."""
    return Topology(
        (), (Queue(JOINS, "quorum", {"x-delivery-limit": DELIVERY_LIMIT, **_refusing_beyond(JOINS_BYTES)}),), ()
    )


def join_topology(site: str) -> Topology:
    """The objects of an open invitation."""
    return Topology(
        (Exchange(join_exchange(site), "fanout", {"alternate-exchange": UNROUTED}),),
        (
            *joins_topology().queues,
            Queue(join_reply_queue(site), "quorum", {"x-delivery-limit": DELIVERY_LIMIT, "x-max-length": 100}),
        ),
        (Binding(join_exchange(site), JOINS, ""),),
    )


def _refusing_beyond(most_bytes: int) -> dict[str, Any]:
    """Whoever publishes is told no, and keeps what it has; nothing that was confirmed is thrown away."""
    return {"x-max-length-bytes": most_bytes, "x-overflow": "reject-publish"}
