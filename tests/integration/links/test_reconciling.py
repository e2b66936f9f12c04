"""What links need at the broker is made from what was recorded, repaired, and taken away again."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

import aio_pika
import httpx
import pytest
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import AMQPError, ProbableAuthenticationError
from aiormq.exceptions import ChannelAccessRefused
from yarl import URL

from shared.broker.connection import connected, new_link
from shared.broker.topology import own_topology
from shared.links.management import Management, ManagementRefused
from shared.links.reconciler import Reconciling, management_check, reconcile
from shared.links.token import password_hash
from shared.testing.brokers import delete_queue, fresh_vhost, purge
from tests.integration.messaging.given import until

UPPER = "shi97"


class User(NamedTuple):
    site: str
    password_hash: str | None


class Wanted(NamedTuple):
    links: tuple[User, ...] = ()
    invitations: tuple[User, ...] = ()


JOINED = User("ji97", password_hash("of the link"))
INVITED = User("ji98", password_hash("of the invitation"))


@pytest.fixture
async def vhost(management_url: str, rabbitmq_url: str) -> AsyncIterator[Reconciling]:
    """A virtual host with what the services themselves declare, and nothing of links."""

    async def nothing() -> Wanted:
        return Wanted()

    async with fresh_vhost(management_url, rabbitmq_url) as url:
        link = new_link(url, "prepares")
        async with connected(link, own_topology(UPPER)):
            pass
        # No pool: nothing here asks PostgreSQL.
        reconciling = Reconciling(None, UPPER, url, management_url, nothing)  # type: ignore[arg-type]
        yield reconciling
        await reconcile(reconciling, Wanted())


def account(reconciling: Reconciling, user: str, password: str) -> str:
    return str(URL(reconciling.broker_url).with_user(user).with_password(password))


def api(vhost: Reconciling, management_url: str) -> tuple[httpx.AsyncClient, str]:
    """The management API, and the virtual host as its paths name it."""
    name = quote(unquote(urlsplit(vhost.broker_url).path.removeprefix("/")), safe="")
    return httpx.AsyncClient(base_url=management_url, trust_env=False), name


async def may_connect(url: str) -> bool:
    try:
        connection = await aio_pika.connect(url)
    except ProbableAuthenticationError:
        return False
    await connection.close()
    return True


def closing(connection: AbstractConnection) -> asyncio.Event:
    """Set once the broker has closed it."""
    closed = asyncio.Event()
    connection.close_callbacks.add(lambda *_: closed.set())
    return closed


async def publishes(url: str, exchange: str) -> bool:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        try:
            found = await channel.get_exchange(exchange, ensure=False)
            await found.publish(aio_pika.Message(b"x"), "")
        except ChannelAccessRefused:
            return False
        return True


async def reads(url: str, queue: str) -> bool:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        try:
            await (await channel.get_queue(queue, ensure=False)).get(fail=False)
        except ChannelAccessRefused:
            return False
        return True


async def test_what_is_wanted_is_made_once(vhost: Reconciling) -> None:
    assert await reconcile(vhost, Wanted((JOINED,), (INVITED,))) > 0
    assert await reconcile(vhost, Wanted((JOINED,), (INVITED,))) == 0


async def test_a_broker_that_lost_everything_of_a_link_gets_it_back(vhost: Reconciling, management_url: str) -> None:
    await reconcile(vhost, Wanted((JOINED,)))
    client, name = api(vhost, management_url)
    async with client:
        await client.delete(f"/api/exchanges/{name}/in.ji97")
        await client.delete(f"/api/queues/{name}/up.ji97")
        await client.delete(f"/api/users/{UPPER}.ji97")
    assert not await may_connect(account(vhost, f"{UPPER}.ji97", "of the link"))
    # The exchange, the queue, the binding between them, the user and its permissions.
    assert await reconcile(vhost, Wanted((JOINED,))) == 5
    assert await publishes(account(vhost, f"{UPPER}.ji97", "of the link"), "in.ji97")


async def test_what_an_account_was_given_by_hand_is_taken_back(vhost: Reconciling, management_url: str) -> None:
    await reconcile(vhost, Wanted((JOINED,)))
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    client, name = api(vhost, management_url)
    async with client:
        await client.put(f"/api/permissions/{name}/{UPPER}.ji97", json=everything)
        told = {"password_hash": JOINED.password_hash, "tags": "administrator"}
        await client.put(f"/api/users/{UPPER}.ji97", json=told)
        assert await reconcile(vhost, Wanted((JOINED,))) == 2
        assert (await client.get(f"/api/users/{UPPER}.ji97")).json()["tags"] in ([], "")
    url = account(vhost, f"{UPPER}.ji97", "of the link")
    assert await publishes(url, "in.ji97")
    assert not await reads(url, "up.ji97")


async def test_an_exchange_and_a_queue_that_are_not_as_agreed_are_made_anew(
    vhost: Reconciling, management_url: str
) -> None:
    await reconcile(vhost, Wanted((JOINED,)))
    client, name = api(vhost, management_url)
    async with client:
        for kind, one in (("exchanges", "in.ji97"), ("queues", "down.ji97")):
            await client.delete(f"/api/{kind}/{name}/{one}")
        await client.put(f"/api/exchanges/{name}/in.ji97", json={"type": "direct", "durable": True})
        await client.put(f"/api/queues/{name}/down.ji97", json={"durable": True, "arguments": {"x-max-length": 1}})
        # The exchange, its binding, the queue; the user, which was kept out meanwhile, and its permissions.
        assert await reconcile(vhost, Wanted((JOINED,))) == 5
        assert await reconcile(vhost, Wanted((JOINED,))) == 0
        exchange = (await client.get(f"/api/exchanges/{name}/in.ji97")).json()
        queue = (await client.get(f"/api/queues/{name}/down.ji97")).json()
    assert (exchange["type"], exchange["arguments"]) == ("fanout", {"alternate-exchange": "unrouted"})
    assert (queue["type"], queue["arguments"]["x-max-length"]) == ("quorum", 100_000)
    url = account(vhost, f"{UPPER}.ji97", "of the link")
    assert await publishes(url, "in.ji97")
    async with await aio_pika.connect(vhost.broker_url) as connection:
        up = await (await connection.channel()).get_queue("up.ji97", ensure=False)
        async with up.iterator(timeout=10) as messages:
            assert (await anext(messages)).body == b"x"


async def test_queues_of_an_earlier_version_get_their_limits_once_they_are_empty(
    vhost: Reconciling, management_url: str
) -> None:
    await reconcile(vhost, Wanted((JOINED,)))
    client, name = api(vhost, management_url)
    url = account(vhost, f"{UPPER}.ji97", "of the link")
    earlier = {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000}

    async def found(queue: str, key: str) -> object:
        one = (await client.get(f"/api/queues/{name}/{queue}")).json()
        return (one | one["arguments"]).get(key)

    async def limited() -> object:
        await reconcile(vhost, Wanted((JOINED,)))
        return await found("up.ji97", "x-max-length-bytes")

    async with client:
        closed = closing(await aio_pika.connect(url))
        for queue in ("members.joins", "up.ji97"):
            await delete_queue(management_url, vhost.broker_url, queue)
            await client.put(f"/api/queues/{name}/{queue}", json={"durable": True, "arguments": earlier})
        (await client.post(f"/api/bindings/{name}/e/in.ji97/q/up.ji97", json={})).raise_for_status()
        assert await publishes(url, "in.ji97")
        # Not yet counted by the broker, and counted: either way it stays with what is in it.
        assert await limited() is None
        await until(lambda: found("up.ji97", "messages"), 1)
        assert await limited() is None
        assert vhost.status.counts["left"] == 2
        assert not closed.is_set()
        assert await found("members.joins", "x-max-length-bytes") == 16_777_216
        await purge(management_url, vhost.broker_url, "up.ji97")
        await until(limited, 268_435_456)
        assert await found("up.ji97", "x-overflow") == "reject-publish"
        await asyncio.wait_for(closed.wait(), 60)


async def test_a_site_below_begins_anew_though_the_making_of_its_queue_broke_off_anywhere(
    vhost: Reconciling, management_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reconcile(vhost, Wanted((JOINED,)))
    url = account(vhost, f"{UPPER}.ji97", "of the link")
    # Its user is taken away, the queue made, bound, the user made, its permissions given.
    for after in range(5):
        begun_anew = [closing(await aio_pika.connect(url))]
        await delete_queue(management_url, vhost.broker_url, "up.ji97")
        with monkeypatch.context() as patch:
            patch.setattr(Management, "_done", breaking_off(after))
            with pytest.raises(ManagementRefused, match="broken off"):
                await reconcile(vhost, Wanted((JOINED,)))
        with contextlib.suppress(AMQPError):
            begun_anew.append(closing(await aio_pika.connect(url)))
        await reconcile(vhost, Wanted((JOINED,)))
        for closed in begun_anew:
            await asyncio.wait_for(closed.wait(), 60)
        assert await reconcile(vhost, Wanted((JOINED,))) == 0


def breaking_off(after: int) -> Callable[..., Awaitable[None]]:
    """The management API, until so many changes were made."""
    done, whole = itertools.count(), Management._done

    async def change(self: Management, method: str, path: str, body: Mapping[str, Any] | None = None) -> None:
        if next(done) == after:
            raise ManagementRefused("broken off")
        await whole(self, method, path, body)

    return change


async def test_a_lower_site_may_write_its_own_exchange_and_read_its_own_queue_alone(vhost: Reconciling) -> None:
    await reconcile(vhost, Wanted((JOINED, User("ji96", password_hash("another")))))
    url = account(vhost, f"{UPPER}.ji97", "of the link")
    assert await publishes(url, "in.ji97")
    assert await reads(url, "down.ji97")
    assert not await publishes(url, "in.ji96")
    assert not await publishes(url, "lianjian.log")
    assert not await publishes(url, "")
    assert not await reads(url, "up.ji97")
    assert not await reads(url, "down.ji96")
    assert not await reads(url, "reporting.from.members")


async def test_a_lower_site_may_make_nothing(vhost: Reconciling) -> None:
    await reconcile(vhost, Wanted((JOINED,)))
    async with await aio_pika.connect(account(vhost, f"{UPPER}.ji97", "of the link")) as connection:
        channel = await connection.channel()
        with pytest.raises(ChannelAccessRefused):
            await channel.declare_queue("mine")


async def test_an_invitation_opens_one_exchange_and_one_queue_until_it_is_over(vhost: Reconciling) -> None:
    await reconcile(vhost, Wanted((), (INVITED,)))
    url = account(vhost, f"join.{UPPER}.ji98", "of the invitation")
    assert await publishes(url, "joining.ji98")
    assert await reads(url, "joined.ji98")
    assert not await publishes(url, "in.ji98")
    assert not await reads(url, "members.joins")
    await reconcile(vhost, Wanted())
    assert not await may_connect(url)


async def test_who_is_connected_when_the_user_goes_is_cut_off(vhost: Reconciling) -> None:
    await reconcile(vhost, Wanted((), (INVITED,)))
    closed = closing(await aio_pika.connect(account(vhost, f"join.{UPPER}.ji98", "of the invitation")))
    await reconcile(vhost, Wanted())
    await asyncio.wait_for(closed.wait(), 60)


async def test_the_queues_of_a_link_outlive_its_user(vhost: Reconciling) -> None:
    await reconcile(vhost, Wanted((JOINED,)))
    await publishes(account(vhost, f"{UPPER}.ji97", "of the link"), "in.ji97")
    await reconcile(vhost, Wanted())
    async with await aio_pika.connect(vhost.broker_url) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue("up.ji97", ensure=False)
        async with queue.iterator(timeout=10) as messages:
            assert (await anext(messages)).body == b"x"


async def test_a_site_without_a_known_password_gets_its_objects_and_no_user(vhost: Reconciling) -> None:
    await reconcile(vhost, Wanted((User("ji97", None),)))
    assert await reconcile(vhost, Wanted((User("ji97", None),))) == 0


async def test_an_account_that_may_not_make_users_is_said_in_words(vhost: Reconciling) -> None:
    reconciling = Reconciling(
        vhost.pool, UPPER, vhost.broker_url, str(URL(str(vhost.management_url)).with_password("wrong")), vhost.wanted
    )
    with pytest.raises(ManagementRefused, match="401"):
        await reconcile(reconciling, Wanted((JOINED,)))
    reconciling.status.troubled(ManagementRefused("GET /api/users: 401"))
    said = await management_check(reconciling)()
    assert said is not None
    assert "administrator" in said
