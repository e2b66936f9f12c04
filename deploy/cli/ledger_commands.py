"""The commands about ledgers: `import`, `imports`, `undo`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from deploy.cli import importing, showing, undoing
from deploy.cli.bars import bar, moved
from deploy.cli.client import Client
from deploy.cli.running import running
from deploy.cli.words import Command, identifiers_typed

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
Json = Annotated[bool, typer.Option("--json", help="以 JSON 输出，供程序读取")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("import", cls=Command, help="导入台账（.xlsx），按表头识别；名册先行，其余随后")(import_)
    app.command("imports", cls=Command, help="最近的导入：编号、台账、时间、条数、是否已撤销")(imports)
    app.command("undo", cls=Command, help="撤销一次导入：此后没有改动的记录撤回，其余列出供人工核对")(undo)


def import_(
    files: Annotated[
        list[Path], typer.Argument(metavar="文件…", help="党员名册、三会一课、主题党日、联建协议、联建活动、品牌台账")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不改动任何数据")] = False,
    identifiers: Annotated[
        str, typer.Option("--with", parser=identifiers_typed, metavar="id,phone,dues", help="一并保存的身份信息")
    ] = "",
    errors: Annotated[
        Path | None, typer.Option("--errors", metavar="文件夹", help="标出问题的工作簿写到这里，不写则在原文件旁")
    ] = None,
    as_json: Json = False,
) -> None:
    with Client(running()) as client:
        results = _imported(client, files, dry_run=dry_run, quiet=as_json, identifiers=identifiers, errors=errors)
    if as_json:
        _printed_json([result.as_json() for result in results])
    else:
        for result in results:
            showing.show_result(out, result)
    _leave(importing.exit_code(results))


def _imported(
    client: Client, files: list[Path], *, dry_run: bool, quiet: bool, identifiers: str, errors: Path | None
) -> list[importing.Result]:
    books, results = importing.recognised(files, errors)
    if results:
        return results
    after: str | None = None
    for book in books:
        with bar(err, book.path.name, quiet=quiet) as shown:
            result = importing.hand_in(
                client,
                book,
                dry_run=dry_run,
                after=after,
                progress=lambda done, total, shown=shown: moved(shown, "", done, total),  # type: ignore[misc] # bound
                identifiers=identifiers,
                errors=errors,
            )
        results.append(result)
        if result.state in ("refused", "failed"):
            break
        after = ", ".join(filter(None, (after, result.position))) or None
    return results


def imports(as_json: Json = False) -> None:
    with Client(running()) as client:
        runs = undoing.recent(client)
    _printed_json(runs) if as_json else undoing.show_recent(out, runs)


def undo(
    run: Annotated[str, typer.Argument(metavar="编号", help="导入时给出的编号，或 lianjian imports 列出的前几位")],
    as_json: Json = False,
) -> None:
    with Client(running()) as client:
        runs = undoing.recent(client)
        run = undoing.named(runs, run)
        later = undoing.later_than(runs, run)
        with bar(err, "撤销", quiet=as_json) as shown:
            found = undoing.undo(client, run, lambda done, total: moved(shown, "", done, total))
    if as_json:
        _printed_json(found)
    else:
        if later:
            ids = "、".join(one["run_id"][: undoing.SHORTEST] for one in later[:5])
            out.print(
                f"此后还有 {len(later)} 次导入没有撤销（{ids}）；几次都要撤销时，从最近的一次开始。", soft_wrap=True
            )
        undoing.show_undone(out, found)
    _leave(0 if found["state"] == "done" and not (found["answer"] or {}).get("left") else 1)


def _printed_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _leave(code: int) -> None:
    if code:
        raise typer.Exit(code)
