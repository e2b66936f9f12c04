"""What is not as it should be is refused, kept as proof, and charged to the queue that brought it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import asyncpg
import orjson
import pytest

from services.reporting.journal import JOURNAL
from shared.broker.runs import run_body, runs_after
from shared.eventstore import EventStore
from shared.receiver.receiving import Outcome, expect, receive_head, receive_run
from shared.receiver.trust import trust
from shared.sealer import Sealing, seal_next, sealed_event, standing_at
from shared.sealing.control import Head
from shared.sealing.keys import SigningKey
from shared.sealing.note import parse_note, sealed
from shared.sealing.origin import Origin
from tests.integration.messaging.given import (
    FAMILIES,
    MEMBERS_KEY,
    ORIGIN,
    STRANGERS_KEY,
    Site,
    establish,
    establish_branches,
)

QUEUE = "reporting.from.members"


@pytest.fixture
async def sealed_log(site: Site) -> Site:
    """Three runs: position 1, positions 2 to 3, positions 4 to 5; and a reporting that awaits them."""
    await establish(site.store)
    await seal_all(site)
    await establish_branches(site.store, 1, 2)
    await seal_all(site)
    await establish_branches(site.store, 3, 4)
    await seal_all(site)
    async with site.target.acquire() as connection:
        await expect(connection, ORIGIN)
    return site


async def seal_all(site: Site, key: SigningKey = MEMBERS_KEY) -> None:
    sealing = Sealing(site.source, ORIGIN, key, FAMILIES.__getitem__)
    await seal_next(sealing, await standing_at(sealing))


async def messages(site: Site) -> list[tuple[dict[str, Any], bytes]]:
    """(headers, body) of every run of the log."""
    return [
        (
            {"lianjian-kind": "run", "lianjian-note": run.note},
            await run_body(site.source, ORIGIN, run, FAMILIES.__getitem__),
        )
        for run in await runs_after(site.source, ORIGIN, 0, 100)
    ]


async def deliver(site: Site, message: tuple[dict[str, Any], bytes]) -> tuple[Outcome, int]:
    return await receive_run(site.target, JOURNAL, ORIGIN, QUEUE, *message)


async def suspension(site: Site) -> tuple[str, int | None] | None:
    row = await site.target.fetchrow("select reason, position from inbound_links where suspended_at is not null")
    return None if row is None else (row["reason"], row["position"])


async def journal_positions(site: Site) -> list[int]:
    return [row[0] for row in await site.target.fetch("select position from journal order by position")]


def signed_by(message: tuple[dict[str, Any], bytes], key: SigningKey) -> tuple[dict[str, Any], bytes]:
    headers, body = message
    return {**headers, "lianjian-note": sealed(parse_note(headers["lianjian-note"]).seal, [key]).text}, body


async def test_a_run_twice_is_dropped_in_silence(sealed_log: Site) -> None:
    first, second, _ = await messages(sealed_log)
    assert [await deliver(sealed_log, message) for message in (first, second, first, second)] == [
        (Outcome.APPENDED, 1),
        (Outcome.APPENDED, 3),
        (Outcome.HELD, 3),
        (Outcome.HELD, 3),
    ]
    assert await journal_positions(sealed_log) == [1, 2, 3]
    assert await suspension(sealed_log) is None


async def test_what_lies_past_a_gap_is_dropped(sealed_log: Site) -> None:
    first, _, third = await messages(sealed_log)
    assert await deliver(sealed_log, third) == (Outcome.GAP, 0)
    assert await deliver(sealed_log, first) == (Outcome.APPENDED, 1)
    assert await deliver(sealed_log, third) == (Outcome.GAP, 1)
    assert await journal_positions(sealed_log) == [1]


async def test_the_first_run_pins_the_keys_it_names(sealed_log: Site) -> None:
    await deliver(sealed_log, (await messages(sealed_log))[0])
    rows = await sealed_log.target.fetch("select service, key_id from origin_keys order by service")
    assert [row["service"] for row in rows] == ["activities", "members", "reporting"]
    assert rows[1]["key_id"] == MEMBERS_KEY.public.key_id


async def test_a_first_run_that_another_key_signed_is_refused(sealed_log: Site) -> None:
    first = (await messages(sealed_log))[0]
    assert await deliver(sealed_log, signed_by(first, STRANGERS_KEY)) == (Outcome.REFUSED, 0)
    assert await suspension(sealed_log) == ("key", 1)
    assert await journal_positions(sealed_log) == []


async def test_a_key_given_beforehand_goes_before_the_one_the_first_run_names(sealed_log: Site) -> None:
    async with sealed_log.target.acquire() as connection:
        await trust(connection, "shi99", "members", STRANGERS_KEY.public, "a person")
    assert await deliver(sealed_log, (await messages(sealed_log))[0]) == (Outcome.REFUSED, 0)
    assert await suspension(sealed_log) == ("key", 1)


async def test_a_stranger_s_signature_suspends_the_queue_and_what_follows_is_counted_and_dropped(
    sealed_log: Site,
) -> None:
    first, second, third = await messages(sealed_log)
    await deliver(sealed_log, first)
    assert await deliver(sealed_log, signed_by(second, STRANGERS_KEY)) == (Outcome.REFUSED, 0)
    assert await deliver(sealed_log, second) == (Outcome.DROPPED, 1)
    assert await deliver(sealed_log, third) == (Outcome.DROPPED, 1)
    assert await suspension(sealed_log) == ("key", 2)
    assert await sealed_log.target.fetchval("select dropped from inbound_links") == 2
    assert await journal_positions(sealed_log) == [1]


async def test_a_note_changed_after_signing_is_refused(sealed_log: Site) -> None:
    first, second, _ = await messages(sealed_log)
    await deliver(sealed_log, first)
    note = parse_note(second[0]["lianjian-note"])
    later = replace(note, seal=replace(note.seal, sealed_at="2030-01-01T00:00:00.000000Z"))
    assert await deliver(sealed_log, ({**second[0], "lianjian-note": later.text}, second[1])) == (Outcome.REFUSED, 0)
    assert await suspension(sealed_log) == ("signature", 2)


async def test_an_event_changed_on_the_way_is_refused(sealed_log: Site) -> None:
    first, second, _ = await messages(sealed_log)
    await deliver(sealed_log, first)
    changed = second[1].replace("第1党支部".encode(), "第7党支部".encode())
    assert changed != second[1]
    assert await deliver(sealed_log, (second[0], changed)) == (Outcome.REFUSED, 0)
    assert await suspension(sealed_log) == ("chain", 2)


async def test_a_run_of_another_origin_is_refused(sealed_log: Site) -> None:
    first = (await messages(sealed_log))[0]
    elsewhere = Origin("shi98", "members")
    async with sealed_log.target.acquire() as connection:
        await expect(connection, elsewhere)
    assert await receive_run(sealed_log.target, JOURNAL, elsewhere, QUEUE, *first) == (Outcome.REFUSED, 0)
    assert await suspension(sealed_log) == ("origin", None)


async def test_a_rewritten_past_is_refused_at_the_first_differing_position_and_both_notes_are_kept(
    sealed_log: Site,
) -> None:
    runs = await messages(sealed_log)
    for message in runs[:2]:
        await deliver(sealed_log, message)
    await rewrite(sealed_log.source, position=3)
    rewritten = await messages(sealed_log)
    assert await deliver(sealed_log, rewritten[1]) == (Outcome.REFUSED, 0)
    assert await suspension(sealed_log) == ("fork", 3)
    fork = await sealed_log.target.fetchrow("select position, held_note, received_note, received_body from forks")
    assert fork is not None
    assert fork["position"] == 3
    assert fork["held_note"] == runs[1][0]["lianjian-note"]
    assert fork["received_note"] == rewritten[1][0]["lianjian-note"]
    assert fork["received_body"] == rewritten[1][1]


async def test_a_continuation_of_another_past_is_refused(sealed_log: Site) -> None:
    for message in (await messages(sealed_log))[:2]:
        await deliver(sealed_log, message)
    await rewrite(sealed_log.source, position=3)
    assert await deliver(sealed_log, (await messages(sealed_log))[2]) == (Outcome.REFUSED, 0)
    assert await suspension(sealed_log) == ("fork", 3)


async def rewrite(source: asyncpg.Pool, position: int) -> None:
    """What an administrator with database and key could do: change an event, and seal everything anew."""
    async with source.acquire() as connection:
        await connection.execute("set session_replication_role = replica")
        await connection.execute(
            "update events set data = replace(data, '党支部', '支部') where position = $1", position
        )
        seals = await connection.fetch("select first, last from seals order by first")
        await connection.execute("delete from seals")
        await connection.execute("reset session_replication_role")
    sealing = Sealing(source, ORIGIN, MEMBERS_KEY, FAMILIES.__getitem__)
    events = await source.fetch("select * from events order by position")
    for seal in seals:
        async with source.acquire() as connection:
            await connection.execute("set session_replication_role = replica")
            await connection.execute("delete from events where position > $1", seal["last"])
            await connection.execute("reset session_replication_role")
        await seal_next(sealing, await standing_at(sealing))
        later = [tuple(event) for event in events if event["position"] > seal["last"]]
        await source.copy_records_to_table("events", records=later, columns=list(events[0].keys()))


async def test_a_body_that_is_no_run_is_kept_in_quarantine_once_and_others_beside_it_up_to_five(
    sealed_log: Site,
) -> None:
    headers = (await messages(sealed_log))[0][0]
    for body in (b"no json", b"[]", b"no json", b"{", b"[[", b"[{", b"[1", b"[2", b"[]"):
        assert await deliver(sealed_log, (headers, body)) == (Outcome.REFUSED, 0)
    rows = await sealed_log.target.fetch(
        "select origin, reason, link, body, again from quarantine order by received_at"
    )
    assert [tuple(row) for row in rows] == [
        (ORIGIN.text, "schema", QUEUE, b"no json", 1),
        (ORIGIN.text, "schema", QUEUE, b"[]", 1),
        (ORIGIN.text, "schema", QUEUE, b"{", 0),
        (ORIGIN.text, "schema", QUEUE, b"[[", 0),
        (ORIGIN.text, "schema", QUEUE, b"[{", 2),
    ]


async def test_only_a_later_head_that_the_source_signed_counts(sealed_log: Site) -> None:
    await deliver(sealed_log, (await messages(sealed_log))[0])

    async def announce(sealed_to: int, time: str, key: SigningKey = MEMBERS_KEY) -> tuple[int, int] | None:
        body = Head(ORIGIN, sealed_to, b"\x07" * 32, time).body
        found = await receive_head(sealed_log.target, ORIGIN, {"lianjian-signature": key.sign(body).line}, body)
        return found and (found[0].sealed_to, found[1])

    assert await announce(5, "2025-01-01T00:00:02.000000Z") == (5, 1)
    assert await announce(4, "2025-01-01T00:00:01.000000Z") is None
    assert await announce(9, "2025-01-01T00:00:03.000000Z", STRANGERS_KEY) is None
    assert await sealed_log.target.fetchval("select head from receipts") == 5


async def test_a_withheld_event_is_kept_without_its_content_and_the_chain_goes_on(sealed_log: Site) -> None:
    first, second, third = await messages(sealed_log)
    elements = orjson.loads(second[1])
    c = await commitment_of(sealed_log, 2)
    elements[0] = {
        "specversion": "1.0",
        "id": f"{ORIGIN.text}@2",
        "source": ORIGIN.text,
        "type": "lianjian.withheld.v1",
        "position": 2,
        "family": elements[0]["family"],
        "commitment": c.hex(),
    }
    withheld = (second[0], orjson.dumps(elements))
    assert [(await deliver(sealed_log, each))[0] for each in (first, withheld, third)] == [Outcome.APPENDED] * 3
    row = await sealed_log.target.fetchrow("select c, salt, stream, data, meta from journal where position = 2")
    assert row is not None
    assert tuple(row) == (c, None, None, None, None)


async def commitment_of(site: Site, position: int) -> bytes:
    (event,) = await EventStore(site.source).read_raw(position - 1, 1)
    return sealed_event(event, "").commitment


@pytest.mark.parametrize("table", ["journal", "runs", "openings"])
@pytest.mark.parametrize("verb", ["update {} set origin = origin", "delete from {}", "truncate {}"])
async def test_what_was_received_is_never_changed(target: asyncpg.Pool, table: str, verb: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="is refused"):
        await target.execute(verb.format(table))
