"""`lianjian imports` and `lianjian undo`: which imports there were, and taking one back."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from deploy.cli.client import Client
from deploy.cli.importing import ENDED, LONGEST_SECONDS, LOOK_EVERY, Progress
from deploy.cli.running import CannotDo
from shared.business_day import CHINA, today
from shared.ledgers.columns import LAYOUTS

SERVICES: Final = ("members", "activities")
_STATES: Final = {"accepted": "等待", "running": "进行中", "done": "完成", "refused": "被拒绝", "failed": "失败"}
_HEADINGS: Final = ("编号", "时间", "台账", "结果", "新增/更正/未变")
_MOST_SHOWN: Final = 50
SHORTEST: Final = 8
"""Characters of an id by which an import may be named, if no other begins with them."""


def recent(client: Client) -> list[dict[str, Any]]:
    """The imports and undoings of all services, newest first; each names its service."""
    runs = [
        one | {"service": service} for service in SERVICES for one in client.ask(service, "/imports").json()["runs"]
    ]
    return sorted(runs, key=lambda run: datetime.fromisoformat(run["accepted_at"]), reverse=True)


def named(runs: Sequence[dict[str, Any]], words: str) -> str:
    """The id of the import that is meant: the whole of it, or a beginning that no other one has."""
    ids = [run["run_id"] for run in runs]
    found = [one for one in ids if one.startswith(words)] if len(words) >= SHORTEST else []
    if words in ids or not found:
        return words
    if len(found) > 1:
        raise CannotDo(f"有 {len(found)} 次导入的编号以 {words} 开头；多写几位。", code=1)
    return str(found[0])


def later_than(runs: Sequence[dict[str, Any]], run_id: str) -> list[dict[str, Any]]:
    """Imports after this one that wrote something and are not undone."""
    ids = [run["run_id"] for run in runs]
    after = runs[: ids.index(run_id)] if run_id in ids else []
    return [run for run in after if _counts(run)]


def undo(client: Client, run_id: str, progress: Progress) -> dict[str, Any]:
    """Take an import back and wait for the end."""
    service = _service_of(client, run_id)
    headers = {"Idempotency-Key": str(uuid4())}
    run: dict[str, Any] = client.tell(service, f"/imports/{run_id}/undo", headers=headers).json()
    deadline = time.monotonic() + LONGEST_SECONDS
    while run["state"] not in ENDED:
        if time.monotonic() > deadline:
            raise CannotDo(f"半小时内没有撤销完；编号 {run['run_id']}，它会在后台继续。")
        progress(run["done"], run["total"] or 0)
        time.sleep(LOOK_EVERY)
        run = client.ask(service, f"/imports/{run['run_id']}").json()
    return run


def show_recent(console: Console, runs: Sequence[dict[str, Any]]) -> None:
    """A line a run; never a file's name, which is not kept."""
    table = Table(Column(_HEADINGS[0], no_wrap=True), *(Column(heading, overflow="fold") for heading in _HEADINGS[1:]))
    short = _shortened([run["run_id"] for run in runs])
    for run in runs[:_MOST_SHOWN]:
        counted = [run.get(name) for name in ("added", "corrected", "unchanged")]
        counts = f"撤销 {run['undone']} 条" if run["undoes"] and run["state"] == "done" else _slashed(counted)
        state = _state(run) + ("，已撤销" if run["undone_by"] else "")
        table.add_row(short[run["run_id"]], _when(run["accepted_at"]), _what(run, short), state, counts)
    console.print(table)


def _shortened(ids: Sequence[str]) -> dict[str, str]:
    """Each id as far as it takes to tell it from all others."""
    return {
        one: next(
            (one[:n] for n in range(SHORTEST, len(one)) if sum(other.startswith(one[:n]) for other in ids) == 1), one
        )
        for one in ids
    }


def _when(accepted_at: str) -> str:
    """In China: of this year without the year, else the day."""
    taken = datetime.fromisoformat(accepted_at).astimezone(CHINA)
    return taken.strftime("%m-%d %H:%M" if taken.year == today().year else "%Y-%m-%d")


def show_undone(console: Console, run: dict[str, Any]) -> None:
    """What was taken back, and what a person has to look at."""
    answer = run["answer"] or {}
    for error in answer.get("errors", []):
        console.print(
            f"[red]✗[/red] {escape(error['problem'] or '')}；应为 {escape(error['expected'] or '')}。", soft_wrap=True
        )
    if run["state"] == "done":
        console.print(f"[green]✓[/green] 已撤销 {answer.get('undone', 0)} 条记录；历史中仍可查到。")
    if left := answer.get("left", []):
        console.print(f"有 {len(left)} 条没有撤销，请人工核对：")
        table = Table(*(Column(heading, overflow="fold") for heading in ("单位", "名称", "日期", "原因")))
        for one in left[:_MOST_SHOWN]:
            table.add_row(*(escape(str(one.get(name) or "")) for name in ("unit", "title", "date", "why")))
        console.print(table)
        if len(left) > _MOST_SHOWN:
            console.print(f"另有 {len(left) - _MOST_SHOWN} 条；--json 列出全部。")


def _service_of(client: Client, run_id: str) -> str:
    found = next((run for run in recent(client) if run["run_id"] == run_id), None)
    if found is not None:
        return str(found["service"])
    for service in SERVICES:
        try:
            client.ask(service, f"/imports/{run_id}")
        except CannotDo as refused:
            if refused.code == 2:
                raise
            continue
        return service
    raise CannotDo(f"没有编号为 {run_id} 的导入；lianjian imports 列出最近的导入。", code=1)


def _counts(run: dict[str, Any]) -> bool:
    if not (run.get("added") or run.get("corrected")):
        return False
    return run["state"] == "done" and not run["dry_run"] and run["undoes"] is None and run["undone_by"] is None


def _what(run: dict[str, Any], short: Mapping[str, str]) -> str:
    if run["undoes"]:
        return f"撤销 {short.get(run['undoes'], run['undoes'])}"
    name = next((layout.name for kind, layout in LAYOUTS.items() if kind == run["ledger"]), "未识别")
    return f"{name} {run['year'] or ''}" + ("（只检查）" if run["dry_run"] else "")


def _state(run: dict[str, Any]) -> str:
    errors = run.get("errors_in_all") or 0
    return _STATES[run["state"]] + (f"（{errors} 处）" if errors else "")


def _slashed(counted: Sequence[int | None]) -> str:
    return "" if None in counted else "/".join(str(one) for one in counted)
