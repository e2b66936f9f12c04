"""What `activities` receives: the log of `members`, kept as a replica."""

from __future__ import annotations

import asyncpg

from services.activities.replica import REPLICA, SOURCE, rebuild
from shared.broker.tables import Connection
from shared.receiver.consuming import Consuming
from shared.receiver.own_epochs import following
from shared.sealing.keys import Signer

SOURCES = (SOURCE,)


def consuming(pool: asyncpg.Pool, broker_url: str, site: str, key: Signer) -> Consuming:
    """What the role `consume` of this service needs."""

    async def again(connection: Connection) -> None:
        await rebuild(connection, site)

    return Consuming(pool, broker_url, site, "activities", key, SOURCES, following(REPLICA, again))
