"""What receiving has found wrong already: two histories of one log, links that are stopped."""

from __future__ import annotations

from typing import Final

import asyncpg

from shared.verification.findings import Verdict

_FORKS: Final = "select origin, min(position) as position from forks group by origin order by origin"
_STOPPED: Final = """
select link, reason, origin, position from inbound_links
 where suspended_at is not null and reason <> 'person' order by link
"""


async def verify_links(pool: asyncpg.Pool, verdict: Verdict) -> None:
    """Note every fork that is kept as proof, and every link that was stopped for what it delivered."""
    for row in await pool.fetch(_FORKS):
        verdict.differs("forks", row["origin"], row["position"], "收到过另一份已签名的历史，两份签封都已留存")
    for row in await pool.fetch(_STOPPED):
        at = "-" if row["position"] is None else row["position"]
        verdict.differs("links", row["link"], at, f"因 {row['reason']} 停收（{row['origin'] or '未指明来源'}）")
