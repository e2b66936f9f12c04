"""How soon a command given below shows in the upper court's projection, beside one message of a quorum queue.

Two courts of processes as `commit-visible` has one, six databases and two virtual hosts, linked: the way goes on from
the lower court's journal over the uplink into the upper court's, and ends when the projection there has passed the
position. Both at 50 a second; the reference is that of `commit-visible`.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import asyncpg

from deploy.bench.linked_sites import access_to, joined, link_stream, prepare_links, site_keys
from deploy.bench.measure import ALTERNATIONS, Setting, Shown, compared
from deploy.bench.scale_out import Named, Site, court_of_processes, known_branch
from deploy.bench.visible import percentile, until_taken, until_visible
from shared.contracts.links import SITE_JOINED, SiteJoined, SiteKeys
from shared.eventstore import ANY, Append, EventStore, NewEvent
from shared.links.access import write_access
from shared.sealing.key_files import load_public_key, load_signing_key
from shared.testing.brokers import fresh_vhost
from shared.testing.journal import META

HOLD: Final = 6.0
UPPER: Final = Named("sheng9", "海角省高级人民法院", "high")
LOWER: Final = Named("shi99", "青岚市中级人民法院", "intermediate")
_LINKING_SECONDS: Final = 2.0


def rows() -> list[Shown]:
    return [Shown("below-above", _below_above)]


async def _below_above(setting: Setting) -> dict[str, Any]:
    token = secrets.token_urlsafe(32)
    async with (
        _linked_courts(setting, token) as (below, above, port),
        fresh_vhost(setting.management_url, setting.rabbitmq_url) as broker,
    ):
        projection = above.databases["reporting"]
        await until_visible(projection, port, token, _LINKING_SECONDS)  # leases taken, joined, connections made
        ours, reference, own = [], [], []
        for _ in range(ALTERNATIONS):
            ours.append(await until_visible(projection, port, token, setting.seconds))
            reference.append(await until_taken(broker, setting.seconds))
            own.append(await until_visible(below.databases["reporting"], port, token, setting.seconds))
    pairs = [(percentile(one, 99), percentile(other, 99)) for one, other in zip(ours, reference, strict=True)]
    return compared(pairs, "ms p99", "<=", HOLD) | {
        "p50": round(median(percentile(one, 50) for one in ours), 1),
        "reference_p50": round(median(percentile(one, 50) for one in reference), 1),
        "own_projection_p50": round(median(percentile(one, 50) for one in own), 1),
        "own_projection_p99": round(median(percentile(one, 99) for one in own), 1),
    }


@asynccontextmanager
async def _linked_courts(setting: Setting, token: str) -> AsyncIterator[tuple[Site, Site, int]]:
    """The lower and the upper court with all their processes, and where `activities` answers below."""
    async with (
        court_of_processes(setting, token, UPPER) as above,
        court_of_processes(setting, token, LOWER) as below,
    ):
        await prepare_links(above.told["members"]["LIANJIAN_BROKER_URL"], UPPER.site, [LOWER.site])
        keys = _keys_of(UPPER, above), _keys_of(LOWER, below)
        signers = tuple(load_signing_key(_key_folder(site, "members")) for site in (above, below))
        for site, order in ((above, 1), (below, None)):
            await _record(site, joined(*keys, (signers[0], signers[1]), order))
        access = access_to(above.told["members"]["LIANJIAN_BROKER_URL"], keys[0])
        write_access(_key_folder(below, "links"), access)
        await above.start("activities", "serve")
        await above.start("reporting", "serve")
        await below.start("reporting", "serve")
        port = await below.start("activities", "serve")
        await known_branch(below)
        yield below, above, port


def _key_folder(site: Site, name: str) -> Path:
    return Path(site.told["members"]["LIANJIAN_KEY_DIR"]).parent / name


def _keys_of(court: Named, site: Site) -> SiteKeys:
    known = {name: load_public_key(_key_folder(site, name)) for name in site.told}
    return site_keys(court.site, court.name, court.level, known)


async def _record(site: Site, said: SiteJoined) -> None:
    """As `members` does when both sides have agreed."""
    own = site.told["members"]["LIANJIAN_SITE"]
    event = NewEvent(SITE_JOINED, said.model_dump(mode="json"), META | {"command_id": f"join:{said.peer}"})
    async with asyncpg.create_pool(site.databases["members"], min_size=1, max_size=1) as pool:
        await EventStore(pool).append([Append(link_stream(own, said.peer), ANY, [event])], f"join:{said.peer}")
