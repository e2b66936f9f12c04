"""How far the lower site believes to have sent its logs up, and how far they came."""

from __future__ import annotations

import asyncpg

from tests.faults.linked.sites import LOWER, UPPER
from tests.faults.linked.world import WRITERS, World


async def is_sending(world: World) -> bool:
    """Whether something of both logs has gone up."""
    return min((await _sent(world)).values()) > 0


async def ahead(world: World) -> list[str]:
    """In words, which cursors have passed what the upper site does not have."""
    sent, held = await _sent(world), await world.reached(UPPER)
    return [
        f"the cursor of {_log(service)} is at {sent[service]}, and {held[service]} is what arrived"
        for service in WRITERS
        if sent[service] > held[service]
    ]


async def _sent(world: World) -> dict[str, int]:
    connection = await asyncpg.connect(world.configs[LOWER].databases["reporting"])
    try:
        rows = await connection.fetch("select origin, sent_to from uplink_cursors")
    finally:
        await connection.close()
    sent = {row["origin"]: row["sent_to"] for row in rows}
    return {service: sent.get(_log(service), 0) for service in WRITERS}


def _log(service: str) -> str:
    return f"{LOWER}/{service}/log/1"
