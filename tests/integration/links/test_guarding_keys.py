"""Whose signatures count for what comes from below: first keys, later, ended and revoked ones; statements."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from deploy.cli.link_keys import first_refused
from deploy.cli.running import CannotDo
from services.reporting.queries.signing_keys import signing_keys
from shared.contracts.links import (
    EPOCH_ACCEPTED,
    KEY_CHANGED,
    SIGNING_KEY_REVOKED,
    SITE_JOINED,
    EpochAccepted,
    SigningKeyRevoked,
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
    UPPER,
    Court,
    Source,
    joined,
    joined_under,
    key_changed,
    members_of,
)
from tests.integration.links.lower import key_of


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


async def revoked(court: Court, from_position: int) -> None:
    """A person of the upper court believes the first key of `SITE` nothing from there on."""
    key = key_of(Origin(SITE, "members")).public.key_id
    said = SigningKeyRevoked(peer=SITE, service="members", key_id=key, from_position=from_position, grounds="密钥失窃")
    court.own.add(SIGNING_KEY_REVOKED, said, LINK)
    await court.record()


async def test_a_revoked_key_counts_no_more_from_there_on(court: Court, members: Source) -> None:
    await court.deliver(members.run(1, 2))
    await revoked(court, 4)
    assert await court.deliver_all(members.run(3, 3), members.run(4, 4)) == [Outcome.APPENDED, Outcome.REFUSED]
    assert await court.suspension() == ("key", MEMBERS, 4)


async def test_a_key_that_was_revoked_before_it_was_changed_is_let_count_up_to_the_change(court: Court) -> None:
    members = members_of(SITE)
    members.branches(1)
    await court.deliver(members.run(1, 2))
    await revoked(court, 3)
    changed = key_changed(members, NEXT_KEY)
    members.branches(1)
    assert await court.deliver(members.run(changed, 3)) is Outcome.REFUSED
    assert await court.suspension() == ("key", MEMBERS, 3)
    await revoked(court, changed + 1)
    await court.resume()
    assert await court.deliver_all(members.run(changed, 3), members.run(4, 4, key=NEXT_KEY)) == [
        Outcome.APPENDED,
        Outcome.APPENDED,
    ]
    members.branches(1)
    assert await court.deliver(members.run(5, 5)) is Outcome.REFUSED
    assert await court.suspension() == ("key", MEMBERS, 5)


async def test_a_stolen_key_is_changed_and_then_revoked_from_the_position_that_is_proposed(court: Court) -> None:
    members, first = members_of(SITE), key_of(Origin(SITE, "members")).public.key_id
    await court.deliver(members.run(1, 1))
    with pytest.raises(CannotDo, match=f"{first} 是 {SITE} 的 members 现用的密钥"):
        first_refused(await keys_of(court, SITE), SITE, "members", first, None)
    changed = key_changed(members, NEXT_KEY)
    await court.deliver(members.run(changed, changed))
    proposed = first_refused(await keys_of(court, SITE), SITE, "members", first, None)
    assert proposed == changed + 1 == 3
    await revoked(court, proposed)
    members.branches(2)
    assert await court.deliver(members.run(3, 3, key=NEXT_KEY)) is Outcome.APPENDED
    assert await court.deliver(members.run(4, 4)) is Outcome.REFUSED
    assert await court.suspension() == ("key", MEMBERS, 4)
    standing = [
        (one["key_id"], one["from_position"], one["to_position"], one["revoked_from"])
        for one in await keys_of(court, SITE)
        if one["service"] == "members"
    ]
    assert standing == [(first, 1, 2, 3), (NEXT_KEY.public.key_id, 3, None, None)]


async def keys_of(court: Court, site: str) -> list[dict[str, Any]]:
    told = orjson.loads(await signing_keys(court.pool, UPPER, site))
    assert told["is_above"] is False
    keys: list[dict[str, Any]] = told["keys"]
    return keys


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


async def claimed(court: Court) -> Source:
    """`STRANGE` is linked by itself, and `SITE` claims it below itself with a signature that nobody can check."""
    await court.link(STRANGE)
    members = members_of(SITE)
    members.add(SITE_JOINED, joined(SITE, STRANGE, lower_key=NEXT_KEY), LINK)
    assert await court.deliver(members.run(1, 2)) is Outcome.APPENDED
    return members


async def test_who_claims_a_site_under_an_unknown_signature_cannot_end_its_log(court: Court) -> None:
    members, strange = await claimed(court), members_of(STRANGE)
    ended = EpochAccepted(
        peer=STRANGE, service="members", epoch=2, kept_to=1, h=strange.root_at(1).hex(), grounds="不实"
    )
    members.add(EPOCH_ACCEPTED, ended, LINK)
    await court.deliver(members.run(3, 3))
    strange.branches(2)
    assert await court.deliver(strange.run(1, 3), STRANGE) is Outcome.APPENDED
    assert await court.suspension(STRANGE) is None


async def test_who_claims_a_site_under_an_unknown_signature_cannot_revoke_its_keys(court: Court) -> None:
    members, strange = await claimed(court), members_of(STRANGE)
    key = key_of(Origin(STRANGE, "members")).public.key_id
    revoked = SigningKeyRevoked(peer=STRANGE, service="members", key_id=key, from_position=1, grounds="不实")
    members.add(SIGNING_KEY_REVOKED, revoked, LINK)
    await court.deliver(members.run(3, 3))
    strange.branches(2)
    assert await court.deliver(strange.run(1, 3), STRANGE) is Outcome.APPENDED
    assert await court.suspension(STRANGE) is None


async def test_keys_that_a_site_below_claimed_do_not_stop_the_own_log(court: Court) -> None:
    members = members_of(SITE)
    members.add(SITE_JOINED, joined_under(SITE, STRANGE, NEXT_KEY), LINK)
    assert await court.deliver(members.run(1, 2)) is Outcome.APPENDED
    assert await court.link(STRANGE) is Outcome.APPENDED
    strange = members_of(STRANGE)
    strange.branches(1)
    assert await court.deliver(strange.run(1, 2, key=NEXT_KEY)) is Outcome.REFUSED
    assert await court.deliver(strange.run(1, 2), STRANGE) is Outcome.APPENDED
