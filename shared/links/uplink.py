"""The role `uplink`: one task for each upper site whose access lies in the folder, begun and ended as files change."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from shared.leases import lead, until_set
from shared.links.access import LinkAccess, read_access
from shared.links.sending import Uplinking, send_up
from shared.status import RoleStatus
from shared.telemetry.health import Check
from shared.telemetry.roles import DEAD_ENDS, role_check

log = structlog.get_logger()


@dataclass
class _Running:
    access: LinkAccess
    stop: asyncio.Event
    task: asyncio.Task[None]


async def uplink_role(uplinking: Uplinking, stop: asyncio.Event) -> None:
    """Send up to every upper site until `stop`; one at a time of all replicas, through outages of either side."""
    running: dict[str, _Running] = {}
    try:
        while not stop.is_set():
            wanted = {name: one for name, one in read_access(uplinking.links).items() if one.state == "joined"}
            for upper in [name for name, one in running.items() if wanted.get(name) != one.access or one.task.done()]:
                await _end(running.pop(upper), uplinking)
            for upper in wanted.keys() - running.keys():
                running[upper] = _begin(uplinking, wanted[upper])
            uplinking.status.looked()
            await until_set(stop, uplinking.look_at_files_every)
    finally:
        await asyncio.gather(*(_end(one, uplinking) for one in running.values()))


def _begin(uplinking: Uplinking, access: LinkAccess) -> _Running:
    log.info("uplink_begins", upper=access.upper)
    name, stop = f"uplink:{access.upper}", asyncio.Event()
    status = uplinking.statuses.setdefault(access.upper, RoleStatus(name))

    async def work(until: asyncio.Event) -> None:
        await send_up(uplinking, access, status, until)

    return _Running(access, stop, asyncio.create_task(lead(uplinking.pool, name, stop, work, status), name=name))


async def _end(one: _Running, uplinking: Uplinking) -> None:
    one.stop.set()
    await asyncio.gather(one.task, return_exceptions=True)
    uplinking.statuses.pop(one.access.upper, None)
    log.info("uplink_ended", upper=one.access.upper)


def uplinks_check(uplinking: Uplinking) -> Check:
    """What troubles any of the uplinks, in one word; first what no waiting mends."""
    checks: dict[str, tuple[RoleStatus, Check]] = {}
    own = role_check(uplinking.status)

    async def check() -> str | None:
        found = [await own()]
        for upper, status in sorted(uplinking.statuses.items()):
            if upper not in checks or checks[upper][0] is not status:
                checks[upper] = status, role_check(status)
            found.append(await checks[upper][1]())
        told = [what for what in found if what is not None]
        return next((what for what in told if what in DEAD_ENDS), told[0] if told else None)

    return check
