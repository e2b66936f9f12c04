"""What `lianjian verify` says of links: statements that were altered, two histories, links that were stopped."""

from __future__ import annotations

import pytest

from shared.verification import Verdict, verify_links
from tests.integration.links.below import SITE, UPPER, Court


async def found(court: Court) -> list[tuple[str, str]]:
    verdict = Verdict()
    await verify_links(court.pool, verdict)
    assert all(one.remedy and "维护人员" not in one.remedy for one in verdict.findings)
    return [(one.check, one.where) for one in verdict.findings]


async def test_a_statement_that_both_sites_signed_agrees(court: Court) -> None:
    verdict = Verdict()
    await verify_links(court.pool, verdict)
    assert (verdict.findings, verdict.checked["statements"]) == ([], 1)


@pytest.mark.parametrize(
    "statement",
    [
        "update linked_sites set statement = set_byte(statement, 40, get_byte(statement, 40) # 1)",
        "update linked_sites set position = 999",
        'update journal set data = replace(data, \'"upper_signature":"\', \'"upper_signature":"x\')'
        " where type = 'members.site-joined.v1'",
        # The upper site's signature stands for both: the lower one did not sign.
        "update journal set data = jsonb_set(data::jsonb, '{lower_signature}', data::jsonb -> 'upper_signature')::text"
        " where type = 'members.site-joined.v1'",
    ],
)
async def test_a_statement_that_was_altered_is_named(court: Court, statement: str) -> None:
    async with court.pool.acquire() as connection:
        await connection.execute("set session_replication_role = replica")
        await connection.execute(statement)
        await connection.execute("set session_replication_role = origin")
    assert await found(court) == [("statements", f"{UPPER}/{SITE}")]


async def test_two_histories_and_a_stopped_link_are_named(court: Court) -> None:
    origin = f"{SITE}/members/log/1"
    await court.pool.execute(
        "insert into inbound_links (link, suspended_at, reason, origin, position)"
        " values ($1, now(), 'rollback', $2, 7)"
        " on conflict (link) do update set suspended_at = now(), reason = 'rollback', origin = $2, position = 7",
        f"up.{SITE}",
        origin,
    )
    await court.pool.execute(
        "insert into forks (origin, position, received_note, received_body) values ($1, 5, 'note', 'body')", origin
    )
    assert await found(court) == [("forks", origin), ("links", f"up.{SITE}")]


async def test_a_fork_in_what_was_given_up_since_is_decided(court: Court) -> None:
    origin = f"{SITE}/members/log/1"
    fork = "insert into forks (origin, position, received_note, received_body) values ($1, $2, $3, 'body')"
    epoch = (
        "insert into epochs (site, service, epoch, said_by, kept_to, h, origin, position)"
        " values ($1, 'members', 2, $2, 4, sha256('h'), $3, 9)"
    )
    await court.pool.execute(fork, origin, 5, "note")
    await court.pool.execute(epoch, SITE, SITE, f"{SITE}/members/log/2")
    assert await found(court) == [("forks", origin)]
    await court.pool.execute(epoch, SITE, UPPER, f"{UPPER}/members/log/1")
    assert await found(court) == []
    await court.pool.execute(fork, origin, 4, "earlier")
    assert await found(court) == [("forks", origin)]
