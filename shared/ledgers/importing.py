"""One import run from a workbook to one atomic append, and the task that works the runs off."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid4, uuid5

import asyncpg
import structlog

from shared.acts import Act, ActsRejected, CommandContext, CommandDeps, Decided, RejectedAct
from shared.command_path import decide_all, execute_all
from shared.eventstore import CommandRecord
from shared.ledgers.cells import Refused, Remark, RowError, Unreadable
from shared.ledgers.columns import LAYOUTS, SERVICE_OF, LedgerKind
from shared.ledgers.recognise import Ledger, recognise
from shared.ledgers.runs import (
    CHANNEL,
    MOST_ATTEMPTS,
    Claimed,
    Run,
    State,
    accept_run,
    claim_run,
    end_run,
    find_run,
    forget_values,
    note_progress,
)
from shared.ledgers.workbook import read_workbook
from shared.meta import Actor, Source
from shared.personal.key_files import KeyEncryptionKey
from shared.wakening import listening

_LOOK_EVERY_SECONDS: Final = 1.0
FIRST_PAUSE_SECONDS: Final = 1.0
"""After an interruption; it doubles with every further one of the same run."""

_MOST_SHOWN: Final = 500
_HOPELESS: Final = (ValueError, TypeError, LookupError, AttributeError, AssertionError, ArithmeticError, RecursionError)
"""Faults of the program, which the next attempt would meet again; engines that are away raise others."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Prepared:
    """What the rows of a ledger come to: commands, the streams that are its records, what looked odd.

    `places` leads from fields of the commands to columns, for what only the domain refuses.
    """

    acts: list[Act]
    records: list[str]
    remarks: list[Remark] = field(default_factory=list)
    missing_later: list[dict[str, Any]] = field(default_factory=list)
    places: Mapping[str, str] = field(default_factory=dict)


Prepare = Callable[[Ledger, Claimed], Awaitable[Prepared]]
"""Rows to commands; raises `Refused` with every error. What it writes must do no harm if the append fails."""


@dataclass(frozen=True)
class ImportDeps:
    """What imports need of their service. `prepare` by kind of ledger."""

    pool: asyncpg.Pool
    commands: CommandDeps
    kek: KeyEncryptionKey
    hash_key: bytes = field(repr=False)
    prepare: dict[LedgerKind, Prepare]


async def accept(
    deps: ImportDeps,
    actor: Actor,
    data: bytes,
    filename: str,
    *,
    run_id: str | None = None,
    dry_run: bool = False,
    correlation: str | None = None,
    with_identifiers: frozenset[str] = frozenset(),
) -> Run:
    """Take a workbook in for import; `run_id` is the request's Idempotency-Key, made if there is none.

    Raises `Rejected` when the id was used for another request.
    """
    run_id = run_id or str(uuid4())
    return await accept_run(
        *(deps.pool, deps.kek, deps.hash_key, actor, data, filename, run_id, dry_run),
        *(correlation or run_id, with_identifiers),
    )


async def status(deps: ImportDeps, run_id: str) -> Run | None:
    """How far a run is; None if there is none of that id."""
    return await find_run(deps.pool, deps.kek, run_id)


async def work(deps: ImportDeps, stop: asyncio.Event) -> None:
    """Work runs off, one after the other, until `stop`; runs of processes that died are taken up again."""
    async with listening(deps.pool, CHANNEL) as wakening:
        while not stop.is_set():
            await forget_values(deps.pool)
            if not await work_once(deps):
                await wakening.wait(_LOOK_EVERY_SECONDS)


async def work_once(deps: ImportDeps) -> bool:
    """Carry out the oldest waiting run; False if there is none."""
    async with claim_run(deps.pool, deps.kek) as claimed:
        if claimed is None:
            return False
        try:
            await _carry_out(deps, claimed)
        except Exception as error:
            _log_interruption(claimed, error)
            if isinstance(error, _HOPELESS) or claimed.attempt >= MOST_ATTEMPTS:
                await end_run(deps.pool, claimed, "failed", _answer(None, [], errors=[_failed(error)]))
                return True
            await asyncio.sleep(FIRST_PAUSE_SECONDS * 2 ** (claimed.attempt - 1))
        return True


def _log_interruption(claimed: Claimed, error: Exception) -> None:
    # The message of an error may hold what stands in a cell; its kind and place do not.
    frames = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    log.warning(
        "import_interrupted", run=claimed.run_id, attempt=claimed.attempt, error=type(error).__name__, at=frames[-4:]
    )


async def _carry_out(deps: ImportDeps, claimed: Claimed) -> None:
    if (known := await deps.commands.store.find_command(_command_id(claimed))) is not None:
        # A process died between the append and the end of the run: the rows are in, whatever they would be told now.
        answer = _remembered(known)
        await note_progress(deps.pool, claimed.run_id, answer["rows"], answer["rows"])
        await end_run(deps.pool, claimed, "done", answer)
        return
    ledger: Ledger | None = None
    state: State = "done"
    try:
        ledger = recognise(await read_workbook(claimed.workbook))
        await note_progress(deps.pool, claimed.run_id, 0, len(ledger.rows))
        answer = await _import(deps, claimed, ledger)
    except Unreadable as file:
        state, answer = "refused", _answer(None, [], errors=[_file_error(claimed, file)])
    except Refused as refused:
        state, answer = "refused", _answer(ledger, [], errors=refused.errors)
    if ledger is not None:
        await note_progress(deps.pool, claimed.run_id, len(ledger.rows), len(ledger.rows))
    await end_run(deps.pool, claimed, state, answer)
    log.info("import_ended", run=claimed.run_id, state=state, ledger=ledger and ledger.kind)


