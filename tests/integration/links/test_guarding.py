"""What a link may not deliver is refused and named, kept as proof, charged to the link, and nothing of it kept."""

from __future__ import annotations

import re

import orjson

from services.reporting.queries.links_down import links_down, root_held
from shared.contracts.links import (
    EPOCH_ACCEPTED,
    LINK_SUSPENDED,
    SITE_JOINED,
    EpochAccepted,
    LinkSuspended,
)
from shared.receiver.receiving import Outcome
from shared.sealing.origin import Origin
from tests.integration.links.below import (
    BELOW,
    BRANCH,
    LINK,
    MEMBERS,
    NEXT_KEY,
    SITE,
    STRANGE,
    STRANGERS_KEY,
    UPPER,
    Court,
    Source,
    joined,
    members_of,
)
from tests.integration.links.lower import key_of


async def test_what_a_linked_site_sends_is_kept_and_that_of_the_site_below_it(court: Court, members: Source) -> None:
    below = members_of(BELOW)
    assert await court.deliver_all(members.run(1, 4), below.run(1, 1)) == [Outcome.APPENDED, Outcome.APPENDED]
    assert (await court.kept(MEMBERS), await court.kept(below.origin.text)) == (4, 1)
    assert await court.suspension() is None


async def test_an_event_of_the_own_site_is_refused(court: Court) -> None:
    court.own.branches(1)
    assert await court.deliver(court.own.run(3, 3)) is Outcome.REFUSED
    assert await court.suspension() == ("subtree", f"{UPPER}/members/log/1", None)
    assert await court.kept(f"{UPPER}/members/log/1") == 2


async def test_a_site_outside_the_subtree_is_refused_once_the_link_has_told_all(court: Court, members: Source) -> None:
    strange = members_of(STRANGE)
    assert await court.deliver_all(members.run(1, 4), strange.run(1, 1)) == [Outcome.APPENDED, Outcome.GAP]
    below = members_of(BELOW)
    await court.deliver_all(members.head(4, 10), below.run(1, 1), below.head(1, 10))
    assert await court.deliver(strange.run(1, 1)) is Outcome.REFUSED
    assert await court.suspension() == ("subtree", f"{STRANGE}/members/log/1", None)
    assert await court.kept(f"{STRANGE}/members/log/1") == 0


async def test_a_site_not_known_yet_is_dropped_while_the_link_s_own_log_is_not_complete(
    court: Court, members: Source
) -> None:
    below = members_of(BELOW)
    await court.deliver_all(members.run(1, 1), members.head(4, 10))
    assert await court.deliver(below.run(1, 1)) is Outcome.GAP
    assert await court.deliver_all(members.run(2, 4), below.run(1, 1)) == [Outcome.APPENDED, Outcome.APPENDED]


async def test_a_rewritten_past_is_refused_at_the_first_differing_position_and_both_notes_are_kept(
    court: Court, members: Source
) -> None:
    await court.deliver(members.run(1, 4))
    rewritten = members_of(SITE)
    rewritten.add(SITE_JOINED, joined(SITE, BELOW), LINK)
    rewritten.add("members.branch-established.v1", {"number": 99}, BRANCH)
    rewritten.branches(1)
    forged = rewritten.run(1, 4)
    assert await court.deliver(forged) is Outcome.REFUSED
    assert await court.suspension() == ("fork", MEMBERS, 3)
    fork = await court.pool.fetchrow("select position, held_note, received_note from forks")
    assert fork is not None
    assert tuple(fork) == (3, members.run(1, 4)[0]["lianjian-note"], forged[0]["lianjian-note"])


async def test_a_fork_that_goes_on_from_another_past_is_refused(court: Court, members: Source) -> None:
    await court.deliver(members.run(1, 4))
    other = members_of(SITE)
    other.branches(4)
    assert await court.deliver(other.run(5, 5)) is Outcome.REFUSED
    assert await court.suspension() == ("fork", MEMBERS, 4)


async def test_an_omission_is_refused(court: Court, members: Source) -> None:
    await court.deliver(members.run(1, 2))
    headers, body = members.run(3, 4)
    assert await court.deliver((headers, orjson.dumps(orjson.loads(body)[:1]))) is Outcome.REFUSED
    assert await court.suspension() == ("length", MEMBERS, None)


async def test_an_event_left_out_and_the_next_in_its_place_is_refused(court: Court, members: Source) -> None:
    await court.deliver(members.run(1, 2))
    shortened = Source(members.origin, events=members.events[:2], roots=members.roots[:2])
    shortened.branches(1)
    headers, _ = members.run(3, 3)
    shortened.events[2] = shortened.events[2]._replace(data=b'{"number":7}')
    assert await court.deliver((headers, shortened.run(3, 3)[1])) is Outcome.REFUSED
    assert await court.suspension() == ("chain", MEMBERS, 3)


