"""`GET /links/down`, the readings and the command line say what came from below, what is missing and what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from deploy.cli.quarantine import sink_of
from services.reporting.queries.links_down import REMEDIES, links_down
from shared.contracts.links import LINK_SUSPENDED, LinkSuspended
from shared.receiver.quarantine import discard, kept, replay
from shared.receiver.receiving import Outcome
from shared.telemetry.standing import Standing
from tests.integration.links.below import (
    ACTIVITIES,
    BEGIN,
    LINK,
    MEMBERS,
    SITE,
    STRANGERS_KEY,
    UPPER,
    Court,
    Source,
    members_of,
)

HOUR = 3600.0


def now() -> float:
    """Seconds since the logs of these tests begin."""
    return (datetime.now(UTC) - BEGIN).total_seconds()


async def standing(court: Court) -> dict[str, Any]:
    found = orjson.loads(await links_down(court.pool, UPPER, HOUR))
    assert [link["lower"] for link in found["links"]] == [SITE]
    link: dict[str, Any] = found["links"][0]
    return link


async def both(court: Court, members: Source) -> Source:
    """The heads of both logs, just now."""
    activities = Source(members.origin.__class__(SITE, "activities"))
    last = len(members.events)
    await court.deliver_all(members.head(last, now()), activities.head(0, now()))
    return activities


async def test_before_the_first_message_nothing_is_complete(court: Court) -> None:
    link = await standing(court)
    assert (link["connected"], link["complete"], link["head_age"], link["last_message_age"]) == (
        False,
        False,
        None,
        None,
    )
    assert [(one["origin"], one["have"], one["complete"]) for one in link["origins"]] == [
        (ACTIVITIES, 0, False),
        (MEMBERS, 0, False),
    ]


async def test_a_link_is_complete_when_all_that_young_heads_tell_of_is_here(court: Court) -> None:
    members = members_of(SITE)
    members.branches(1)
    await court.deliver(members.run(1, 2))
    await both(court, members)
    link = await standing(court)
    assert (link["connected"], link["complete"], link["suspended_at"]) == (True, True, None)
    assert [(one["origin"], one["have"], one["sealed_to"]) for one in link["origins"]] == [
        (ACTIVITIES, 0, 0),
        (MEMBERS, 2, 2),
    ]


async def test_a_tail_that_does_not_come_is_shown_and_the_link_stays_open(court: Court) -> None:
    members = members_of(SITE)
    members.branches(3)
    await court.deliver(members.run(1, 2))
    await both(court, members)
    link = await standing(court)
    assert (link["connected"], link["complete"], link["suspended_at"]) == (True, False, None)
    assert {one["origin"]: one["late"] for one in link["origins"]} == {ACTIVITIES: False, MEMBERS: False}
    await court.pool.execute("update receipts set behind_since = behind_since - interval '2 hours'")
    assert {one["origin"]: one["late"] for one in (await standing(court))["origins"]}[MEMBERS] is True
    _, amounts = await Standing(court.pool, receives=True, uplinks=True).read()
    behind = [amount for amount in amounts if amount.name == "source_behind_seconds"]
    assert [amount.labels for amount in behind] == [(MEMBERS,)]
    assert behind[0].value >= 7200
    await court.deliver(members.run(3, 4))
    assert (await standing(court))["complete"] is True
    _, amounts = await Standing(court.pool, receives=True, uplinks=True).read()
    assert [amount for amount in amounts if amount.name == "source_behind_seconds"] == []


async def test_an_old_head_is_shown_and_the_link_stays_open(court: Court) -> None:
    members = members_of(SITE)
    await court.deliver_all(members.run(1, 1), members.head(1, now() - 2 * HOUR))
    link = await standing(court)
    assert (link["connected"], link["complete"], link["suspended_at"]) == (False, False, None)
    assert {one["origin"]: one["late"] for one in link["origins"]}[MEMBERS] is True


async def test_a_suspended_link_says_why_where_and_what_to_do(court: Court) -> None:
    members = members_of(SITE)
    await court.deliver(members.run(1, 1, key=STRANGERS_KEY))
    await court.deliver(members.run(1, 1))
    link = await standing(court)
    assert (link["reason"], link["origin"], link["position"], link["dropped"]) == ("key", MEMBERS, 1, 1)
    assert link["problem"].startswith("signed by none of the keys ")
    assert link["remedy"] == REMEDIES["key"]
    assert link["complete"] is False


async def test_of_several_messages_that_were_kept_the_link_tells_the_one_that_stopped_it(court: Court) -> None:
    members = members_of(SITE)
    members.branches(1)
    await court.deliver(members.run(1, 1, key=STRANGERS_KEY))
    await court.resume()
    await court.deliver_all(members.run(1, 1), members.run(2, 2, key=STRANGERS_KEY))
    assert [message.position for message in await kept(court.pool)] == [1, 2]
    later = "received_at = received_at + make_interval(hours => $3)"
    told = f"update quarantine set problem = $2, {later} where position = $1"
    for position, problem, hours in ((1, "the former", 1), (2, "the latter", 0)):
        await court.pool.execute(told, position, problem, hours)
    link = await standing(court)
    assert (link["reason"], link["position"], link["problem"]) == ("key", 2, "the latter")


async def test_events_of_unknown_types_are_counted(court: Court) -> None:
    members = members_of(SITE)
    members.add("members.robe-fitted.v1", {"number": 1}, "members.robe")
    await court.deliver(members.run(1, 2))
    assert (await standing(court))["unknown_events"] == 1
    _, amounts = await Standing(court.pool, receives=True, uplinks=True).read()
    unknown = [amount for amount in amounts if amount.name == "unknown_type_events"]
    assert [(amount.labels, amount.value) for amount in unknown] == [((MEMBERS,), 1)]


async def test_a_quarantined_run_of_a_link_is_looked_at_by_the_same_guard_again(court: Court) -> None:
    members = members_of(SITE)
    members.branches(1)
    await court.deliver(members.run(1, 2, hidden=[2]))
    (message,) = await kept(court.pool)
    assert (message.link, message.reason) == (f"up.{SITE}", "withheld")
    sink = sink_of("reporting", message.link, UPPER)
    assert await replay(court.pool, sink, message, "operator") is Outcome.REFUSED
    assert await court.suspension() == ("withheld", MEMBERS, 2)
    await discard(court.pool, message, "对方已重发", "operator")
    assert await court.suspension() is None


async def test_to_discard_a_message_does_not_lift_what_a_person_suspended(court: Court) -> None:
    members = members_of(SITE)
    court.own.add(LINK_SUSPENDED, LinkSuspended(peer=SITE, grounds="更换设备"), LINK)
    await court.deliver(members.run(1, 1, key=STRANGERS_KEY))
    await court.resume()
    court.own.add(LINK_SUSPENDED, LinkSuspended(peer=SITE, grounds="更换设备"), LINK)
    await court.record()
    (message,) = await kept(court.pool)
    await discard(court.pool, message, "已查明", "operator")
    assert (await court.suspension() or ("",))[0] == "person"
