"""Which signing keys of a site count here, from where to where: looked at before one is revoked."""

from __future__ import annotations

from typing import Final

import asyncpg
import orjson

_KEYS: Final = """
select service, key_id, from_position, to_position, revoked_from from origin_keys
 where site = $1 order by service, to_position nulls last, key_id
"""
_IS_ABOVE: Final = "select exists (select from linked_sites where parent = $1 and site = $2 and role = 'upper')"


async def signing_keys(pool: asyncpg.Pool, own: str, site: str) -> bytes:
    """`{"is_above": …, "keys": […]}`; `to_position` is None for the present keys, 0 for a former one of reporting."""
    keys = [dict(row) for row in await pool.fetch(_KEYS, site)]
    return orjson.dumps({"is_above": await pool.fetchval(_IS_ABOVE, own, site), "keys": keys})
