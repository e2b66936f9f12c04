"""One site in one process, to be killed, paused and doubled; `tests.faults.linked.site` starts it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg

from services.activities.stored_events import CODEC as ACTIVITIES
from services.members.stored_events import CODEC as MEMBERS
from services.reporting.journal import JOURNAL
from services.reporting.projections import UNITS
from shared.broker.delivery import Pace
from shared.eventstore import EventStore
from shared.links.inbound import Inbound, inbound_role
from shared.links.registry import learning
from shared.links.sending import Uplinking
from shared.links.uplink import uplink_role
from shared.process import stop_on_signals
from shared.projection import project_role
from shared.receiver.consuming import Consuming, consume_role
from shared.receiver.stating import StatePace
from shared.receiver.trust import signers_of_own_log
from shared.relay import Relaying, relay_role
from shared.sealer import FreshRuns, Sealing, seal_role
from shared.sealing.origin import Origin
from shared.status import RoleStatus
from tests.faults.linked.reconciling import reconciling
from tests.faults.linked.sites import LOWER, SiteConfig, key_of
from tests.faults.linked.writing import Writer

Role = Callable[[asyncio.Event], Awaitable[None]]
PACE = Pace(head_every=1.0, head_at_most_every=0.3, resend_after=1.5, look_every=0.2)
STATE_PACE = StatePace(every=1.0, while_behind=0.5, at_most_every=0.3)
_CODECS = {"members": MEMBERS, "activities": ACTIVITIES}


async def live(config: SiteConfig, write: list[str], pause: float, writers: int) -> None:
    """Everything a site does, until a signal."""
    async with contextlib.AsyncExitStack() as opened:
        pools = {
            service: await opened.enter_async_context(asyncpg.create_pool(url, min_size=0, max_size=8, timeout=5))
            for service, url in config.databases.items()
        }
        roles = [*_services(config, pools), *_reporting(config, pools["reporting"], pools["members"])]
        for service, number in [(service, number) for service in write for number in range(writers)]:
            writer = Writer(EventStore(pools[service]), config.site, service, Path(config.accepted), number)
            roles.append(lambda stop, writer=writer: writer.write(stop, pause))  # type: ignore[misc]
        with stop_on_signals() as stop:
            await asyncio.gather(*(role(stop) for role in roles))


def _services(config: SiteConfig, pools: dict[str, asyncpg.Pool]) -> list[Role]:
    roles: list[Role] = []
    for service, codec in _CODECS.items():
        origin, key, pool = Origin(config.site, service), key_of(config.site, service), pools[service]
        families = {name: family.name for name, family in codec.families.items()}.__getitem__
        signers = signers_of_own_log(pools["members"], config.site)
        fresh = FreshRuns()
        sealing = Sealing(pool, origin, key, families, fresh=fresh)
        relaying = Relaying(pool, config.broker_url, origin, key, families, signers, PACE, fresh=fresh)
        roles.append(lambda stop, sealing=sealing: seal_role(sealing, stop))  # type: ignore[misc]
        roles.append(lambda stop, relaying=relaying: relay_role(relaying, stop))  # type: ignore[misc]
    return roles


def _reporting(config: SiteConfig, pool: asyncpg.Pool, members: asyncpg.Pool) -> list[Role]:
    key = key_of(config.site, "reporting")
    consuming = Consuming(
        pool,
        config.broker_url,
        config.site,
        "reporting",
        key,
        ("members", "activities"),
        learning(JOURNAL, config.site),
        STATE_PACE,
    )
    roles: list[Role] = [
        lambda stop: consume_role(consuming, stop),
        lambda stop: project_role(pool, [UNITS], stop, RoleStatus("project")),
    ]
    if config.site == LOWER:
        up = Uplinking(pool, config.site, Path(config.links), PACE, look_at_files_every=0.5, confirm_within=3.0)
        return [*roles, lambda stop: uplink_role(up, stop)]
    inbound = Inbound(pool, config.broker_url, config.site, key, JOURNAL, STATE_PACE)
    return [*roles, lambda stop: inbound_role(inbound, stop), lambda stop: reconciling(config, members, stop)]
