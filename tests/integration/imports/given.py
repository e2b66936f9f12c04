"""A court of two services without broker: its imports, and the ways one learns of the other."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import openpyxl

from deploy.demo.court import COURT_NAME
from deploy.demo.workbook import Table, write_ledger
from services.activities.imports.recorded import ActivitiesDeps
from services.activities.imports.taking import activities_imports
from services.activities.imports.undone import activities_undoing
from services.activities.replica import keep
from services.activities.stored_events import CODEC as ACTIVITIES
from services.members.directory import DirectoryDeps, resolve_names
from services.members.imports.roster import RosterDeps, roster_import
from services.members.imports.undone import members_undoing
from services.members.projections.directory import follow_page
from services.members.stored_events import CODEC as MEMBERS
from shared.acts import CommandDeps
from shared.contracts.lookups import NamesResolved, ResolveNames
from shared.eventstore import EventStore
from shared.ledgers.importing import ImportDeps, accept, status, work_once
from shared.ledgers.runs import Run
from shared.ledgers.undo_runs import accept_undo
from shared.meta import Actor
from shared.personal.key_files import read_hash_key, read_key_encryption_key
from shared.personal.keyring import Keyring
from shared.receiver.reading import Row

SITE = "court1"
TODAY = "2026-06-30"
OPERATOR = Actor(subject="operator", role="operator", organisation=SITE)
ROSTER = (
    "姓名",
    "出生年月",
    "公民身份号码",
    "部门及职务",
    "党内职务",
    "党员类型",
    "转正时间",
    "所在支部",
    "所在党小组",
)
MEETINGS = (
    *("支部名称", "会议类型", "会议名称", "日期", "开始时间", "结束时间", "主持人", "应到", "实到"),
    *("缺席人员及原因", "备注"),
)


@dataclass(frozen=True)
class Court:
    """Both services on fresh databases."""

    members: ImportDeps
    activities: ImportDeps
    hash_key: bytes

    async def take(self, data: bytes, run_id: str | None = None, *, dry_run: bool = False) -> Run:
        """Import a roster."""
        return await taken(self.members, data, run_id, dry_run=dry_run)

    async def take_activities(self, data: bytes, run_id: str | None = None, *, dry_run: bool = False) -> Run:
        """Import meetings or theme days, after `activities` has heard of all units."""
        await self.share_units()
        return await taken(self.activities, data, run_id, dry_run=dry_run)

    async def share_units(self) -> None:
        """What the bus does: bring the events of `members` to its directory and to the replica."""
        members = self.members
        while await follow_page(members.commands, members.pool, self.hash_key):
            pass
        empty = Row(*[None] * len(Row._fields))  # type: ignore[arg-type] # only three fields are looked at
        rows = [
            empty._replace(stream=event.stream, type=event.type, data=event.data)
            for event in await members.commands.store.read_raw(0, 100_000)
        ]
        async with self.activities.pool.acquire() as connection:
            await keep(connection, None, rows)  # type: ignore[arg-type] # the run itself is not looked at


def members_imports(pool: asyncpg.Pool, key_dir: Path) -> ImportDeps:
    kek, hash_key = read_key_encryption_key(key_dir), read_hash_key(key_dir)
    deps = CommandDeps(EventStore(pool), MEMBERS, Keyring(pool, kek))
    roster = roster_import(RosterDeps(pool, deps, SITE, hash_key))
    return ImportDeps(pool, deps, kek, hash_key, {"member_roster": roster}, members_undoing(pool, deps))


def court_of(members_pool: asyncpg.Pool, activities_pool: asyncpg.Pool, key_dir: Path) -> Court:
    members = members_imports(members_pool, key_dir)
    kek, hash_key = members.kek, read_hash_key(key_dir)
    deps = CommandDeps(EventStore(activities_pool), ACTIVITIES, Keyring(activities_pool, kek))
    directory = DirectoryDeps(members_pool, members.commands, SITE, hash_key)

    async def resolve(question: ResolveNames) -> NamesResolved:
        answer = await resolve_names(directory, question)
        assert isinstance(answer, NamesResolved)
        return answer

    imports = activities_imports(
        ActivitiesDeps(activities_pool, deps, SITE, hash_key, resolve, lambda: TODAY, COURT_NAME)
    )
    return Court(
        members,
        ImportDeps(activities_pool, deps, kek, hash_key, imports, activities_undoing(activities_pool, deps)),
        hash_key,
    )


async def taken(deps: ImportDeps, data: bytes, run_id: str | None = None, *, dry_run: bool = False) -> Run:
    """Hand a workbook in, work it off, and say what came of it."""
    run = await accept(deps, OPERATOR, data, "台账.xlsx", run_id=run_id, dry_run=dry_run)
    while run.state in ("accepted", "running"):
        await work_once(deps)
        now = await status(deps, run.run_id)
        assert now is not None
        run = now
    return run


async def undone(deps: ImportDeps, run_id: str) -> Run:
    """Take an import back, and say what came of it."""
    run = await accept_undo(deps.pool, deps.kek, deps.hash_key, OPERATOR, run_id, None)
    while run.state in ("accepted", "running"):
        await work_once(deps)
        now = await status(deps, run.run_id)
        assert now is not None
        run = now
    return run


def counts(run: Run) -> tuple[int, int, int]:
    """Added, corrected, unchanged."""
    assert run.answer is not None
    assert run.answer["errors"] == []
    return run.answer["added"], run.answer["corrected"], run.answer["unchanged"]


def codes(run: Run, kind: str = "errors") -> list[tuple[Any, ...]]:
    """Row, column and code of each error or remark."""
    assert run.answer is not None
    return [(one["row"], one["column"], one["code"]) for one in run.answer[kind]]


def workbook(title: str, headings: tuple[str, ...], *rows: tuple[Any, ...]) -> bytes:
    """A ledger whose first record stands in row 4."""
    return write_ledger(title, Table(headings, [list(row) for row in rows]))


def changed(data: bytes, *changes: tuple[str, Any]) -> bytes:
    """The workbook with some cells written anew."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    (sheet,) = book.worksheets
    for place, value in changes:
        sheet[place] = value
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def sheet_rows(data: bytes) -> list[tuple[Any, ...]]:
    """The values of the only sheet, row by row."""
    (sheet,) = openpyxl.load_workbook(io.BytesIO(data)).worksheets
    return list(sheet.iter_rows(values_only=True))


def cells(data: bytes) -> list[dict[str, Any]]:
    """The filled records of a workbook by heading: counted here, apart from the code under test."""
    rows = sheet_rows(data)
    headings = [str(heading) for heading in rows[2]]
    return [dict(zip(headings, row, strict=True)) for row in rows[3:] if any(row) and "合计" not in row]


def row_of(data: bytes, heading: str, value: str) -> int:
    """The number of the only row that holds a value."""
    rows = sheet_rows(data)
    column = rows[2].index(heading)
    (found,) = [number for number, row in enumerate(rows, 1) if number > 3 and row[column] == value]
    return found


async def events_of(deps: ImportDeps) -> list[tuple[str, dict[str, Any]]]:
    """Type and data of every event."""
    raw = await deps.commands.store.read_raw(0, 100_000)
    return [(event.type.split(".")[1], json.loads(event.data)) for event in raw]


def person(name: str, branch: str, group: str | None = None, **more: Any) -> tuple[Any, ...]:
    """A row of a roster."""
    said = {"出生年月": "1972.06", "党员类型": "正式党员", "转正时间": date(2002, 6, 26)} | more
    said |= {"姓名": name, "所在支部": branch, "所在党小组": group}
    return tuple(said.get(heading) for heading in ROSTER)
