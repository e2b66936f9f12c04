"""The role `inbound` at a real broker: what sites below publish arrives in the journal, and they are told so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel

from services.reporting.journal import JOURNAL
from shared.broker.connection import connected, new_link
from shared.broker.topology import Exchange, Queue, Topology
from shared.contracts.links import LINK_REVOKED, LINK_SUSPENDED, SITE_JOINED, LinkRevoked, LinkSuspended
from shared.links.inbound import Inbound, inbound_role
from shared.links.topology import inbound_exchange, link_topology, outbound_queue
from shared.sealing.control import State, is_signed, parse_state
from shared.testing.brokers import fresh_vhost
from tests.integration.links.below import (
    BELOW,
    LINK,
    MEMBERS,
    SITE,
    STRANGE,
    STRANGERS_KEY,
    UPPER,
    Court,
    Message,
    joined,
    members_of,
)
from tests.integration.messaging.given import REPORTING_KEY, STATE_HURRY, running, until


@dataclass
class Node:
    """The upper court's broker, written to and read as the sites below do."""

    url: str
    channel: AbstractChannel
    states: dict[str, State] = field(default_factory=dict)

    async def make_link(self, site: str) -> None:
        async with connected(new_link(self.url, "reconciles"), link_topology(site)):
            pass

    async def publish(self, message: Message, site: str = SITE) -> None:
        headers, body = message
        exchange = await self.channel.get_exchange(inbound_exchange(site), ensure=False)
        await exchange.publish(aio_pika.Message(body, headers=headers, delivery_mode=2), "")

    async def state(self, origin: str, site: str = SITE) -> State | None:
        """The latest state of a log that came down to a site; all of them are to be signed."""
        queue = await self.channel.get_queue(outbound_queue(site), ensure=False)
        while (message := await queue.get(no_ack=True, fail=False)) is not None:
            state = parse_state(message.body)
            assert is_signed(message.body, str(message.headers["lianjian-signature"]), REPORTING_KEY.public)
            self.states[f"{site} {state.origin.text}"] = state
        return self.states.get(f"{site} {origin}")

    async def told(self, origin: str, site: str = SITE) -> tuple[int, str] | None:
        state = await self.state(origin, site)
        return None if state is None else (state.have, state.status)


@pytest.fixture
async def node(management_url: str, rabbitmq_url: str) -> AsyncIterator[Node]:
    async with fresh_vhost(management_url, rabbitmq_url) as url:
        unrouted = Topology((Exchange("unrouted", "fanout"),), (Queue("unrouted", "quorum"),), ())
        async with connected(new_link(url, "prepares"), unrouted):
            pass
        async with await aio_pika.connect(url) as connection:
            yield Node(url, await connection.channel())


def inbound(court: Court, node: Node) -> Inbound:
    return Inbound(court.pool, node.url, UPPER, REPORTING_KEY, JOURNAL, STATE_HURRY, look_every=0.2)


def role(court: Court, node: Node) -> Any:
    return lambda stop: inbound_role(inbound(court, node), stop)


async def test_what_a_site_sends_arrives_and_it_is_told_how_far(court: Court, node: Node) -> None:
    await node.make_link(SITE)
    members = members_of(SITE)
    members.branches(4)
    async with running(role(court, node)):
        await until(lambda: node.told(MEMBERS), (0, "ok"))
        for message in (members.run(1, 2), members.run(3, 5), members.head(5, 10)):
            await node.publish(message)
        await until(lambda: node.told(MEMBERS), (5, "ok"))
    state = node.states[f"{SITE} {MEMBERS}"]
    assert (state.receiver, state.root) == (f"{UPPER}/reporting", members.root_at(5))
    assert await court.kept(MEMBERS) == 5
    assert await court.pool.fetchval("select head from receipts where origin = $1", MEMBERS) == 5


async def test_a_site_below_is_answered_through_the_link_that_brings_it(court: Court, node: Node) -> None:
    await node.make_link(SITE)
    members, below = members_of(SITE), members_of(BELOW)
    members.add(SITE_JOINED, joined(SITE, BELOW), LINK)
    async with running(role(court, node)):
        await node.publish(members.run(1, 2))
        await until(lambda: node.told(below.origin.text), (0, "ok"))
        await node.publish(below.run(1, 1))
        await until(lambda: node.told(below.origin.text), (1, "ok"))


async def test_a_site_that_joins_later_is_received_without_a_restart(court: Court, node: Node) -> None:
    await node.make_link(SITE)
    other = members_of(STRANGE)
    async with running(role(court, node)):
        await until(lambda: node.told(MEMBERS), (0, "ok"))
        await node.make_link(STRANGE)
        await court.link(STRANGE)
        await node.publish(other.run(1, 1), STRANGE)
        await until(lambda: node.told(other.origin.text, STRANGE), (1, "ok"))


async def test_a_link_whose_queue_is_not_there_yet_does_not_hold_up_the_others(court: Court, node: Node) -> None:
    await court.link(STRANGE)
    await node.make_link(SITE)
    members, other = members_of(SITE), members_of(STRANGE)
    async with running(role(court, node)):
        await node.publish(members.run(1, 1))
        await until(lambda: node.told(MEMBERS), (1, "ok"))
        await node.make_link(STRANGE)
        await node.publish(other.run(1, 1), STRANGE)
        await until(lambda: node.told(other.origin.text, STRANGE), (1, "ok"))


async def test_a_suspended_link_is_told_so_others_go_on_and_after_a_person_resumed_it_it_catches_up(
    court: Court, node: Node
) -> None:
    await court.link(STRANGE)
    await node.make_link(SITE)
    await node.make_link(STRANGE)
    members, other = members_of(SITE), members_of(STRANGE)
    members.branches(2)
    async with running(role(court, node)):
        await node.publish(members.run(1, 1))
        await node.publish(members.run(2, 2, key=STRANGERS_KEY))
        await node.publish(members.run(2, 3))
        await until(lambda: node.told(MEMBERS), (1, "suspended"))
        await node.publish(other.run(1, 1), STRANGE)
        await until(lambda: node.told(other.origin.text, STRANGE), (1, "ok"))
        dropped = "select dropped from inbound_links where link = $1"
        await until(lambda: court.pool.fetchval(dropped, f"up.{SITE}"), 1)
        assert await court.kept(MEMBERS) == 1
        await court.resume()
        await until(lambda: node.told(MEMBERS), (1, "ok"))
        await node.publish(members.run(2, 3))
        await until(lambda: node.told(MEMBERS), (3, "ok"))


async def test_a_link_that_a_person_suspended_is_told_so(court: Court, node: Node) -> None:
    await node.make_link(SITE)
    async with running(role(court, node)):
        await until(lambda: node.told(MEMBERS), (0, "ok"))
        court.own.add(LINK_SUSPENDED, LinkSuspended(peer=SITE, grounds="更换设备"), LINK)
        await court.record()
        await until(lambda: node.told(MEMBERS), (0, "suspended"))


async def test_of_a_revoked_link_nothing_is_read(court: Court, node: Node) -> None:
    await node.make_link(SITE)
    async with running(role(court, node)):
        await until(lambda: node.told(MEMBERS), (0, "ok"))
        court.own.add(LINK_REVOKED, LinkRevoked(peer=SITE, grounds="机构合并"), LINK)
        await court.record()

        async def consumers() -> int | None:
            channel = await aio_pika.connect(node.url)
            async with channel:
                queue = await (await channel.channel()).declare_queue(f"up.{SITE}", passive=True)
                return queue.declaration_result.consumer_count

        await until(consumers, 0)
    assert await court.kept(MEMBERS) == 0
