"""The link to one other site: invited, joined, suspended, resumed, revoked; epochs accepted, keys believed no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias, assert_never

from services.members.domain.link_invitation import (
    AcceptInvitation,
    InviteSite,
    JoinSite,
    WithdrawInvitation,
    accept,
    invite,
    join,
    withdraw,
)
from services.members.domain.link_state import LinkEvent, LinkState, evolve
from services.members.domain.link_trust import (
    AcceptEpoch,
    ReplaceSigningKey,
    RevokeSigningKey,
    accept_epoch,
    replace_signing_key,
    revoke_signing_key,
)
from shared.contracts.links import LinkResumed, LinkRevoked, LinkSuspended, SiteId
from shared.contracts.values import ShortText, Value
from shared.decider import Decider
from shared.rejection import Rejected


class SuspendLink(Value):
    peer: SiteId
    grounds: ShortText


class ResumeLink(Value):
    """Also lifts what reporting suspended by itself, of which this log knows nothing: so it always says so anew."""

    peer: SiteId
    grounds: ShortText


class RevokeLink(Value):
    peer: SiteId
    grounds: ShortText


LinkCommand: TypeAlias = (
    InviteSite
    | WithdrawInvitation
    | JoinSite
    | AcceptInvitation
    | SuspendLink
    | ResumeLink
    | RevokeLink
    | AcceptEpoch
    | RevokeSigningKey
    | ReplaceSigningKey
)
Governed: TypeAlias = LinkSuspended | LinkResumed | LinkRevoked


def decide(command: LinkCommand, state: LinkState) -> Sequence[LinkEvent]:
    match command:
        case InviteSite():
            return invite(command, state)
        case WithdrawInvitation():
            return withdraw(command, state)
        case JoinSite():
            return join(command, state)
        case AcceptInvitation():
            return accept(command, state)
        case SuspendLink() | ResumeLink() | RevokeLink():
            return _govern(command, state)
        case AcceptEpoch():
            return accept_epoch(command, state)
        case RevokeSigningKey():
            return revoke_signing_key(command, state)
        case ReplaceSigningKey():
            return replace_signing_key(command, state)
        case _:
            assert_never(command)


def _govern(command: SuspendLink | ResumeLink | RevokeLink, state: LinkState) -> list[Governed]:
    if state.joined is None:
        raise Rejected("unknown_link", "peer", "与该站点没有联通", "lianjian link status 列出全部", value=command.peer)
    if state.revoked is not None:
        if isinstance(command, RevokeLink):
            return []
        raise Rejected("link_revoked", "peer", "与该站点的联通已撤销", "重新邀请才能再联通", value=command.peer)
    match command:
        case SuspendLink(peer=peer, grounds=grounds):
            return [] if state.suspended is not None else [LinkSuspended(peer=peer, grounds=grounds)]
        case ResumeLink(peer=peer, grounds=grounds):
            return [LinkResumed(peer=peer, grounds=grounds)]
        case RevokeLink(peer=peer, grounds=grounds):
            return [LinkRevoked(peer=peer, grounds=grounds)]
        case _:
            assert_never(command)


LINK: Final[Decider[LinkCommand, LinkState, LinkEvent]] = Decider("link", LinkState(), decide, evolve)
