"""What of links is in a court's two files: the access to upper courts among the keys, and logs with several epochs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from deploy.backup.archive import opened
from deploy.backup.ca_files import put_back_ca
from deploy.backup.contents import SERVICES
from deploy.backup.fitting import missing_positions
from deploy.backup.taking import take
from shared.links.access import LinkAccess, forget_access, read_access, write_access
from shared.links.certificates import ensure_certificates, own_ca
from shared.restore.restored import clear_restored, restored_epoch
from shared.service import RESTORING
from tests.component.backups import Pair, backed_up, config_of, contents, empty_place, put_back, rows
from tests.component.court import Court
from tests.component.court import court as a_court
from tests.component.given import branch

pytestmark = pytest.mark.asyncio(loop_scope="session")


def access(password: str, upper: str = "sheng00") -> LinkAccess:
    return LinkAccess(
        upper=upper,
        name="青岚省高级人民法院",
        address="amqps://upper.invalid:5671/lianjian",
        user=f"{upper}.shi04",
        password=SecretStr(password),
        ca="-----BEGIN CERTIFICATE-----",
        withheld_families=(),
        state="joined",
    )


@pytest_asyncio.fixture(loop_scope="session")
async def linked(court: Court, tmp_path: Path) -> AsyncIterator[Pair]:
    """The two files of a court below another one."""
    folder = court.services["members"].settings.links
    write_access(folder, access("the-password-of-then"))
    try:
        taken = await backed_up(court, tmp_path)
    finally:
        forget_access(folder, "sheng00")
    yield taken.data, taken.keys


async def test_the_access_to_an_upper_court_lies_in_the_key_bundle_alone(linked: Pair) -> None:
    data, keys = linked
    assert b"the-password-of-then" not in contents(data)
    with opened(keys, "keys", "KEYS") as bundle:
        held = {name: one.link_files for name, one in bundle.manifest.services.items()}
        assert held == {"activities": [], "members": ["sheng00.link.json"], "reporting": []}
        kept = LinkAccess.model_validate_json(bundle.content("members/links/sheng00.link.json"))
    assert kept == access("the-password-of-then")


async def test_a_restored_court_reaches_its_upper_court_again(linked: Pair, postgres_url: str, tmp_path: Path) -> None:
    async with empty_place(postgres_url, tmp_path / "there") as place:
        await put_back(place, *linked)
        assert read_access(place.links) == {"sheng00": access("the-password-of-then")}
        assert (place.links / "sheng00.link.json").stat().st_mode & 0o777 == 0o600


async def test_an_access_that_is_there_is_younger_than_the_backup_and_stays(
    linked: Pair, postgres_url: str, tmp_path: Path
) -> None:
    async with empty_place(postgres_url, tmp_path / "there") as place:
        write_access(place.links, access("the-password-of-now"))
        await put_back(place, *linked)
        assert read_access(place.links) == {"sheng00": access("the-password-of-now")}
        write_access(place.links, access("never answered").model_copy(update={"state": "pending"}))
        await put_back(place, *linked, replace=True)
        assert read_access(place.links) == {"sheng00": access("the-password-of-then")}


async def with_ca(court: Court, folder: Path, certificates: Path) -> Pair:
    """The two files of a court whose broker shows what the CA in `certificates` has signed."""
    config = config_of(court) | {"ca_file": str(certificates / "ca.pem")}
    taken = await take(config, folder, None, print, datetime.now(UTC))
    return taken.data, taken.keys


async def test_after_a_total_loss_courts_below_meet_the_ca_that_they_know(
    court: Court, postgres_url: str, tmp_path: Path
) -> None:
    ensure_certificates(tmp_path / "former", ["127.0.0.1"])
    former = own_ca(tmp_path / "former")
    data, keys = await with_ca(court, tmp_path / "backup", tmp_path / "former")
    assert former["ca.key"] not in contents(data)
    there = tmp_path / "there" / "certificates"
    async with empty_place(postgres_url, tmp_path / "there") as empty:
        place = replace(empty, ca=there)
        ensure_certificates(there, ["127.0.0.1"])
        await put_back(place, data, keys)
        assert {path.name: path.stat().st_mode & 0o777 for path in (there / "restored").iterdir()} == {
            "ca.key": 0o600,
            "ca.pem": 0o600,
        }
        assert ensure_certificates(there, ["127.0.0.1"])
        assert own_ca(there) == former
    with opened(keys, "keys", "KEYS") as bundle:
        put_back_ca(there, bundle, print)
    assert not (there / "restored").exists()


async def test_a_ca_in_use_is_not_replaced_by_that_of_a_backup_nor_one_of_others(
    court: Court, postgres_url: str, tmp_path: Path
) -> None:
    ensure_certificates(tmp_path / "former", ["127.0.0.1"])
    data, keys = await with_ca(court, tmp_path / "backup", tmp_path / "former")
    there, others = tmp_path / "there" / "certificates", tmp_path / "others"
    others.mkdir()
    async with empty_place(postgres_url, tmp_path / "there") as empty:
        await put_back(replace(empty, ca=others), data, keys)
        assert list(others.iterdir()) == []
        ensure_certificates(there, ["127.0.0.1"])
        place = replace(empty, ca=there)
        await put_back(place, data, keys, replace=True)
        assert not (there / "restored").exists()
        for mark, services in (("lianjian restore --replace", SERVICES), ("lianjian restore", ("members",))):
            for name in services:
                (place.key_dirs[name] / RESTORING).write_text(mark, "utf-8")  # as if killed and done again
            await put_back(place, data, keys, services)
            assert not (there / "restored").exists()


async def test_the_ca_of_a_broker_of_others_is_not_kept(court: Court, tmp_path: Path) -> None:
    ensure_certificates(tmp_path / "theirs", ["127.0.0.1"])
    (tmp_path / "theirs" / "ca.key").unlink()
    _, keys = await with_ca(court, tmp_path / "backup", tmp_path / "theirs")
    with opened(keys, "keys", "KEYS") as bundle:
        assert bundle.manifest.services["members"].ca_files == []


async def test_only_the_database_of_members_brings_the_access_with_it(
    linked: Pair, postgres_url: str, tmp_path: Path
) -> None:
    async with empty_place(postgres_url, tmp_path / "there") as place:
        await put_back(place, *linked)
        forget_access(place.links, "sheng00")
        await put_back(place, *linked, ("reporting",), replace=True)
        assert read_access(place.links) == {}


async def test_what_an_upper_court_said_before_the_restore_counts_no_more_and_each_log_is_marked(
    linked: Pair, postgres_url: str, tmp_path: Path
) -> None:
    async with empty_place(postgres_url, tmp_path / "there") as place:
        await put_back(place, *linked)
        marks = {name: restored_epoch(place.key_dirs[name]) for name in place.key_dirs}
        assert marks == {"activities": 1, "members": 1, "reporting": None}
        said = (
            "insert into uplink_states values ('sheng00', 'shi04/members/log/1', 2, sha256('h'), 'ok', now(), '', '')"
        )
        await rows(place.databases["reporting"], said)
        clear_restored(place.key_dirs["members"])
        await put_back(place, *linked, ("members",), replace=True)
        assert restored_epoch(place.key_dirs["members"]) == 1
        assert len(await rows(place.databases["reporting"], "select * from uplink_states")) == 1
        await put_back(place, *linked, ("reporting",), replace=True)
        assert await rows(place.databases["reporting"], "select * from uplink_states") == []


async def test_what_passes_is_not_kept_and_what_an_upper_court_signed_is(pair: Pair) -> None:
    with opened(pair[0], "data", "DATA") as data:
        kept = {name: {table.name for table in one.tables} for name, one in data.manifest.services.items()}
    assert "link_passwords" in kept["members"]
    of_links = {"linked_sites", "epochs", "countersignatures", "uplink_cursors", "uplink_states", "uplink_openings"}
    assert of_links <= kept["reporting"]
    assert "uplink_connections" not in kept["reporting"]


@pytest_asyncio.fixture(loop_scope="session")
async def in_its_second_epoch(
    postgres_url: str, rabbitmq_url: str, management_url: str, tmp_path: Path
) -> AsyncIterator[tuple[Court, Pair, Pair]]:
    """A court that lost a tail: its files from before the second epoch, and from after."""
    folder = tmp_path / "court"
    folder.mkdir()
    async with a_court(postgres_url, rabbitmq_url, management_url, folder) as found:
        await branch(found)
        await sealed(found, 1)
        before = await backed_up(found, tmp_path / "before")
        at = (await found.members.get("/epochs")).json()
        body = {"epoch": 2, "kept_to": at["head"], "h": at["root"], "reason": "数据盘损坏，自备份恢复"}
        assert (await found.members.post("/epochs", json=body)).is_success
        await asyncio.sleep(1.1)  # the store asks once a second which epoch it is
        await branch(found)
        await sealed(found, 2)
        after = await backed_up(found, tmp_path / "after", now=datetime.now(UTC) + timedelta(seconds=2))
        yield found, (before.data, before.keys), (after.data, after.keys)


async def sealed(court: Court, epoch: int) -> None:
    """Wait until reporting has what members' log holds."""
    head = await court.services["members"].parts.deps.store.head()
    reporting = court.services["reporting"].parts.pool
    asked = "select have from receipts where origin = $1"
    for _ in range(600):
        if (await reporting.fetchval(asked, f"shi04/members/log/{epoch}") or 0) >= head:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"reporting has not got epoch {epoch} up to {head}")


LOG = "select position, epoch, event_id, data from events order by position"


async def test_a_log_of_two_epochs_comes_back_and_an_older_copy_is_filled_up_into_the_second(
    in_its_second_epoch: tuple[Court, Pair, Pair], postgres_url: str, tmp_path: Path
) -> None:
    court, before, after = in_its_second_epoch
    whole = await rows(config_of(court)["databases"]["members"]["owner"], LOG)
    assert [row[1] for row in whole] == [1, 1, 2, 2]
    async with empty_place(postgres_url, tmp_path / "there") as place:
        restored = await put_back(place, *after)
        assert (restored.refilled["members"], restored.differing) == (0, {})
        restored = await put_back(place, before[0], after[1], ("members",), replace=True)
        assert (restored.refilled["members"], restored.differing) == (2, {})
        assert await rows(place.databases["members"], LOG) == whole


async def test_what_is_missing_is_counted_across_epochs(in_its_second_epoch: tuple[Court, Pair, Pair]) -> None:
    _, before, after = in_its_second_epoch
    with opened(before[0], "data", "DATA") as data, opened(after[1], "keys", "KEYS") as keys:
        assert missing_positions(data, keys, ("members",)) == [("shi04/members/log/1", 2, 4)]
