"""The definitions of a site's broker: what stands in them, and what RabbitMQ 4 no longer knows."""

from __future__ import annotations

from faststream.rabbit import Channel

from shared.broker.connection import connected, new_link
from shared.broker.topology import as_exchange, as_queue, own_topology
from shared.receiver.consuming import PREFETCH

# Removed or deprecated in RabbitMQ 4.x: mirroring and its policies, lazy mode, the version of classic queues,
# limits that quorum queues no longer have in memory, and the old word for where a leader lies.
GONE_IN_4 = {
    "x-ha-policy",
    "ha-mode",
    "x-queue-mode",
    "x-queue-version",
    "x-queue-master-locator",
    "x-max-in-memory-length",
    "x-max-in-memory-bytes",
    "x-max-priority",
}


def test_every_receiver_has_a_queue_of_its_own_for_every_log() -> None:
    topology = own_topology("shi99")
    assert [(queue.name, queue.kind) for queue in topology.queues] == [
        ("unrouted", "quorum"),
        ("reporting.from.members", "quorum"),
        ("activities.from.members", "quorum"),
        ("reporting.from.activities", "quorum"),
        ("members.control", "quorum"),
        ("activities.control", "quorum"),
        ("members.lookup.resolve-names", "classic"),
        ("members.lookup.names-of", "classic"),
        ("reporting.lookup.journal", "classic"),
    ]
    assert [(each.exchange, each.key, each.queue) for each in topology.bindings] == [
        ("unrouted", "", "unrouted"),
        ("lianjian.log", "shi99.members.log", "reporting.from.members"),
        ("lianjian.log", "shi99.members.log", "activities.from.members"),
        ("lianjian.log", "shi99.activities.log", "reporting.from.activities"),
        ("lianjian.control", "members", "members.control"),
        ("lianjian.control", "activities", "activities.control"),
    ]


def test_queues_of_logs_have_one_consumer_at_a_time_and_throw_nothing_away() -> None:
    for queue in own_topology("shi99").queues:
        if ".from." in queue.name:
            assert queue.arguments == {"x-single-active-consumer": True, "x-delivery-limit": 1_000_000}


def test_nothing_is_defined_that_rabbitmq_4_removed_or_deprecates() -> None:
    topology = own_topology("shi99")
    for queue in topology.queues:
        assert queue.kind in ("quorum", "classic")
        assert not GONE_IN_4 & queue.arguments.keys(), queue.name
    for exchange in topology.exchanges:
        assert exchange.kind in ("topic", "direct", "fanout")
        assert exchange.arguments.keys() <= {"alternate-exchange"}


def test_nothing_ends_with_the_broker_or_its_connections() -> None:
    """RabbitMQ 4 gives up queues that are neither durable nor exclusive, and prefetch counts of a whole connection."""
    topology = own_topology("shi99")
    for queue in topology.queues:
        declared = as_queue(queue)
        assert declared.durable, queue.name
        assert not declared.exclusive, queue.name
        assert not declared.auto_delete, queue.name
        assert declared.arguments is not None
        assert declared.arguments["x-queue-type"] == queue.kind, queue.name  # else the vhost's default decides
    assert all(as_exchange(exchange).durable for exchange in topology.exchanges)
    assert Channel(prefetch_count=PREFETCH).global_qos is False


async def test_what_fits_no_queue_is_seen_in_unrouted(broker_url: str) -> None:
    link = new_link(broker_url, "test")
    async with connected(link, own_topology("shi99")):
        for exchange in ("lianjian.log", "lianjian.control"):
            await link.broker.publish(b"lost", exchange=exchange, routing_key="nobody", persist=True)
        unrouted = await link.broker.declare_queue(as_queue(own_topology("shi99").queues[0]))
        found = [await unrouted.get(timeout=10) for _ in range(2)]
        assert [message.exchange for message in found if message is not None] == ["lianjian.log", "lianjian.control"]
        for message in found:
            assert message is not None
            await message.ack()


async def test_declaring_twice_changes_nothing(broker_url: str) -> None:
    for _ in range(2):
        async with connected(new_link(broker_url, "test"), own_topology("shi99")):
            pass
