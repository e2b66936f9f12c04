"""Links to other sites: inviting, accepting, governing by an administrator; whoever sees the status may read."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints

from services.members.domain.link import LINK, LinkCommand, ResumeLink, RevokeLink, SuspendLink
from services.members.domain.link_invitation import WithdrawInvitation
from services.members.domain.link_trust import AcceptEpoch, ReplaceSigningKey, RevokeSigningKey
from services.members.http.parts import Parts
from services.members.linking import accept, forget_link_access, invite, one_link, shown_links
from services.members.linking.inviting import Invitation
from services.members.linking.standing import link_id
from shared.command_path import execute
from shared.contracts.links import Hash, KeyId, KeyText, Position, SiteId
from shared.contracts.members import SigningKey
from shared.contracts.values import ShortText, Value
from shared.http.calls import Call
from shared.http.commands import accepted, context
from shared.http.preconditions import etag
from shared.http.problems import not_found
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Requirement
from shared.links import token
from shared.sealing.keys import public_key

MANAGE: Final = Requirement("manage_links", "site")
READ: Final = Requirement("read_status", "site")
router = Router()


class Token(Value):
    """As `lianjian link invite` printed it; white space in it does not matter."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=token.MOST_CHARACTERS), Field(repr=False)]


class Grounded(Value):
    """Why, in words for whoever reads the record later."""

    grounds: ShortText


class AcceptedEpoch(Value):
    """From where the other site's log goes on: `h` of the last position that is kept."""

    service: Literal["members", "activities"]
    epoch: Annotated[int, Field(ge=2, le=1_000_000)]
    kept_to: Position
    h: Hash
    grounds: ShortText


class RevokedKey(Value):
    """Which key is believed no more from which position on."""

    service: Literal["members", "activities", "reporting"]
    key_id: KeyId
    from_position: Annotated[int, Field(ge=1, le=2**53 - 1)]
    grounds: ShortText


class ReplacedKey(Value):
    """Which key of an upper site's reporting is believed no more, and which instead."""

    former_key_id: KeyId
    key: KeyText
    grounds: ShortText


@router.post("/links/invitations", requires=MANAGE, status=201, summary="邀请下级法院联通，给出一次性令牌")
async def invite_site(call: Call, parts: Parts, body: Invitation) -> Reply:
    """The token stands in this answer alone; the same request sent again gives it again until it expires."""
    invited = await invite(parts.linking, context(call, call.actor_on(parts.site)), body)
    told = {
        "peer": body.site,
        "invitation_id": invited.invitation.invitation_id,
        "expires_at": invited.invitation.expires_at,
        "token": invited.token,
    }
    return await accepted(parts.deps, "members", invited.outcome, told, location=f"/links/{body.site}")


@router.post("/links/invitations/{peer}/withdrawal", requires=MANAGE, summary="撤回尚未使用的邀请")
async def withdraw_invitation(call: Call, parts: Parts, peer: SiteId) -> Reply:
    return await _carried_out(call, parts, peer, WithdrawInvitation(peer=peer))


@router.post("/links/acceptances", requires=MANAGE, status=201, summary="用上级法院给的令牌建立联通")
async def accept_invitation(call: Call, parts: Parts, body: Token) -> Reply:
    """Asks the upper site, and answers once both sides have recorded the link."""
    actor, found = call.actor_on(parts.site), token.read(body.token)
    outcome = await accept(parts.linking, context(call, actor), found)
    link, _ = await one_link(parts.linking, found.upper.site)
    told = {"peer": found.upper.site, "name": found.upper.name, "fingerprint": link and link["fingerprint"]}
    return await accepted(parts.deps, "members", outcome, told, location=f"/links/{found.upper.site}")


@router.get("/links", requires=READ, summary="与上下级法院的联通，上级在前，下级按建制序")
async def list_links(call: Call, parts: Parts) -> Reply:
    call.actor_on(parts.site)
    return json_reply({"site": parts.site, "links": await shown_links(parts.linking)})


@router.get("/links/{peer}", requires=READ, summary="与一个站点的联通")
async def read_link(call: Call, parts: Parts, peer: SiteId) -> Reply:
    """Read from the link's own stream: always current."""
    call.actor_on(parts.site)
    link, version = await one_link(parts.linking, peer)
    if link is None:
        raise not_found("peer", peer, "联通")
    return json_reply(link, etag=etag(version))


@router.post("/links/{peer}/suspension", requires=MANAGE, conditional=True, summary="暂停联通")
async def suspend_link(call: Call, parts: Parts, body: Grounded, peer: SiteId) -> Reply:
    return await _carried_out(call, parts, peer, SuspendLink(peer=peer, grounds=body.grounds))


@router.post("/links/{peer}/resumption", requires=MANAGE, conditional=True, summary="恢复联通，自动暂停的也恢复")
async def resume_link(call: Call, parts: Parts, body: Grounded, peer: SiteId) -> Reply:
    return await _carried_out(call, parts, peer, ResumeLink(peer=peer, grounds=body.grounds))


@router.post("/links/{peer}/revocation", requires=MANAGE, conditional=True, summary="撤销联通，已收到的保留")
async def revoke_link(call: Call, parts: Parts, body: Grounded, peer: SiteId) -> Reply:
    reply = await _carried_out(call, parts, peer, RevokeLink(peer=peer, grounds=body.grounds))
    await forget_link_access(parts.linking, peer)
    return reply


@router.post("/links/{peer}/epochs", requires=MANAGE, conditional=True, summary="承认下级法院日志的新纪元")
async def accept_epoch(call: Call, parts: Parts, body: AcceptedEpoch, peer: SiteId) -> Reply:
    return await _carried_out(call, parts, peer, AcceptEpoch(own=parts.site, peer=peer, **body.model_dump()))


@router.post("/links/{peer}/key-revocations", requires=MANAGE, conditional=True, summary="自某条起不再采信一个密钥")
async def revoke_signing_key(call: Call, parts: Parts, body: RevokedKey, peer: SiteId) -> Reply:
    return await _carried_out(call, parts, peer, RevokeSigningKey(peer=peer, **body.model_dump()))


@router.post("/links/{peer}/key-replacements", requires=MANAGE, conditional=True, summary="改信上级法院回执的另一密钥")
async def replace_signing_key(call: Call, parts: Parts, body: ReplacedKey, peer: SiteId) -> Reply:
    key = public_key(body.key)
    named = SigningKey(service="reporting", key_id=key.key_id, public_key=key.text)
    told = {"former_key_id": body.former_key_id, "grounds": body.grounds}
    return await _carried_out(call, parts, peer, ReplaceSigningKey(peer=peer, key=named, **told))


async def _carried_out(call: Call, parts: Parts, peer: str, command: LinkCommand) -> Reply:
    outcome = await execute(
        parts.deps,
        context(call, call.actor_on(parts.site)),
        LINK,
        link_id(parts.site, peer),
        command,
        expected_version=call.expected_version,
    )
    link, _ = await one_link(parts.linking, peer)
    told: dict[str, Any] = {"peer": peer}
    if link is not None:
        told |= {"standing": link["standing"], "fingerprint": link["fingerprint"]}
    return await accepted(parts.deps, "members", outcome, told)
