"""What forgetting does to keys: deleted for good, in every process, whatever is killed between event and deletion."""

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.members.domain.forgetting import ConfirmForgetting, RequestForgetting
from services.members.domain.person import PERSON, CorrectPersonDetails, PersonDetails, RegisterPerson
from shared.acts import CommandDeps
from shared.command_path import CommandContext, execute, load_state
from shared.contracts.forgetting import ForgettingRequest
from shared.contracts.personal import FORGOTTEN
from shared.meta import Actor, Source
from shared.personal.fields import person_key
from shared.personal.key_files import key_encryption_keys, read_key_encryption_key
from shared.personal.keyring import Keyring, WrongKeyEncryptionKey
from shared.personal.requests import forgetting_requests
from shared.personal.rotation import PAGE, rotate, rotation_due, standing
from shared.personal.tombstones import apply_tombstones, bury, bury_role
from shared.rejection import Rejected

DAY = "2026-06-30"


def context(subject: str = "operator") -> CommandContext:
    actor = Actor(subject=subject, role="operator", organisation="court1")
    return CommandContext(actor, Source(kind="ui"), str(uuid4()), "c", b"r")


async def registered(members: CommandDeps, name: str = "章遥远") -> UUID:
    person = uuid4()
    await execute(
        members, context(), PERSON, person, RegisterPerson(details=PersonDetails(person_id=str(person), name=name))
    )
    return person


async def forgotten_in_the_log(members: CommandDeps, person: UUID) -> None:
    request = ForgettingRequest(reason="retention_over", requested_by="office")
    await execute(members, context("office"), PERSON, person, RequestForgetting(request=request, today=DAY))
    await execute(members, context(), PERSON, person, ConfirmForgetting(confirmed_by="operator", today=DAY))


async def applied(pool: asyncpg.Pool) -> int:
    async with pool.acquire() as connection:
        return await apply_tombstones(connection)


async def changed(pool: asyncpg.Pool, key_dir: Path) -> str:
    async with pool.acquire() as connection:
        return (await rotate(connection, key_dir)).kek_id


async def test_whom_the_log_forgets_has_no_key_and_no_name_and_the_second_look_changes_nothing(
    members: CommandDeps, members_pool: asyncpg.Pool
) -> None:
    person, other = await registered(members), await registered(members, "另一人")
    await forgotten_in_the_log(members, person)
    assert (await applied(members_pool), await applied(members_pool)) == (1, 0)
    members.keyring.drop_cached()
    state, _ = await load_state(members, PERSON, person)
    assert state.details.name is FORGOTTEN
    assert (await load_state(members, PERSON, other))[0].details.name == "另一人"
    stones = await members_pool.fetch("select key_id, seq from personal_tombstones")
    assert [tuple(stone) for stone in stones] == [(person_key(person), 1)]


async def test_the_task_finds_a_burial_that_a_killed_process_left_undone(
    members: CommandDeps, members_pool: asyncpg.Pool
) -> None:
    person = await registered(members)
    await forgotten_in_the_log(members, person)
    stop = asyncio.Event()
    task = asyncio.create_task(bury_role(members_pool, stop))
    while await members_pool.fetchval("select count(*) from personal_tombstones") == 0:  # noqa: ASYNC110 - over SQL
        await asyncio.sleep(0.01)
    stop.set()
    await task
    assert await members_pool.fetch("select from personal_keys where key_id = $1", person_key(person)) == []


async def test_no_key_is_made_for_a_tombstone_not_even_by_makers_at_work_while_it_is_set(
    members_pool: asyncpg.Pool, key_dir: Path
) -> None:
    kek = read_key_encryption_key(key_dir)
    wanted = [person_key(uuid4()) for _ in range(40)]

    async def buried(key_id: str) -> None:
        async with members_pool.acquire() as connection:
            await bury(connection, [key_id])

    makers = (Keyring(members_pool, kek).get_or_make(wanted) for _ in range(6))
    await asyncio.gather(*makers, *(buried(key_id) for key_id in wanted[:20]))
    kept = {row["key_id"] for row in await members_pool.fetch("select key_id from personal_keys")}
    assert kept == set(wanted[20:])
    assert set(await Keyring(members_pool, kek).get_or_make(wanted)) == set(wanted[20:])


