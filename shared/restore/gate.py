"""The gate of a service with a log: compared with its own reporting after a start, before it goes on (design §7).

Until the first answer commands wait five seconds and then go on; nothing is sealed before the comparison. A log that
is behind the journal takes no commands while it is filled up (what comes in the first five seconds waits); one whose
history differs takes none until a person has decided.

Nor does a log that came out of a backup before every upper site was heard about it, and one of which an upper site has
more: nothing that contradicts what was signed above is ever recorded. A new epoch contradicts nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Final

import asyncpg
import structlog

from shared.broker.states import Signers
from shared.eventstore.epochs import present_epoch
from shared.leases import is_cancelled, until_set
from shared.process import Run
from shared.restore.above import Above
from shared.restore.asking import HOLDER, Reporting, own_reporting
from shared.restore.comparing import Differs, compare, standing
from shared.restore.refill import is_interrupted, refill
from shared.restore.restored import clear_restored, restored_epoch
from shared.sealer import Sealing, seal_role
from shared.sealing.keys import PublicKey
from shared.sealing.origin import Origin

WAIT_SECONDS: Final = 5.0
_AGAIN_SECONDS: Final = 0.3
_AGAIN_AT_MOST: Final = 5.0
_ABOVE_AGAIN_SECONDS: Final = 0.5

log = structlog.get_logger()


class Phase(Enum):
    """What the comparison has come to."""

    COMPARING = "comparing"
    REFILLING = "refilling"
    OPEN = "open"
    DIFFERS = "differs"
    UNHEARD = "unheard"
    AHEAD = "ahead"


class ReadOnly(Exception):
    """The service takes no commands now; the message says why, in the words of its users."""


@dataclass
class Gate:
    """Whether commands are taken and events sealed. Made with the process, opened by `compare_role`.

    `folder` is where a restore leaves its mark; `look_every`: so often an open gate asks what upper sites have.
    """

    pool: asyncpg.Pool
    broker_url: str = field(repr=False)
    origin: Origin
    key: PublicKey
    signers: Signers
    wait: float = WAIT_SECONDS
    later_keys: Sequence[PublicKey] = ()
    folder: Path | None = None
    look_every: float = 10.0
    phase: Phase = Phase.COMPARING
    restored: int | None = None
    above: Sequence[Above] = ()
    unsealed: int = 0
    position: int = 0
    missing: int = 0
    refilled: int = 0
    _since: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    _settled: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        if self.folder is not None:
            self.restored = restored_epoch(self.folder)

    async def admit(self) -> None:
        """Return when a command may be carried out; raises `ReadOnly` when it must not."""
        if self.phase is Phase.OPEN:
            return
        left = self._since + self.wait - asyncio.get_running_loop().time()
        if left > 0:
            await until_set(self._settled, left)
        if self.is_read_only:
            raise ReadOnly(self.reason or "")

    async def admit_epoch(self) -> None:
        """Return when the log may go on in another epoch; raises `ReadOnly` when it must not."""
        if self.phase not in (Phase.UNHEARD, Phase.AHEAD):
            await self.admit()

    @property
    def is_read_only(self) -> bool:
        """Whether commands are refused, once they have waited."""
        return self.phase is not Phase.OPEN and (self.phase is not Phase.COMPARING or self.restored is not None)

    @property
    def _seals(self) -> bool:
        # What came out of a backup and waits for its seal was sealed with the same contents in its former life.
        is_former = self.restored is not None and self.phase in (Phase.UNHEARD, Phase.AHEAD)
        return self.phase is Phase.OPEN or is_former

    async def may_seal(self, stop: asyncio.Event, looked: Callable[[], None]) -> None:
        """Return when events may be sealed, or `stop` is set; `looked` is called now and then while it waits."""
        while not self._seals and not stop.is_set():
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
                told = "新记录暂不封存" if self.restored is None else "自备份恢复，只读"
                return f"尚未与本院 reporting 核对日志末尾；{told}"
            case Phase.REFILLING:
                return f"只读：日志少于账本，正在从账本补回（已补 {self.refilled} 条，账本到 {self.missing}）"
            case Phase.DIFFERS:
                return f"只读：日志与账本从位置 {self.position} 起不同，须由人核对（lianjian verify），不能自动补回"
            case Phase.UNHEARD:
                silent = "、".join(one.upper for one in self.above if one.have is None)
                return (
                    f"只读：自备份恢复后还没有收到上级法院 {silent} 的回执，不知它是否有更多记录；连通后自动核对"
                    "（lianjian link status）。确实等不到时：lianjian link recover --unheard"
                )
            case Phase.AHEAD:
                return f"只读：{self._ahead}"

    @property
    def _ahead(self) -> str:
        most = max(self.above, key=lambda one: one.have or 0)
        told = f"上级法院 {most.upper} 有本院日志到第 {most.have} 条，多于本院（到第 {self.position} 条）"
        if self.unsealed and self.restored is None:
            return f"{told}，此后又录入 {self.unsealed} 条；须用恢复时的同一备份再执行 lianjian restore，再另开一期"
        return f"{told}；有较新的备份先恢复它，没有则执行 lianjian link recover 另开一期"

    async def check(self) -> str | None:
        """For `/health/ready` and `lianjian status`: what is wrong, or None."""
        return self.reason

    def settle(self, phase: Phase) -> None:
        self.phase = phase
        if phase in (Phase.OPEN, Phase.DIFFERS, Phase.AHEAD):
            self._settled.set()

    def judge(self, above: Sequence[Above], head: int, sealed_to: int) -> None:
        """Settle by what upper sites have of the present epoch; the log is that of the own reporting."""
        self.above, self.position, self.unsealed = above, sealed_to, head - sealed_to
        if any(one.have is not None and one.have > sealed_to for one in above):
            if head == sealed_to and self.restored is None:
                self.restored = self.origin.epoch  # nothing was recorded since, whoever put the copy there
            self.settle(Phase.AHEAD)
        elif self.restored == self.origin.epoch and any(one.have is None for one in above):
            self.settle(Phase.UNHEARD)
        else:
            self.restored = None
            if self.folder is not None:
                clear_restored(self.folder)
            self.settle(Phase.OPEN)


async def compare_role(gate: Gate, stop: asyncio.Event) -> None:
    """Compare with the own reporting until `stop` and fill up what is missing; then see what upper sites have."""
    pause = _AGAIN_SECONDS
    while not stop.is_set() and gate.phase is not Phase.DIFFERS:
        try:
            if gate.phase is not Phase.OPEN:
                await _compared(gate)
                pause = _AGAIN_SECONDS
            await _looking_above(gate, stop)
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and is_cancelled():
                raise
            if gate.phase is Phase.OPEN:
                await until_set(stop, gate.look_every)
                continue
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
                reporting, gate.origin = later, later.origin
                await _brought_up(gate, later, keys)
            await _judged(gate, reporting)
    except Differs as differs:
        gate.position = differs.position
        gate.settle(Phase.DIFFERS)
        log.error("log_differs_from_journal", origin=gate.origin.text, position=differs.position)


async def _looking_above(gate: Gate, stop: asyncio.Event) -> None:
    """Ask now and then what upper sites have, over one connection, as long as that can change anything."""
    if gate.phase is Phase.DIFFERS:
        return
    keys = await gate.signers(gate.origin.site, HOLDER)
    async with own_reporting(gate.broker_url, gate.origin) as reporting:
        while True:
            await until_set(stop, gate.look_every if gate.phase is Phase.OPEN else _ABOVE_AGAIN_SECONDS)
            if stop.is_set():
                return
            reporting.origin = gate.origin = replace(gate.origin, epoch=await present_epoch(gate.pool))
            await reporting.state(keys)
            await _judged(gate, reporting)


async def _judged(gate: Gate, reporting: Reporting) -> None:
    before = gate.phase
    async with gate.pool.acquire() as connection:
        at = await standing(connection, gate.origin)
    gate.judge(reporting.above, at.head, at.sealed_to)
    if gate.phase is not before and gate.is_read_only:
        log.error("log_may_lack_what_is_above", origin=gate.origin.text, phase=gate.phase.value, have=at.sealed_to)


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
