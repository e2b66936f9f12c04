"""A new epoch of a service's log: the lawful way on, where a tail was lost that others hold (design §7)."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final, NamedTuple, Protocol

import asyncpg
from pydantic import Field

from shared.acts import CommandDeps
from shared.command_path import meta_of
from shared.contracts.links import EPOCH_OPENED, EpochOpened, Hash
from shared.contracts.links import Position as LogPosition
from shared.contracts.values import ShortText, Value
from shared.eventstore.epochs import NotAtItsEnd, open_epoch
from shared.eventstore.records import NewEvent
from shared.http.calls import Call
from shared.http.commands import context
from shared.http.positions import Position
from shared.http.problems import FieldError, invalid, unavailable
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Requirement
from shared.own_keys import log_stream
from shared.restore.gate import Gate

MANAGE: Final = Requirement("manage_links", "site")
READ: Final = Requirement("read_status", "site")
SEALED_WITHIN: Final = 10.0

_STANDING: Final = """
select last.position, last.epoch, sealed.last as sealed_to, sealed.root
  from (select position, epoch from events order by position desc limit 1) as last
  left join lateral (select last, root from seals where seals.epoch = last.epoch and channel = 'log'
                      order by first desc limit 1) as sealed on true
"""

router = Router()


class Parts(Protocol):
    """`gate` lets no epoch begin before the log was compared with the own reporting."""

    @property
    def service(self) -> str: ...

    @property
    def site(self) -> str: ...

    @property
    def pool(self) -> asyncpg.Pool: ...

    @property
    def deps(self) -> CommandDeps: ...

    @property
    def gate(self) -> Gate: ...


class LogStanding(NamedTuple):
    """Where the log ends, and where its last seal of this epoch; `phase` as the gate has it."""

    service: str
    epoch: int
    head: int
    sealed_to: int
    root: str | None
    phase: str


class NewEpoch(Value):
    """As `GET /epochs` said: the epoch follows on `kept_to`, whose h is `h`."""

    epoch: Annotated[int, Field(ge=2, le=1_000_000)]
    kept_to: LogPosition
    h: Hash
    reason: ShortText


@router.get("/epochs", requires=READ, summary="日志现在是第几期、到哪一位置、封存到哪里")
async def read_epoch(call: Call, parts: Parts) -> Reply:
    call.actor_on(parts.site)
    return json_reply((await _standing(parts))._asdict())


@router.post("/epochs", requires=MANAGE, summary="日志自末尾起另开一期，此后丢失的部分作废")
async def open_new_epoch(call: Call, parts: Parts, body: NewEpoch) -> Reply:
    """Everything up to `kept_to` must be sealed; the next events are of the new epoch."""
    actor = call.actor_on(parts.site)
    known = await parts.deps.store.find_command(call.command_id)
    if known is None:
        await parts.gate.admit_epoch()
        await _refuse_elsewhere(parts, body)
        meta = meta_of(context(call, actor), None).stored()
        said = EpochOpened(service=parts.service, **body.model_dump())
        event = NewEvent(EPOCH_OPENED[parts.service], said.model_dump(mode="json"), meta)
        try:
            async with parts.pool.acquire() as connection:
                await open_epoch(
                    *(connection, body.epoch, body.kept_to, log_stream(parts.site, parts.service), event),
                    command_id=call.command_id,
                    actor=actor.subject,
                    request_hash=call.request_hash,
                    answer={"version": 0, "told": None},
                )
        except NotAtItsEnd as other:
            raise _elsewhere(body, other.epoch, other.head) from None
    told = {"service": parts.service, "epoch": body.epoch, "kept_to": body.kept_to, "root": body.h}
    return json_reply(told, positions=(Position(parts.service, body.epoch, body.kept_to + 1),))


async def _refuse_elsewhere(parts: Parts, body: NewEpoch) -> None:
    found = await _standing(parts)
    if found.sealed_to != found.head:
        raise unavailable("日志末尾的封存", code="not_sealed_yet", field="kept_to")
    if (body.kept_to, body.epoch) != (found.head, found.epoch + 1):
        raise _elsewhere(body, found.epoch, found.head)
    if body.h != found.root:
        raise invalid([FieldError("h", "不是本日志在该位置的根", found.root or "")])


def _elsewhere(body: NewEpoch, epoch: int, head: int) -> Exception:
    wanted = f"第 {epoch + 1} 期，kept_to {head}"
    return invalid([FieldError("kept_to", f"第 {body.epoch} 期不能从 {body.kept_to} 接起", wanted)])


async def _standing(parts: Parts) -> LogStanding:
    """Waits a little until the sealer has come to the end."""
    for _ in range(int(SEALED_WITHIN / 0.1)):
        row = await parts.pool.fetchrow(_STANDING)
        if row is None or row["sealed_to"] == row["position"]:
            break
        await asyncio.sleep(0.1)
    phase = parts.gate.phase.value
    if row is None:
        return LogStanding(parts.service, 1, 0, 0, None, phase)
    root = None if row["root"] is None else row["root"].hex()
    return LogStanding(parts.service, row["epoch"], row["position"], row["sealed_to"] or 0, root, phase)
