"""What an import came to, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from deploy.cli.importing import Result

MOST_SHOWN: Final = 50


def show_result(console: Console, result: Result) -> None:
    """One file: what changed, or why nothing did."""
    label, answer = result.ledger or "未识别", result.answer
    if result.state == "done":
        verb = "将会" if result.dry_run else "已"
        counts = f"新增 {answer['added']}，更正 {answer['corrected']}，未变 {answer['unchanged']}"
        console.print(
            f"[green]✓[/green] {escape(result.file)}（{label}，{answer['year']} 年，{answer['rows']} 行）"
            f"{verb}导入：{counts}",
            soft_wrap=True,
        )
        if result.run_id and not result.dry_run:
            console.print(f"  编号 {result.run_id}（lianjian undo 可撤销）", soft_wrap=True)
    else:
        console.print(f"[red]✗[/red] {escape(result.file)}（{label}）没有导入，数据未作任何改动。", soft_wrap=True)
        _show_errors(console, answer)
    _show_remarks(console, answer)
    if result.marked is not None:
        console.print(f"标出问题的工作簿：{result.marked}", markup=False, soft_wrap=True)


def _show_errors(console: Console, answer: dict[str, Any]) -> None:
    errors = answer.get("errors", [])
    if len(errors) == 1 and errors[0].get("row") is None:  # of the workbook as a whole
        console.print(f"{errors[0]['problem']}；应为 {errors[0]['expected']}。", markup=False, soft_wrap=True)
        return
    columns = {"row": "行", "column": "列", "value": "值", "problem": "问题", "expected": "应为"}
    console.print(_table(errors[:MOST_SHOWN], columns))
    hidden = max(answer.get("errors_in_all", 0), len(errors)) - MOST_SHOWN
    if hidden > 0:
        console.print(f"另有 {hidden} 处。")


def _show_remarks(console: Console, answer: dict[str, Any]) -> None:
    remarks = answer.get("remarks", [])
    if remarks:
        console.print(f"按原样导入，请留意（{len(remarks)} 处）")
        console.print(_table(remarks[:MOST_SHOWN], {"row": "行", "column": "列", "sentence": "提示"}))
        if len(remarks) > MOST_SHOWN:
            console.print(f"另有 {len(remarks) - MOST_SHOWN} 处；--json 列出全部。")
    gone = answer.get("missing_later", [])
    if gone:
        console.print(f"有 {len(gone)} 条以前导入的记录不在这份台账里，已原样保留。")


def _table(found: Sequence[dict[str, Any]], columns: Mapping[str, str]) -> Table:
    """The findings, nothing cut off; the sheet is named only where there are several."""
    sheets = {entry.get("sheet") for entry in found}
    shown = {"sheet": "表", **columns} if len(sheets) > 1 else columns
    table = Table(*(Column(heading, overflow="fold") for heading in shown.values()))
    for entry in found:
        table.add_row(*(_text(entry.get(key)) for key in shown))
    return table


def _text(value: Any) -> str:
    # Cells hold whatever somebody typed: never markup.
    return "" if value is None else escape(str(value))
