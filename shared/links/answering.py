"""What the sites below are told of their logs: signed states into the queue that only they may read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import asyncpg
import structlog
from faststream.rabbit import RabbitBroker

from shared.broker.connection import Unconfirmed, confirmed
from shared.broker.sender import CONTROL_TTL_SECONDS, state_headers
from shared.links.topology import inbound_queue, outbound_queue
from shared.sealing.control import State
from shared.sealing.keys import Signer
from shared.sealing.origin import Origin, parse_origin
from shared.sealing.wire import JSON_TYPE
from shared.status import RoleStatus

# Where two links lead to a site, the shorter way is answered.
_BELOW: Final = """
with recursive way (link, site, depth) as (
    select site, site, 1 from linked_sites where parent = $1 and role = 'lower' and site = any($2::text[])
    union
    select way.link, below.site, depth + 1 from linked_sites as below join way on below.parent = way.site
     where below.role = 'lower' and below.state <> 'revoked' and depth < 8
)
select distinct on (receipts.origin) receipts.origin, way.link
  from way join receipts on split_part(receipts.origin, '/', 1) = way.site
 order by receipts.origin, way.depth, way.link
"""

log = structlog.get_logger()


async def origins_below(pool: asyncpg.Pool, own: str, links: Sequence[str]) -> dict[Origin, str]:
    """Every log that is awaited of the sites below, with the site whose link brings it."""
    return {parse_origin(row["origin"]): row["link"] for row in await pool.fetch(_BELOW, own, list(links))}


class LinkStates:
    """Sends states down; a link whose queue is gone holds up no other."""

    def __init__(self, broker: RabbitBroker, key: Signer, status: RoleStatus) -> None:
        self._broker = broker
        self._key = key
        self._status = status

    async def send(self, state: State, link: str) -> None:
        """To the site that the link `up.<site>` leads to; one that does not arrive is counted: another follows."""
        body = state.body
        headers = state_headers(body, self._key)
        queue = outbound_queue(link.removeprefix(inbound_queue("")))
        try:
            await confirmed(
                self._broker.publish(
                    body, queue, headers=headers, content_type=JSON_TYPE, persist=True, mandatory=True,
                    expiration=CONTROL_TTL_SECONDS,
                )
            )  # fmt: skip
        except Unconfirmed as error:
            self._status.count("states_not_sent")
            log.warning("state_not_sent", link=link, error=str(error))
