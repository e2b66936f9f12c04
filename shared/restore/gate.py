"""The gate of a service with a log: compared with its own reporting after a start, before it goes on (design §7).

Until the first answer commands wait five seconds and then go on; nothing is sealed before the comparison. A log that
is behind the journal takes no commands while it is filled up (what comes in the first five seconds waits); one whose
history differs takes none until a person has decided.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

import asyncpg
import structlog

from shared.broker.states import Signers
from shared.eventstore.epochs import present_epoch
from shared.leases import is_cancelled, until_set
from shared.process import Run
from shared.restore.asking import HOLDER, Reporting, own_reporting
from shared.restore.comparing import Differs, compare, standing
from shared.restore.refill import is_interrupted, refill
from shared.sealer import Sealing, seal_role
from shared.sealing.keys import PublicKey
from shared.sealing.origin import Origin

WAIT_SECONDS: Final = 5.0
_AGAIN_SECONDS: Final = 0.3
_AGAIN_AT_MOST: Final = 5.0

log = structlog.get_logger()


class Phase(Enum):
    """What the comparison has come to."""

    COMPARING = "comparing"
    REFILLING = "refilling"
    OPEN = "open"
    DIFFERS = "differs"


class ReadOnly(Exception):
    """The service takes no commands now; the message says why, in the words of its users."""


@dataclass
class Gate:
    """Whether commands are taken and events sealed. Made with the process, opened by `compare_role`."""

    pool: asyncpg.Pool
    broker_url: str
    origin: Origin
    key: PublicKey
    signers: Signers
    wait: float = WAIT_SECONDS
    later_keys: Sequence[PublicKey] = ()
    phase: Phase = Phase.COMPARING
    position: int = 0
    missing: int = 0
    refilled: int = 0
    _since: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    _settled: asyncio.Event = field(default_factory=asyncio.Event)

    async def admit(self) -> None:
        """Return when a command may be carried out; raises `ReadOnly` when it must not."""
        if self.phase is Phase.OPEN:
            return
        left = self._since + self.wait - asyncio.get_running_loop().time()
        if left > 0:
            await until_set(self._settled, left)
        if self.phase in (Phase.REFILLING, Phase.DIFFERS):
            raise ReadOnly(self.reason or "")

    async def may_seal(self, stop: asyncio.Event, looked: Callable[[], None]) -> None:
        """Return when events may be sealed, or `stop` is set; `looked` is called now and then while it waits."""
        while self.phase is not Phase.OPEN and not stop.is_set():
            looked()
            await until_set(stop, 0.1)

    async def may_work(self, stop: asyncio.Event) -> None:
        """Return when work that ends in commands may begin, or `stop` is set."""
        while not stop.is_set():
            try:
                await self.admit()
            except ReadOnly:
                await until_set(stop, 0.5)
            else:
                break

    @property
    def is_awaited(self) -> bool:
        """Whether commands still wait for the comparison."""
        return asyncio.get_running_loop().time() < self._since + self.wait

    @property
    def reason(self) -> str | None:
        """Why the service is read-only, or what it waits for; None when it is open."""
        match self.phase:
            case Phase.OPEN:
                return None
            case Phase.COMPARING:
                return "尚未与本院 reporting 核对日志末尾；新记录暂不封存"
            case Phase.REFILLING:
                return f"只读：日志少于账本，正在从账本补回（已补 {self.refilled} 条，账本到 {self.missing}）"
            case Phase.DIFFERS:
                return f"只读：日志与账本从位置 {self.position} 起不同，须由人核对（lianjian verify），不能自动补回"

    async def check(self) -> str | None:
        """For `/health/ready` and `lianjian status`: what is wrong, or None."""
        return self.reason

    def settle(self, phase: Phase) -> None:
        self.phase = phase
        if phase in (Phase.OPEN, Phase.DIFFERS):
            self._settled.set()


async def compare_role(gate: Gate, stop: asyncio.Event) -> None:
    """Compare with the own reporting until that is done, fill up what is missing, then wait for `stop`."""
    pause = _AGAIN_SECONDS
    while not stop.is_set() and gate.phase is not Phase.OPEN and gate.phase is not Phase.DIFFERS:
        try:
            await _compared(gate)
            pause = _AGAIN_SECONDS
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and is_cancelled():
                raise
            log.warning("not_compared", origin=gate.origin.text, error=repr(error), again_in=pause)
            await until_set(stop, pause)
            pause = _AGAIN_SECONDS if gate.is_awaited else min(2 * pause, _AGAIN_AT_MOST)
    await stop.wait()


async def _compared(gate: Gate) -> None:
    async with gate.pool.acquire() as connection:
        if await is_interrupted(connection):
            gate.settle(Phase.REFILLING)
    gate.origin = replace(gate.origin, epoch=await present_epoch(gate.pool))
    keys = await gate.signers(gate.origin.site, HOLDER)
    if not keys:
        raise LookupError("the key of reporting is not known yet")
    try:
        async with own_reporting(gate.broker_url, gate.origin) as reporting:
            await _brought_up(gate, reporting, keys)
            while (later := await reporting.next_epoch(keys)) is not None:
                gate.origin = later.origin
                await _brought_up(gate, later, keys)
            gate.settle(Phase.OPEN)
    except Differs as differs:
        gate.position = differs.position
        gate.settle(Phase.DIFFERS)
        log.error("log_differs_from_journal", origin=gate.origin.text, position=differs.position)


async def _brought_up(gate: Gate, reporting: Reporting, keys: list[PublicKey]) -> None:
    state = await reporting.state(keys)
    async with gate.pool.acquire() as connection:
        at = await standing(connection, gate.origin)
        if state.have > at.sealed_to:
            gate.missing = state.have
            gate.settle(Phase.REFILLING)
            log.warning("log_is_behind", origin=gate.origin.text, head=at.head, have=state.have)
    if gate.phase is Phase.REFILLING:
        gate.refilled += await refill(gate.pool, gate.origin, [gate.key, *gate.later_keys], reporting.run)
        log.info("refilled", origin=gate.origin.text, events=gate.refilled)
        state = await reporting.state(keys)
    async with gate.pool.acquire() as connection:
        await compare(connection, gate.origin, [gate.key, *gate.later_keys], reporting.run, state.have, state.root)


def sealing_after(gate: Gate, sealing: Sealing) -> Run:
    """The sealer's task, begun when the log has been compared."""

    async def run(stop: asyncio.Event) -> None:
        await gate.may_seal(stop, sealing.status.looked)
        if not stop.is_set():
            await seal_role(sealing, stop)

    return run


def working_after(gate: Gate, work: Run) -> Run:
    """A task that ends in commands, begun when they are taken."""

    async def run(stop: asyncio.Event) -> None:
        await gate.may_work(stop)
        if not stop.is_set():
            await work(stop)

    return run
