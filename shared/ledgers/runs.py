"""Import runs as a table: what was handed in, how far it is, what it came to.

The workbook lies there encrypted under a key of its own and is wiped when the run ends, as is the file's name. The
words of an answer (values, sentences, names of sheets: any of them may repeat a cell) are kept encrypted for a week,
for the person who has to mend the cells; what stays are numbers, rows, columns and codes.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

import asyncpg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from shared.meta import Actor
from shared.personal.key_files import KeyEncryptionKey, WrongKeyEncryptionKey, in_force, unwrapping
from shared.personal.keyed_hash import request_hash
from shared.personal.tombstones import LOCK
from shared.rejection import Rejected
from shared.session_locks import session_lock_if_free

State = Literal["accepted", "running", "done", "refused", "failed"]
CHANNEL: Final = "lianjian_imports"
MOST_ATTEMPTS: Final = 6
VALUES_KEPT: Final = timedelta(days=7)
_IV_BYTES: Final = 12
_LISTS: Final = ("errors", "remarks", "missing_later", "left")
_PLACES: Final = frozenset(
    {"row", "column", "code", "activity_id", "person_id", "agreement_id", "brand_id", "stream", "unit_id"}
)


@dataclass(frozen=True)
class Run:
    """One import, or with `undoes` the undoing of one. `done` of `total` rows; `answer` once it has ended."""

    run_id: str
    state: State
    filename: str
    dry_run: bool
    done: int
    total: int | None
    answer: dict[str, Any] | None
    undoes: str | None = None


@dataclass(frozen=True)
class Claimed:
    """A run that this process works on."""

    run_id: str
    request_hash: bytes
    actor: Actor
    correlation: str
    filename: str
    dry_run: bool
    attempt: int
    workbook: bytes
    key: bytes
    with_identifiers: frozenset[str] = frozenset()
    undoes: str | None = None


_FIND: Final = """
    select run_id, state, filename, dry_run, done, total, answer, sealed_values, wrapped_key, kek_id,
           request_hash, actor, undoes
      from import_runs where run_id = $1
"""
_ACCEPT: Final = """
    insert into import_runs
           (run_id, request_hash, actor, correlation, filename, dry_run,
            workbook, wrapped_key, kek_id, with_identifiers, undoes)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (run_id) do nothing returning true
"""
_OPEN: Final = "select run_id from import_runs where state in ('accepted', 'running') order by accepted_at"
_TAKE: Final = """
    update import_runs set state = 'running', attempts = attempts + 1
     where run_id = $1 and state in ('accepted', 'running') returning *
"""
_END: Final = """
    update import_runs set state = $2, answer = $3, sealed_values = $4, sealed_workbook = $5, workbook = null,
           filename = '', wrapped_key = case when $4::bytea is null then null else wrapped_key end,
           ended_at = clock_timestamp()
     where run_id = $1 and state = 'running'
"""
_FORGET: Final = """
    update import_runs set sealed_values = null, sealed_workbook = null, wrapped_key = null
     where sealed_values is not null and ended_at < clock_timestamp() - $1::interval
"""


_MARKED: Final = """
    select sealed_workbook, wrapped_key, kek_id from import_runs
     where run_id = $1 and sealed_workbook is not null and wrapped_key is not null
