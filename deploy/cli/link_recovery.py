"""`lianjian link rotate-key | recover | accept-epoch`: what has to be done by a person when keys or logs are lost."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import uuid4

import typer
from rich.console import Console

from deploy.cli.client import Client
from deploy.cli.running import running
from deploy.cli.words import Command

out = Console(highlight=False)
SERVICES: Final = ("members", "activities", "reporting")


def services_typed(text: str) -> tuple[str, ...]:
    """The services named after `--service`."""
    if text not in (*SERVICES, "all"):
        raise typer.BadParameter(f"{text} 不是服务，应为 {'、'.join(SERVICES)} 或 all。")
    return SERVICES if text == "all" else (text,)


def rotate_key(
    service: Annotated[str, typer.Option("--service", metavar="服务", help="members、activities、reporting 或 all")],
) -> None:
    """Give a service, or each of them, a new signing key."""
    with Client(running()) as client:
        for name in services_typed(service):
            changed = _rotated(client, name)
            out.print(f"{name}：签名密钥由 {changed['former_key_id']} 换为 {changed['key_id']}。")
    out.print("原密钥文件仍须保留：此前的记录由它封存。若原密钥已泄露，请上级法院按编号撤销它。")


def _rotated(client: Client, service: str) -> dict[str, Any]:
    if service != "reporting":
        told: dict[str, Any] = client.tell(service, "/keys/rotation", headers=_once()).json()
        return told
    # reporting has no log: it prepares the key, members records it.
    following: dict[str, Any] = client.tell("reporting", "/keys/next", headers=_once()).json()
    client.tell("members", "/keys/reporting", json=following, headers=_once())
    return following


def _once() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


def register(app: typer.Typer) -> None:
    """Hang the commands below `lianjian link`."""
    app.command("rotate-key", cls=Command, help="更换签名密钥：旧密钥签封更换这一条，此后由新密钥签封")(rotate_key)
