"""`lianjian link rotate-key | revoke-key | trust-key`: the own signing keys, and which ones of other courts count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from deploy.cli.client import Client
from deploy.cli.link_recovery import once
from deploy.cli.links import Grounds, Site
from deploy.cli.running import CannotDo, running
from deploy.cli.words import Command
from shared.sealing.keys import PublicKey, public_key

SERVICES: Final = ("members", "activities", "reporting")
_OF_AN_UPPER_COURT: Final = (
    "{site} 是本院的上级法院：本院没有它的日志，撤销其密钥后再也听不到它。请由它执行 lianjian link rotate-key "
    "--service reporting，再由本院按其屏幕所示执行 lianjian link trust-key {site} --key 新公钥 --grounds 密钥失窃"
)
out = Console(highlight=False)


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
            where = f"（第 {changed['changed_at']} 条）" if "changed_at" in changed else ""
            told = f"{name}：签名密钥由 {changed['former_key_id']} 换为 {changed['key_id']}{where}。"
            out.print(told, markup=False, soft_wrap=True)
            out.print(if_stolen(client.running.court, name, changed), markup=False, soft_wrap=True)
    out.print("原密钥文件仍须保留：此前的记录由它封存。")


def _rotated(client: Client, service: str) -> dict[str, Any]:
    if service != "reporting":
        told: dict[str, Any] = client.tell(service, "/keys/rotation", headers=once()).json()
        return told
    # reporting has no log: it prepares the key, members records it.
    following: dict[str, Any] = client.tell("reporting", "/keys/next", headers=once()).json()
    client.tell("members", "/keys/reporting", json=following, headers=once())
    return following


def if_stolen(court: str, service: str, changed: Mapping[str, Any]) -> str:
    """What courts that hear this one do where the former key was stolen."""
    if service == "reporting":
        return (
            "  它签的是给下级法院的回执。若原密钥已失窃，请各下级法院执行（新密钥的编号另行电话核对）："
            f"lianjian link trust-key {court} --key {changed['public_key']} --grounds 密钥失窃"
        )
    return f"  若原密钥已失窃，请上级法院收到更换后执行：{revoking(court, service, changed['former_key_id'])}"


def revoking(site: str, service: str, key_id: str) -> str:
    """The command, as it is typed."""
    return f"lianjian link revoke-key {site} --service {service} --key {key_id} --grounds 密钥失窃 --yes"


def revoke_key(
    site: Site,
    service: Annotated[str, typer.Option("--service", metavar="服务", help="members、activities 或 reporting")],
    key: Annotated[str, typer.Option("--key", metavar="编号", help="16 位，更换密钥时该院屏幕所示的旧编号")],
    grounds: Grounds,
    position: Annotated[
        int | None, typer.Option("--from", min=1, metavar="位置", help="不再采信的第一条；不写则为更换密钥之后的第一条")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="确定撤销")] = False,
) -> None:
    """Believe a key of a court below no more; refused where that court could then not even change it."""
    with Client(running()) as client:
        known = client.ask("reporting", "/links/keys", site=site).json()
        if known["is_above"]:
            raise CannotDo(_OF_AN_UPPER_COURT.format(site=site), 1)
        begins = first_refused(known["keys"], site, service, key, position)
        if not yes:
            raise CannotDo(
                f"尚未执行：{site} 的 {service} 密钥 {key} 自第 {begins} 条起将不再采信；确定后加 --yes。", 1
            )
        body = {"service": service, "key_id": key, "from_position": begins, "grounds": grounds}
        client.tell("members", f"/links/{site}/key-revocations", json=body, headers=once())
    out.print(f"✓ {site} 的密钥 {key} 自第 {begins} 条起不再采信。", markup=False, soft_wrap=True)


def first_refused(keys: list[dict[str, Any]], site: str, service: str, key_id: str, wanted: int | None) -> int:
    """The first position that the key is to be believed no more at; `CannotDo` says what has to be done before."""
    known = [one for one in keys if one["service"] == service]
    key = next((one for one in known if one["key_id"] == key_id), None)
    if key is None:
        listed = "、".join(f"{one['key_id']}（{_standing(one)}）" for one in known) or "无"
        raise CannotDo(f"--key：{site} 的 {service} 没有密钥 {key_id}；应为其一：{listed}。", 1)
    if key["to_position"] is None:
        return _of_present(key, site, wanted)
    ended: int = key["to_position"]
    if wanted is not None and wanted <= ended:
        raise CannotDo(
            f"--from：第 {ended} 条是更换密钥那一条，由 {key_id} 签封，须仍能收下；应不小于 {ended + 1}，或不写。", 1
        )
    return wanted or ended + 1


def _of_present(key: Mapping[str, Any], site: str, wanted: int | None) -> int:
    """The key still seals, and will seal its own change: only a revocation that came too early can be set later."""
    service, key_id, revoked = key["service"], key["key_id"], key["revoked_from"]
    if revoked is not None and wanted is not None and wanted > revoked:
        return wanted
    again = revoking(site, service, key_id)
    first = f"  1. 由 {site} 执行：lianjian link rotate-key --service {service}"
    if revoked is None:
        raise CannotDo(
            f"尚未执行：{key_id} 是 {site} 的 {service} 现用的密钥，更换密钥那一条也由它签封，"
            f"现在撤销，连更换也收不进来。应依次：\n{first}\n  2. 本院收到那一条后执行：{again}\n"
            "在此之前若怕有人冒充，请先暂停送来它的联通（lianjian link suspend），第 1 步之后再恢复。",
            1,
        )
    raise CannotDo(
        f"{key_id} 自第 {revoked} 条起已不再采信，但 {site} 更换它的那一条还没有收到：那一条也由它签封，收不进来。"
        "应依次：\n"
        f"{first}\n     并由该院告知更换在第几条（屏幕所示）\n"
        f"  2. 本院执行：{again} --from 更换那一条的下一条\n"
        f"  3. 本院执行：lianjian link resume {site} --grounds 密钥已更换",
        1,
    )


def trust_key(
    site: Annotated[str, typer.Argument(metavar="站点", help="上级法院的站点；lianjian link status 列出")],
    key: Annotated[str, typer.Option("--key", metavar="公钥", help="上级法院 rotate-key 所示的新公钥，44 个字符")],
    grounds: Grounds,
    yes: Annotated[bool, typer.Option("--yes", help="编号已电话核对，确定改信")] = False,
) -> None:
    """Believe this key of an upper court's reporting from now on, and none of those before it."""
    following = public_key_typed(key)
    with Client(running()) as client:
        known = client.ask("reporting", "/links/keys", site=site).json()
        if not known["is_above"]:
            raise CannotDo(f"{site} 不是本院的上级法院；下级法院的新密钥由其日志写明，不必另行告知。", 1)
        former = replaced(known["keys"], following.key_id)
        if former and not yes:
            raise CannotDo(
                f"尚未执行：新公钥的编号是 {following.key_id}，请与 {site} 电话核对；此前的 {'、'.join(former)} "
                "将不再采信，不能收回。无误后加 --yes。",
                1,
            )
        for key_id in former:
            body = {"former_key_id": key_id, "key": following.text, "grounds": grounds}
            client.tell("members", f"/links/{site}/key-replacements", json=body, headers=once())
    out.print(f"✓ 此后只凭密钥 {following.key_id} 及由它证明的新密钥认 {site} 的回执。", markup=False, soft_wrap=True)


