import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from shared.eventstore import (
    NOTIFY_CHANNEL,
    Append,
    EventStore,
    NewEvent,
    VersionConflict,
    grant,
    install,
    notified_position,
)
from shared.eventstore.batch import send
from shared.eventstore.form import written
from shared.eventstore.install import MIGRATIONS
from shared.eventstore.loads import LOAD
from shared.eventstore.store import READ_ALL, READ_RAW, READ_STREAM
from shared.migrations import MigrationRefused, migrate
from tests.integration.eventstore.given import event, events

ROLE = "lianjian_test_application"


async def test_install_makes_the_schema_in_an_empty_database_and_may_run_twice(pool: asyncpg.Pool) -> None:
    await install(pool)
    await install(pool)
    tables = await pool.fetch("select tablename from pg_tables where schemaname = 'public' order by tablename")
    assert [row["tablename"] for row in tables] == ["commands", "events", "schema_migrations", "seals"]


async def test_install_works_in_the_first_schema_of_search_path(database: str) -> None:
    async with asyncpg.create_pool(database, min_size=0, max_size=2) as first:
        await first.execute("create schema one")
        await first.execute("create schema two")
    for schema in ("one", "two"):
        path = {"search_path": f"{schema}, public"}
        async with asyncpg.create_pool(database, min_size=0, max_size=2, server_settings=path) as pool:
            await install(pool)
            await EventStore(pool).append([Append(f"{schema}-1", 0, events(2))])
            assert await pool.fetchval(f"select count(*) from {schema}.events") == 2
            assert await EventStore(pool).head() == 2


@pytest.fixture
async def filled(store_pool: asyncpg.Pool) -> asyncpg.Pool:
    await EventStore(store_pool).append([Append("a-1", 0, events(1))], "command-1")
    await store_pool.execute("insert into seals values (1, 'log', 1, 1, $1, 'note')", bytes(32))
    return store_pool


_CHANGES = [
    "update events set data = '{}'",
    "delete from events",
    "truncate events",
    "update commands set answer = '{}'",
    "delete from commands",
    "truncate commands",
    "update seals set note = ''",
    "delete from seals",
    "truncate seals",
]


async def test_what_is_recorded_is_changed_by_nobody(filled: asyncpg.Pool) -> None:
    for change in _CHANGES:
        with pytest.raises(asyncpg.RestrictViolationError, match="is never changed"):
            await filled.execute(change)


