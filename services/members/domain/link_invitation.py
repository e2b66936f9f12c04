"""How a link begins: the upper site invites, the lower accepts, and both record what both signed."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from services.members.domain.link_state import LinkState, Moment, standing
from shared.contracts.links import (
    InvitationWithdrawn,
    LinkStatement,
    OfficialOrder,
    SiteId,
    SiteInvited,
    SiteJoined,
    SiteKeys,
)
from shared.contracts.values import Id, Level, ShortText, Value
from shared.links.policy import WITHHOLDABLE, refused_in_policy
from shared.rejection import Rejected

MOST_FAMILIES: Final = 100
_RANKS: Final[dict[str, int]] = {"supreme": 3, "high": 2, "intermediate": 1, "basic": 0}
_LEVELS: Final[dict[str, str]] = {
    "supreme": "最高人民法院",
    "high": "高级人民法院",
    "intermediate": "中级人民法院",
    "basic": "基层人民法院",
    "specialised": "专门人民法院",
}


class InviteSite(Value):
    """Let a site join below this one; `own` is this site, `at` now."""

    own: SiteId
    own_level: Level
    invitation_id: Id
    peer: SiteId
    name: ShortText
    level: Level
    official_order: OfficialOrder
    withheld_families: Annotated[tuple[ShortText, ...], Field(max_length=MOST_FAMILIES)]
    expires_at: Moment
    at: Moment


class WithdrawInvitation(Value):
    """Close an invitation that was not used."""

    peer: SiteId


class JoinSite(Value):
    """In the upper site: the invited site has signed; `upper` is this site with its first keys, `at` now."""

    upper: SiteKeys
    statement: LinkStatement
    upper_signature: ShortText
    lower_signature: ShortText
    at: Moment


class AcceptInvitation(Value):
    """In the lower site: the upper one has said yes; `lower` is this site with its first keys."""

    lower: SiteKeys
    statement: LinkStatement
    upper_signature: ShortText
    lower_signature: ShortText


def invite(command: InviteSite, state: LinkState) -> list[SiteInvited]:
    if state.invitation is not None and state.invitation.invitation_id == command.invitation_id:
        return []
    if command.peer == command.own:
        raise Rejected("invalid_peer", "peer", "不能邀请本院自己", "填写下级法院的站点", value=command.peer)
    _refuse_level(command.own_level, command.level, "level")
    _refuse_families(command.withheld_families)
    if command.expires_at <= command.at:
        raise Rejected("invalid_expiry", "expires_at", "邀请一发出就已过期", "有效期至少一小时")
    if state.linked:
        raise Rejected("already_linked", "peer", "与该站点的联通已经建立", "如要重新建立，先撤销现有的联通")
    if standing(state, command.at) == "invited":
        raise Rejected("already_invited", "peer", "给该站点的邀请还有效", "使用那份邀请，或先撤回它再重新邀请")
    return [
        SiteInvited(
            invitation_id=command.invitation_id,
            peer=command.peer,
            name=command.name,
            level=command.level,
            official_order=command.official_order,
            withheld_families=tuple(sorted(set(command.withheld_families))),
            expires_at=command.expires_at,
        )
    ]


def withdraw(command: WithdrawInvitation, state: LinkState) -> list[InvitationWithdrawn]:
    if state.invitation is None:
        raise Rejected(
            "unknown_link", "peer", "没有给该站点的邀请", "lianjian link status 列出全部", value=command.peer
        )
    if state.waiting is not None:
        return [InvitationWithdrawn(invitation_id=state.invitation.invitation_id, peer=command.peer)]
    if state.linked:
        raise Rejected("invitation_used", "peer", "邀请已被使用，联通已经建立", "不再联通则撤销该联通")
    return []


def join(command: JoinSite, state: LinkState) -> list[SiteJoined]:
    statement, joined = command.statement, state.joined
    if joined is not None and joined.statement.invitation_id == statement.invitation_id:
        if state.linked and (joined.statement, joined.lower_signature) == (statement, command.lower_signature):
            return []
        raise _refused("invitation_used", "邀请已被使用", "撤销该联通后重新邀请")
    invitation = state.invitation
    if invitation is None or invitation.invitation_id != statement.invitation_id:
        raise _refused("invitation_unknown", "没有这份邀请", "重新邀请")
    if state.withdrawn:
        raise _refused("invitation_withdrawn", "邀请已撤回", "重新邀请")
    if command.at >= invitation.expires_at:
        raise _refused("invitation_expired", "邀请已过期", "重新邀请")
    _refuse_other_statement(command, invitation)
    return [
        SiteJoined(
            peer=invitation.peer,
            role="lower",
            statement=statement,
            upper_signature=command.upper_signature,
            lower_signature=command.lower_signature,
            official_order=invitation.official_order,
        )
    ]


def _refuse_other_statement(command: JoinSite, invitation: SiteInvited) -> None:
    said, lower = command.statement, command.statement.lower
    differing = {
        "upper": said.upper != command.upper,
        "lower.site": lower.site != invitation.peer,
        "lower.name": lower.name != invitation.name,
        "lower.level": lower.level != invitation.level,
        "withheld_families": said.withheld_families != invitation.withheld_families,
    }
    for field, differs in differing.items():
        if differs:
            raise _refused("statement_differs", f"{field} 与邀请不同", "与邀请一致", f"statement.{field}")


def accept(command: AcceptInvitation, state: LinkState) -> list[SiteJoined]:
    statement, joined = command.statement, state.joined
    if statement.lower != command.lower:
        raise _refused("statement_differs", "写明的下级法院不是本院", "本院的名称、级别和公钥", "statement.lower")
    if statement.upper.site == command.lower.site:
        raise Rejected("invalid_peer", "peer", "不能与本院自己联通", "使用上级法院给的令牌")
    _refuse_level(statement.upper.level, command.lower.level, "statement.upper.level")
    _refuse_families(statement.withheld_families)
    if joined is not None and state.linked:
        if joined.role == "upper" and joined.statement == statement:
            return []
        raise Rejected("already_linked", "peer", "与该站点的联通已经建立", "如要重新建立，两院先撤销现有的联通")
    return [
        SiteJoined(
            peer=statement.upper.site,
            role="upper",
            statement=statement,
            upper_signature=command.upper_signature,
            lower_signature=command.lower_signature,
            official_order=None,
        )
    ]


def _refuse_level(upper: str, lower: str, field: str) -> None:
    """《人民法院组织法》第十二条: the levels; a specialised court may stand anywhere."""
    if "specialised" not in (upper, lower) and _RANKS[upper] <= _RANKS[lower]:
        raise Rejected(
            "invalid_level",
            field,
            f"{_LEVELS[upper]}的下级不会是{_LEVELS[lower]}",
            "上级法院的级别应高于下级法院；专门法院不限",
        )


def _refuse_families(families: tuple[str, ...]) -> None:
    if refused := refused_in_policy(families):
        raise Rejected(
            "invalid_withheld_families",
            "withheld_families",
            f"{refused[0]} 不能列入保留范围",
            f"可以列入的有：{'、'.join(WITHHOLDABLE)}；含个人信息的从不上送，无需列入；更正、撤销类必须上送",
            value=refused[0],
        )


def _refused(code: str, problem: str, expected: str, field: str = "statement.invitation_id") -> Rejected:
    return Rejected(code, field, problem, expected)
