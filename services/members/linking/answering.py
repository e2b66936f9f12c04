"""The upper site's side of joining: a request is looked at, recorded, answered; the same request, the same answer."""

from __future__ import annotations

from hashlib import sha256

import structlog

from services.members.domain.link import LINK
from services.members.domain.link_invitation import JoinSite
from services.members.linking.standing import (
    Linking,
    link_id,
    link_to,
    own_site,
    present_key,
    remember_password,
    remembered_password,
    secret_of,
)
from shared.acts import CommandContext
from shared.command_path import execute
from shared.links import joining
from shared.links.joining import PROBLEMS, BadJoinMessage, JoinRequest, Message, Problem
from shared.links.statement import sign_statement
from shared.links.token import wrong_keys
from shared.meta import Actor, Source
from shared.rejection import Rejected

_log = structlog.get_logger()


class _Refused(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


async def join(linking: Linking, site: str, body: bytes, mac: str) -> Message | None:
    """The reply to a request that came through `joining.<site>`; None where nobody who knows the secret asked.

    Recorded before it is answered. Raises what the command path does when an engine is away: then nothing is
    acknowledged, and the same request comes again.
    """
    invitation_id = joining.invitation_named(body)
    secret = None if invitation_id is None else await secret_of(linking, invitation_id)
    if secret is None or not joining.is_under(body, mac, secret):
        _log.warning("join_request_not_believed", site=site)
        return None
    try:
        request = _looked_at(site, body, mac, secret)
        signature = await _joined(linking, request, sha256(body).hexdigest())
    except _Refused as refusal:
        _log.warning("join_request_refused", site=site, problem=refusal.problem)
        return joining.refusing(body, refusal.problem, secret)
    _log.info("site_joined", site=site)
    return joining.accepting(body, signature, present_key(linking, await own_site(linking)), secret)


def _looked_at(site: str, body: bytes, mac: str, secret: bytes) -> JoinRequest:
    try:
        request = joining.read_request(body, mac, secret)
    except BadJoinMessage:
        raise _Refused("request_invalid") from None
    lower = request.statement.lower
    if lower.site != site:
        raise _Refused("statement_differs")
    if wrong_keys(lower) is not None:
        raise _Refused("keys_invalid")
    if not joining.is_signed_by(request.statement, request.lower_signature, lower.keys, request.current_key):
        raise _Refused("signature_invalid")
    return request


async def _joined(linking: Linking, request: JoinRequest, digest: str) -> str:
    """The upper signature as it stands in the log."""
    statement = request.statement
    invitation_id, peer = statement.invitation_id, statement.lower.site
    state, _ = await link_to(linking, peer)
    if state.joined is not None and state.joined.statement.invitation_id == invitation_id:
        if await remembered_password(linking, invitation_id) != request.password_hash:
            raise _Refused("invitation_used")
    else:
        # First, so that no link is ever recorded without the hash its broker user is made from.
        await remember_password(linking, invitation_id, peer, request.password_hash)
    command = JoinSite(
        upper=await own_site(linking),
        statement=statement,
        upper_signature=sign_statement(statement, linking.signing),
        lower_signature=request.lower_signature,
        at=linking.at,
    )
    try:
        await execute(
            linking.deps, _context(linking, peer, invitation_id, digest), LINK, link_id(linking.site, peer), command
        )
    except Rejected as rejection:
        raise _Refused(_problem(rejection)) from rejection
    joined = (await link_to(linking, peer))[0].joined
    assert joined is not None
    return joined.upper_signature


def _problem(rejection: Rejected) -> Problem:
    return next((word for word in PROBLEMS if word == rejection.code), "request_invalid")


def _context(linking: Linking, peer: str, invitation_id: str, digest: str) -> CommandContext:
    command_id = f"join:{invitation_id}:{digest[:16]}"
    return CommandContext(
        actor=Actor(subject=f"site:{peer}", role="system", organisation=linking.site),
        source=Source(kind="letter", letter=f"join:{invitation_id}"),
        command_id=command_id,
        correlation=command_id,
        request_hash=bytes.fromhex(digest),
    )
