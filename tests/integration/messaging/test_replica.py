"""The units of the court as `activities` knows them from the log of `members`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from services.activities import replica
from services.activities.consumers import consuming
from shared.broker.tables import install_leases, install_receiving
from shared.contracts import members as contract
from shared.eventstore import ANY, Append, NewEvent
from shared.eventstore.install import MIGRATIONS as STORE_MIGRATIONS
from shared.migrations import migrate
from shared.receiver.consuming import consume_role
from shared.relay import relay_role
from shared.sealer import seal_role
from tests.integration.messaging.given import (
    ACTIVITIES_KEY,
    FAMILIES,
    REPORTING_MIGRATIONS,
    STATE_HURRY,
    Site,
    branch_id,
    establish,
    establish_branches,
    meta,
    running,
    until,
)

ACTIVITIES_MIGRATIONS = REPORTING_MIGRATIONS.parents[1] / "activities" / "migrations"
GROUP = "0b0d6c3e-0000-4000-8000-000000000001"


@pytest.fixture
async def site(source: asyncpg.Pool, pool: asyncpg.Pool, broker_url: str) -> Site:
    async with pool.acquire() as connection:
        await install_leases(connection)
        await install_receiving(connection)
        await migrate(connection, STORE_MIGRATIONS, "eventstore")
        await migrate(connection, ACTIVITIES_MIGRATIONS, "activities")
    FAMILIES.update(
        dict.fromkeys(
            (contract.BRANCH_COMMITTEE_FORMED, contract.PARTY_GROUP_FORMED, contract.PARTY_GROUP_DISSOLVED),
            "members.branch",
        )
        | {contract.BRANCH_CORRECTED: "members.branch_amendment"}
    )
    return Site(source, pool, broker_url)


async def have(site: Site) -> int:
    async with site.target.acquire() as connection:
        return await replica.have(connection, "shi99")


async def units(site: Site) -> replica.Units:
    async with site.target.acquire() as connection:
        return await replica.units(connection)


async def record(site: Site, kind: str, data: dict[str, Any]) -> None:
    await site.store.append([Append(f"branch-{branch_id(1)}", ANY, [NewEvent(kind, data, meta(kind))])])


async def record_a_branch_with_a_group(site: Site) -> None:
    await establish(site.store)
    await establish_branches(site.store, 1, 2)
    await record(site, contract.BRANCH_COMMITTEE_FORMED, {"effective_from": "2024-01-01"})
    group = {"group_id": GROUP, "name": "第一党小组", "official_order": 1, "effective_from": "2024-01-01"}
    await record(site, contract.PARTY_GROUP_FORMED, {"facts": group})
    await record(site, contract.PARTY_GROUP_DISSOLVED, {"group_id": GROUP, "effective_to": "2024-06-30"})
    facts = {
        "name": "第１党支部（立案庭）",
        "branch_kind": "in_service",
        "official_order": 1,
        "effective_from": "2024-01-01",
    }
    await record(site, contract.BRANCH_CORRECTED, {"facts": facts, "changed": ["name"]})


def roles(site: Site) -> Sequence[Callable[[asyncio.Event], Awaitable[None]]]:
    receiving = replace(consuming(site.target, site.broker_url, "shi99", ACTIVITIES_KEY), pace=STATE_HURRY)
    return (
        lambda stop: seal_role(site.sealing(), stop),
        lambda stop: relay_role(site.relaying(), stop),
        lambda stop: consume_role(receiving, stop),
    )


async def test_units_arrive_with_names_lifetimes_and_committees(site: Site) -> None:
    async with running(*roles(site)):
        await record_a_branch_with_a_group(site)
        await until(lambda: have(site), 7)
    known = await units(site)
    assert [(unit.unit_kind, unit.name) for unit in known.all] == [
        ("branch", "第１党支部（立案庭）"),
        ("branch", "第2党支部"),
        ("party_committee", "机关党委"),
        ("party_group", "第一党小组"),
    ]
    branch = known.by_id(branch_id(1))
    assert branch is not None
    assert (branch.branch_id, branch.committee_from, branch.committee_to) == (branch_id(1), "2024-01-01", None)
    group = known.by_id(GROUP)
    assert group is not None
    assert (group.branch_id, group.effective_from, group.effective_to) == (branch_id(1), "2024-01-01", "2024-06-30")
    assert known.named(" 第1党支部(立案庭)", "branch") == [branch]
    assert known.named("第一党小组", branch_id=branch_id(2)) == []


async def test_a_replica_that_forgot_everything_is_sent_the_log_again(site: Site) -> None:
    async with running(*roles(site)):
        await record_a_branch_with_a_group(site)
        await until(lambda: have(site), 7)
        before = (await units(site)).all
        async with site.target.acquire() as connection:
            await replica.rebuild(connection, "shi99")
        await until(lambda: have(site), 7)
    assert (await units(site)).all == before
