"""A whole court in one process, killed while it changes a key: `python -m tests.faults.key_site FOLDER SERVICE POINT`.

It records, changes the key of the service as an operator does, records again, and ends when all has arrived.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from shared import crash
from shared.settings import ServiceSettings
from tests.component.court import MAINS, Court, running
from tests.integration.links.test_key_rotation import arrived, branch, change

TOLD = "told.json"


def write_told(folder: Path, told: dict[str, ServiceSettings]) -> None:
    """Put the settings of the services where every life of the court finds them."""

    def plain(value: Any) -> str:
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)

    settings = {name: one.model_dump() for name, one in told.items()}
    (folder / TOLD).write_text(json.dumps(settings, default=plain))


def read_told(folder: Path) -> dict[str, ServiceSettings]:
    """As `write_told` put them."""
    told = json.loads((folder / TOLD).read_text())
    return {name: ServiceSettings.model_validate(one) for name, one in told.items()}


async def live(folder: Path, service: str, point: str) -> None:
    token, stop = (folder / "token").read_text(), asyncio.Event()
    async with AsyncExitStack() as stack:
        services = {
            name: await stack.enter_async_context(running(settings, MAINS[name], token, stop))
            for name, settings in read_told(folder).items()
        }
        here = Court("shi04", services, token)
        await branch(here, 1)
        await arrived(here, "shi04/members/log/1")
        crash._crash_at = point  # not before: what is killed is the change of the key
        await change(here, service)
        await branch(here, 2)
        for name in {"members", service} - {"reporting"}:
            await arrived(here, f"shi04/{name}/log/1")
        stop.set()


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
