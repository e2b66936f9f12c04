"""`lianjian period`: the office submits a period (报送) and locks its figures (定稿), or takes it back."""

from __future__ import annotations

import json
import re
import sys
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from deploy.cli.client import Client
from deploy.cli.report import fresh
from deploy.cli.running import running
from deploy.cli.words import Command, Group
from services.reporting.page.periods import period_words

_FORM: Final = re.compile(r"(19|20|21)[0-9]{2}(-(H[12]|Q[1-4]|0[1-9]|1[0-2]))?")
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
app = typer.Typer(cls=Group, no_args_is_help=True, help="报送期：报送、重开、定稿、解除定稿、查看")


def period_typed(text: str) -> str:
    """The period typed; raises what the parser shows."""
    if not _FORM.fullmatch(text.upper()):
        expected = "应为一年 2024、半年 2024-H1、一季度 2024-Q3 或一个月 2024-05"
        raise typer.BadParameter(f"{text} 不是期间，{expected}。")
    return text.upper()


Named = Annotated[str, typer.Argument(parser=period_typed, metavar="期间", help="如 2024、2024-H1、2024-Q3、2024-05")]
Reason = Annotated[str, typer.Option("--reason", metavar="原因", help="写明原因，上级法院看得到")]


@app.command("submit", cls=Command, help="报送：本院这个期间的记录已经齐备；此后的录入、更正单独标出")
def submit(
    period: Named, remark: Annotated[str | None, typer.Option("--remark", metavar="说明", help="附言")] = None
) -> None:
    with Client(running()) as client:
        client.tell("activities", f"/periods/{period}/submission", json={"remark": remark})
    out.print(f"✓ {period_words(period)}已报送。此后录入或更正的，标为“报送后更正”。", soft_wrap=True)


@app.command("reopen", cls=Command, help="重开已报送的期间：还要补录，或被退回补正")
def reopen(period: Named, reason: Reason) -> None:
    with Client(running()) as client:
        client.tell("activities", f"/periods/{period}/reopening", json={"reason": reason})
    out.print(f"✓ {period_words(period)}已重开，补齐后重新报送：lianjian period submit {period}", soft_wrap=True)


@app.command("lock", cls=Command, help="定稿：留存本院及下级法院此刻的数字，供日后比对；不影响继续录入")
def lock(period: Named) -> None:
    with Client(running()) as client:
        found, stale = fresh(client, "/overview", period=period)
        client.tell("activities", f"/periods/{period}/lock", json=locked_figures(found))
    courts = found["courts"]
    lacking = [court["name"] for court in courts if not (court["complete"] and court["submitted"])]
    out.print(f"✓ {period_words(period)}已定稿：{len(courts)} 个法院，数字截至 {found['as_of']}。", soft_wrap=True)
    if lacking:
        out.print(f"其中未收齐或未报送 {len(lacking)} 个：{'、'.join(lacking)}。", soft_wrap=True)
    if stale:
        err.print(f"注意：尚未包含最新记录（{stale}）。")


@app.command("unlock", cls=Command, help="解除定稿，写明原因；之后可重新定稿")
def unlock(period: Named, reason: Reason) -> None:
    with Client(running()) as client:
        client.tell("activities", f"/periods/{period}/unlocking", json={"reason": reason})
    out.print(f"✓ {period_words(period)}已解除定稿。", soft_wrap=True)


@app.command("status", cls=Command, help="一个期间的报送与定稿")
def status(
    period: Named, as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出，供程序读取")] = False
) -> None:
    with Client(running()) as client:
        found = client.ask("activities", f"/periods/{period}").json()
    if as_json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
        return
    for line in told(found):
        out.print(line, markup=False, soft_wrap=True)


def told(found: dict[str, Any]) -> list[str]:
    """How a period stands, in sentences."""
    words, locked = period_words(found["period"]), found["locked"]
    submitted = "已报送" if found["submitted"] else "已重开，未重新报送" if found["reopened"] else "未报送"
    remark = f"（{found['remark']}）" if found["remark"] else ""
    lines = [f"{words}：{submitted}{remark}。"]
    if found["reopened"] and not found["submitted"]:
        lines.append(f"重开原因：{found['reopened']}")
    lines.append("未定稿。" if locked is None else f"已定稿：{len(locked['courts'])} 个法院，截至 {locked['as_of']}。")
    return lines


def locked_figures(found: dict[str, Any]) -> dict[str, Any]:
    """The body of a lock from the answer of `/overview`: the same figures, and how far they were read."""
    from services.reporting.queries.overview import flat

    return {
        "as_of": found["as_of"],
        "courts": [
            {
                "site": court["site"],
                "submitted": court["submitted"],
                "complete": court["complete"],
                "figures": flat(court["figures"]),
                "lower_bounds": court["figures"]["lower_bounds"],
            }
            for court in found["courts"]
        ],
        "origins": [
            {"origin": origin["origin"], "position": origin["projected"], "h": origin["h"]}
            for origin in found["origins"]
            if origin["h"] is not None
        ],
    }
