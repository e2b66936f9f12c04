"""A new signing key for a service with a log: the same for every one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

import asyncpg

from shared.acts import CommandDeps
from shared.command_path import AnyDecider, execute
from shared.contracts.members import SigningKey
from shared.http.calls import Call
from shared.http.commands import accepted, context
from shared.http.replies import Reply
from shared.http.routing import Router
from shared.identity.access import Requirement
from shared.own_keys import OwnKeys
from shared.sealing.key_files import make_next_key

MANAGE: Final = Requirement("manage_links", "site")

router = Router()


@dataclass(frozen=True)
class KeyChanging:
    """`change(former_key_id, key)` makes the command of the aggregate that tells of this log's keys."""

    keys: OwnKeys
    decider: AnyDecider
    aggregate_id: UUID
    change: Callable[[str, SigningKey], Any]


class Parts(Protocol):
    """`key_changing` is what a change of the own key needs."""

    @property
    def service(self) -> str: ...

    @property
    def site(self) -> str: ...

    @property
    def pool(self) -> asyncpg.Pool: ...

    @property
    def deps(self) -> CommandDeps: ...

    @property
    def key_changing(self) -> KeyChanging: ...


@router.post("/keys/rotation", requires=MANAGE, summary="更换本服务的签名密钥")
async def change_key(call: Call, parts: Parts) -> Reply:
    """The former key seals the event that names the next one; which one counts is read from the log alone."""
    actor, changing = call.actor_on(parts.site), parts.key_changing
    async with parts.pool.acquire() as connection:
        history = await changing.keys.history(connection)
    made = await asyncio.to_thread(make_next_key, changing.keys.directory, history)
    key = SigningKey(service=parts.service, key_id=made.key_id, public_key=made.text)
    told = {"service": parts.service, "former_key_id": history[-1], "key_id": made.key_id}
    outcome = await execute(
        parts.deps,
        context(call, actor),
        changing.decider,
        changing.aggregate_id,
        changing.change(history[-1], key),
        answer=lambda _: told,
    )
    changed = {"changed_at": max(outcome.positions)} if outcome.positions else {}
    return await accepted(parts.deps, parts.service, outcome, changed)
