"""One byte changed anywhere, as a superuser with triggers off, is found and named."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.cli.rebuild import UnknownProjection, rebuild
from deploy.cli.verify import verify
from services.activities.stored_events import CODEC as ACTIVITIES
from services.reporting.projections import PROJECTIONS
from shared.projection import catch_up
from shared.sealing.origin import Origin
from shared.testing.databases import create_database, drop_database
from tests.integration.reporting.sealed_court import Running, append_one, build, court, seal_and_send


@pytest.fixture(scope="module")
def running(postgres_url: str, reporting_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One court for all tests of this file: each puts back what it changed."""
    keys = tmp_path_factory.mktemp("keys")

    async def make() -> dict[str, str]:
        urls = {service: await create_database(postgres_url) for service in ("members", "activities")}
        urls["reporting"] = await create_database(postgres_url, reporting_template)
        await build(urls, keys)
        return urls

    urls = asyncio.run(make())
    yield Running(
        {
            "court": "hai2",
            "databases": {service: {"application": url, "owner": url} for service, url in urls.items()},
            "key_dirs": {service: str(keys / service) for service in ("members", "activities")},
        }
    )
    for url in urls.values():
        asyncio.run(drop_database(url, postgres_url))


async def test_what_was_recorded_sealed_received_and_projected_agrees(running: Running) -> None:
    verdict = await verify(running.config)
    assert (verdict.findings, verdict.unchecked, verdict.code) == ([], [], 0)
    assert verdict.checked == {"events": 31, "streams": 17, "journal": 31, "projections": 9}


LOG = "hai2/activities/log/1"


@pytest.mark.parametrize(
    ("service", "statement", "expected"),
    [
        (
            "activities",
            "update events set data = replace(data, '2024-03-05', '2024-03-06') where position = 5",
            [("journal", LOG, "5"), ("seals", LOG, "1")],
        ),
        (
            "activities",
            "update events set meta = replace(meta, 'operator', 'operatoR') where position = 7",
            [("journal", LOG, "7"), ("seals", LOG, "1")],
        ),
        (
            "activities",
            "update events set salt = set_byte(salt, 3, get_byte(salt, 3) # 1) where position = 24",
            [("journal", LOG, "24"), ("seals", LOG, "1")],
        ),
        (
            "activities",
            "update events set recorded_at = recorded_at + interval '1 microsecond' where position = 1",
            [("journal", LOG, "1"), ("seals", LOG, "1")],
        ),
        (
            "activities",
            "update events set type = replace(type, 'held', 'helt') where position = 11",
            [("journal", LOG, "11"), ("seals", LOG, "1")],
        ),
        (
            "activities",
            "update events set data = data || ' ' where position = 3",
            [("form", "activities", "3"), ("journal", LOG, "3"), ("seals", LOG, "1")],
        ),
        (
            "activities",
            "update events set meta = replace(meta, 'command-9', 'command-8') where position = 9",
            [("journal", LOG, "9"), ("seals", LOG, "1"), ("commands", "activities", "9")],
        ),
        (
            "activities",
            "update seals set root = set_byte(root, 0, get_byte(root, 0) # 1) where first = 1",
            [("seals", LOG, "1")],
        ),
        (
            "activities",
            "update seals set note = replace(note, 'ed25519', 'ed25518') where first = 1",
            [("seals", LOG, "1")],
        ),
        ("activities", "update seals set channel = 'to:x' where first = 1", [("seals", LOG, "1")]),
        (
            "activities",
            "update events set version = version + 1 where position = 12",
            [("streams", "activities", "12"), ("journal", LOG, "12"), ("seals", LOG, "1")],
        ),
        ("activities", "delete from seals where first = 1", [("seals", LOG, "1")]),
        (
            "activities",
            "update commands set positions = array[99] where command_id = 'command-4'",
            [("commands", "activities", "4")],
        ),
        ("activities", "delete from commands where command_id = 'command-6'", [("commands", "activities", "6")]),
        (
            "reporting",
            f"update journal set data = replace(data, '-02-05', '-02-06') where origin = '{LOG}' and position = 3",
            [("journal", LOG, "3"), ("projections", "proj_activities.activities", None)],
        ),
        (
            "reporting",
            f"update journal set h = set_byte(h, 9, get_byte(h, 9) # 1) where origin = '{LOG}' and position = 6",
            [("journal", LOG, "6")],
        ),
        (
            "reporting",
            f"update journal set family = 'activities.activitx' where origin = '{LOG}' and position = 8",
            [("journal", LOG, "8")],
        ),
        (
            "reporting",
            f"update runs set note = replace(note, 'ed25519 ', 'ed25519 0') where origin = '{LOG}'",
            [("journal", LOG, "1")],
        ),
        ("reporting", f"delete from runs where origin = '{LOG}'", [("journal", LOG, "1")]),
    ],
)
async def test_one_change_is_found_where_it_was_made(
    running: Running, service: str, statement: str, expected: list[tuple[str, str, str | None]]
) -> None:
    async with running.tampered(service, statement):
        found = await running.found()
    assert len(found) == len(expected)
    for (check, where, at), wanted in zip(found, expected, strict=True):
        assert (check, where, at if wanted[2] is not None else None) == wanted


