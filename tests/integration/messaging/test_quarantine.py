"""What a person sees of a refused message, and decides about it."""

from __future__ import annotations

import asyncpg
import pytest

from services.reporting.journal import JOURNAL
from shared.receiver.quarantine import AlreadyDecided, decisions, discard, expected, kept, replay
from shared.receiver.receiving import Outcome
from tests.integration.messaging.given import MEMBERS_KEY, ORIGIN, STRANGERS_KEY, Site
from tests.integration.messaging.test_guarding import (
    QUEUE,
    deliver,
    journal_positions,
    messages,
    sealed_log,
    signed_by,
    suspension,
)

__all__ = ["sealed_log"]  # the fixture


async def refused_second_run(site: Site) -> None:
    """The first run is held; the second came signed by a stranger's key."""
    first, second, _ = await messages(site)
    await deliver(site, first)
    await deliver(site, signed_by(second, STRANGERS_KEY))


async def test_the_raw_message_and_what_was_expected_instead_are_shown(sealed_log: Site) -> None:
    await refused_second_run(sealed_log)
    _, second, _ = await messages(sealed_log)
    (message,) = await kept(sealed_log.target)
    assert (message.origin, message.reason, message.link, message.position) == (ORIGIN.text, "key", QUEUE, 2)
    assert message.body == second[1]
    assert message.headers["lianjian-note"] == signed_by(second, STRANGERS_KEY)[0]["lianjian-note"]
    wanted = await expected(sealed_log.target, message)
    row = await sealed_log.target.fetchrow("select encode(h, 'hex') as h from receipts where origin = $1", ORIGIN.text)
    assert row is not None
    assert (wanted["position"], wanted["previous_root"]) == (2, row["h"])
    assert [key["key_id"] for key in wanted["keys"]] == [MEMBERS_KEY.public.key_id]


async def test_a_discarded_message_is_gone_the_decision_stays_and_the_link_goes_on(sealed_log: Site) -> None:
    await refused_second_run(sealed_log)
    (message,) = await kept(sealed_log.target)
    await discard(sealed_log.target, message, "试验时误发", "operator (wang)")
    assert await kept(sealed_log.target) == []
    assert await suspension(sealed_log) is None
    (decided,) = await decisions(sealed_log.target)
    told = [decided[name] for name in ("decision", "grounds", "decided_by", "origin", "reason", "messages")]
    assert told == ["discarded", "试验时误发", "operator (wang)", ORIGIN.text, "key", 1]
    _, second, third = await messages(sealed_log)
    assert [(await deliver(sealed_log, each))[0] for each in (second, third)] == [Outcome.APPENDED] * 2


@pytest.mark.parametrize("grounds", ["", "  ", "\n"])
async def test_nothing_is_discarded_without_a_reason(sealed_log: Site, grounds: str) -> None:
    await refused_second_run(sealed_log)
    (message,) = await kept(sealed_log.target)
    with pytest.raises(ValueError, match="a reason is wanted"):
        await discard(sealed_log.target, message, grounds, "operator")
    assert await kept(sealed_log.target) == [message]


async def test_a_message_that_is_still_wrong_stays_and_so_does_the_suspension(sealed_log: Site) -> None:
    await refused_second_run(sealed_log)
    (message,) = await kept(sealed_log.target)
    assert await replay(sealed_log.target, JOURNAL, message, "operator") is Outcome.REFUSED
    assert [each.number for each in await kept(sealed_log.target)] == [message.number]
    assert await suspension(sealed_log) == ("key", 2)
    assert await decisions(sealed_log.target) == []


async def test_a_message_that_is_right_now_is_taken_in_and_the_link_goes_on(sealed_log: Site) -> None:
    await refused_second_run(sealed_log)
    (message,) = await kept(sealed_log.target)
    await sealed_log.target.execute(
        "update origin_keys set key_id = $1, public_key = $2 where service = 'members'",
        STRANGERS_KEY.public.key_id,
        STRANGERS_KEY.public.raw,
    )
    assert await replay(sealed_log.target, JOURNAL, message, "operator") is Outcome.APPENDED
    assert await journal_positions(sealed_log) == [1, 2, 3]
    assert await kept(sealed_log.target) == []
    assert await suspension(sealed_log) is None
    assert [(one["decision"], one["grounds"]) for one in await decisions(sealed_log.target)] == [
        ("replayed", "appended")
    ]


async def test_the_link_waits_for_the_last_of_its_messages(sealed_log: Site) -> None:
    await refused_second_run(sealed_log)
    await sealed_log.target.execute("update inbound_links set suspended_at = null")
    _, second, _ = await messages(sealed_log)
    await deliver(sealed_log, (second[0], second[1][:-2]))
    one, other = await kept(sealed_log.target)
    await discard(sealed_log.target, one, "试验", "operator")
    assert await suspension(sealed_log) is not None
    await discard(sealed_log.target, other, "试验", "operator")
    assert await suspension(sealed_log) is None


async def test_what_is_decided_is_decided_once(sealed_log: Site) -> None:
    await refused_second_run(sealed_log)
    (message,) = await kept(sealed_log.target)
    await discard(sealed_log.target, message, "试验", "operator")
    with pytest.raises(AlreadyDecided):
        await discard(sealed_log.target, message, "再来一次", "operator")
    with pytest.raises(AlreadyDecided):
        await replay(sealed_log.target, JOURNAL, message, "operator")
    assert len(await decisions(sealed_log.target)) == 1


@pytest.mark.parametrize("verb", ["update {} set grounds = 'x'", "delete from {}", "truncate {}"])
async def test_a_decision_is_never_changed(sealed_log: Site, verb: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="is refused"):
        await sealed_log.target.execute(verb.format("quarantine_decisions"))
