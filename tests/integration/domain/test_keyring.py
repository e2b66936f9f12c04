"""Keys of persons and records, wrapped in PostgreSQL under a key that lies in a file."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

from shared.personal.key_files import (
    KeyFileRefused,
    make_key_files,
    read_hash_key,
    read_key_encryption_key,
)
from shared.personal.keyring import Keyring, WrongKeyEncryptionKey

PERSON = "person:0b6f7c52-6d0e-4d39-8a35-9c1f20e4a101"
RECORD = "record:0b6f7c52-6d0e-4d39-8a35-9c1f20e4a102"


async def test_a_key_is_made_once_and_found_again(keyring: Keyring) -> None:
    first = await keyring.get_or_make([PERSON, RECORD])
    assert {len(key) for key in first.values()} == {32}
    assert first[PERSON] != first[RECORD]
    keyring.drop_cached()
    assert await keyring.get_or_make([PERSON]) == {PERSON: first[PERSON]}
    assert await keyring.existing([PERSON, RECORD, "person:unknown"]) == first


async def test_only_the_wrapped_key_lies_in_the_table(
    keyring: Keyring, members_pool: asyncpg.Pool, key_dir: Path
) -> None:
    keys = await keyring.get_or_make([PERSON])
    kek = read_key_encryption_key(key_dir)
    row = await members_pool.fetchrow("select wrapped, kek_id from personal_keys")
    assert row is not None
    assert row["kek_id"] == kek.id
    assert len(row["wrapped"]) == 40
    assert aes_key_unwrap(kek.key, row["wrapped"]) == keys[PERSON]


async def test_two_processes_that_make_the_same_keys_agree(
    keyring: Keyring, members_pool: asyncpg.Pool, key_dir: Path
) -> None:
    other = Keyring(members_pool, read_key_encryption_key(key_dir))
    wanted = [f"person:{number}" for number in range(300)]
    mine, theirs = await asyncio.gather(keyring.get_or_make(wanted), other.get_or_make(reversed(wanted)))
    assert mine == theirs
    assert len(set(mine.values())) == 300


async def test_a_deleted_key_is_gone_once_it_is_not_remembered(keyring: Keyring, members_pool: asyncpg.Pool) -> None:
    await keyring.get_or_make([PERSON])
    await members_pool.execute("delete from personal_keys where key_id = $1", PERSON)
    keyring.drop_cached()
    assert await keyring.existing([PERSON]) == {}


async def test_a_remembered_key_is_asked_for_again_after_its_age(members_pool: asyncpg.Pool, key_dir: Path) -> None:
    forgetful = Keyring(members_pool, read_key_encryption_key(key_dir), max_age=0.0)
    await forgetful.get_or_make([PERSON])
    await members_pool.execute("delete from personal_keys where key_id = $1", PERSON)
    assert await forgetful.existing([PERSON]) == {}


async def test_a_full_cache_lets_the_oldest_go_and_loses_nothing(members_pool: asyncpg.Pool, key_dir: Path) -> None:
    small = Keyring(members_pool, read_key_encryption_key(key_dir), cache_size=2)
    wanted = [f"person:{number}" for number in range(10)]
    keys = await small.get_or_make(wanted)
    assert sorted(keys) == sorted(wanted)
    assert await small.existing(wanted) == keys


async def test_another_key_file_is_named_and_opens_nothing(
    keyring: Keyring, members_pool: asyncpg.Pool, tmp_path: Path
) -> None:
    await keyring.get_or_make([PERSON])
    make_key_files(tmp_path / "other")
    stranger = Keyring(members_pool, read_key_encryption_key(tmp_path / "other"))
    with pytest.raises(WrongKeyEncryptionKey, match=PERSON):
        await stranger.existing([PERSON])


def test_key_files_are_for_their_owner_alone_and_are_made_once(tmp_path: Path) -> None:
    make_key_files(tmp_path)
    before = (read_key_encryption_key(tmp_path), read_hash_key(tmp_path))
    make_key_files(tmp_path)
    assert (read_key_encryption_key(tmp_path), read_hash_key(tmp_path)) == before
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()} == {
        "kek.key": "0o600",
        "hash.key": "0o600",
    }
    assert before[0].key != before[1]
    assert before[0].key.hex() not in repr(before[0])


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    make_key_files(tmp_path)
    (tmp_path / "kek.key").chmod(mode)
    with pytest.raises(KeyFileRefused, match=r"kek\.key may be read by others; expected mode 0600"):
        read_key_encryption_key(tmp_path)


def test_a_missing_and_a_broken_key_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileRefused, match=r"kek\.key is missing"):
        read_key_encryption_key(tmp_path)
    make_key_files(tmp_path)
    (tmp_path / "hash.key").write_text("not a key")
    with pytest.raises(KeyFileRefused, match="64 hexadecimal digits"):
        read_hash_key(tmp_path)
