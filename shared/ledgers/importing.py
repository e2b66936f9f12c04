"""One import run from a workbook to one atomic append, and the task that works the runs off."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
import structlog

from shared.acts import ActsRejected, CommandContext, CommandDeps
from shared.command_path import decide_all, execute_all
from shared.ledgers.answers import (
    HOPELESS,
    Prepared,
    answer_of,
    counted,
    failed,
    file_error,
    left_out,
    of_ledger,
    remembered,
    row_error,
)
from shared.ledgers.cells import Refused, RowError, Unreadable
from shared.ledgers.columns import IDENTIFIERS, LAYOUTS, SERVICE_OF, LedgerKind
from shared.ledgers.exporting import Export
from shared.ledgers.marking import marked_workbook
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
from shared.ledgers.unchanged import compare, has_ids, nothing_new
from shared.ledgers.undo_runs import carry_out_undo, run_command_id
from shared.ledgers.undoing import Undoing
from shared.ledgers.workbook import read_workbook
from shared.meta import Actor, Source
from shared.personal.key_files import KeyEncryptionKey
from shared.wakening import listening

_LOOK_EVERY_SECONDS: Final = 1.0
_ROWS_MARKED_FOR_REMARKS: Final = 1_000
FIRST_PAUSE_SECONDS: Final = 1.0
"""After an interruption; it doubles with every further one of the same run."""

log = structlog.get_logger()


Prepare = Callable[[Ledger, Claimed], Awaitable[Prepared]]
"""Rows to commands; raises `Refused` with every error. What it writes must do no harm if the append fails."""


@dataclass(frozen=True)
class ImportDeps:
    """What imports need of their service. `prepare` by kind of ledger, `exports` to compare with."""

    pool: asyncpg.Pool
    commands: CommandDeps
    kek: KeyEncryptionKey
    hash_key: bytes = field(repr=False)
    prepare: dict[LedgerKind, Prepare]
    undoing: Undoing
    exports: Mapping[LedgerKind, Export] = field(default_factory=dict)


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
            if isinstance(error, HOPELESS) or claimed.attempt >= MOST_ATTEMPTS:
                await end_run(deps.pool, claimed, "failed", answer_of(None, [], errors=[failed(error)]))
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
    if claimed.undoes is not None:
        await carry_out_undo(deps.pool, deps.commands, deps.undoing, claimed)
        return
    if (known := await deps.commands.store.find_command(_command_id(claimed))) is not None:
        # A process died between the append and the end of the run: the rows are in, whatever they would be told now.
        answer = remembered(known)
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
        state, answer = "refused", answer_of(None, [], errors=[file_error(claimed, file)])
    except Refused as refused:
        state, answer = "refused", answer_of(ledger, refused.remarks, errors=refused.errors)
    if ledger is not None:
        await note_progress(deps.pool, claimed.run_id, len(ledger.rows), len(ledger.rows))
    await end_run(deps.pool, claimed, state, answer, await _marked(claimed, ledger, answer))
    log.info("import_ended", run=claimed.run_id, state=state, ledger=ledger and ledger.kind)


async def _marked(claimed: Claimed, ledger: Ledger | None, answer: dict[str, Any]) -> bytes | None:
    """The workbook with what was found marked; of one that went in only where that is quickly made."""
    few = ledger is not None and len(ledger.rows) <= _ROWS_MARKED_FOR_REMARKS
    if not answer["errors"] and not (few and answer["remarks"] and not claimed.dry_run):
        return None
    if not any(one["sheet"] for one in (*answer["errors"], *answer["remarks"])):
        return None
    return await marked_workbook(claimed.workbook, answer["errors"], answer["remarks"])


async def _import(deps: ImportDeps, claimed: Claimed, ledger: Ledger) -> dict[str, Any]:
    prepare = deps.prepare.get(ledger.kind)
    if prepare is None:
        name = LAYOUTS[ledger.kind].name
        expected = f"交给 {SERVICE_OF[ledger.kind]} 服务导入"
        raise Refused([RowError(ledger.sheet, None, None, None, "other_service", f"这是《{name}》", expected)])
    ledger = await _what_is_new(deps, claimed, ledger)
    if nothing_new(ledger):
        return answer_of(ledger, [])
    prepared = _without_kept(await prepare(ledger, claimed), ledger.kept)
    await note_progress(deps.pool, claimed.run_id, len(ledger.rows) // 2, len(ledger.rows))
    answer = answer_of(ledger, [*prepared.remarks, *left_out(ledger, prepared)], prepared.missing_later)
    if not prepared.acts:
        return answer
    try:
        if claimed.dry_run:
            return answer | counted(prepared, await decide_all(deps.commands, prepared.acts), len(ledger.kept))
        outcome = await execute_all(
            deps.commands,
            _context(claimed, ledger),
            prepared.acts,
            answer=lambda decided: of_ledger(ledger) | counted(prepared, decided, len(ledger.kept)),
        )
    except ActsRejected as several:
        raise Refused([row_error(ledger, prepared, one) for one in several.rejected], prepared.remarks) from None
    return answer | (outcome.answer or {}) | {"position": max(outcome.positions, default=None)}


async def _what_is_new(deps: ImportDeps, claimed: Claimed, ledger: Ledger) -> Ledger:
    """Of a ledger that was exported, the rows that have been edited since."""
    export = deps.exports.get(ledger.kind)
    if export is None or not has_ids(ledger):
        return ledger
    extra = frozenset(word for word, column in IDENTIFIERS.items() if column in ledger.headings)
    return compare(ledger, await export(claimed.actor, ledger.year, extra))


def _without_kept(prepared: Prepared, kept: frozenset[str]) -> Prepared:
    """A record whose row says nothing new is not missing."""
    missing = [entry for entry in prepared.missing_later if not kept & {str(value) for value in entry.values()}]
    return replace(prepared, missing_later=missing)


def _context(claimed: Claimed, ledger: Ledger) -> CommandContext:
    return CommandContext(
        actor=claimed.actor,
        source=Source(kind="import", run=claimed.run_id, sheet=ledger.sheet),
        command_id=_command_id(claimed),
        correlation=claimed.correlation,
        request_hash=claimed.request_hash,
    )


def _command_id(claimed: Claimed) -> str:
    return run_command_id(claimed.run_id)
