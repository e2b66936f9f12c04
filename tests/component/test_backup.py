"""A court's two files: what they hold, and which are refused."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.backup.archive import opened
from deploy.backup.fitting import check_fit
from deploy.backup.passphrase import decrypted, is_encrypted
from deploy.backup.taking import take
from deploy.cli.running import CannotDo
from tests.component.backups import (
    Pair,
    backed_up,
    config_of,
    contents,
    fitting,
    inside,
    replaced,
    rewritten,
    rows,
)
from tests.component.court import Court

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_data_file_opens_no_name_and_holds_no_key(court: Court, pair: Pair) -> None:
    held = contents(pair[0])
    bundle = contents(pair[1])
    members = court.services["members"]
    secrets = [
        (members.settings.key_dir / "kek.key").read_bytes().strip(),
        (members.settings.key_dir / "hash.key").read_bytes().strip(),
        (members.settings.key_dir / "signing.key").read_bytes(),
    ]
    wrapped = await rows(config_of(court)["databases"]["members"]["owner"], "select wrapped from personal_keys")
    secrets += [one[0].hex().encode() for one in wrapped[:50]]
    assert len(secrets) > 3
    assert [secret for secret in secrets if secret in held] == []
    assert [secret for secret in secrets[:3] if secret not in bundle] == []
    assert "甲乙丙".encode() not in held + bundle


async def test_names_of_files_that_were_taken_in_are_in_neither_file(court: Court, tmp_path: Path) -> None:
    begun = court.services["members"].settings.key_dir.parent.parent / "imported.json"
    begun.write_text(json.dumps({"demo": False, "year": 2024, "files": {"甲乙丙的材料.xlsx": "00"}}))
    try:
        taken = await backed_up(court, tmp_path)
    finally:
        begun.unlink()
    with opened(taken.data, "data", "DATA") as data, opened(taken.keys, "keys", "KEYS") as keys:
        for one in (data, keys):
            assert one.manifest.beginning == {"demo": False, "year": 2024, "files": {}}


async def test_every_column_with_a_key_or_a_keyed_hash_is_kept_out_of_the_data_file(court: Court, pair: Pair) -> None:
    with opened(pair[0], "data", "DATA") as data:
        written = {(table.name, column) for held in data.manifest.services.values() for table in held.tables
                   for column in table.columns}  # fmt: skip
    secret = "select table_name, column_name from information_schema.columns where table_schema = 'public'"
    found = set()
    for both in config_of(court)["databases"].values():
        found |= {
            (table, column)
            for table, column in await rows(both["owner"], secret)
            if column.startswith("wrapped") or column in ("keyed_hash", "name_hash")
        }
    assert {table for table, _ in found} >= {"personal_keys", "person_keys", "outside_person_keys", "import_runs"}
    assert found & written == set()


@pytest.mark.parametrize(
    ("which", "change", "told"),
    [
        ("data", lambda m: m["court"].update(site="shi07"), "DATA：.*是法院 shi07 的；应为 shi04 的备份"),
        ("keys", lambda m: m["court"].update(site="shi07"), "KEYS：.*是法院 shi07 的；应为 shi04 的密钥包"),
        ("keys", lambda m: m["services"]["members"].update(hash_key_id="0" * 16), "KEYS：members 的散列密钥是 0+"),
        ("keys", lambda m: m["services"]["members"].update(signing_key_id="0" * 16), "KEYS：members 的签名密钥是 0+"),
        ("keys", lambda m: m.update(time="20200101T000000Z"), "KEYS：密钥包 .* 早.*应为与数据同一次或更晚"),
        ("keys", lambda m: m["services"].pop("activities"), "KEYS：.*没有服务 activities"),
        ("data", lambda m: m.update(kind="keys"), "DATA：.* 是密钥包.*应为数据文件"),
        ("data", lambda m: m.update(format="lianjian/backup/v2"), "DATA：.* 的清单不合格式（format）"),
        (
            "data",
            lambda m: m["checksums"].update({"members/events.copy": "0" * 64}),
            "DATA：.*events.copy 的校验值不符",
        ),
        ("data", lambda m: m["services"]["members"]["migrations"][0].update(checksum="0"), "由另一版本的程序写出"),
    ],
)
async def test_files_that_do_not_fit_are_refused_by_name(
    pair: Pair, tmp_path: Path, which: str, change: Callable[[dict[str, Any]], None], told: str
) -> None:
    data, keys = pair
    if which == "data":
        data = rewritten(data, tmp_path / data.name, change)
    else:
        keys = rewritten(keys, tmp_path / keys.name, change)
    with pytest.raises(CannotDo, match=told):
        fitting(data, keys)


async def test_the_two_files_given_the_wrong_way_round_are_told_apart(pair: Pair) -> None:
    with pytest.raises(CannotDo, match=r"DATA：.*是密钥包.*应为数据文件"):
        fitting(pair[1], pair[0])


async def test_a_file_cut_short_or_with_another_byte_is_refused(pair: Pair, tmp_path: Path) -> None:
    whole = pair[0].read_bytes()
    with zipfile.ZipFile(pair[0]) as archive:
        inside_events = archive.getinfo("members/events.copy").header_offset + 200
    other = bytes([whole[inside_events] ^ 1])
    broken = tmp_path / "shi04-x-data.zip"
    for content in (whole[: len(whole) // 2], whole[:inside_events] + other + whole[inside_events + 1 :], b"", b"PK"):
        broken.write_bytes(content)
        with pytest.raises(CannotDo, match=r"DATA：.*应为 lianjian backup 写出的完整文件"):
            fitting(broken, pair[1])


async def test_a_key_that_the_bundles_own_key_does_not_open_is_refused(pair: Pair, tmp_path: Path) -> None:
    with opened(pair[1], "keys", "KEYS") as keys:
        other = keys.content("activities/keys/kek.key")
    swapped = replaced(pair[1], tmp_path / pair[1].name, "members/keys/kek.key", other)
    with pytest.raises(CannotDo, match=r"KEYS：members 的密钥 .* 由 .* 包裹，包内是 .*；应为同一次备份写出的密钥包"):
        fitting(pair[0], swapped)


async def test_bundles_older_than_thirty_days_are_deleted_and_data_files_stay(court: Court, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    old = await backed_up(court, tmp_path, now=now - timedelta(days=31))
    young = await backed_up(court, tmp_path, now=now - timedelta(days=29))
    foreign = tmp_path / "shi07-20200101T000000Z-keys.zip"
    foreign.write_bytes(b"x")
    taken = await backed_up(court, tmp_path, now=now)
    assert taken.deleted == (old.keys,)
    assert inside(tmp_path) == {old.data, young.data, young.keys, foreign, taken.data, taken.keys}


async def test_a_backup_that_fails_leaves_nothing_and_one_that_was_killed_is_cleared_away(
    court: Court, tmp_path: Path
) -> None:
    broken = config_of(court)
    broken["databases"]["reporting"]["owner"] += "_gone"
    with pytest.raises(asyncpg.PostgresError):
        await take(broken, tmp_path, None, print, datetime.now(UTC))
    assert inside(tmp_path) == set()
    (tmp_path / ".shi04-20260101T000000Z-data.zip.draft").write_bytes(b"half")
    taken = await backed_up(court, tmp_path)
    assert inside(tmp_path) == {taken.data, taken.keys}
    assert [path.stat().st_mode & 0o777 for path in (taken.data, taken.keys)] == [0o600, 0o600]


async def test_a_bundle_under_a_passphrase_opens_with_it_alone(court: Court, tmp_path: Path) -> None:
    taken = await backed_up(court, tmp_path, b"correct horse battery")
    assert taken.keys.suffix == ".enc"
    assert is_encrypted(taken.keys)
    with pytest.raises(CannotDo, match=r"--passphrase-file：口令打不开"):
        decrypted(taken.keys, b"another passphrase", "KEYS")
    with (
        opened(taken.data, "data", "DATA") as data,
        opened(taken.keys, "keys", "KEYS", decrypted(taken.keys, b"correct horse battery", "KEYS")) as keys,
    ):
        check_fit(data, keys, "shi04")
    whole = taken.keys.read_bytes()
    taken.keys.write_bytes(whole[:-10])
    with pytest.raises(CannotDo, match=r"KEYS|口令打不开"):
        decrypted(taken.keys, b"correct horse battery", "KEYS")
