"""A court with two sealed logs, their journal and projections, without a broker between them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import orjson

from deploy.cli.verify import verify
from services.activities.stored_events import CODEC as ACTIVITIES
from services.members.stored_events import CODEC as MEMBERS
from services.reporting.projections import PROJECTIONS
from shared.codec import Codec
from shared.contracts.activities import ACTIVITY_HELD, ActivityHeld
from shared.contracts.ids import natural_id, party_committee_id
from shared.eventstore import NO_STREAM, Append, EventStore, NewEvent, install
from shared.projection import catch_up, ensure_built
from shared.sealer import Sealing, seal_next, sealed_event, standing_at
from shared.sealing.chain import first_h, leaf, next_h
from shared.sealing.key_files import create_signing_key, load_signing_key
from shared.sealing.origin import Origin
from shared.testing.journal import COLUMNS, META, Court, Log, facts_of


@dataclass
class Running:
    """A court whose databases hold two sealed logs, the journal of them and its projections."""

    config: dict[str, Any]

    @asynccontextmanager
    async def tampered(self, service: str, statement: str) -> AsyncIterator[None]:
        """The statement's change, by a superuser with triggers off, put back at the end."""
        table = statement.removeprefix("update ").removeprefix("delete from ").split()[0]
        connection = await asyncpg.connect(self.config["databases"][service]["application"])
        try:
            await connection.execute("set session_replication_role = replica")
            await connection.execute(f"create table saved as table {table}")
            assert await connection.execute(statement) in ("UPDATE 1", "DELETE 1")
            yield
            await connection.execute(f"delete from {table}; insert into {table} table saved; drop table saved")
        finally:
            await connection.close()

    async def found(self) -> list[tuple[str, str, str]]:
        verdict = await verify(self.config)
        assert verdict.unchecked == []
        assert verdict.code == (1 if verdict.findings else 0)
        return [(one.check, one.where, one.at) for one in verdict.findings]


def court() -> Court:
    made = Court()
    branch = made.branch(1, "第一党支部")
    group = made.group(branch, 1, "第一党支部第一党小组")
    for number in range(3):
        made.member(number, branch, group)
    for month in range(1, 13):
        made.activity(facts_of("branch", branch, branch, "theme_party_day", f"2024-{month:02d}-05"))
    return made


async def record(events: asyncpg.Pool, log: Log) -> None:
    """The events of a log as a service would have appended them, each by a command of its own."""
    await install(events)
    store = EventStore(events)
    versions: dict[str, int] = {}
    for row in log.rows:
        stream, kind, data = row[6], row[9], row[11]
        command_id = f"command-{row[1]}"
        event = NewEvent(kind, orjson.loads(data), {**META, "command_id": command_id})
        version = versions.get(stream, NO_STREAM)
        await store.append([Append(stream, version, [event])], command_id, actor="operator", request_hash=b"h" * 32)
        versions[stream] = version + 1


async def append_one(events: asyncpg.Pool, command_id: str) -> None:
    facts = facts_of("party_committee", str(party_committee_id("hai2")), None, "lecture", "2024-05-06")
    stream = f"activity-{natural_id('hai2', command_id)}"
    held = ActivityHeld(facts=facts).model_dump(mode="json", exclude_none=True)
    event = NewEvent(ACTIVITY_HELD, held, {**META, "command_id": command_id})
    append = Append(stream, NO_STREAM, [event])
    await EventStore(events).append([append], command_id, actor="operator", request_hash=b"h" * 32)


async def seal_and_send(events: asyncpg.Pool, journal: asyncpg.Pool, origin: Origin, codec: Codec, keys: Path) -> None:
    """What sealer, relay and receiver do, without a broker between them; runs of a few events."""
    sealing = Sealing(events, origin, load_signing_key(keys), lambda kind: codec.families[kind].name)
    standing, more = await standing_at(sealing), True
    while more:
        before = standing
        standing, more = await seal_next(sealing, standing)
        more = standing != before
    have = await journal.fetchval("select max(position) from journal where origin = $1", origin.text) or 0
    h, rows = first_h(origin.text), []
    for event in await EventStore(events).read_raw(0, standing.last):
        family = codec.families[event.type].name
        c = sealed_event(event, family).commitment
        h = next_h(h, leaf(origin.text, event.position, family, c))
        rows.append(
            (origin.text, event.position, family, c, h, event.salt, event.stream, event.version, event.event_id,
             event.type, event.recorded_at, event.data, event.meta)
        )  # fmt: skip
    async with journal.acquire() as connection, connection.transaction():
        await connection.copy_records_to_table("journal", records=rows[have:], columns=COLUMNS)
        for seal in await events.fetch("select first, last, note from seals where first > $1", have):
            await connection.execute("insert into runs values ($1, $2, $3, $4)", origin.text, *seal)


async def build(urls: dict[str, str], keys: Path) -> None:
    made = court()
    async with asyncpg.create_pool(urls["reporting"], min_size=1, max_size=3) as journal:
        for service, log, codec in (("members", made.members, MEMBERS), ("activities", made.activities, ACTIVITIES)):
            create_signing_key(keys / service)
            async with asyncpg.create_pool(urls[service], min_size=1, max_size=3) as events:
                await record(events, log)
                await seal_and_send(events, journal, Origin("hai2", service), codec, keys / service)
        for projection in PROJECTIONS:
            await ensure_built(journal, projection)
            await catch_up(journal, projection)
