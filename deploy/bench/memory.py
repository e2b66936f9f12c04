"""Resident memory of each service with a million events waiting, beside the same service with none.

What waits: the log of `activities` and of `members`, neither sealed nor sent; for `reporting` a journal that is not
projected yet, beside all that arrives meanwhile. The highest resident memory counts, from the start of a process on.
"""

import asyncio
import re
import secrets
from pathlib import Path
from typing import Any, Final

import asyncpg

from deploy.bench.measure import CannotMeasure, Setting, Shown
from deploy.bench.model_s import court_year, write_journal, write_log
from deploy.bench.scale_out import Site, court_of_processes

WAITING, QUICK_WAITING = 1_000_000, 60_000
SECONDS, QUICK_SECONDS = 60.0, 12.0
HOLD: Final = 2.0
SERVICES: Final = ("members", "activities", "reporting")


def rows() -> list[Shown]:
    return [Shown("memory", _memory)]


async def _memory(setting: Setting) -> dict[str, Any]:
    waiting = QUICK_WAITING if setting.is_quick else WAITING
    seconds = QUICK_SECONDS if setting.is_quick else SECONDS
    async with court_of_processes(setting, secrets.token_urlsafe(32)) as site:
        for port in list(site.pids):
            site.kill(port)
        idle = await _highest(site, QUICK_SECONDS)
        await _write(site, waiting)
        busy = await _highest(site, seconds)
    ratios = {service: round(busy[service] / idle[service], 2) for service in SERVICES}
    return {
        "waiting": waiting,
        "idle_mb": {service: round(idle[service]) for service in SERVICES},
        "waiting_mb": {service: round(busy[service]) for service in SERVICES},
        "ratio": max(ratios.values()),
        "ratios": ratios,
        "hold": f"<= {HOLD:g}",
        "met": max(ratios.values()) <= HOLD,
    }


async def _highest(site: Site, seconds: float) -> dict[str, float]:
    """In MB, of each service from its start on for so many seconds; then it is killed."""
    ports = {service: await site.start(service, "serve") for service in SERVICES}
    await asyncio.sleep(seconds)
    highest = {service: high_water(site.pids[port]) for service, port in ports.items()}
    for port in ports.values():
        site.kill(port)
    return highest


def high_water(pid: int) -> float:
    """The highest resident memory of a process since its start, in MB."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        found = None
    if found is None:
        raise CannotMeasure("the memory of a service's process cannot be read here, or the process has ended")
    return int(found[1]) / 1024


async def _write(site: Site, events: int) -> None:
    court = court_year()
    for service, log in (("activities", court.activities), ("members", court.members)):
        connection = await asyncpg.connect(site.databases[service])
        await write_log(connection, log.rows[1:], events)
        await connection.close()
    connection = await asyncpg.connect(site.databases["reporting"])
    await write_journal(connection, events)
    await connection.close()
