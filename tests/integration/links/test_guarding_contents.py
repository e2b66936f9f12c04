"""In which form an event may come from below: by its family, and by what both sites agreed."""

from __future__ import annotations

import pytest
from asyncpg import Pool

from shared.contracts.links import (
    SITE_JOINED,
)
from shared.receiver.receiving import Outcome
from shared.sealing.chain import first_h, leaf, letter_leaf, next_h
from shared.sealing.note import Seal, sealed
from shared.sealing.origin import Origin
from shared.sealing.wire import batch, element
from tests.integration.links.below import (
    ATTENDANCE,
    BELOW,
    BRANCH,
    LINK,
    MEMBERS,
    SITE,
    UPPER,
    Court,
    Source,
    activities_of,
    at,
    joined,
    members_of,
)
from tests.integration.links.lower import key_of


async def test_a_withheld_event_of_a_family_that_may_not_be_is_refused(court: Court, members: Source) -> None:
    assert await court.deliver(members.run(1, 4, hidden=[3])) is Outcome.REFUSED
    assert await court.suspension() == ("withheld", MEMBERS, 3)
    assert await court.kept(MEMBERS) == 0


async def test_what_the_agreed_policy_lists_may_be_withheld(lower: Pool, members: Source) -> None:
    court = Court(lower)
    await court.begin(withheld=[BRANCH])
    assert await court.deliver(members.run(1, 4, hidden=[3, 4])) is Outcome.APPENDED


async def test_an_agreement_further_down_the_way_counts_too(court: Court) -> None:
    members, below = members_of(SITE), members_of(BELOW)
    members.add(SITE_JOINED, joined(SITE, BELOW, [BRANCH]), LINK)
    members.branches(1)
    below.branches(1)
    assert await court.deliver_all(members.run(1, 3, hidden=[]), below.run(1, 2, hidden=[2])) == [
        Outcome.APPENDED,
        Outcome.APPENDED,
    ]
    members.branches(1)
    assert await court.deliver(members.run(4, 4, hidden=[4])) is Outcome.REFUSED


async def test_an_event_of_a_private_family_that_comes_with_its_contents_is_refused(court: Court) -> None:
    activities = activities_of(SITE)
    activities.add("activities.attendance-recorded.v1", {"number": 1}, ATTENDANCE)
    assert await court.deliver(activities.run(1, 1)) is Outcome.REFUSED
    assert await court.suspension() == ("private", activities.origin.text, 1)
    assert await court.kept(activities.origin.text) == 0


async def test_a_private_event_that_is_withheld_is_kept(court: Court) -> None:
    activities = activities_of(SITE)
    activities.add("activities.attendance-recorded.v1", {"number": 1}, ATTENDANCE)
    assert await court.deliver(activities.run(1, 1, hidden=[1])) is Outcome.APPENDED


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        ("members.branch-corrected.v1", "members.branch"),
        ("members.branch-established.v1", "activities.activity"),
        ("activities.activity-held.v1", "members.branch"),
    ],
)
async def test_a_type_under_another_family_than_its_own_is_refused(court: Court, kind: str, family: str) -> None:
    members = members_of(SITE)
    members.add(kind, {"number": 1}, family)
    assert await court.deliver(members.run(1, 2)) is Outcome.REFUSED
    assert await court.suspension() == ("family", MEMBERS, 2)


async def test_a_shared_event_hidden_under_the_family_of_another_service_is_refused(court: Court) -> None:
    members = members_of(SITE)
    members.add("members.branch-corrected.v1", {"number": 1}, ATTENDANCE)
    assert await court.deliver(members.run(1, 2, hidden=[2])) is Outcome.REFUSED
    assert await court.suspension() == ("family", MEMBERS, 2)


async def test_a_letter_is_refused_as_it_has_no_addressee_here(court: Court, members: Source) -> None:
    letters, sent = Origin(SITE, "members", f"to:{UPPER}"), members.events[2]
    log_leaf = leaf(MEMBERS, sent.position, sent.family, sent.commitment)
    before = first_h(letters.text)
    root = next_h(before, letter_leaf(letters.text, 1, sent.position, log_leaf))
    note = sealed(Seal(letters, 1, 1, before, root, at(5)), [key_of(members.origin)]).text
    body = batch([element(letters.text, sent._replace(position=1), sent.position)])
    assert await court.deliver(({"lianjian-kind": "run", "lianjian-note": note}, body)) is Outcome.REFUSED
    assert await court.suspension() == ("addressee", letters.text, None)
    assert await court.kept(letters.text) == 0


async def test_an_opening_of_a_private_family_is_refused(court: Court) -> None:
    activities = activities_of(SITE)
    activities.add("activities.attendance-recorded.v1", {"number": 1}, ATTENDANCE)
    await court.deliver(activities.run(1, 1, hidden=[1]))
    opening = ({"lianjian-kind": "opening"}, activities.run(1, 1)[1])
    assert await court.deliver(opening) is Outcome.REFUSED
    assert await court.suspension() == ("private", activities.origin.text, 1)
    assert await court.pool.fetchval("select count(*) from openings") == 0


@pytest.mark.parametrize("family", ["members.robe", LINK], ids=["of_an_unknown_family", "of_a_known_family"])
async def test_events_of_unknown_types_are_kept_and_counted(court: Court, family: str) -> None:
    members = members_of(SITE)
    for _ in range(2):
        members.add("members.robe-fitted.v1", {"number": 1}, family)
    assert await court.deliver(members.run(1, 3)) is Outcome.APPENDED
    rows = await court.pool.fetch("select origin, type, events from unknown_types")
    assert [tuple(row) for row in rows] == [(MEMBERS, "members.robe-fitted.v1", 2)]
