"""What a link may not deliver is refused and named, kept as proof, charged to the link, and nothing of it kept."""

from __future__ import annotations

import orjson
import pytest
from asyncpg import Pool

from shared.contracts.links import (
    EPOCH_ACCEPTED,
    KEY_CHANGED,
    LINK_SUSPENDED,
    SIGNING_KEY_REVOKED,
    SITE_JOINED,
    EpochAccepted,
    LinkSuspended,
    SigningKeyRevoked,
)
from shared.receiver.receiving import Outcome
from shared.sealing.keys import SigningKey
from shared.sealing.origin import Origin
from tests.integration.links.below import (
    ATTENDANCE,
    BELOW,
    BRANCH,
    LINK,
    SITE,
    STRANGE,
    UPPER,
    Court,
    Source,
    activities_of,
    joined,
    key_changed,
    members_of,
)
from tests.integration.links.lower import key_of

NEXT_KEY = SigningKey(b"n" * 32)
MEMBERS = f"{SITE}/members/log/1"


@pytest.fixture
async def court(lower: Pool) -> Court:
    """An upper court that is linked with one site; no family may be withheld."""
    found = Court(lower)
    await found.begin()
    return found


@pytest.fixture
def members() -> Source:
    """The members log of the site below: four positions, the second of them says that a further site joined it."""
    source = members_of(SITE)
    source.add(SITE_JOINED, joined(SITE, BELOW), LINK)
    source.branches(2)
    return source


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


async def test_a_run_replayed_as_one_of_another_origin_is_refused(court: Court, members: Source) -> None:
    await court.deliver(members.run(1, 4))
    headers, body = members_of(BELOW).run(1, 1)
    note = headers["lianjian-note"].replace(f"{BELOW}/members", f"{SITE}/activities")
    assert await court.deliver(({**headers, "lianjian-note": note}, body)) is Outcome.REFUSED
    suspended = await court.suspension()
    assert suspended is not None
    assert suspended[:2] == ("schema", f"{SITE}/activities/log/1")


async def test_a_letter_is_refused_as_it_has_no_addressee_here(court: Court, members: Source) -> None:
    headers, body = members.run(1, 1)
    headers["lianjian-note"] = headers["lianjian-note"].replace("/log/1", f"/to:{UPPER}/1")
    letters = Source(Origin(SITE, "members", f"to:{UPPER}"))
    body = body.replace(b'"position":1', b'"position":1,"logposition":1').replace(b"/log/1", f"/to:{UPPER}/1".encode())
    assert await court.deliver((headers, body)) is Outcome.REFUSED
    suspended = await court.suspension()
    assert suspended is not None
    assert suspended[1] == letters.origin.text


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


async def test_a_wrong_key_is_refused(court: Court, members: Source) -> None:
    assert await court.deliver(members.run(1, 4, key=NEXT_KEY)) is Outcome.REFUSED
    assert await court.suspension() == ("key", MEMBERS, 1)


async def test_a_changed_key_counts_from_the_next_position_on(court: Court) -> None:
    members = members_of(SITE)
    changed = key_changed(members, NEXT_KEY)
    members.branches(1)
    assert await court.deliver_all(members.run(1, changed), members.run(3, 3, key=NEXT_KEY)) == [
        Outcome.APPENDED,
        Outcome.APPENDED,
    ]


async def test_a_changed_key_does_not_count_before(court: Court) -> None:
    members = members_of(SITE)
    key_changed(members, NEXT_KEY)
    await court.deliver(members.run(1, 2))
    assert await court.deliver(members.run(1, 2, key=NEXT_KEY)) is Outcome.REFUSED
    assert await court.suspension() == ("key", MEMBERS, 1)


async def test_the_former_key_does_not_count_any_more(court: Court) -> None:
    members = members_of(SITE)
    key_changed(members, NEXT_KEY)
    members.branches(1)
    await court.deliver(members.run(1, 2))
    assert await court.deliver(members.run(3, 3)) is Outcome.REFUSED
    assert await court.suspension() == ("key", MEMBERS, 3)


async def test_a_run_that_goes_on_after_a_change_of_keys_is_refused(court: Court) -> None:
    members = members_of(SITE)
    key_changed(members, NEXT_KEY)
    members.branches(1)
    assert await court.deliver(members.run(1, 3)) is Outcome.REFUSED
    assert await court.suspension() == ("key", MEMBERS, 3)


async def test_a_key_that_names_itself_again_is_refused(court: Court) -> None:
    members = members_of(SITE)
    members.add(KEY_CHANGED["members"], {"service": "members"}, "members.signing_key")
    assert await court.deliver(members.run(1, 2)) is Outcome.REFUSED
    assert await court.suspension() == ("keys", MEMBERS, 2)