async def test_another_process_stops_remembering_the_key_when_it_next_looks_at_tombstones(
    members_pool: asyncpg.Pool, key_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.personal.keyring.TOMBSTONES_EVERY", 0.0)
    ring, key = Keyring(members_pool, read_key_encryption_key(key_dir)), person_key(uuid4())
    assert key in await ring.get_or_make([key])
    async with members_pool.acquire() as connection:
        await bury(connection, [key])
    assert await ring.existing([key]) == {}


async def test_a_tombstone_is_never_taken_away(members_pool: asyncpg.Pool) -> None:
    async with members_pool.acquire() as connection:
        await bury(connection, [person_key(uuid4())])
    for statement in ("delete from personal_tombstones", "update personal_tombstones set seq = 9"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await members_pool.execute(statement)


async def test_nothing_more_is_recorded_of_whom_was_forgotten(members: CommandDeps) -> None:
    person = await registered(members)
    await forgotten_in_the_log(members, person)
    details = PersonDetails(person_id=str(person), name="章遥远")
    with pytest.raises(Rejected) as refused:
        await execute(members, context(), PERSON, person, CorrectPersonDetails(details=details))
    assert refused.value.code == "person_forgotten"


async def test_traces_beside_the_keys_go_too(members: CommandDeps, members_pool: asyncpg.Pool) -> None:
    person = await registered(members)
    await members_pool.execute("insert into person_keys values ($1, $2, 'id_number')", "a" * 64, person)
    await members_pool.execute("insert into directory_people values ($1, 1, $2)", person, "b" * 64)
    await members_pool.execute(
        "insert into import_runs (run_id, request_hash, actor, correlation, filename, dry_run, kek_id, answer,"
        " ended_at, state, sealed_values, sealed_workbook, wrapped_key) values ('r', 'h', '{}', 'c', '', false, 'k',"
        " '{}', clock_timestamp(), 'done', 'words', 'marked', 'key')"
    )
    await forgotten_in_the_log(members, person)
    await applied(members_pool)
    assert await members_pool.fetch("select from person_keys") == []
    assert await members_pool.fetchval("select name_hash from directory_people") is None
    (run,) = await members_pool.fetch("select sealed_values, sealed_workbook, wrapped_key from import_runs")
    assert tuple(run) == (None, None, None)


async def test_requests_are_listed_with_their_ground_and_without_a_name(
    members: CommandDeps, members_pool: asyncpg.Pool
) -> None:
    person = await registered(members)
    await forgotten_in_the_log(members, person)
    (one,) = await forgetting_requests(members_pool)
    assert (one["person_id"], one["state"], one["reason"]) == (str(person), "forgotten", "retention_over")
    assert one["article"] == "《个人信息保护法》第四十七条第一款第二项"
    assert (one["requested"]["by"], one["confirmed"]["by"]) == ("office", "operator")


async def test_a_changed_key_encryption_key_opens_everything_and_the_former_one_is_destroyed(
    members_pool: asyncpg.Pool, key_dir: Path
) -> None:
    former = read_key_encryption_key(key_dir)
    running = Keyring(members_pool, former, max_age=0.0)
    wanted = [person_key(uuid4()) for _ in range(PAGE + 50)]
    keys = await running.get_or_make(wanted)
    async with members_pool.acquire() as connection:
        done = await rotate(connection, key_dir)
    assert (done.wrapped, done.destroyed) == (PAGE + 50, (former.id,))
    assert list(key_encryption_keys(key_dir)) == [done.kek_id]
    assert await running.existing(wanted) == keys
    with pytest.raises(WrongKeyEncryptionKey):
        await Keyring(members_pool, type(former)(former.id, former.key)).existing(wanted)
    new = person_key(uuid4())
    await running.get_or_make([new])
    named = await members_pool.fetchval("select kek_id from personal_keys where key_id = $1", new)
    assert named == done.kek_id != former.id


async def test_a_change_that_was_cut_off_is_finished_by_the_next_and_keys_open_meanwhile(
    members_pool: asyncpg.Pool, key_dir: Path
) -> None:
    former = read_key_encryption_key(key_dir)
    running = Keyring(members_pool, former, max_age=0.0)
    wanted = [person_key(uuid4()) for _ in range(PAGE * 2 + 10)]
    keys = await running.get_or_make(wanted)

    def killed(_: int) -> None:
        raise ConnectionError

    async with members_pool.acquire() as connection:
        with pytest.raises(ConnectionError):
            await rotate(connection, key_dir, killed)
        half = await standing(connection, key_dir)
    assert (half.former, sorted(half.rows.values())) == ((former.id,), [PAGE, PAGE + 10])
    assert await running.existing(wanted) == keys
    assert await Keyring(members_pool, read_key_encryption_key(key_dir)).existing(wanted) == keys
    assert await changed(members_pool, key_dir) == half.kek_id
    assert list(key_encryption_keys(key_dir)) == [half.kek_id]
    assert await running.existing(wanted) == keys


async def test_keys_made_while_the_key_encryption_key_is_changed_are_never_under_the_destroyed_one(
    members_pool: asyncpg.Pool, key_dir: Path
) -> None:
    rings = [Keyring(members_pool, read_key_encryption_key(key_dir)) for _ in range(4)]

    async def making(ring: Keyring) -> None:
        for _ in range(25):
            await ring.get_or_make([person_key(uuid4())])

    await asyncio.gather(*map(making, rings), changed(members_pool, key_dir), changed(members_pool, key_dir))
    await changed(members_pool, key_dir)
    rows = await members_pool.fetch("select key_id, kek_id from personal_keys")
    assert {row["kek_id"] for row in rows} == set(key_encryption_keys(key_dir))
    fresh = Keyring(members_pool, read_key_encryption_key(key_dir))
    assert len(await fresh.existing([row["key_id"] for row in rows])) == 100


async def test_a_change_is_due_once_somebody_was_forgotten_and_no_longer_after_it(
    members_pool: asyncpg.Pool, key_dir: Path
) -> None:
    async with members_pool.acquire() as connection:
        due = [await rotation_due(connection)]
        for _ in range(2):
            await bury(connection, [person_key(uuid4())])
            due.append(await rotation_due(connection))
            await rotate(connection, key_dir)
            due.append(await rotation_due(connection))
    assert due == [False, True, False, True, False]