async def _import(deps: ImportDeps, claimed: Claimed, ledger: Ledger) -> dict[str, Any]:
    prepare = deps.prepare.get(ledger.kind)
    if prepare is None:
        name = LAYOUTS[ledger.kind].name
        expected = f"交给 {SERVICE_OF[ledger.kind]} 服务导入"
        raise Refused([RowError(ledger.sheet, None, None, None, "other_service", f"这是《{name}》", expected)])
    prepared = await prepare(ledger, claimed)
    await note_progress(deps.pool, claimed.run_id, len(ledger.rows) // 2, len(ledger.rows))
    answer = _answer(ledger, [*prepared.remarks, *_left_out(ledger, prepared)], prepared.missing_later)
    if not prepared.acts:
        return answer
    try:
        if claimed.dry_run:
            return answer | _counted(prepared, await decide_all(deps.commands, prepared.acts))
        outcome = await execute_all(
            deps.commands,
            _context(claimed, ledger),
            prepared.acts,
            answer=lambda decided: _of(ledger) | _counted(prepared, decided),
        )
    except ActsRejected as several:
        raise Refused([_row_error(ledger, prepared, one) for one in several.rejected]) from None
    return answer | (outcome.answer or {}) | {"position": max(outcome.positions, default=None)}


def _left_out(ledger: Ledger, prepared: Prepared) -> list[Remark]:
    if not prepared.missing_later:
        return []
    sentence = f"以前导入的 {len(prepared.missing_later)} 条记录不在这份台账中，保持不变"
    return [Remark(ledger.sheet, None, None, "missing_later", sentence)]


def _context(claimed: Claimed, ledger: Ledger) -> CommandContext:
    return CommandContext(
        actor=claimed.actor,
        source=Source(kind="import", run=claimed.run_id, sheet=ledger.sheet),
        command_id=_command_id(claimed),
        correlation=claimed.correlation,
        request_hash=claimed.request_hash,
    )


def _command_id(claimed: Claimed) -> str:
    return str(uuid5(NAMESPACE_URL, "urn:lianjian:import:" + claimed.run_id))


def _of(ledger: Ledger | None) -> dict[str, Any]:
    return {
        "ledger": ledger and ledger.kind,
        "year": ledger and ledger.year,
        "rows": len(ledger.rows) if ledger else 0,
    }


def _remembered(known: CommandRecord) -> dict[str, Any]:
    sentence = "导入完成后处理中断，逐行的提示没有保留；再导入一次即可看到，数据不会重复"
    answer = _answer(None, [Remark("", None, None, "remarks_lost", sentence)])
    told = (known.answer or {}).get("told") or {}
    return answer | told | {"position": max(known.positions, default=None)}


def _counted(prepared: Prepared, decided: Sequence[Decided]) -> dict[str, Any]:
    """Records that are new, that changed, that stayed."""
    events: dict[str, int] = {}
    versions: dict[str, int] = {}
    for one in decided:
        events[one.act.stream] = events.get(one.act.stream, 0) + len(one.events)
        versions[one.act.stream] = one.version
    counts = {"added": 0, "corrected": 0, "unchanged": 0}
    for stream in prepared.records:
        if events[stream] == 0:
            counts["unchanged"] += 1
        else:
            counts["added" if versions[stream] == events[stream] else "corrected"] += 1
    return counts


def _answer(
    ledger: Ledger | None,
    remarks: list[Remark],
    missing_later: list[dict[str, Any]] | None = None,
    *,
    errors: list[RowError] | None = None,
) -> dict[str, Any]:
    every = [*(ledger.remarks if ledger else ()), *remarks]
    return {
        **_of(ledger),
        "added": 0,
        "corrected": 0,
        "unchanged": 0,
        "remarks": [asdict(remark) for remark in every],
        "errors": [asdict(error) for error in (errors or [])[:_MOST_SHOWN]],
        "errors_in_all": len(errors or []),
        "missing_later": missing_later or [],
        "position": None,
    }


def _file_error(claimed: Claimed, file: Unreadable) -> RowError:
    return RowError("", None, None, claimed.filename, file.code, file.problem, file.expected)


def _row_error(ledger: Ledger, prepared: Prepared, rejected: RejectedAct) -> RowError:
    """A rule of the domain that the rows' own checks did not foresee."""
    source, why = prepared.acts[rejected.index].source, rejected.rejection
    column = next((name for field, name in prepared.places.items() if why.field.startswith(field)), None)
    row, heading = source.row if source else None, ledger.heading(column)
    return RowError(ledger.sheet, row, heading, why.value, why.code, why.problem, why.expected)


def _failed(error: Exception) -> RowError:
    if isinstance(error, _HOPELESS):
        problem = f"程序无法处理这份台账（{type(error).__name__}），数据未作任何改动"
        return RowError(
            "", None, None, None, "program_error", problem, "把台账和服务日志交给维护人员；重新导入不会有不同"
        )
    problem, expected = f"导入中断（{type(error).__name__}）", "稍后重新导入；重复出现时查看服务日志"
    return RowError("", None, None, None, "interrupted", problem, expected)
