"""`lianjian`: the command line of a running court.

Exit codes: 0 done and well; 1 refused, or something differs or is wrong; 2 unreachable, not running, or mistyped.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import asyncpg
import typer
from rich.console import Console
from rich.progress import Progress

from deploy.cli import (
    bars,
    duplicates,
    exporting,
    forgetting,
    keys,
    ledger_commands,
    link_certificates,
    link_keys,
    link_recovery,
    links,
    quarantine,
    tokens,
)
from deploy.cli import doctor as doctoring
from deploy.cli import periods as reporting_periods
from deploy.cli import status as standing
from deploy.cli.client import Client
from deploy.cli.running import COURT, CannotDo, running
from deploy.cli.words import Command, Group, mistake, speak_chinese, year_typed
from shared.business_day import today

if TYPE_CHECKING:
    from shared.verification import Verdict

AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="联建：查看、核对、导入本机正在运行的法院。退出码：0 正常；1 被拒绝或有出入；2 没有运行、连不上或写错。",
)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_CHECKS: Final = {
    "form": "格式",
    "streams": "流",
    "positions": "位置",
    "seals": "封存",
    "journal": "账本",
    "openings": "启封",
    "projections": "视图",
    "commands": "命令",
    "forks": "分叉",
    "links": "联通",
}
_CHECKED: Final = {"events": "事件", "streams": "流", "journal": "账本记录", "projections": "视图"}

Json = Annotated[bool, typer.Option("--json", help="以 JSON 输出，供程序读取")]


@app.callback()
def choose(
    court: Annotated[str | None, typer.Option("--court", metavar="法院", help="多个法院在运行时，对哪一个")] = None,
) -> None:
    if court is not None:
        os.environ[COURT] = court


@app.command(cls=Command, help="各服务、各角色的现状，各环节的位置与滞后")
def status(as_json: Json = False) -> None:
    with Client(running()) as client:
        found = standing.read(client)
    _printed_json(found) if as_json else standing.show(out, found)
    _leave(0 if standing.is_well(found) else 2 if None in found.values() else 1)


@app.command(cls=Command, help="逐项检查：磁盘、密钥、证书、运行、服务、时钟、数据库、权限")
def doctor() -> None:
    with Client(running()) as client:
        findings = doctoring.examine(client)
    for finding in findings:
        mark = "[green]✓[/green]" if finding.wrong is None else "[red]✗[/red]"
        out.print(
            f"{mark} {finding.what}：{finding.seen}" + (f"。{finding.wrong}" if finding.wrong else ""), soft_wrap=True
        )
    _leave(0 if all(finding.wrong is None for finding in findings) else 1)


@app.command(cls=Command, help="一个年度的数字：党员、支部、活动场次、未开展的应办事项")
def report(
    year: Annotated[int, typer.Option("--year", parser=year_typed, help="年度，如 2024", metavar="年度")],
    as_json: Json = False,
    as_text: Annotated[bool, typer.Option("--text", help="年终总结的文字，数字都取自本表")] = False,
    docx: Annotated[Path | None, typer.Option("--docx", metavar="文件", help="同样的文字写成 .docx")] = None,
    template: Annotated[Path | None, typer.Option("--template", metavar="文件", help="--docx 用本院自己的模板")] = None,
    subtree: Annotated[bool, typer.Option("--subtree", help="连同下级法院：合计与各院的数字，不合计的为空")] = False,
) -> None:
    # Here and below: what only one command needs is imported by it, for every other starts a second sooner.
    from deploy.cli import report as reporting
    from deploy.cli import year_end

    with Client(running()) as client:
        found, stale = (reporting.read_subtree if subtree else reporting.read)(client, year)
        name = client.running.name
    if subtree and (as_text or docx is not None):
        raise CannotDo("--subtree 给出数字，不写成文字：去掉 --text、--docx，或去掉 --subtree。")
    if docx is not None:
        year_end.write(docx, year_end.document(name, year, today(), found, stale, template or year_end.TEMPLATE))
        err.print(f"已写入 {docx}", markup=False)
    if as_text:
        sys.stdout.write(year_end.text(name, year, today(), found) + "\n")
    elif as_json:
        _printed_json(found)
    elif docx is None:
        (reporting.show_subtree if subtree else reporting.show)(out, name, year, found)
    if stale:
        err.print(f"注意：尚未包含最新记录（{stale}）。")


@app.command(cls=Command, help="核对：流、位置、封存、账本与日志、视图与重建、命令。0 属实，1 有出入，2 无法核对")
def verify() -> None:
    from deploy.cli import verify as verifying

    config = running().config
    with _bar("核对") as bar:
        verdict = asyncio.run(verifying.verify(config, lambda what, done, total: bars.moved(bar, what, done, total)))
    verdict_shown(verdict)
    _leave(verdict.code)


@app.command(cls=Command, help="重建视图：在旧的旁边重建、比对、换上；不写名称则全部重建")
def rebuild(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="名称…", help="units members activities explanations")
    ] = None,
) -> None:
    from deploy.cli import rebuild as rebuilding

    config = running().config
    with _bar("重建") as bar:
        try:
            rebuilt = asyncio.run(
                rebuilding.rebuild(config, names or [], lambda what, done, total: bars.moved(bar, what, done, total))
            )
        except rebuilding.UnknownProjection as error:
            raise CannotDo(str(error) + "。") from None
        except AWAY as error:
            raise CannotDo(f"reporting 的数据库连不上（{type(error).__name__}）。可执行 lianjian doctor。") from None
    for one in rebuilt:
        out.print(
            f"✓ {one.name} 已重建"
            + (f"，与旧的有 {len(one.differences)} 处不同" if one.differences else "，与旧的一致")
        )


@app.command(cls=Command, help="导出台账：一个年度，各写一份 .xlsx，表头与各院台账相同，可再导入")
def export(
    year: Annotated[int, typer.Option("--year", parser=year_typed, help="年度，如 2024", metavar="年度")],
    ledger: Annotated[
        list[str] | None, typer.Option("--ledger", metavar="台账", help="台账名称，可写多个；不写则全部")
    ] = None,
    to: Annotated[Path, typer.Option("--to", metavar="文件夹", help="写入的文件夹")] = Path(),
    with_: Annotated[
        str, typer.Option("--with", metavar="id,phone,dues", help="名册另含身份证号、电话、党费基数")
    ] = "",
) -> None:
    kinds, extra = exporting.kinds_named(ledger or [exporting.ALL]), exporting.extra_named(with_)
    with Client(running()) as client:
        for written in exporting.write(client, kinds, year, to, extra):
            out.print(f"✓ {written.path}（{written.rows} 条）", markup=False, soft_wrap=True)


Passphrase = Annotated[
    Path | None, typer.Option("--passphrase-file", metavar="文件", help="口令文件；密钥包以口令加密")
]


@app.command(cls=Command, help="备份：数据文件（不含密钥）和密钥包各一个；三十天前的密钥包随之删除")
def backup(
    to: Annotated[Path, typer.Option("--to", metavar="目录", help="存放的目录")] = Path("lianjian-backups"),
    passphrase_file: Passphrase = None,
) -> None:
    from deploy.cli import backup as backing_up

    backing_up.show_taken(out, backing_up.back_up(running().config, to, passphrase_file, _said))


@app.command(cls=Command, help="恢复：用数据文件和最新的密钥包建回已停止的法院，补齐、核对")
def restore(
    data: Annotated[Path, typer.Argument(metavar="数据文件", help="…-data.zip")],
    keys: Annotated[Path, typer.Argument(metavar="密钥包", help="…-keys.zip 或 …-keys.enc，用最新的一份")],
    replace: Annotated[bool, typer.Option("--replace", help="替换库中已有的记录")] = False,
    only: Annotated[str | None, typer.Option("--only", metavar="服务", help="只恢复一个服务的数据库")] = None,
    passphrase_file: Passphrase = None,
) -> None:
    from deploy.cli import backup as backing_up

    with _bar("恢复") as bar:

        def moved(what: str, done: int, total: int) -> None:
            bars.moved(bar, what, done, total)

        report = backing_up.put_back(data, keys, passphrase_file, only, _said, moved, replace=replace)
    backing_up.show_restored(out, report)
    verdict_shown(report.verdict)
    _leave(1 if report.restored.differing else report.verdict.code)


def _said(text: str) -> None:
    err.print(f"· {text}", markup=False, soft_wrap=True)


@app.command("open", cls=Command, help="给出一次性链接，用浏览器打开；--print 只打印链接")
def open_(print_only: Annotated[bool, typer.Option("--print", help="只打印链接")] = False) -> None:
    with Client(running()) as client:
        url = client.tell("reporting", "/open-tickets").json()["url"]
    if print_only:
        sys.stdout.write(url + "\n")
        return
    out.print(f"请在浏览器中打开（十分钟内有效，只能用一次）：\n{url}", soft_wrap=True)


ledger_commands.register(app)
app.add_typer(duplicates.app, name="duplicates")
app.add_typer(duplicates.partners, name="partners")
app.add_typer(forgetting.app, name="forget")
app.add_typer(keys.app, name="keys")
link_recovery.register(links.app)
link_keys.register(links.app)
link_certificates.register(links.app)
app.add_typer(links.app, name="link")
app.add_typer(reporting_periods.app, name="period")
app.add_typer(quarantine.app, name="quarantine")
tokens.register(app)


def verdict_shown(verdict: Verdict) -> None:
    """What differs, what could not be checked, how much was checked."""
    for finding in verdict.findings:
        check = _CHECKS.get(finding.check, finding.check)
        out.print(f"✗ {check}：{finding.where} @ {finding.at}：{finding.problem}", markup=False, soft_wrap=True)
        out.print(f"  处理办法：{finding.remedy}", markup=False, soft_wrap=True)
    for unchecked in verdict.unchecked:
        out.print(f"？ 无法核对：{unchecked}", markup=False, soft_wrap=True)
    counted = "，".join(f"{_CHECKED.get(what, what)} {number}" for what, number in verdict.checked.items())
    if counted:
        out.print(f"已核对：{counted}", markup=False)
    if verdict.code == 0:
        out.print("✓ 属实：没有发现出入。")


def _printed_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _bar(what: str) -> Progress:
    return bars.bar(err, what)


def _leave(code: int) -> None:
    if code:
        raise typer.Exit(code)


def main() -> None:
    """The entry of the program `lianjian`; never a traceback for what a person can mend."""
    speak_chinese()
    try:
        code = app(standalone_mode=False, prog_name="lianjian")
    except CannotDo as error:
        err.print(str(error), markup=False, soft_wrap=True)
        code = error.code
    except (KeyboardInterrupt, typer.Abort):
        err.print("已中断。")
        code = 130
    except Exception as error:
        # typer keeps its class for what was typed wrongly private; this is its public shape.
        if not hasattr(error, "format_message"):
            raise
        if said := error.format_message():
            err.print(mistake(said) + "用法见 lianjian --help。", markup=False, soft_wrap=True)
        code = 2
    raise SystemExit(code or 0)
