"""What `reporting` receives: the logs of `members` and `activities`, kept as its journal."""

from __future__ import annotations

import asyncpg

from services.reporting.journal import JOURNAL
from shared.receiver.consuming import Consuming
from shared.sealing.keys import Signer

SOURCES = ("members", "activities")


def consuming(pool: asyncpg.Pool, broker_url: str, site: str, key: Signer) -> Consuming:
    """What the role `consume` of this service needs."""
    return Consuming(pool, broker_url, site, "reporting", key, SOURCES, JOURNAL)
