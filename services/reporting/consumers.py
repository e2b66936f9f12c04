"""What `reporting` receives: the logs of its own site and of those below it, kept as its journal."""

from __future__ import annotations

import asyncpg

from services.reporting.journal import JOURNAL
from shared.links.inbound import Inbound
from shared.links.registry import learning
from shared.receiver.consuming import Consuming
from shared.receiver.own_epochs import following
from shared.sealing.keys import Signer

SOURCES = ("members", "activities")


def consuming(pool: asyncpg.Pool, broker_url: str, site: str, key: Signer) -> Consuming:
    """What the role `consume` of this service needs."""
    return Consuming(pool, broker_url, site, "reporting", key, SOURCES, learning(following(JOURNAL), site))


def inbound(pool: asyncpg.Pool, broker_url: str, site: str, key: Signer) -> Inbound:
    """What the role `inbound` needs: it receives from the sites below."""
    return Inbound(pool, broker_url, site, key, JOURNAL)
