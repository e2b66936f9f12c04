"""Two courts claim the same court below them: who said so first is believed, and who looks after it is told."""

from __future__ import annotations

import asyncpg
import pytest

from services.reporting.projections import LINKS, UNITS
from services.reporting.queries.court_tree import court_tree
from shared.contracts.links import LINK_REVOKED, SITE_JOINED, LinkRevoked
from shared.projection.batch import catch_up
from shared.projection.rebuild import ensure_built
from shared.sealing.keys import SigningKey
from shared.verification import Verdict, verify_links
from tests.integration.links.below import (
    BELOW,
    LINK,
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


async def verdict_of(court: Court) -> Verdict:
    verdict = Verdict()
    await verify_links(court.pool, verdict)
    return verdict


@pytest.fixture
async def two(court: Court) -> Court:
    """The upper court is linked with `SITE` and `STRANGE`."""
    await court.link(STRANGE)
    return court


def claiming(parent: str, lower_key: SigningKey | None = None) -> Source:
    """A members log that says `BELOW` joined."""
    source = members_of(parent)
    source.add(SITE_JOINED, joined(parent, BELOW, lower_key=lower_key), LINK)
    return source


async def test_who_names_other_keys_for_a_court_that_is_linked_already_is_stopped_and_told_whose_it_is(
    two: Court,
) -> None:
    await two.deliver(claiming(SITE).run(1, 2))
    false = members_of(STRANGE)
    false.add(SITE_JOINED, joined_under(STRANGE, BELOW, NEXT_KEY), LINK)
    await two.deliver(false.run(1, 2), STRANGE)
    assert await two.suspension(STRANGE) == ("keys", f"{STRANGE}/members/log/1", 2)
    problem = await two.pool.fetchval("select problem from quarantine where link = $1", f"up.{STRANGE}")
    assert problem.endswith(f"another first key of {BELOW}/members is known, from the link of {SITE}")
    assert await two.suspension(SITE) is None


async def test_a_claim_under_a_signature_nobody_knows_is_said_to_be_unchecked_until_its_log_names_the_key(
    two: Court,
) -> None:
    await two.deliver(claiming(SITE, NEXT_KEY).run(1, 2))
    (said,) = (await verdict_of(two)).unchecked
    assert said.startswith(f"{SITE} 称 {BELOW} 是其下级（{SITE}/members/log/1 第 2 条）")
    assert f"lianjian link suspend {SITE}" in said
    below = members_of(BELOW)
    key_changed(below, NEXT_KEY)
    await two.deliver(below.run(1, 2))
    verdict = await verdict_of(two)
    assert (verdict.unchecked, verdict.findings) == ([], [])


async def test_two_courts_that_both_claim_one_contradict_each_other_until_one_takes_it_back(two: Court) -> None:
    first, second = claiming(SITE), claiming(STRANGE)
    await two.deliver(first.run(1, 2))
    assert (await verdict_of(two)).findings == []
    await two.deliver(second.run(1, 2), STRANGE)
    (found,) = (await verdict_of(two)).findings
    assert (found.check, found.where) == ("claims", BELOW)
    assert found.problem == f"{SITE} 和 {STRANGE} 都称它是自己的下级"
    assert "lianjian link revoke" in found.remedy
    first.add(LINK_REVOKED, LinkRevoked(peer=BELOW, grounds="改由他院管辖"), LINK)
    await two.deliver(first.run(3, 3))
    assert (await verdict_of(two)).findings == []


async def test_who_is_linked_with_the_court_above_its_upper_court_too_contradicts_nobody(two: Court) -> None:
    await two.link(BELOW)
    await two.deliver(claiming(SITE).run(1, 2))
    assert (await verdict_of(two)).findings == []


async def test_an_unchecked_claim_contradicts_who_has_the_court_below_it(two: Court) -> None:
    await two.link(BELOW)
    await two.deliver(claiming(SITE, NEXT_KEY).run(1, 2))
    verdict = await verdict_of(two)
    assert [(one.check, one.where) for one in verdict.findings] == [("claims", BELOW)]
    assert len(verdict.unchecked) == 1


async def tree_of(pool: asyncpg.Pool) -> list[str]:
    for projection in (LINKS, UNITS):
        await ensure_built(pool, projection)
        await catch_up(pool, projection)
    async with pool.acquire() as connection:
        return (await court_tree(connection, UPPER, UPPER)).sites


async def test_the_tree_of_courts_shows_nobody_by_an_unchecked_claim(two: Court) -> None:
    await two.deliver(claiming(SITE, NEXT_KEY).run(1, 2))
    assert await tree_of(two.pool) == [UPPER, SITE, STRANGE]
    below = members_of(BELOW)
    key_changed(below, NEXT_KEY)
    await two.deliver(below.run(1, 2))
    assert await tree_of(two.pool) == [UPPER, SITE, BELOW, STRANGE]


async def test_whom_a_court_claimed_that_is_itself_linked_no_more_contradicts_nobody(two: Court) -> None:
    await two.deliver(claiming(SITE).run(1, 2))
    await two.deliver(claiming(STRANGE).run(1, 2), STRANGE)
    two.own.add(LINK_REVOKED, LinkRevoked(peer=SITE, grounds="撤并"), LINK)
    await two.record()
    assert (await verdict_of(two)).findings == []
