"""What the routes of forgetting are alike in: the reason asked for, the burial at once, the list of requests."""

from __future__ import annotations

from typing import Any, Final, Protocol

import asyncpg

from shared.acts import CommandDeps
from shared.contracts.forgetting import LawfulReason
from shared.contracts.values import Value
from shared.http.calls import Call
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Requirement
from shared.personal.requests import forgetting_requests
from shared.personal.tombstones import apply_tombstones

REQUEST: Final = Requirement("request_forgetting", "site")
CONFIRM: Final = Requirement("confirm_forgetting", "site")


class Asked(Value):
    """Why, of the reasons the law knows."""

    reason: LawfulReason


class _Parts(Protocol):
    @property
    def site(self) -> str: ...
    @property
    def pool(self) -> asyncpg.Pool: ...
    @property
    def deps(self) -> CommandDeps: ...


async def bury_at_once(parts: _Parts) -> None:
    """The event is what counts, and a task follows it; done here too, so that the answer is true."""
    async with parts.pool.acquire() as connection:
        await apply_tombstones(connection)
    parts.deps.keyring.drop_cached()


def list_requests(router: Router) -> None:
    """Declare `GET /forgettings`."""

    @router.get("/forgettings", requires=Requirement("read_names", "site"), summary="删除个人信息的申请")
    async def read_forgettings(call: Call, parts: Any) -> Reply:
        call.actor_on(parts.site)
        return json_reply({"requests": await forgetting_requests(parts.pool)})