"""


async def accept_run(
    pool: asyncpg.Pool,
    kek: KeyEncryptionKey,
    hash_key: bytes,
    actor: Actor,
    data: bytes,
    filename: str,
    run_id: str,
    dry_run: bool,
    correlation: str,
    with_identifiers: frozenset[str] = frozenset(),
    undoes: str | None = None,
) -> Run:
    """Keep a workbook for the worker; the same request again gives the same run, another one `Rejected`.

    `with_identifiers` are the columns of identifiers that may be stored of people; `undoes` the run to take back.
    """
    key = secrets.token_bytes(32)
    asked = " ".join(("dry-run" if dry_run else "import", *sorted(with_identifiers)))
    asked = asked if undoes is None else f"undo {undoes}"
    wanted = request_hash(hash_key)(asked, data)
    stored_actor = actor.model_dump_json()
    async with pool.acquire() as connection, connection.transaction():
        # Until the commit the key-encryption key is not changed.
        await connection.execute("select pg_advisory_xact_lock_shared($1)", LOCK)
        kek = in_force(kek)
        made = await connection.fetchval(
            _ACCEPT,
            *(run_id, wanted, stored_actor, correlation, filename[:255], dry_run),
            *(_sealed(key, run_id, data), aes_key_wrap(kek.key, key), kek.id, sorted(with_identifiers), undoes),
        )
        row = await connection.fetchrow(_FIND, run_id)
        if made:
            await connection.execute("select pg_notify($1, '')", CHANNEL)
    assert row is not None
    if row["request_hash"] != wanted or Actor.model_validate_json(row["actor"]).subject != actor.subject:
        raise Rejected(
            "command_id_reused",
            "Idempotency-Key",
            "这个 Idempotency-Key 已用于另一个请求",
            "新的请求使用新的 Idempotency-Key",
        )
    return _run(row, kek)


async def find_run(pool: asyncpg.Pool, kek: KeyEncryptionKey, run_id: str) -> Run | None:
    """A run by its id."""
    row = await pool.fetchrow(_FIND, run_id)
    return None if row is None else _run(row, kek)


@asynccontextmanager
async def claim_run(pool: asyncpg.Pool, kek: KeyEncryptionKey) -> AsyncIterator[Claimed | None]:
    """The oldest run that nobody works on. A dead process loses its advisory lock, and another takes its run up."""
    async with pool.acquire() as connection:
        for row in await connection.fetch(_OPEN):
            async with session_lock_if_free(connection, row["run_id"]) as is_free:
                taken = await connection.fetchrow(_TAKE, row["run_id"]) if is_free else None
                if taken is not None:
                    yield _claimed(taken, kek)
                    return
    yield None


async def note_progress(pool: asyncpg.Pool, run_id: str, done: int, total: int) -> None:
    await pool.execute(
        "update import_runs set done = $2, total = $3 where run_id = $1 and state = 'running'", run_id, done, total
    )


async def end_run(
    pool: asyncpg.Pool, claimed: Claimed, state: State, answer: dict[str, Any], marked: bytes | None = None
) -> None:
    """Keep the answer and wipe the workbook; words that may come from it are encrypted apart, as is a marked one."""
    lists = [name for name in _LISTS if name in answer]
    words = {name: [_parted(one, places=False) for one in answer[name]] for name in lists}
    plain = answer | {name: [_parted(one, places=True) for one in answer[name]] for name in lists}
    sealed = _sealed(claimed.key, claimed.run_id, json.dumps(words).encode()) if any(words.values()) else None
    book = None if marked is None or sealed is None else _sealed(claimed.key, claimed.run_id, marked)
    await pool.execute(_END, claimed.run_id, state, json.dumps(plain, ensure_ascii=False), sealed, book)


async def marked_workbook(pool: asyncpg.Pool, kek: KeyEncryptionKey, run_id: str) -> bytes | None:
    """The workbook of a run with its faulty cells marked, as long as it is kept."""
    row = await pool.fetchrow(_MARKED, run_id)
    wrapping = None if row is None else _at_hand(kek, row["kek_id"])
    if row is None or wrapping is None:
        return None
    return _opened(aes_key_unwrap(wrapping.key, row["wrapped_key"]), run_id, row["sealed_workbook"])


async def forget_values(pool: asyncpg.Pool) -> None:
    """Make the words of answers unreadable a week after their run ended."""
    await pool.execute(_FORGET, VALUES_KEPT)


def _claimed(row: asyncpg.Record, kek: KeyEncryptionKey) -> Claimed:
    key = aes_key_unwrap(unwrapping(kek, row["kek_id"]).key, row["wrapped_key"])
    return Claimed(
        row["run_id"],
        row["request_hash"],
        Actor.model_validate_json(row["actor"]),
        row["correlation"],
        row["filename"],
        row["dry_run"],
        row["attempts"],
        _opened(key, row["run_id"], row["workbook"]),
        key,
        frozenset(row["with_identifiers"]),
        row["undoes"],
    )


def _run(row: asyncpg.Record, kek: KeyEncryptionKey) -> Run:
    answer = None if row["answer"] is None else json.loads(row["answer"])
    if answer and row["sealed_values"] is not None and (wrapping := _at_hand(kek, row["kek_id"])) is not None:
        key = aes_key_unwrap(wrapping.key, row["wrapped_key"])
        words = json.loads(_opened(key, row["run_id"], row["sealed_values"]))
        for name in words:
            answer[name] = [plain | said for plain, said in zip(answer[name], words[name], strict=True)]
    return Run(
        *(row["run_id"], row["state"], row["filename"], row["dry_run"]),
        *(row["done"], row["total"], answer, row["undoes"]),
    )


def _at_hand(kek: KeyEncryptionKey, kek_id: str) -> KeyEncryptionKey | None:
    try:
        return unwrapping(kek, kek_id)
    except WrongKeyEncryptionKey:
        return None


def _parted(one: dict[str, Any], *, places: bool) -> dict[str, Any]:
    """Where something is, its words left empty; or the words alone."""
    if places:
        return {name: value if name in _PLACES else None for name, value in one.items()}
    return {name: value for name, value in one.items() if name not in _PLACES}


def _sealed(key: bytes, run_id: str, data: bytes) -> bytes:
    iv = secrets.token_bytes(_IV_BYTES)
    return iv + AESGCM(key).encrypt(iv, data, run_id.encode())


def _opened(key: bytes, run_id: str, sealed: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_IV_BYTES], sealed[_IV_BYTES:], run_id.encode())
