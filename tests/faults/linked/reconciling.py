"""The upper broker's objects and users for the trial's one link, kept by the program's own reconciler."""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

import asyncpg

from shared.links.reconciler import Reconciling, reconcile_role
from shared.links.token import password_hash
from tests.faults.linked.sites import LOWER, SiteConfig

PASSWORD: Final = "of the trial's link"


class User(NamedTuple):
    site: str
    password_hash: str | None


class Wanted(NamedTuple):
    links: tuple[User, ...]
    invitations: tuple[User, ...] = ()


async def reconciling(config: SiteConfig, pool: asyncpg.Pool, stop: asyncio.Event) -> None:
    """The role `links` of the upper site, in a hurry."""

    async def wanted() -> Wanted:
        return Wanted((User(LOWER, password_hash(PASSWORD)),))

    role = Reconciling(pool, config.site, config.broker_url, config.management_url, wanted, every=1.0)
    await reconcile_role(role, stop)
