"""What is not as it should be: the message is kept, and the link that delivered it suspended (design §5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import asyncpg
import orjson
import structlog

from shared.receiver.reading import Refused
from shared.sealing.origin import Origin
from shared.sealing.wire import NOTE, SIGNATURE

_SUSPEND: Final = """
insert into inbound_links as links (link, suspended_at, reason, origin, position)
values ($1, clock_timestamp(), $2, $3, $4)
on conflict (link) do update
   set suspended_at = clock_timestamp(), reason = excluded.reason, origin = excluded.origin,
       position = excluded.position
 where links.suspended_at is null
"""
_QUARANTINE: Final = """
insert into quarantine (origin, reason, link, problem, position, headers, body) values ($1, $2, $3, $4, $5, $6, $7)
"""
# The same message as before; another one, where enough are kept, counts with the latest.
_AGAIN: Final = """
update quarantine set again = again + 1
 where (origin, reason, received_at) = (
           select origin, reason, received_at from quarantine
            where origin = $1 and reason = $2 and link = $3
              and ((headers = $4 and body = $5)
                   or $6 <= (select count(*) from quarantine where origin = $1 and reason = $2 and link = $3))
            order by (headers = $4 and body = $5) desc, received_at desc limit 1)
returning true
"""
_FORK: Final = """
insert into forks (origin, position, held_note, received_note, received_body) values ($1, $2, $3, $4, $5)
on conflict do nothing
"""

MOST_KEPT: Final = 5
"""Different messages of one origin that one link delivered, refused for the same reason."""

log = structlog.get_logger()


class Fork(Refused):
    """A signed history that differs from the one held; `position` is the first known to differ."""

    def __init__(self, position: int, held_note: str | None) -> None:
        super().__init__("fork", f"position {position} differs from what is held", position)
        self.held_note = held_note


async def charge(
    pool: asyncpg.Pool, source: Origin, link: str, refused: Refused, headers: Mapping[str, Any], body: bytes
) -> None:
    """Keep the offending message, a few of those alike, and suspend its link until a person decides."""
    log.error(
        "link_suspended",
        link=link,
        origin=source.text,
        reason=refused.reason,
        problem=refused.problem,
        position=refused.position,
    )
    written = orjson.dumps({name: str(value) for name, value in sorted(headers.items())}).decode()
    async with pool.acquire() as connection, connection.transaction():
        place = source.text, refused.reason, link
        if not await connection.fetchval(_AGAIN, *place, written, body, MOST_KEPT):
            await connection.execute(_QUARANTINE, *place, refused.problem, refused.position, written, body)
        if isinstance(refused, Fork):
            # A head has no note: what its source signed is the body, with the signature beside it.
            note = str(headers.get(NOTE) or headers.get(SIGNATURE))
            await connection.execute(_FORK, source.text, refused.position, refused.held_note, note, body)
        await connection.execute(_SUSPEND, link, refused.reason, source.text, refused.position)
