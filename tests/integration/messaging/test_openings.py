"""What was withheld and follows later: kept beside the journal, if it is what was committed to."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from services.reporting.journal import JOURNAL
from shared.broker.connection import connected, new_link
from shared.broker.runs import run_body, runs_after
from shared.broker.topology import own_topology
from shared.receiver.consuming import consume_role
from shared.receiver.opening import receive_opening
from shared.receiver.reading import read_run
from shared.receiver.receiving import Outcome, expect, receive_run
from shared.sealer import Sealing, seal_next, standing_at
from shared.sealing.wire import BATCH_TYPE, withheld_element
from tests.integration.messaging.given import (
    FAMILIES,
    MEMBERS_KEY,
    ORIGIN,
    Site,
    establish,
    establish_branches,
    running,
    until,
)

QUEUE = "reporting.from.members"
Elements = list[dict[str, Any]]


@pytest.fixture
async def withheld(site: Site) -> tuple[Site, Elements]:
    """A journal that holds positions 1 to 4, of which 2 and 3 were withheld; and their elements in full."""
    await establish(site.store)
    await establish_branches(site.store, 1, 3)
    sealing = Sealing(site.source, ORIGIN, MEMBERS_KEY, FAMILIES.__getitem__)
    await seal_next(sealing, await standing_at(sealing))
    (run,) = await runs_after(site.source, ORIGIN, 0, 10)
    elements: Elements = orjson.loads(await run_body(site.source, ORIGIN, run, FAMILIES.__getitem__))
    headers = {"lianjian-kind": "run", "lianjian-note": run.note}
    rows = read_run(headers, orjson.dumps(elements)).rows
    hidden = [orjson.loads(withheld_element(ORIGIN.text, row.position, row.family, row.c)) for row in rows[1:3]]
    async with site.target.acquire() as connection:
        await expect(connection, ORIGIN)
    body = orjson.dumps([elements[0], *hidden, elements[3]])
    assert await receive_run(site.target, JOURNAL, ORIGIN, QUEUE, headers, body) == (Outcome.APPENDED, 4)
    return site, elements[1:3]


async def deliver(site: Site, elements: Elements, kind: str = "opening") -> Outcome:
    return await receive_opening(site.target, JOURNAL, ORIGIN, QUEUE, {"lianjian-kind": kind}, orjson.dumps(elements))


async def opened(site: Site) -> list[tuple[Any, ...]]:
    query = "select position, stream, version, event_id::text, type, data from openings order by position"
    return [tuple(row) for row in await site.target.fetch(query)]


async def suspension(site: Site) -> tuple[str, int | None] | None:
    row = await site.target.fetchrow("select reason, position from inbound_links where suspended_at is not null")
    return None if row is None else (row["reason"], row["position"])


async def test_what_was_committed_to_is_kept_once_however_often_it_comes(withheld: tuple[Site, Elements]) -> None:
    site, elements = withheld
    assert await deliver(site, elements[1:]) is Outcome.OPENED
    assert await deliver(site, elements) is Outcome.OPENED
    assert await deliver(site, elements) is Outcome.HELD
    assert [(row[0], row[1], row[2], row[3], row[4]) for row in await opened(site)] == [
        (2 + index, one["subject"], one["streamversion"], one["id"], one["type"]) for index, one in enumerate(elements)
    ]
    assert [orjson.loads(row[5]) for row in await opened(site)] == [one["data"]["data"] for one in elements]
    assert await suspension(site) is None


@pytest.mark.parametrize(
    "change",
    [
        {"salt": "AAAAAAAAAAAAAAAAAAAAAA=="},
        {"subject": "branch-0"},
        {"family": "members.person"},
        {"time": "2024-01-01T00:00:00.000000Z"},
        {"data": {"data": {"facts": {}}, "meta": {}}},
    ],
)
async def test_anything_else_is_refused_and_charged_to_the_queue(
    withheld: tuple[Site, Elements], change: dict[str, Any]
) -> None:
    site, elements = withheld
    assert await deliver(site, [elements[0], elements[1] | change]) is Outcome.REFUSED
    assert await suspension(site) == ("opening", 3)
    assert await opened(site) == []
    assert await deliver(site, elements) is Outcome.DROPPED


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"source": "shi98/members/log/1"}, "origin"),
        ({"position": 0}, "schema"),
        ({"position": "2"}, "schema"),
        ({"streamversion": 0}, "schema"),
        ({"extra": 1}, "schema"),
    ],
)
async def test_what_has_another_form_is_refused(
    withheld: tuple[Site, Elements], change: dict[str, Any], reason: str
) -> None:
    site, elements = withheld
    assert await deliver(site, [elements[0] | change]) is Outcome.REFUSED
    found = await suspension(site)
    assert found is not None
    assert found[0] == reason


async def test_contents_of_what_has_not_arrived_are_dropped(withheld: tuple[Site, Elements]) -> None:
    site, elements = withheld
    assert await deliver(site, [elements[0] | {"position": 5}]) is Outcome.GAP
    assert await suspension(site) is None


async def test_what_was_shown_from_the_first_stays_as_it_is(withheld: tuple[Site, Elements]) -> None:
    site, _ = withheld
    (run,) = await runs_after(site.source, ORIGIN, 0, 10)
    elements: Elements = orjson.loads(await run_body(site.source, ORIGIN, run, FAMILIES.__getitem__))
    assert await deliver(site, [elements[0]]) is Outcome.HELD
    assert await opened(site) == []


async def test_an_opening_comes_by_the_queue_of_its_log(withheld: tuple[Site, Elements]) -> None:
    site, elements = withheld
    async with running(lambda stop: consume_role(site.consuming(), stop)):
        link = new_link(site.broker_url, "sends an opening")
        async with connected(link, own_topology("shi99")):
            await link.broker.publish(
                orjson.dumps(elements),
                QUEUE,
                headers={"lianjian-kind": "opening"},
                content_type=BATCH_TYPE,
                persist=True,
            )
            await until(lambda: number_opened(site), 2)


async def number_opened(site: Site) -> int:
    found: int = await site.target.fetchval("select count(*) from openings")
    return found
