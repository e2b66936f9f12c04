"""`lianjian token`: a token for a second person, who acts in a role of their own."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import asyncpg
import typer
from rich.console import Console

from deploy.cli.running import CannotDo, running
from deploy.cli.words import Command
from deploy.local.places import write_private
from shared.identity.access import ROLES
from shared.identity.tokens import enter_token
from shared.meta import Actor

ISSUED: Final = ("operator", "party_office")
out = Console(highlight=False)


def role_typed(text: str) -> str:
    """The role typed after `--role`; raises what the parser shows."""
    if text not in ISSUED:
        raise typer.BadParameter(f"{text} 不对，应为 party_office（党办）或 operator（系统管理员）。")
    return text


def register(app: typer.Typer) -> None:
    """Adds the command to the program."""
    app.command("token", cls=Command, help="为另一人签发令牌，写入只有本用户可读的文件；同一账号的旧令牌作废")(issue)


def issue(
    subject: Annotated[str, typer.Option("--subject", metavar="账号", help="此人的账号，如 dangban01；不写姓名")],
    role: Annotated[str, typer.Option("--role", parser=role_typed, metavar="角色", help="party_office 或 operator")],
    file: Annotated[Path, typer.Option("--out", metavar="文件", help="令牌写到这里")],
) -> None:
    court = running()
    if subject == "operator":
        raise CannotDo("账号 operator 属于本机的系统管理员；请用另一个账号。")
    token = secrets.token_urlsafe(32)
    actor = Actor.model_validate({"subject": subject, "role": role, "organisation": court.court})
    try:
        asyncio.run(_entered(court.config, token, actor))
        write_private(file, token + "\n")
    except (OSError, asyncpg.PostgresError) as error:
        raise CannotDo(f"令牌没有签发（{type(error).__name__}）。可执行 lianjian doctor。") from None
    out.print(f"✓ {subject}（{ROLES[actor.role]}）的令牌已写入 {file}。", soft_wrap=True)


async def _entered(config: Mapping[str, Any], token: str, actor: Actor) -> None:
    for urls in config["databases"].values():
        connection = await asyncpg.connect(urls["application"], timeout=5.0)
        try:
            await enter_token(connection, token, actor)
        finally:
            await connection.close()