async def test_a_revoked_key_counts_no_more_from_there_on(court: Court, members: Source) -> None:
    await court.deliver(members.run(1, 2))
    key = key_of(Origin(SITE, "members")).public.key_id
    revoked = SigningKeyRevoked(peer=SITE, service="members", key_id=key, from_position=4, grounds="密钥失窃")
    court.own.add(SIGNING_KEY_REVOKED, revoked, LINK)
    await court.record()
    assert await court.deliver_all(members.run(3, 3), members.run(4, 4)) == [Outcome.APPENDED, Outcome.REFUSED]
    assert await court.suspension() == ("key", MEMBERS, 4)


async def test_what_a_site_says_of_the_keys_of_a_site_above_it_changes_nothing(court: Court, members: Source) -> None:
    key = key_of(Origin(UPPER, "members")).public.key_id
    revoked = SigningKeyRevoked(peer=UPPER, service="members", key_id=key, from_position=1, grounds="不实")
    members.add(SIGNING_KEY_REVOKED, revoked, LINK)
    members.add(SITE_JOINED, joined(UPPER, SITE, role="upper"), LINK)
    assert await court.deliver(members.run(1, 6)) is Outcome.APPENDED
    court.own.branches(1)
    assert await court.record() is Outcome.APPENDED


async def test_a_statement_that_the_lower_site_has_not_signed_is_refused(court: Court) -> None:
    members = members_of(SITE)
    claimed = joined(SITE, BELOW).model_copy(update={"lower_signature": joined(SITE, STRANGE).upper_signature})
    forged = claimed.model_copy(
        update={"lower_signature": joined(SITE, BELOW, [BRANCH]).lower_signature},
    )
    members.add(SITE_JOINED, forged, LINK)
    assert await court.deliver(members.run(1, 2)) is Outcome.REFUSED
    assert await court.suspension() == ("statement", MEMBERS, 2)
    assert await court.pool.fetchval("select count(*) from linked_sites where site = $1", BELOW) == 0


async def test_a_statement_that_the_upper_site_has_not_signed_is_refused(court: Court) -> None:
    members = members_of(SITE)
    members.add(SITE_JOINED, joined(SITE, BELOW, upper_key=NEXT_KEY), LINK)
    assert await court.deliver(members.run(1, 2)) is Outcome.REFUSED
    assert await court.suspension() == ("statement", MEMBERS, 2)


async def test_a_statement_signed_with_a_later_key_is_looked_at_when_the_log_names_that_key(court: Court) -> None:
    members, below = members_of(SITE), members_of(BELOW)
    members.add(SITE_JOINED, joined(SITE, BELOW, lower_key=NEXT_KEY), LINK)
    key_changed(below, NEXT_KEY)
    assert await court.deliver(members.run(1, 2)) is Outcome.APPENDED
    unchecked = "select unchecked is not null from linked_sites where site = $1"
    assert await court.pool.fetchval(unchecked, BELOW) is True
    assert await court.deliver(below.run(1, 2)) is Outcome.APPENDED
    assert await court.pool.fetchval(unchecked, BELOW) is False


async def test_a_site_that_names_the_own_site_as_one_below_it_is_refused(court: Court) -> None:
    members = members_of(SITE)
    members.add(SITE_JOINED, joined(SITE, UPPER), LINK)
    assert await court.deliver(members.run(1, 2)) is Outcome.REFUSED
    assert await court.suspension() == ("subtree", MEMBERS, 2)


async def test_an_opening_of_a_private_family_is_refused(court: Court) -> None:
    activities = activities_of(SITE)
    activities.add("activities.attendance-recorded.v1", {"number": 1}, ATTENDANCE)
    await court.deliver(activities.run(1, 1, hidden=[1]))
    opening = ({"lianjian-kind": "opening"}, activities.run(1, 1)[1])
    assert await court.deliver(opening) is Outcome.REFUSED
    assert await court.suspension() == ("private", activities.origin.text, 1)
    assert await court.pool.fetchval("select count(*) from openings") == 0


async def test_what_is_no_message_is_charged_to_the_link(court: Court) -> None:
    assert await court.deliver(({"lianjian-kind": "run"}, b"no json")) is Outcome.REFUSED
    assert await court.suspension() == ("note", MEMBERS, None)


async def test_of_a_suspended_link_nothing_is_taken_nor_kept_and_other_links_go_on(court: Court) -> None:
    other = members_of(STRANGE)
    court.own.add(SITE_JOINED, joined(UPPER, STRANGE), LINK)
    await court.record()
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


async def test_events_of_unknown_types_are_kept_and_counted(court: Court) -> None:
    members = members_of(SITE)
    for _ in range(2):
        members.add("members.robe-fitted.v1", {"number": 1}, "members.robe")
    assert await court.deliver(members.run(1, 3)) is Outcome.APPENDED
    rows = await court.pool.fetch("select origin, type, events from unknown_types")
    assert [tuple(row) for row in rows] == [(MEMBERS, "members.robe-fitted.v1", 2)]
