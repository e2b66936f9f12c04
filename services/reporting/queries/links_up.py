"""How far each upper site has this site's logs and those below: sent, received there, countersigned."""

from __future__ import annotations

from typing import Any, Final

import asyncpg
import orjson

_UPPERS: Final = """
select linked.site, linked.name, linked.state, linked.withheld,
       coalesce(known.connected and leases.expires_at > clock_timestamp(), false) as connected, known.since,
       case when known.connected then known.refused_since end as refused_since,
       (select extract(epoch from clock_timestamp() - max(heard_at))::float8 from uplink_states
         where upper = linked.site) as state_age
  from linked_sites as linked
  left join uplink_connections as known on known.upper = linked.site
  left join leases on leases.name = 'uplink:' || linked.site
 where linked.parent = $1 and linked.role = 'upper'
 order by linked.site
"""
_ORIGINS: Final = """
select cursors.upper, cursors.origin, greatest(receipts.head, receipts.have) as sealed_to, receipts.have as journal,
       cursors.sent_to, states.have, states.status, states.alarm, signed.have as countersigned_to,
       signed.time as countersigned_at
  from uplink_cursors as cursors
  join receipts on receipts.origin = cursors.origin
  left join uplink_states as states on states.upper = cursors.upper and states.origin = cursors.origin
  left join countersignatures as signed on signed.upper = cursors.upper and signed.origin = cursors.origin
 order by cursors.upper, split_part(cursors.origin, '/', 1) <> $1, cursors.origin
"""


async def links_up(pool: asyncpg.Pool, site: str) -> bytes:
    """`{"links": […]}`; `state_age` in seconds, None before the first state; so is `countersigned_to` (尚未会签).

    `refused_since`: since when the upper site's broker has no room for more, None while it takes.
    """
    uppers, rows = await pool.fetch(_UPPERS, site), await pool.fetch(_ORIGINS, site)
    return orjson.dumps(
        {"links": [_link(upper, [row for row in rows if row["upper"] == upper["site"]]) for upper in uppers]}
    )


def _link(upper: asyncpg.Record, rows: list[asyncpg.Record]) -> dict[str, Any]:
    origins = [{name: value for name, value in row.items() if name != "upper"} for row in rows]
    return {
        "upper": upper["site"],
        "name": upper["name"],
        "state": upper["state"],
        "withheld_families": upper["withheld"],
        "connected": upper["connected"],
        "since": upper["since"],
        "refused_since": upper["refused_since"],
        "state_age": upper["state_age"],
        "origins": origins,
        "alarms": [{"origin": one["origin"], "alarm": one["alarm"]} for one in origins if one["alarm"]],
    }