async def test_a_run_replayed_as_one_of_another_origin_is_refused(court: Court, members: Source) -> None:
    await court.deliver(members.run(1, 4))
    headers, body = members_of(BELOW).run(1, 1)
    note = headers["lianjian-note"].replace(f"{BELOW}/members", f"{SITE}/activities")
    assert await court.deliver(({**headers, "lianjian-note": note}, body)) is Outcome.REFUSED
    suspended = await court.suspension()
    assert suspended is not None
    assert suspended[:2] == ("schema", f"{SITE}/activities/log/1")


async def test_an_epoch_that_nobody_accepted_is_refused(court: Court, members: Source) -> None:
    await court.deliver(members.run(1, 4))
    renewed = Source(Origin(SITE, "members", epoch=2), 4, members.root_at(4))
    renewed.branches(1)
    assert await court.deliver(renewed.run(5, 5)) is Outcome.REFUSED
    assert await court.suspension() == ("epoch", f"{SITE}/members/log/2", 5)


async def test_an_accepted_epoch_goes_on_where_the_former_was_kept_to_and_the_former_is_over(
    court: Court, members: Source
) -> None:
    await court.deliver(members.run(1, 4))
    accepted = EpochAccepted(
        peer=SITE, service="members", epoch=2, kept_to=3, h=members.root_at(3).hex(), grounds="自备份恢复"
    )
    court.own.add(EPOCH_ACCEPTED, accepted, LINK)
    await court.record()
    # From now on states speak of it: the site below sends it once it is told so.
    assert await court.have(f"{SITE}/members/log/2") == 3
    renewed = Source(Origin(SITE, "members", epoch=2), 3, members.root_at(3))
    renewed.branches(1)
    assert await court.deliver(renewed.run(4, 4)) is Outcome.APPENDED
    assert await court.deliver(members.run(4, 4)) is Outcome.HELD
    members.branches(1)
    assert await court.deliver(members.run(5, 5)) is Outcome.REFUSED
    assert await court.suspension() == ("epoch", MEMBERS, 5)


async def in_its_second_epoch(court: Court, members: Source) -> Source:
    """The log goes on after position 3 in an epoch that was accepted, and is held up to 6."""
    await court.deliver(members.run(1, 4))
    accepted = EpochAccepted(
        peer=SITE, service="members", epoch=2, kept_to=3, h=members.root_at(3).hex(), grounds="自备份恢复"
    )
    court.own.add(EPOCH_ACCEPTED, accepted, LINK)
    await court.record()
    renewed = Source(Origin(SITE, "members", epoch=2), 3, members.root_at(3))
    renewed.branches(3)
    await court.deliver_all(renewed.run(4, 5), renewed.run(6, 6))
    return renewed


async def test_a_log_restored_once_more_is_found_out_in_its_second_epoch_too(court: Court, members: Source) -> None:
    renewed = await in_its_second_epoch(court, members)
    assert await court.deliver(members.head(3, 3600)) is Outcome.HEAD
    assert await court.deliver(renewed.head(6, 3600)) is Outcome.HEAD
    assert await court.deliver(renewed.head(5, 7200)) is Outcome.REFUSED
    assert await court.suspension() == ("rollback", f"{SITE}/members/log/2", 6)


async def test_a_head_from_before_the_sources_clock_went_back_is_no_rollback(court: Court, members: Source) -> None:
    await court.deliver_all(members.run(1, 2, sealed_at=1200), members.run(3, 4, sealed_at=3))
    assert await court.deliver(members.head(2, 1205)) is Outcome.HEAD


async def test_a_head_with_another_root_is_a_fork_in_the_second_epoch_too(court: Court, members: Source) -> None:
    renewed = await in_its_second_epoch(court, members)
    assert await court.deliver(renewed.head(5, 3600, root=b"\7" * 32)) is Outcome.REFUSED
    assert await court.suspension() == ("fork", f"{SITE}/members/log/2", 5)


async def test_what_an_epoch_is_to_follow_is_compared_with_what_is_held_of_the_epochs_before(
    court: Court, members: Source
) -> None:
    renewed = await in_its_second_epoch(court, members)

    async def root(epoch: int, position: int) -> str | None:
        told: str | None = orjson.loads(await root_held(court.pool, SITE, "members", epoch, position))["root"]
        return told

    assert await root(2, 4) == members.root_at(4).hex()
    assert await root(3, 4) == renewed.root_at(4).hex()
    assert await root(3, 2) == members.root_at(2).hex()
    assert await root(3, 7) is None


async def test_a_head_behind_what_was_sealed_before_is_a_rollback(court: Court, members: Source) -> None:
    await court.deliver_all(members.run(1, 2), members.run(3, 4), members.head(4, 10))
    assert await court.deliver(members.head(2, 3600)) is Outcome.REFUSED
    assert await court.suspension() == ("rollback", MEMBERS, 3)
    assert await court.pool.fetchval("select head from receipts where origin = $1", MEMBERS) == 4


async def test_a_head_that_a_later_run_has_overtaken_is_no_rollback(court: Court, members: Source) -> None:
    await court.deliver_all(members.run(1, 2), members.run(3, 4))
    assert await court.deliver(members.head(2, 5)) is Outcome.HEAD
    assert await court.suspension() is None


