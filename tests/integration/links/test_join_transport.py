"""A request to join goes through a broker with TLS, and so does the reply."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple

import pytest
from pydantic import SecretStr

from shared.broker.connection import connected, new_link
from shared.broker.topology import own_topology
from shared.links.access import LinkAccess
from shared.links.certificates import ensure_certificates
from shared.links.join_transport import Joins, ask_to_join, joins_role
from shared.links.joining import Message, NotAnswered
from shared.links.reconciler import Reconciling, reconcile
from shared.links.token import password_hash
from tests.faults.linked.nodes import VHOST, Node, throwaway_node
from tests.integration.messaging.given import running


class User(NamedTuple):
    site: str
    password_hash: str | None


class Wanted(NamedTuple):
    links: tuple[User, ...]
    invitations: tuple[User, ...]


INVITED = Wanted((), (User("ji98", password_hash("of the invitation")),))


def access(node: Node, ca: str) -> LinkAccess:
    return LinkAccess(
        upper="shi97",
        name="青岚市中级人民法院",
        address=f"amqps://127.0.0.1:{node.prepared.ports['amqps']}/{VHOST}",
        user="join.shi97.ji98",
        password=SecretStr("of the invitation"),
        ca=ca,
        withheld_families=(),
        state="pending",
    )


async def refused(asked: LinkAccess, site: str = "ji98") -> str:
    with pytest.raises(NotAnswered) as found:
        await ask_to_join(asked, site, Message(b"request", "mac"), lambda *_: True)
    return found.value.reason


async def test_a_request_to_join_over_tls(tmp_path: Path) -> None:
    """In one test, for the node of its own takes seconds to start."""
    asked: list[tuple[str, bytes, str]] = []

    async def answer(site: str, body: bytes, mac: str) -> Message | None:
        asked.append((site, body, mac))
        if len(asked) == 1:
            raise ConnectionError("an engine is away")
        return Message(b"reply to " + body, "mac of the reply")

    async with throwaway_node() as node:
        link = new_link(node.url(), "prepares")
        async with connected(link, own_topology("shi97")):
            pass
        reconciling = Reconciling(None, "shi97", node.url(), node.management_url, _never)  # type: ignore[arg-type]
        await reconcile(reconciling, INVITED)
        ca = (node.prepared.certificates / "ca.pem").read_text()
        joins = Joins(node.url(), answer)
        async with running(lambda stop: joins_role(joins, stop)):
            reply = await ask_to_join(access(node, ca), "ji98", Message(b"request", "mac"), lambda body, _: True)
            assert reply == Message(b"reply to request", "mac of the reply")
            # The same request came again after the outage; who asks is told by the exchange.
            assert asked == [("ji98", b"request", "mac")] * 2

        ensure_certificates(tmp_path, ["127.0.0.1"])
        stranger = (tmp_path / "ca.pem").read_text()
        assert await refused(access(node, stranger)) == "untrusted"
        assert await refused(access(node, ca).model_copy(update={"password": SecretStr("another")})) == "denied"
        assert await refused(access(node, ca), "ji97") == "denied"
        nobody = access(node, ca).model_copy(update={"address": "amqps://127.0.0.1:9/x"})
        assert await refused(nobody) == "unreachable"
        await reconcile(reconciling, Wanted((), ()))
        assert await refused(access(node, ca)) == "denied"


async def _never() -> Wanted:
    await asyncio.sleep(0)
    return INVITED
