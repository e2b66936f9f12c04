"""A court out of its two files again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from deploy.backup.archive import opened
from deploy.backup.fitting import missing_positions
from deploy.cli.rebuild import rebuild
from deploy.cli.running import CannotDo
from deploy.cli.verify import verify
from services.members import main as members
from shared.contracts.personal import FORGOTTEN
from shared.process import CannotStart
from tests.component.backups import (
    Pair,
    backed_up,
    config_of,
    config_there,
    empty_place,
    name_of,
    put_back,
    received,
    registered,
    rows,
)
from tests.component.court import Court
from tests.component.given import branch

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVENTS = "select position, stream, version, event_id, type, data, meta, salt, recorded_at from events order by 1"
KEPT = {
    "members": (EVENTS, "select * from seals order by first", "select * from commands order by positions",
                "select * from personal_keys order by key_id", "select * from person_keys order by keyed_hash"),
    "activities": (EVENTS, "select * from seals order by first", "select * from replica_units order by 1, 2"),
    "reporting": ("select * from journal order by origin, position", "select * from runs order by origin, first"),
}  # fmt: skip


async def test_what_comes_back_is_what_was_there_and_is_found_true(
    court: Court, postgres_url: str, tmp_path: Path
) -> None:
    person = await registered(court)
    await received(court)
    taken = await backed_up(court, tmp_path)
    before = {
        name: [await rows(config_of(court)["databases"][name]["owner"], one) for one in KEPT[name]] for name in KEPT
    }
    async with empty_place(postgres_url, tmp_path) as place:
        restored = await put_back(place, taken.data, taken.keys)
        assert (restored.refilled, restored.differing) == ({"members": 0, "activities": 0}, {})
        after = {name: [await rows(place.databases[name], one) for one in KEPT[name]] for name in KEPT}
        assert after == before
        await rebuild(config_there(place), [], lambda *_: None)
        verdict = await verify(config_there(place))
        assert (verdict.code, verdict.findings, verdict.unchecked) == (0, [], [])
        assert await name_of(place.databases["members"], place.key_dirs["members"], person) == "甲乙丙"


async def test_a_court_that_has_records_is_replaced_only_when_told_so(
    pair: Pair, postgres_url: str, tmp_path: Path
) -> None:
    async with empty_place(postgres_url, tmp_path) as place:
        await put_back(place, *pair)
        with pytest.raises(CannotDo, match=r"已有记录（activities、members、reporting）；应为空库，或加 --replace"):
            await put_back(place, *pair)
        await put_back(place, *pair, replace=True)
        assert len(await rows(place.databases["members"], "select * from events")) > 2


async def test_a_court_that_runs_is_not_restored(court: Court, pair: Pair, tmp_path: Path, postgres_url: str) -> None:
    async with empty_place(postgres_url, tmp_path) as place:
        running = await asyncpg.connect(
            place.databases["members"], server_settings={"application_name": "lianjian-members"}
        )
        with pytest.raises(CannotDo, match=r"members 正在运行.*恢复前应先停止：make stop"):
            await put_back(place, *pair)
        await running.close()


async def test_an_older_data_file_says_how_many_positions_are_missing(
    court: Court, pair: Pair, postgres_url: str, tmp_path: Path
) -> None:
    before = await court.services["members"].parts.deps.store.head()
    older = await backed_up(court, tmp_path / "older")
    await branch(court)
    await branch(court)
    newer = await backed_up(court, tmp_path / "newer", now=datetime.now(UTC) + timedelta(seconds=2))
    with opened(older.data, "data", "DATA") as data, opened(newer.keys, "keys", "KEYS") as keys:
        assert ("shi04/members/log/1", before, before + 2) in missing_positions(data, keys, ("members",))
    async with empty_place(postgres_url, tmp_path) as place:
        await put_back(place, older.data, newer.keys)
        assert len(await rows(place.databases["members"], "select * from events")) == before


async def test_one_service_restored_from_an_older_copy_gets_the_rest_from_the_journal(
    court: Court, pair: Pair, postgres_url: str, tmp_path: Path
) -> None:
    older = await backed_up(court, tmp_path / "older")
    await branch(court)
    await registered(court)
    await received(court)
    newer = await backed_up(court, tmp_path / "newer", now=datetime.now(UTC) + timedelta(seconds=2))
    async with empty_place(postgres_url, tmp_path) as place:
        await put_back(place, newer.data, newer.keys)
        whole = [await rows(place.databases["members"], one) for one in KEPT["members"][:2]]
        restored = await put_back(place, older.data, newer.keys, ("members",), replace=True)
        assert restored.refilled["members"] == 4
        assert [await rows(place.databases["members"], one) for one in KEPT["members"][:2]] == whole
        await rebuild(config_there(place), [], lambda *_: None)
        assert (await verify(config_there(place))).code == 0


async def test_a_restore_that_was_killed_keeps_services_from_starting_and_is_done_again(
    court: Court, pair: Pair, postgres_url: str, tmp_path: Path
) -> None:
    async with empty_place(postgres_url, tmp_path) as place:
        await put_back(place, *pair)
        (place.key_dirs["members"] / "restoring").write_text("x")
        settings = court.services["members"].settings.model_copy(update={"key_dir": place.key_dirs["members"]})
        with pytest.raises(CannotStart, match=r"上次恢复没有完成"):
            await members.migrate(settings)
        await put_back(place, *pair)
        assert not (place.key_dirs["members"] / "restoring").exists()


async def test_whoever_came_after_the_bundle_is_read_as_forgotten_and_gets_no_other_key(
    court: Court, postgres_url: str, tmp_path: Path
) -> None:
    older = await backed_up(court, tmp_path / "older")
    person = await registered(court)
    await received(court)
    newer = await backed_up(court, tmp_path / "newer", now=datetime.now(UTC) + timedelta(seconds=2))
    async with empty_place(postgres_url, tmp_path) as place:
        await put_back(place, newer.data, newer.keys)
        assert await name_of(place.databases["members"], place.key_dirs["members"], person) == "甲乙丙"
        await put_back(place, older.data, older.keys, ("members",), replace=True)
        assert await name_of(place.databases["members"], place.key_dirs["members"], person) == FORGOTTEN
        buried = "select count(*) from personal_tombstones where key_id like '%" + person + "'"
        assert await rows(place.databases["members"], buried) == [(1,)]
