"""What every command and every look-up asks first is answered from indexes, however long the log is."""

import asyncpg

from services.members.directory import BY_NAME
from shared.eventstore.loads import LOAD


async def test_loading_uses_the_indexes_and_never_reads_the_whole_log(members_pool: asyncpg.Pool) -> None:
    async with members_pool.acquire() as connection:
        await connection.execute(
            "insert into events select n, 1, 'branch-' || n % 1000, n, gen_random_uuid(), 't', '{}', '{}',"
            " decode(repeat('00', 16), 'hex'), now() from generate_series(1, 20000) n"
        )
        await connection.execute(
            "insert into commands select 'c' || n, '', '', 'accepted', '{}', null from generate_series(1, 20000) n"
        )
        await connection.execute("analyze events, commands")
        await connection.execute(f"prepare loading as {LOAD}")
        await connection.execute("set plan_cache_mode = force_generic_plan")
        plan = await connection.fetch(
            "explain (costs off) execute loading"
            " (array['c1', 'c2'], array[1, 1, 2], array['branch-1', 'branch-2', 'branch-3'])"
        )
    text = "\n".join(row[0] for row in plan)
    assert "events_stream_version_key" in text
    assert "commands_pkey" in text
    assert "Seq Scan" not in text


async def test_looking_up_a_name_reads_only_its_namesakes(members_pool: asyncpg.Pool) -> None:
    async with members_pool.acquire() as connection:
        await connection.execute(
            "insert into directory_people select gen_random_uuid(), n, md5(n::text) from generate_series(1, 20000) n"
        )
        await connection.execute(
            "insert into directory_memberships select person_id, '2024-01-01', gen_random_uuid(), null, 'full_member',"
            " '正常' from directory_people"
        )
        await connection.execute("analyze directory_people, directory_memberships")
        await connection.execute(f"prepare by_name as {BY_NAME}")
        await connection.execute("set plan_cache_mode = force_generic_plan")
        plan = await connection.fetch("explain (costs off) execute by_name (array['a', 'b'])")
    text = "\n".join(row[0] for row in plan)
    assert "directory_people_name_hash" in text
    assert "directory_memberships_pkey" in text
    assert "Seq Scan" not in text