def public_key_typed(text: str) -> PublicKey:
    """The key typed after `--key`; `CannotDo` for anything else."""
    try:
        return public_key(text.strip())
    except ValueError:
        raise CannotDo("--key：不是公钥；应为上级法院 rotate-key 所示的 44 个字符，末尾是 =。", 2) from None


def replaced(keys: list[dict[str, Any]], following: str) -> list[str]:
    """The ids that give way to the key `following`; one that was revoked alone, where nothing follows it yet."""
    known = {one["key_id"]: one["revoked_from"] for one in keys if one["service"] == "reporting"}
    if known.get(following) is not None:
        raise CannotDo(f"--key：密钥 {following} 已撤销，不能再信；应为上级法院现用的公钥。", 1)
    still = [key_id for key_id, revoked in known.items() if revoked is None and key_id != following]
    return still if still or following in known else list(known)[:1]


def _standing(key: Mapping[str, Any]) -> str:
    ended = key["to_position"]
    used = "现用" if ended is None else "已更换" if ended == 0 else f"用至第 {ended} 条"
    return used if key["revoked_from"] is None else f"{used}，自第 {key['revoked_from']} 条起已撤销"


def register(app: typer.Typer) -> None:
    """Hang the commands below `lianjian link`."""
    app.command("rotate-key", cls=Command, help="更换签名密钥：旧密钥签封更换这一条，此后由新密钥签封")(rotate_key)
    app.command("revoke-key", cls=Command, help="不再采信下级法院换下的签名密钥（失窃时）；尚未更换的，说明先做什么")(
        revoke_key
    )
    app.command("trust-key", cls=Command, help="上级法院的回执密钥失窃而更换：核对编号后只信新的")(trust_key)
