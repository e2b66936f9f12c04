"""A court that is replaced by a backup: nothing is lost before the backup is in, and nobody comes back."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.backup.here import refuse_another_court
from deploy.backup.restoring import AFTER_RESTORE_COMMIT, AFTER_RESTORED_KEYS, BEFORE_RESTORE_COMMIT, Place
from deploy.backup.taking import BETWEEN_FILES
from deploy.cli.running import CannotDo
from deploy.local.court import Court as LocalCourt
from deploy.local.court import remember
from deploy.local.places import Places
from shared.contracts.personal import FORGOTTEN
from shared.personal.rotation import rotate
from tests.component.backups import (
    Pair,
    backed_up,
    config_of,
    config_there,
    empty_place,
    fitting,
    inside,
    name_of,
    put_back,
    received,
    registered,
    replaced,
    rewritten,
    rows,
)
from tests.component.court import Court
from tests.component.test_privacy import forgotten, office_token

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROOT = Path(__file__).parents[2]
EVENTS = "select position, event_id, data from events order by 1"


async def with_other_keys(place: Place) -> None:
    """A place whose key-encryption key no bundle has."""
    connection = await asyncpg.connect(place.databases["members"])
    await rotate(connection, place.key_dirs["members"])
    await connection.close()


async def killed_at(point: str, what: str, told: dict[str, Any], folder: Path) -> int:
    file = folder / "told.json"
    file.write_text(json.dumps(told))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.backup_site", what, str(file)),
        cwd=ROOT,
        env={**os.environ, "CRASH_AT": point},
        stdout=asyncio.subprocess.DEVNULL,
    )
    return await asyncio.wait_for(process.wait(), 60)


@pytest.mark.parametrize(
    ("entry", "content", "told"),
    [
        ("reporting/runs.copy", b"", r"DATA：.*已损坏（runs 应有 \d+ 行）"),
        ("members/seals.copy", b"x\ty\n", r"members 的数据库装不进这两个文件（\w+）；库中原有的记录和密钥没有改动"),
    ],
)
async def test_what_cannot_be_loaded_leaves_records_and_keys_as_they_were(
    court: Court, postgres_url: str, tmp_path: Path, entry: str, content: bytes, told: str
) -> None:
    person = await registered(court)
    await received(court)
    taken = await backed_up(court, tmp_path)
    async with empty_place(postgres_url, tmp_path) as place:
        await put_back(place, taken.data, taken.keys)
        await with_other_keys(place)
        before = await rows(place.databases["activities"], EVENTS)
        torn = replaced(taken.data, tmp_path / "shi04-torn-data.zip", entry, content)
        with pytest.raises(CannotDo, match=told):
            await put_back(place, torn, taken.keys, replace=True)
        assert await rows(place.databases["activities"], EVENTS) == before
        assert await name_of(place.databases["members"], place.key_dirs["members"], person) == "甲乙丙"
        assert not (place.key_dirs["members"] / "restoring").exists()


async def test_a_restore_that_is_killed_before_everything_is_loaded_has_changed_nothing(
    court: Court, postgres_url: str, tmp_path: Path
) -> None:
    person = await registered(court)
    await received(court)
    taken = await backed_up(court, tmp_path)
    async with empty_place(postgres_url, tmp_path) as place:
        await put_back(place, taken.data, taken.keys)
        await with_other_keys(place)
        told = {"config": config_there(place), "data": str(taken.data), "keys": str(taken.keys), "replace": True}
        assert await killed_at(BEFORE_RESTORE_COMMIT, "restore", told, tmp_path) == -signal.SIGKILL
        assert await name_of(place.databases["members"], place.key_dirs["members"], person) == "甲乙丙"
        assert not (place.key_dirs["members"] / "restoring").exists()


@pytest.mark.parametrize("point", [AFTER_RESTORE_COMMIT, AFTER_RESTORED_KEYS])
async def test_a_restore_that_is_killed_later_is_marked_and_done_again(
    court: Court, postgres_url: str, tmp_path: Path, point: str
) -> None:
    person = await registered(court)
    await received(court)
    taken = await backed_up(court, tmp_path)
    async with empty_place(postgres_url, tmp_path) as place:
        await put_back(place, taken.data, taken.keys)
        await with_other_keys(place)
        told = {"config": config_there(place), "data": str(taken.data), "keys": str(taken.keys), "replace": True}
        assert await killed_at(point, "restore", told, tmp_path) == -signal.SIGKILL
        assert all((place.key_dirs[name] / "restoring").exists() for name in place.key_dirs)
        assert await killed_at("", "restore", told | {"replace": False}, tmp_path) == 0
        assert await name_of(place.databases["members"], place.key_dirs["members"], person) == "甲乙丙"
        assert sorted(path.name for path in place.key_dirs["members"].iterdir()) == [
            *("hash.key", "kek.key", "restored", "signing.key", "signing.pub"),
        ]


async def test_a_backup_that_is_killed_leaves_no_data_file_without_its_bundle(court: Court, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    told = {"config": config_of(court), "folder": str(folder)}
    assert await killed_at(BETWEEN_FILES, "take", told, tmp_path) == -signal.SIGKILL
    assert not list(folder.glob("shi04-*-data.zip"))
    (bundle,) = folder.glob("shi04-*-keys.zip")
    taken = await backed_up(court, folder, now=datetime.now(UTC) + timedelta(seconds=2))
    assert inside(folder) == {bundle, taken.data, taken.keys}
    fitting(taken.data, taken.keys)


async def test_whoever_was_forgotten_stays_so_when_a_court_is_replaced_by_files_from_before(
    court: Court, postgres_url: str, tmp_path: Path
) -> None:
    person = await registered(court)
    await received(court)
    older = await backed_up(court, tmp_path / "older")
    ended = await court.members.post(f"/people/{person}/membership/end", json={"effective_to": "2024-12-31"})
    assert ended.status_code == 200, ended.text
    await forgotten(court, court.members, f"/people/{person}", await office_token(court))
    await received(court)
    newer = await backed_up(court, tmp_path / "newer", now=datetime.now(UTC) + timedelta(seconds=2))
    async with empty_place(postgres_url, tmp_path) as place:
        await put_back(place, newer.data, newer.keys)
        await put_back(place, older.data, older.keys, replace=True)
        assert await name_of(place.databases["members"], place.key_dirs["members"], person) == FORGOTTEN
        buried = f"select count(*) from personal_tombstones where key_id = 'person:{person}'"
        for service in ("members", "activities"):
            assert await rows(place.databases[service], buried) == [(1,)]


async def test_an_older_bundle_is_refused_where_a_newer_one_lies_beside_it(court: Court, tmp_path: Path) -> None:
    older = await backed_up(court, tmp_path)
    newer = await backed_up(court, tmp_path, now=datetime.now(UTC) + timedelta(seconds=2))
    with pytest.raises(CannotDo, match=rf"KEYS：{older.keys.name} 不是最新的密钥包.*应为 {newer.keys.name}"):
        fitting(older.data, older.keys)
    fitting(older.data, newer.keys)


@pytest.mark.parametrize(
    ("which", "change", "field"),
    [
        ("keys", lambda held: held["key_files"].append("../../elsewhere.key"), "key_files.4"),
        ("data", lambda held: held["tables"][0].update(name="events; drop table events"), "tables.0.name"),
        ("data", lambda held: held["tables"][0]["columns"].append("a) from x --"), "tables.0.columns"),
    ],
)
async def test_a_manifest_whose_names_are_no_names_is_refused(
    pair: Pair, tmp_path: Path, which: str, change: Callable[[dict[str, Any]], None], field: str
) -> None:
    files = {"data": pair[0], "keys": pair[1]}
    files[which] = rewritten(
        files[which], tmp_path / files[which].name, lambda manifest: change(manifest["services"]["members"])
    )
    with pytest.raises(CannotDo, match=f"{which.upper()}：.*清单不合格式（services.members.{field}"):
        fitting(files["data"], files["keys"])


async def test_a_working_copy_of_one_court_does_not_take_in_another(tmp_path: Path) -> None:
    refuse_another_court(Places(tmp_path), "shi07")
    remember(LocalCourt("shi04", "青岚市中级人民法院", "intermediate"), Places(tmp_path))
    refuse_another_court(Places(tmp_path), "shi04")
    with pytest.raises(CannotDo, match=r"DATA：这是法院 shi07 的备份，本目录里是 shi04；应为它的备份，或另克隆"):
        refuse_another_court(Places(tmp_path), "shi07")
