"""Undoing an import as a run of its own: accepted once, carried out by the same worker."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid4, uuid5

import asyncpg
import orjson
import structlog

from shared.acts import CommandDeps
from shared.ledgers.answers import answer_of
from shared.ledgers.cells import RowError
from shared.ledgers.runs import Claimed, Run, State, accept_run, end_run, find_run, note_progress
from shared.ledgers.undoing import Undoing, undo, undo_command_id
from shared.meta import Actor
from shared.personal.key_files import KeyEncryptionKey
from shared.rejection import Rejected

_UNDONE: Final = """
    select run_id from import_runs where undoes = $1 and state in ('accepted', 'running', 'done') and run_id <> $2
"""
_EVERY: Final = """
    select r.run_id, r.state, r.dry_run, r.accepted_at, r.ended_at, r.undoes, r.answer, u.run_id as undone_by
      from import_runs r left join import_runs u on u.undoes = r.run_id and u.state = 'done'
     order by r.accepted_at desc limit $1
"""
_TOLD: Final = ("ledger", "year", "rows", "added", "corrected", "unchanged", "errors_in_all", "undone")

log = structlog.get_logger()


async def accept_undo(
    pool: asyncpg.Pool, kek: KeyEncryptionKey, hash_key: bytes, actor: Actor, run_id: str, undo_id: str | None
) -> Run:
    """Take the undoing of a run in; `undo_id` is the request's Idempotency-Key.

    Raises `Rejected` for a run that is unknown here, changed nothing, is no import, or is undone already.
    """
    undo_id = undo_id or str(uuid4())
    run = await find_run(pool, kek, run_id)
    if run is None:
        problem, expected = "本服务没有这次导入", "lianjian imports 列出的编号；名册的导入在 members，其余在 activities"
        raise Rejected("unknown_import", "run_id", problem, expected, value=run_id)
    if (refused := _not_undoable(run)) is not None:
        raise Rejected(
            "import_not_undoable", "run_id", refused, "已导入、写入过数据、没有撤销过的一次导入", value=run_id
        )
    try:
        if await pool.fetchval(_UNDONE, run_id, undo_id) is not None:
            raise _undone_already(run_id)
        return await accept_run(pool, kek, hash_key, actor, b"", "", undo_id, False, undo_id, undoes=run_id)
    except asyncpg.UniqueViolationError:
        raise _undone_already(run_id) from None


async def recent_runs(pool: asyncpg.Pool, most: int) -> list[dict[str, Any]]:
    """The latest runs, newest first: what they were, what came of them, whether they are undone. No words of a cell."""
    found = []
    for row in await pool.fetch(_EVERY, most):
        answer = orjson.loads(row["answer"]) if row["answer"] else {}
        found.append(
            {
                "run_id": row["run_id"],
                "state": row["state"],
                "dry_run": row["dry_run"],
                "accepted_at": row["accepted_at"].isoformat(),
                "ended_at": row["ended_at"] and row["ended_at"].isoformat(timespec="seconds"),
                "undoes": row["undoes"],
                "undone_by": row["undone_by"],
                **{name: answer.get(name) for name in _TOLD},
            }
        )
    return found


def run_command_id(run_id: str) -> str:
    """The command whose append holds all that a run wrote."""
    return str(uuid5(NAMESPACE_URL, "urn:lianjian:import:" + run_id))


async def carry_out_undo(pool: asyncpg.Pool, commands: CommandDeps, undoing: Undoing, claimed: Claimed) -> None:
    """Take back the run that `claimed` undoes, and end it."""
    run_id = claimed.undoes
    assert run_id is not None
    done = await commands.store.find_command(undo_command_id(run_id))
    if done is not None:
        told = (done.answer or {}).get("told") or {}
        answer = answer_of(None, []) | told | {"left": [], "position": max(done.positions, default=None)}
        await end_run(pool, claimed, "done", answer)
        return
    first = await commands.store.find_command(run_command_id(run_id))
    positions = first.positions if first is not None else []
    undone = await undo(pool, commands, undoing, claimed, positions)
    answer = answer_of(None, []) | {"undoes": run_id, "undone": undone.records, "left": undone.left}
    state: State = "done"
    if undone.outcome is None:
        state, problem = "refused", "这次导入没有可以自动撤销的记录" if undone.left else "这次导入没有写入任何记录"
        expected = "由人工逐条核对" if undone.left else "有记录写入的一次导入"
        answer |= {"errors": [asdict(RowError("", None, None, None, "nothing_to_undo", problem, expected))]}
    else:
        answer["position"] = max(undone.outcome.positions, default=None)
    await note_progress(pool, claimed.run_id, undone.streams, undone.streams + len(undone.left))
    await end_run(pool, claimed, state, answer)
    log.info("import_undone", run=run_id, undone=undone.records, left=len(undone.left))


def _not_undoable(run: Run) -> str | None:
    if run.undoes is not None:
        return "这是一次撤销，不是导入"
    if run.dry_run:
        return "这次只是检查，没有写入数据"
    if run.state in ("accepted", "running"):
        return "这次导入还没有结束"
    return None if run.state == "done" else "这次导入没有写入数据"


def _undone_already(run_id: str) -> Rejected:
    return Rejected("undone_already", "run_id", "这次导入已经撤销", "没有撤销过的一次导入", value=run_id)
