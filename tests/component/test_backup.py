"""A court's two files, and the court out of them again."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from deploy.backup.archive import opened
from deploy.backup.fitting import check_fit, missing_positions
from deploy.backup.passphrase import decrypted, is_encrypted
from deploy.backup.taking import take
from deploy.cli.rebuild import rebuild
from deploy.cli.running import CannotDo
from deploy.cli.verify import verify
from services.members import main as members
from services.members.domain.person import PERSON
from services.members.stored_events import CODEC
from shared.acts import CommandDeps
from shared.command_path import load_state
from shared.eventstore import EventStore
from shared.personal.key_files import read_key_encryption_key
from shared.personal.keyring import Keyring
from shared.process import CannotStart
from tests.component.backups import (
    Pair,
    backed_up,
    config_of,
    config_there,
    contents,
    empty_place,
    put_back,
    received,
    rewritten,
    rows,
)
from tests.component.court import Court
from tests.component.given import branch, planned
from tests.component.test_members import a_person

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVENTS = "select position, stream, version, event_id, type, data, meta, salt, recorded_at from events order by 1"
KEPT = {
    "members": (EVENTS, "select * from seals order by first", "select * from commands order by positions",
                "select * from personal_keys order by key_id", "select * from person_keys order by keyed_hash"),
    "activities": (EVENTS, "select * from seals order by first", "select * from replica_units order by 1, 2"),
    "reporting": ("select * from journal order by origin, position", "select * from runs order by origin, first"),
}  # fmt: skip


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pair(court: Court, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A backup of a court with a branch, a person and an activity."""
    branch_id, _ = await branch(court)
    assert (await court.members.post("/people", json=a_person(branch_id))).status_code == 201
    await planned(court)
    await received(court)
    taken = await backed_up(court, tmp_path_factory.mktemp("backup"))
    return taken.data, taken.keys


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
    broken = tmp_path / "shi04-x-data.zip"
    for content in (whole[: len(whole) // 2], whole[:3_000] + bytes([whole[3_000] ^ 1]) + whole[3_001:], b"", b"PK"):
        broken.write_bytes(content)
        with pytest.raises(CannotDo, match=r"DATA：.*应为 lianjian backup 写出的完整文件"):
            fitting(broken, pair[1])


async def test_a_key_that_the_bundles_own_key_does_not_open_is_refused(pair: Pair, tmp_path: Path) -> None:
    with opened(pair[1], "keys", "KEYS") as keys:
        other = keys.content("activities/keys/kek.key")
    swapped = replaced(pair[1], tmp_path / pair[1].name, "members/keys/kek.key", other)
    with pytest.raises(CannotDo, match=r"KEYS：members 的密钥 .* 由 .* 包裹，包内是 .*；应为同一次备份写出的密钥包"):
        fitting(pair[0], swapped)


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


def inside(folder: Path) -> set[Path]:
    return set(folder.iterdir())


async def registered(court: Court) -> str:
    branch_id, _ = await branch(court)
    answer = await court.members.post("/people", json=a_person(branch_id))
    person: str = answer.json()["person_id"]
    return person


async def name_of(url: str, key_dir: Path, person: str) -> str:
    async with asyncpg.create_pool(url, min_size=1, max_size=2) as pool:
        deps = CommandDeps(EventStore(pool), CODEC, Keyring(pool, read_key_encryption_key(key_dir)))
        state, _ = await load_state(deps, PERSON, UUID(person))
        name: str = state.details.name
        return name


def fitting(data: Path, keys: Path) -> None:
    with opened(data, "data", "DATA") as of_data, opened(keys, "keys", "KEYS") as of_keys:
        check_fit(of_data, of_keys, "shi04")


def replaced(path: Path, to: Path, entry: str, content: bytes) -> Path:
    """The same archive with another file inside, its checksum written as it now is."""
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(to, "w") as after:
        for name in before.namelist():
            held = content if name == entry else before.read(name)
            if name == "manifest.json":
                manifest = json.loads(held)
                manifest["checksums"][entry] = hashlib.sha256(content).hexdigest()
                held = json.dumps(manifest).encode()
            after.writestr(name, held)
    return to
