"""How far the upper sites have a log of the own site: what its service compares itself with after a restore."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import asyncpg

from shared.links.access import read_access
from shared.restore.above import Above

_HEARD: Final = """
select linked.site as upper, states.have
  from linked_sites as linked
  left join uplink_states as states on states.upper = linked.site and states.origin = $2
 where linked.parent = $1 and linked.role = 'upper' and linked.state <> 'revoked'
"""
_KNOWN: Final = "select site from linked_sites where parent = $1 and role = 'upper'"


async def heard_above(pool: asyncpg.Pool, site: str, links: Path, origin: str) -> list[Above]:
    """Every upper site with what it last said of `origin`.

    An access without a link of which the log tells: the log is older than the link, and nothing will be heard.
    """
    told = [Above(*row) for row in await pool.fetch(_HEARD, site, origin)]
    known = {row["site"] for row in await pool.fetch(_KNOWN, site)}
    lost = [name for name, one in read_access(links).items() if one.state == "joined" and name not in known]
    return sorted([*told, *(Above(name, None) for name in lost)])