async def test_a_head_with_another_root_is_a_fork(court: Court, members: Source) -> None:
    await court.deliver(members.run(1, 4))
    assert await court.deliver(members.head(4, 3600, root=b"\7" * 32)) is Outcome.REFUSED
    assert await court.suspension() == ("fork", MEMBERS, 4)


async def test_a_head_counts_only_when_its_source_signed_it(court: Court, members: Source) -> None:
    await court.deliver(members.run(1, 4))
    assert await court.deliver(members.head(2, 3600, key=NEXT_KEY)) is Outcome.UNKNOWN
    assert await court.suspension() is None
    assert await court.pool.fetchval("select head from receipts where origin = $1", MEMBERS) is None


async def test_a_site_that_names_the_own_site_as_one_below_it_is_refused(court: Court) -> None:
    members = members_of(SITE)
    members.add(SITE_JOINED, joined(SITE, UPPER), LINK)
    assert await court.deliver(members.run(1, 2)) is Outcome.REFUSED
    assert await court.suspension() == ("subtree", MEMBERS, 2)


async def test_what_is_no_message_is_charged_to_the_link(court: Court) -> None:
    assert await court.deliver(({"lianjian-kind": "run"}, b"no json")) is Outcome.REFUSED
    assert await court.suspension() == ("note", MEMBERS, None)


async def test_of_a_suspended_link_nothing_is_taken_nor_kept_and_other_links_go_on(court: Court) -> None:
    other = members_of(STRANGE)
    await court.link(STRANGE)
    members = members_of(SITE)
    await court.deliver(members.run(1, 1, key=NEXT_KEY))
    assert await court.deliver_all(members.run(1, 1), ({"lianjian-kind": "run"}, b"no json"), members.head(1, 5)) == [
        Outcome.DROPPED,
        Outcome.DROPPED,
        Outcome.DROPPED,
    ]
    assert await court.pool.fetchval("select dropped from inbound_links where link = $1", f"up.{SITE}") == 3
    assert await court.pool.fetchval("select count(*) from quarantine") == 1
    assert await court.kept(MEMBERS) == 0
    assert await court.deliver(other.run(1, 1), STRANGE) is Outcome.APPENDED


async def test_a_link_goes_on_when_a_person_resumes_it(court: Court, members: Source) -> None:
    await court.deliver(members.run(1, 1, key=NEXT_KEY))
    await court.resume()
    assert await court.suspension() is None
    assert await court.deliver(members.run(1, 4)) is Outcome.APPENDED


async def test_nothing_is_taken_of_a_link_that_a_person_suspended(court: Court, members: Source) -> None:
    court.own.add(LINK_SUSPENDED, LinkSuspended(peer=SITE, grounds="更换设备"), LINK)
    await court.record()
    assert await court.deliver(members.run(1, 4)) is Outcome.DROPPED
    await court.resume()
    assert await court.deliver(members.run(1, 4)) is Outcome.APPENDED


async def test_a_head_whose_time_is_no_time_is_passed_over(court: Court, members: Source) -> None:
    await court.deliver(members.run(1, 4))
    _, body = members.head(4, 10)
    body = re.sub(rb'"time":"[^"]*"', b'"time":"2026-02-30T25:00:00.000000Z"', body)
    signature = key_of(members.origin).sign(body).line
    assert await court.deliver(({"lianjian-kind": "head", "lianjian-signature": signature}, body)) is Outcome.UNKNOWN


async def test_a_head_from_a_day_to_come_is_passed_over_and_those_of_today_count(court: Court, members: Source) -> None:
    await court.deliver(members.run(1, 4))
    assert await court.deliver(members.head(4, 3600 * 24 * 365 * 1000)) is Outcome.UNKNOWN
    assert await court.deliver(members.head(4, 10)) is Outcome.HEAD
    assert await court.pool.fetchval("select head from receipts where origin = $1", MEMBERS) == 4


async def test_an_hour_that_does_not_exist_is_refused_by_name_and_stops_no_head(court: Court, members: Source) -> None:
    headers, body = members.run(1, 1)
    impossible = headers | {"lianjian-note": headers["lianjian-note"].replace("2026-03-02T01", "2026-03-02T25")}
    assert await court.deliver((impossible, body)) is Outcome.REFUSED
    assert await court.suspension() == ("note", MEMBERS, None)
    problem = await court.pool.fetchval("select problem from quarantine")
    assert problem == "note, time: a day and an hour that exist are wanted"


async def test_a_later_offence_of_the_same_kind_is_kept_too_and_the_link_still_listed_once(court: Court) -> None:
    members = members_of(SITE)
    await court.deliver(members.run(1, 1, key=NEXT_KEY))
    await court.resume()
    await court.deliver(members.run(1, 1, key=STRANGERS_KEY))
    assert await court.pool.fetchval("select count(*) from quarantine where reason = 'key'") == 2
    (link,) = orjson.loads(await links_down(court.pool, UPPER, 60.0))["links"]
    assert link["problem"].startswith("signed by none of the keys")