async def test_a_changed_row_of_a_projection_is_named_by_its_table_and_key(running: Running) -> None:
    async with running.tampered("reporting", "update proj_units.branches set name = '第一党支郜'"):
        ((check, where, at),) = await running.found()
    branch = next(row[6] for row in court().members.rows if row[6].startswith("branch-"))
    assert (check, where) == ("projections", "proj_units.branches")
    assert at == f"site=hai2, branch_id={branch.removeprefix('branch-')}"


@pytest.mark.parametrize(
    "statement",
    [
        "update proj_activities.activities set present = 1 where first_day = '2024-03-05'",
        "update proj_members.memberships set at = at + 1 where at = (select min(at) from proj_members.memberships)",
        "delete from proj_activities.activities where first_day = '2024-12-05'",
        "update proj_units.group_changes set day = '2024-05-05'",
        "update proj_activities.cursors set position = position + 1",
        "update proj_activities.cursors set position = position - 1",
    ],
)
async def test_every_change_of_a_projection_is_found(running: Running, statement: str) -> None:
    async with running.tampered("reporting", statement):
        found = await running.found()
    assert [check for check, _, _ in found] == ["projections"]


async def test_what_cannot_be_reached_is_said_to_be_unchecked(running: Running) -> None:
    config = {**running.config, "databases": {**running.config["databases"]}}
    config["databases"]["members"] = {"application": "postgresql://nobody@127.0.0.1:1/none"}
    verdict = await verify(config)
    assert (verdict.findings, verdict.code) == ([], 2)
    assert verdict.unchecked == ["members 的数据库连不上：ConnectionRefusedError"]


async def test_nothing_is_left_behind_and_a_rebuild_agrees(running: Running) -> None:
    seen: list[tuple[str, int, int]] = []
    rebuilt = await rebuild(running.config, [], lambda *step: seen.append(step))
    assert [(one.name, one.differences) for one in rebuilt] == [
        ("units", ()), ("members", ()), ("activities", ()), ("explanations", ()), ("joint", ()), ("brands", ()),
        ("links", ()), ("periods", ()), ("cross_court", ()),
    ]  # fmt: skip
    assert ("activities", 24, 24) in seen
    assert await running.found() == []
    connection = await asyncpg.connect(running.config["databases"]["reporting"]["application"])
    schemas = await connection.fetch("select nspname from pg_namespace where nspname like 'proj%' order by 1")
    await connection.close()
    assert [row[0].removeprefix("proj_") for row in schemas] == [
        "activities", "brands", "cross_court", "explanations", "joint", "links", "members", "periods", "units",
    ]  # fmt: skip


async def test_a_rebuild_reports_and_heals_what_had_been_changed(running: Running) -> None:
    connection = await asyncpg.connect(running.config["databases"]["reporting"]["application"])
    await connection.execute("update proj_units.branches set name = '第一党支郜'")
    await connection.close()
    (rebuilt,) = await rebuild(running.config, ["units"], lambda *_: None)
    assert [(one.table, one.rows) for one in rebuilt.differences] == [("branches", 1)]
    assert await running.found() == []


async def test_an_unknown_projection_is_refused_by_name(running: Running) -> None:
    with pytest.raises(UnknownProjection, match="有：units、members、activities、explanations"):
        await rebuild(running.config, ["figures"], lambda *_: None)


async def test_verify_agrees_while_events_are_recorded_sealed_received_and_projected(running: Running) -> None:
    databases = running.config["databases"]
    origin, stop = Origin("hai2", "activities"), asyncio.Event()
    async with (
        asyncpg.create_pool(databases["activities"]["application"], min_size=1, max_size=3) as events,
        asyncpg.create_pool(databases["reporting"]["application"], min_size=1, max_size=3) as journal,
    ):

        async def work() -> None:
            number = 0
            while not stop.is_set():
                number += 1
                await append_one(events, f"later-{number}")
                await seal_and_send(events, journal, origin, ACTIVITIES, Path(running.config["key_dirs"]["activities"]))
                await catch_up(journal, PROJECTIONS[2])

        working = asyncio.create_task(work())
        try:
            for _ in range(5):
                assert await running.found() == []
        finally:
            stop.set()
            await working
    assert await running.found() == []
