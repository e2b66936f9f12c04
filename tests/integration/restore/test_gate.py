"""What a service does after a start: it compares its log with its own reporting before it goes on."""

from __future__ import annotations

import pytest

from shared.restore.gate import Gate, Phase, ReadOnly
from tests.integration.messaging.given import (
    Site,
    assert_journal_is_the_log,
    received,
    running,
    until,
)
from tests.integration.restore.given import cut, gate_of, lived, log_of, record, reporting, service, started


async def test_a_log_that_reporting_holds_likewise_goes_on(site: Site) -> None:
    await lived(site, 5)
    gate = gate_of(site)
    async with started(site, gate):
        await gate.admit()
        assert gate.phase is Phase.OPEN
        assert gate.reason is None
        await record(site, 6, 7)
        await received(site, 8)
    await assert_journal_is_the_log(site)


async def test_a_log_that_is_behind_is_filled_up_to_the_byte(site: Site) -> None:
    await lived(site, 30)
    before = await log_of(site.source)
    await cut(site.source, 9)
    gate = gate_of(site)
    async with started(site, gate):
        await until(lambda: phase(gate), Phase.OPEN)
    assert gate.refilled == 22
    assert await log_of(site.source) == before


async def test_a_log_that_is_behind_takes_no_commands_and_says_why(site: Site) -> None:
    await lived(site, 30)
    await cut(site.source, 9)
    gate = gate_of(site, wait=0.1)
    gate.settle(Phase.REFILLING)
    gate.missing = 31
    with pytest.raises(ReadOnly, match="只读：日志少于账本，正在从账本补回（已补 0 条，账本到 31）"):
        await gate.admit()


async def test_a_log_that_lost_only_its_seals_gets_the_very_same_ones(site: Site) -> None:
    await lived(site, 12)
    before = await log_of(site.source)
    async with site.source.acquire() as connection:
        await connection.execute("set session_replication_role = replica")
        await connection.execute("delete from seals where first > 5")
        await connection.execute("reset session_replication_role")
    gate = gate_of(site)
    async with started(site, gate):
        await until(lambda: phase(gate), Phase.OPEN)
    assert gate.refilled == 0
    assert await log_of(site.source) == before


async def test_a_log_that_is_empty_gets_everything_back(site: Site) -> None:
    await lived(site, 8)
    before = await log_of(site.source)
    await cut(site.source, 0)
    gate = gate_of(site)
    async with started(site, gate):
        await until(lambda: phase(gate), Phase.OPEN)
        await record(site, 9, 9)
        await received(site, 10)
    after = await log_of(site.source)
    assert {name: rows[: len(before[name])] for name, rows in after.items()} == before
    await assert_journal_is_the_log(site)


@pytest.mark.parametrize("changed", [2, 7, 10])
async def test_another_history_stays_read_only_and_names_the_first_position(site: Site, changed: int) -> None:
    await lived(site, 9)
    async with site.source.acquire() as connection:
        await connection.execute("set session_replication_role = replica")
        await connection.execute("update events set data = '{\"facts\":{}}' where position = $1", changed)
        await connection.execute("update seals set root = sha256(root) where last >= $1", changed)
        await connection.execute("reset session_replication_role")
    gate = gate_of(site)
    async with started(site, gate):
        await until(lambda: phase(gate), Phase.DIFFERS)
        assert gate.position == changed
        with pytest.raises(ReadOnly, match=f"从位置 {changed} 起不同"):
            await gate.admit()


async def test_what_was_recorded_on_an_older_copy_is_never_sealed_over_the_journal(site: Site) -> None:
    await lived(site, 9)
    await cut(site.source, 6)
    await record(site, 20, 21)
    sealed = await site.source.fetchval("select max(last) from seals")
    gate = gate_of(site)
    async with started(site, gate):
        await until(lambda: phase(gate), Phase.DIFFERS)
    assert gate.position == 7
    assert await site.source.fetchval("select max(last) from seals") == sealed


async def test_without_an_answer_commands_go_on_and_nothing_is_sealed(site: Site) -> None:
    await lived(site, 4)
    gate = gate_of(site, wait=0.2)
    async with running(*service(site, gate)):
        await gate.admit()
        assert gate.phase is Phase.COMPARING
        assert gate.reason == "尚未与本院 reporting 核对日志末尾；新记录暂不封存"
        await record(site, 5, 6)
        assert await site.source.fetchval("select max(last) from seals") == 5
        async with running(*reporting(site)):
            await received(site, 7)
    assert await phase(gate) is Phase.OPEN
    await assert_journal_is_the_log(site)


async def test_reporting_that_is_behind_gets_again_what_it_lost(site: Site) -> None:
    await lived(site, 20)
    end = await site.target.fetchval("select last from runs where last >= 2 order by first limit 1")
    async with site.target.acquire() as connection:
        await connection.execute("set session_replication_role = replica")
        async with connection.transaction():
            await connection.execute("delete from journal where position > $1", end)
            await connection.execute("delete from runs where last > $1", end)
            await connection.execute(
                "update receipts set have = $1, h = (select h from journal where position = $1), stated_at = null", end
            )
        await connection.execute("reset session_replication_role")
    gate = gate_of(site)
    async with started(site, gate):
        await received(site, 21)
        assert gate.phase is Phase.OPEN
    await assert_journal_is_the_log(site)


async def phase(gate: Gate) -> Phase:
    return gate.phase
