"""A log that came out of a backup, and upper sites that have more of it, or have not said so."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import asyncpg
import pytest

from shared.links.above import heard_above
from shared.links.access import write_access
from shared.receiver.consuming import consume_role
from shared.restore.above import Above
from shared.restore.answering import JournalAnswering, answer_journal_role
from shared.restore.gate import Gate, Phase, ReadOnly
from shared.restore.restored import mark_restored, restored_epoch
from tests.integration.links.conftest import linked_template, lower
from tests.integration.links.lower import UPPER, access_to, joined, log_of
from tests.integration.messaging.given import ORIGIN, REPORTING_KEY, Site, received, running, until
from tests.integration.restore.given import gate_of, lived, record, service

__all__ = ["linked_template", "lower"]

UNHEARD, AHEAD, SAME = Above("sheng9", None), Above("sheng9", 12), Above("sheng9", 10)


def restored_gate(site: Site, folder: Path) -> Gate:
    """Of a log that a restore put back."""
    mark_restored(folder, 1)
    gate = gate_of(site, wait=0.1)
    gate.folder, gate.restored, gate.look_every = folder, 1, 0.2
    return gate


def told(site: Site, gate: Gate, above: Sequence[Above]) -> AbstractAsyncContextManager[None]:
    """Service and reporting, which says this of the upper sites."""

    async def asked(origin: str) -> Sequence[Above]:
        return above if origin == ORIGIN.text else ()

    answering = JournalAnswering(site.target, site.broker_url, "shi99", REPORTING_KEY, asked)
    roles = lambda stop: answer_journal_role(answering, stop), lambda stop: consume_role(site.consuming(), stop)
    return running(*service(site, gate), *roles)


async def phase(gate: Gate) -> Phase:
    return gate.phase


async def sealed(site: Site) -> int:
    last: int = await site.source.fetchval("select max(last) from seals")
    return last


async def test_a_restored_log_takes_nothing_before_its_upper_sites_are_heard(site: Site, tmp_path: Path) -> None:
    await lived(site, 9)
    gate = restored_gate(site, tmp_path)
    with pytest.raises(ReadOnly, match="尚未与本院 reporting 核对日志末尾；自备份恢复，只读"):
        await gate.admit()
    above = [UNHEARD]
    async with told(site, gate, above):
        await until(lambda: phase(gate), Phase.UNHEARD)
        with pytest.raises(ReadOnly, match=r"还没有收到上级法院 sheng9 的回执.*--unheard"):
            await gate.admit()
        assert restored_epoch(tmp_path) == 1
        above[:] = [SAME]
        await until(lambda: phase(gate), Phase.OPEN)
        await gate.admit()
        assert gate.reason is None
        assert restored_epoch(tmp_path) is None
        await record(site, 10, 11)
        await received(site, 12)


async def test_a_log_that_an_upper_site_has_more_of_takes_nothing_and_says_how_much(site: Site, tmp_path: Path) -> None:
    await lived(site, 9)
    gate = restored_gate(site, tmp_path)
    async with told(site, gate, [AHEAD]):
        await until(lambda: phase(gate), Phase.AHEAD)
        said = "上级法院 sheng9 有本院日志到第 12 条，多于本院（到第 10 条）；有较新的备份先恢复它"
        with pytest.raises(ReadOnly, match=said):
            await gate.admit()
        await gate.admit_epoch()
        assert restored_epoch(tmp_path) == 1


async def test_what_the_backup_held_unsealed_is_sealed_again_so_that_an_epoch_can_follow(
    site: Site, tmp_path: Path
) -> None:
    await lived(site, 9)
    await record(site, 10, 11)
    gate = restored_gate(site, tmp_path)
    async with told(site, gate, [Above("sheng9", 14)]):
        await until(lambda: phase(gate), Phase.AHEAD)
        await until(lambda: sealed(site), 12)


async def test_a_copy_that_was_put_back_without_a_mark_is_noticed_and_nothing_more_is_sealed(site: Site) -> None:
    await lived(site, 9)
    await record(site, 10, 10)
    gate = gate_of(site, wait=0.1)
    async with told(site, gate, [AHEAD]):
        await until(lambda: phase(gate), Phase.AHEAD)
        with pytest.raises(ReadOnly, match="此后又录入 1 条；须用恢复时的同一备份再执行 lianjian restore"):
            await gate.admit()
        assert await sealed(site) == 10


async def test_an_upper_site_that_turns_out_to_have_more_later_closes_the_gate(site: Site) -> None:
    await lived(site, 9)
    gate, above = gate_of(site), [UNHEARD]
    gate.look_every = 0.2
    async with told(site, gate, above):
        await until(lambda: phase(gate), Phase.OPEN)
        above[:] = [AHEAD]
        await until(lambda: phase(gate), Phase.AHEAD)
        above[:] = [SAME]
        await until(lambda: phase(gate), Phase.OPEN)


async def test_a_court_below_none_goes_on_at_once_after_a_restore(site: Site, tmp_path: Path) -> None:
    await lived(site, 9)
    gate = restored_gate(site, tmp_path)
    async with told(site, gate, []):
        await until(lambda: phase(gate), Phase.OPEN)
    assert restored_epoch(tmp_path) is None


async def test_an_upper_site_is_heard_when_it_has_spoken_of_that_log_and_revoked_ones_are_not_asked(
    lower: asyncpg.Pool, tmp_path: Path
) -> None:
    members = "shi99/members/log/1"
    log = log_of(lower, members)
    log.add(2)
    await log.keep()
    await joined(lower, "shi99", UPPER, "upper", members, 2)
    await joined(lower, "shi99", "sheng7", "upper", members, 2, state="revoked")
    assert await heard_above(lower, "shi99", tmp_path, members) == [Above(UPPER, None)]
    await lower.execute(
        "insert into uplink_states values ($1, $2, 2, $3, 'ok', now(), '', '')", UPPER, members, b"h" * 32
    )
    assert await heard_above(lower, "shi99", tmp_path, members) == [Above(UPPER, 2)]
    assert await heard_above(lower, "shi99", tmp_path, "shi99/activities/log/1") == [Above(UPPER, None)]
    await lower.execute("delete from linked_sites where site = $1", UPPER)
    assert await heard_above(lower, "shi99", tmp_path, members) == []
    write_access(tmp_path, access_to("amqp://upper.invalid/", "user", "password"))
    assert await heard_above(lower, "shi99", tmp_path, members) == [Above(UPPER, None)]
