"""The lower site's side of joining: the access is kept, the upper site asked, its answer recorded."""

from __future__ import annotations

import asyncio
import secrets

from pydantic import SecretStr

from services.members.domain.link import LINK
from services.members.domain.link_invitation import AcceptInvitation
from services.members.linking.standing import Linking, link_id, link_to, own_site, present_key
from shared.acts import CommandContext, Outcome
from shared.command_path import execute
from shared.contracts.links import LinkStatement, SiteKeys
from shared.links import joining
from shared.links.access import LinkAccess, read_access, write_access
from shared.links.joining import PROBLEMS, BadJoinMessage, Fits, JoinReply, JoinRequest, Message, NotAnswered, Silence
from shared.links.statement import sign_statement
from shared.links.token import JoinToken, password_hash
from shared.links.topology import link_user
from shared.rejection import Rejected

_SILENCES: dict[Silence, tuple[str, str]] = {
    "denied": (
        "上级法院不接受这份邀请：可能已过期、已撤回或已被使用",
        "请对方用 lianjian link status 查看，必要时重新邀请",
    ),
    "unreachable": ("连不上上级法院", "检查网络和防火墙：本院应能向外连到令牌所写的地址，通后再执行一次"),
    "untrusted": ("上级法院的证书不是令牌所附的 CA 签发的", "请对方检查证书，或重新邀请"),
    "silent": ("连上了，但上级法院没有回答", "请对方确认 members 服务正在运行，稍后再执行一次"),
    "full": ("上级法院等待处理的申请太多，没有收下这一次", "请对方确认 members 服务正在运行，稍后再执行一次"),
}


async def accept(linking: Linking, context: CommandContext, found: JoinToken) -> Outcome:
    """Join below the upper site of the token, or find that it was done already.

    Raises `Rejected`: before anybody was asked where the token is not for this site, and with the upper site's word
    or the silence met with. Until the answer is recorded the access lies as `pending`; trying again is the same
    request.
    """
    own = await own_site(linking)
    _refuse_other_site(found, own)
    statement = LinkStatement(
        invitation_id=found.invitation_id, upper=found.upper, lower=own, withheld_families=found.withheld_families
    )
    state, _ = await link_to(linking, found.upper.site)
    # What this site would refuse to record is not asked for: else the upper one would stand there alone.
    LINK.decide(_command(statement, "-", "-"), state)
    joined = state.joined if state.linked else None
    access = await _access(linking, found, known=joined is not None)
    if joined is not None:
        signed = (joined.upper_signature, joined.lower_signature)
    else:
        signed = await _asked(linking, found, statement, access)
    command = _command(statement, *signed)
    outcome = await execute(linking.deps, context, LINK, link_id(linking.site, found.upper.site), command)
    await _keep(linking, access.model_copy(update={"state": "joined"}))
    return outcome


def _command(statement: LinkStatement, upper_signature: str, lower_signature: str) -> AcceptInvitation:
    return AcceptInvitation(
        lower=statement.lower, statement=statement, upper_signature=upper_signature, lower_signature=lower_signature
    )


def _refuse_other_site(found: JoinToken, own: SiteKeys) -> None:
    for field, invited, here, noun in (
        ("site", found.site, own.site, "站点"),
        ("name", found.name, own.name, "名称"),
        ("level", found.level, own.level, "级别"),
    ):
        if invited != here:
            raise Rejected(
                "invalid_token",
                f"token.{field}",
                f"令牌邀请的{noun}是 {invited}，本院是 {here}",
                "请上级法院按本院的实际信息重新邀请",
            )


async def _asked(linking: Linking, found: JoinToken, statement: LinkStatement, access: LinkAccess) -> tuple[str, str]:
    """Both signatures, upper and lower, once the upper site has said yes."""
    await _keep(linking, access)
    request = JoinRequest(
        statement=statement,
        lower_signature=sign_statement(statement, linking.signing),
        password_hash=password_hash(access.password.get_secret_value()),
        current_key=present_key(linking, statement.lower),
        time=linking.at,
    )
    sent = joining.message(request, found.key)
    reply = await _reply(linking, found, sent)
    if reply.problem is not None:
        raise Rejected("join_refused", "token", PROBLEMS[reply.problem].partition("；")[0], _remedy(reply))
    line = reply.upper_signature or ""
    if not joining.is_signed_by(statement, line, found.upper.keys, reply.current_key):
        raise Rejected("join_refused", "token", "上级法院的签名与令牌所附的公钥不符", "请对方重新邀请")
    return line, request.lower_signature


def _remedy(reply: JoinReply) -> str:
    return PROBLEMS[reply.problem].partition("；")[2] if reply.problem else ""


async def _reply(linking: Linking, found: JoinToken, sent: Message) -> JoinReply:
    def fits(body: bytes, mac: str) -> bool:
        try:
            joining.read_reply(body, mac, found.key, sent.body)
        except BadJoinMessage:
            return False
        return True

    try:
        answer = await _asked_twice(linking, found, sent, fits)
    except NotAnswered as silence:
        problem, expected = _SILENCES[silence.reason]
        raise Rejected(f"upper_site_{silence.reason}", "token", problem, expected) from None
    return joining.read_reply(answer.body, answer.mac, found.key, sent.body)


async def _asked_twice(linking: Linking, found: JoinToken, sent: Message, fits: Fits) -> Message:
    try:
        return await linking.ask(found.access, linking.site, sent, fits)
    except NotAnswered as silence:
        if silence.reason != "denied":
            raise
    # The invitation may be so fresh that its user is only being made.
    await asyncio.sleep(linking.again_after)
    return await linking.ask(found.access, linking.site, sent, fits)


async def _access(linking: Linking, found: JoinToken, *, known: bool) -> LinkAccess:
    """With the password of an earlier try, if there was one: asking again is then the same request.

    A link that stands keeps its address and its CA, and a password goes only where it was made for: nobody above is
    asked about a token that comes a second time, and it may have been tampered with on the way.
    """
    upper, user = found.upper.site, link_user(found.upper.site, linking.site)
    earlier = (await asyncio.to_thread(read_access, linking.settings.links)).get(upper)
    if known:
        if earlier is None:
            raise Rejected("access_lost", "token", "联通已建立，但本院的接入文件不在了", "两院撤销联通后重新邀请")
        return earlier
    if earlier is not None and (earlier.address, earlier.ca) != (found.address, found.ca):
        earlier = None
    return LinkAccess(
        upper=upper,
        name=found.upper.name,
        address=found.address,
        user=user,
        password=SecretStr(secrets.token_urlsafe(32)) if earlier is None else earlier.password,
        ca=found.ca,
        withheld_families=found.withheld_families,
        state="pending",
    )


async def _keep(linking: Linking, access: LinkAccess) -> None:
    await asyncio.to_thread(write_access, linking.settings.links, access)