@pytest.fixture
async def application(filled: asyncpg.Pool, store_database: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool of a role that owns nothing and has only what `grant` gives."""
    async with filled.acquire() as connection:
        await connection.execute(f"create role {ROLE}")
        await grant(connection, ROLE)
    async with asyncpg.create_pool(store_database, min_size=0, max_size=2, server_settings={"role": ROLE}) as pool:
        yield pool
    await filled.execute(f"drop owned by {ROLE}; drop role {ROLE}")


async def test_the_applications_role_appends_and_reads_but_has_no_right_to_change(
    application: asyncpg.Pool,
) -> None:
    store = EventStore(application)
    assert (await store.append([Append("a-1", 1, [event()])])).positions == [2]
    assert [e.version for e in await store.read_stream("a-1")] == [1, 2]
    for change in [*_CHANGES, "drop table events", "alter table events disable trigger all"]:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await application.execute(change)


async def test_append_events_refuses_a_snapshot_older_than_its_lock(store_pool: asyncpg.Pool) -> None:
    async with store_pool.acquire() as connection:
        for isolation in ("repeatable_read", "serializable"):
            with pytest.raises(asyncpg.InvalidTransactionStateError, match="READ COMMITTED"):
                async with connection.transaction(isolation=isolation):
                    await send(connection, [written([Append("a-1", 0, [event()])], None, "", None, None)])


async def test_every_batch_notifies_its_highest_position_with_the_schema(store_pool: asyncpg.Pool) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    def hear(*said: object) -> None:
        heard.put_nowait(str(said[3]))

    async with store_pool.acquire() as connection:
        await connection.add_listener(NOTIFY_CHANNEL, hear)
        await EventStore(store_pool).append([Append("a-1", 0, events(3))])
        payload = await asyncio.wait_for(heard.get(), 10)
        assert payload == "public.3"
        assert notified_position(payload, "public") == 3
        assert notified_position(payload, "other") is None
        await connection.remove_listener(NOTIFY_CHANNEL, hear)


async def _plan(pool: asyncpg.Pool, query: str, *arguments: Any) -> list[dict[str, Any]]:
    plan = await pool.fetchval(f"explain (format json) {query}", *arguments)
    return _nodes(json.loads(plan)[0])


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    nodes, waiting = [], [plan["Plan"]]
    while waiting:
        node = waiting.pop()
        nodes.append(node)
        waiting.extend(node.get("Plans", []))
    return nodes


_HOT_READS: list[tuple[str, tuple[Any, ...], str]] = [
    (READ_STREAM, ("a-7", 3, None), "events_stream_version_key"),
    (READ_ALL, (100, 1000), "events_pkey"),
    (READ_RAW, (100, 500), "events_pkey"),
    (LOAD, (["command-x", "command-y"], [1, 1, 2], ["a-7", "a-8", "a-9"]), "events_stream_version_key"),
]


async def test_hot_reads_go_by_index_and_never_scan_or_sort_the_log(store_pool: asyncpg.Pool) -> None:
    store = EventStore(store_pool)
    for number in range(20):
        await store.append([Append(f"a-{number}", 0, [NewEvent("t", {"n": n}, {}) for n in range(200)])])
    await store_pool.execute("vacuum analyze events")
    await store_pool.execute("vacuum analyze commands")
    for query, arguments, index in _HOT_READS:
        nodes = await _plan(store_pool, query, *arguments)
        assert index in {node.get("Index Name") for node in nodes}
        assert not [n for n in nodes if n["Node Type"] == "Seq Scan" and n.get("Relation Name") == "events"]
        if query in (READ_ALL, READ_RAW):
            assert "Sort" not in {node["Node Type"] for node in nodes}


async def test_an_append_looks_versions_up_in_the_index_even_by_a_plan_made_while_the_log_was_empty(
    store_pool: asyncpg.Pool,
) -> None:
    plans: list[dict[str, Any]] = []

    def hear(_: object, said: asyncpg.PostgresLogMessage) -> None:
        _, _, plan = str(said.message).partition("plan:\n")
        plans.extend([json.loads(plan)] if plan else [])

    async with store_pool.acquire() as connection:
        await connection.execute("vacuum analyze events")
        connection.add_log_listener(hear)
        await connection.execute("load 'auto_explain'")
        for name, value in (("log_nested_statements", "on"), ("log_min_duration", "0"), ("log_format", "json")):
            await connection.execute(f"set auto_explain.{name} = {value}")
        await connection.execute("set auto_explain.log_level = notice")
        await send(connection, [written([Append("a-1", 0, [event()])], None, "", None, None)])
        connection.remove_log_listener(hear)
    scans = [node for plan in plans for node in _nodes(plan) if node.get("Relation Name") == "events"]
    reads = {(node["Node Type"], node.get("Index Name")) for node in scans if "Scan" in node["Node Type"]}
    assert reads == {("Index Only Scan", "events_stream_version_key"), ("Index Scan", "events_pkey")}


async def test_a_database_of_the_first_program_goes_on_where_it_was(pool: asyncpg.Pool, tmp_path: Path) -> None:
    for name in ("0001_event_store.sql", "0002_append_events.sql"):
        (tmp_path / name).write_bytes((MIGRATIONS / name).read_bytes())
    async with pool.acquire() as connection:
        await migrate(connection, tmp_path, "eventstore")
        await connection.execute(
            "insert into streams values ('a-1', 3); insert into events"
            " select n, 1, 'a-1', n, gen_random_uuid(), 't', '{}', '{}', decode(md5(''), 'hex'), now()"
            " from generate_series(1, 3) as n"
        )
        before = await connection.fetch("select * from events order by position")
    await install(pool)
    store = EventStore(pool)
    with pytest.raises(VersionConflict, match="version 2 expected, 3 found"):
        await store.append([Append("a-1", 2, [event()])])
    assert (await store.append([Append("a-1", 3, [event()]), Append("b-1", 0, [event()])])).positions == [4, 5]
    assert [found.version for found in await store.read_stream("a-1")] == [1, 2, 3, 4]
    assert await pool.fetch("select * from events where position <= 3 order by position") == before


async def test_migrations_are_applied_once_in_order_and_refuse_what_changed(pool: asyncpg.Pool, tmp_path: Path) -> None:
    (tmp_path / "0001_first.sql").write_text("create table first (a int)")
    (tmp_path / "0002_second.sql").write_text("alter table first add column b int; create table second (c int)")
    async with pool.acquire() as connection:
        assert await migrate(connection, tmp_path, "tests") == ["tests/0001_first.sql", "tests/0002_second.sql"]
        assert await migrate(connection, tmp_path, "tests") == []
        (tmp_path / "0003_broken.sql").write_text("create table third (d int); select 1/0")
        with pytest.raises(asyncpg.DivisionByZeroError):
            await migrate(connection, tmp_path, "tests")
        assert await connection.fetchval("select to_regclass('third')") is None
        (tmp_path / "0003_broken.sql").unlink()
        (tmp_path / "0001_other.sql").write_text("select 1")
        with pytest.raises(MigrationRefused, match=r"tests/0001_other\.sql: numbered before"):
            await migrate(connection, tmp_path, "tests")
        (tmp_path / "0001_other.sql").unlink()
        (tmp_path / "0002_second.sql").write_text("select 2")
        with pytest.raises(MigrationRefused, match=r"tests/0002_second\.sql: changed"):
            await migrate(connection, tmp_path, "tests")
        (tmp_path / "0002_second.sql").unlink()
        with pytest.raises(MigrationRefused, match=r"tests/0002_second\.sql: .*missing"):
            await migrate(connection, tmp_path, "tests")


async def test_two_that_migrate_at_once_do_not_disturb_each_other(pool: asyncpg.Pool) -> None:
    await asyncio.gather(*(install(pool) for _ in range(4)))
    assert await pool.fetchval("select count(*) from schema_migrations") == 3
