"""Commands of a lower site, one after the other; what was answered is written down before the next is given."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid4, uuid5

from shared.eventstore import ANY, Append, EventStore, NewEvent
from shared.leases import until_set
from tests.faults.linked.sites import meta

BRANCHES: Final = 24
ENOUGH: Final = "enough"
"""A file in the folder of the answered commands: while it is there nobody gives more."""

_SEALED: Final = {"enc": "A256GCM", "key": "k" * 36, "iv": "i" * 16, "ct": "c" * 40}


class Writer:
    """`store` is of the service; answered command ids go to a file of this writer, one a line."""

    def __init__(self, store: EventStore, site: str, service: str, accepted: Path, number: int = 0) -> None:
        self._store = store
        self._site = site
        self._service = service
        accepted.mkdir(exist_ok=True)
        self._enough = accepted / ENOUGH
        self._file = (accepted / f"{service}.{os.getpid()}.{number}").open("a", encoding="ascii")
        self._number = 0

    async def write(self, stop: asyncio.Event, pause: float) -> None:
        """Until `stop`; an outage is waited out and the same command given again."""
        while not stop.is_set():
            if not self._enough.exists():
                self._number += 1
                await self._one(str(uuid4()), stop)
            await until_set(stop, pause)

    async def _one(self, command: str, stop: asyncio.Event) -> None:
        stream, kind, data = command_of(self._service, self._number, command)
        append = Append(stream, ANY, [NewEvent(kind, data, meta(command, self._site))])
        while not stop.is_set():
            try:
                await self._store.append([append], command)
            except Exception:
                await until_set(stop, 0.2)
                continue
            self._file.write(command + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())
            return


def command_of(service: str, number: int, command: str) -> tuple[str, str, dict[str, Any]]:
    """Stream, type and data of the n-th command: branches and what changes them, and now and then something private.

    Two processes give the same numbers; what they say of a branch differs, so that one lost is missed.
    """
    if number % 5 == 0:
        person = uuid5(NAMESPACE_URL, f"{service} person {number}")
        if service == "members":
            return f"person-{person}", "members.person-registered.v1", {"details": {"name": _SEALED}}
        return f"activity-{person}", "activities.attendance-recorded.v1", {"attendance": {"absences": [_SEALED]}}
    if service == "activities":
        activity = uuid5(NAMESPACE_URL, f"activity {number}")
        return f"activity-{activity}", "activities.activity-recorded.v1", {"entry": "timely"}
    # Some are corrected again and again, others never: what is lost of them nothing later makes good.
    branch = f"branch {number}" if number % 2 else f"branch {number % BRANCHES} of those corrected"
    is_new = number % 2 == 1 or number < BRANCHES
    facts = {
        "name": f"第{number}党支部 {command[:8]}",
        "branch_kind": "in_service",
        "official_order": number,
        "effective_from": "2024-01-01",
    }
    kind = "members.branch-established.v1" if is_new else "members.branch-corrected.v1"
    data = {"facts": facts} | ({} if is_new else {"changed": ["name", "official_order"]})
    return f"branch-{uuid5(NAMESPACE_URL, branch)}", kind, data
