"""The upper site's first step: an invitation is recorded, and the token for it made."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, SecretStr

from services.members.domain.link import LINK
from services.members.domain.link_invitation import InviteSite
from services.members.linking.standing import (
    Linking,
    forget_secrets,
    link_id,
    link_to,
    make_secret,
    own_site,
    secret_of,
)
from shared.acts import CommandContext, Outcome
from shared.command_path import execute
from shared.contracts.ids import command_aggregate_id
from shared.contracts.links import OfficialOrder, SiteId, SiteInvited, SiteKeys
from shared.contracts.values import Level, ShortText, Value
from shared.links.token import JoinToken, written
from shared.rejection import Rejected
from shared.sealing.chain import event_time
from shared.settings import ServiceSettings

MOST_HOURS: Final = 24 * 90
_MANAGEMENT: Final = "LIANJIAN_BROKER_MANAGEMENT_URL"
_ADDRESS: Final = "LIANJIAN_BROKER_PUBLIC_ADDRESS"
_CA: Final = "LIANJIAN_BROKER_CA_FILE"


class Invitation(Value):
    """Whom to invite; `official_order` is 建制序, `valid_hours` how long the token opens."""

    site: SiteId
    name: ShortText
    level: Level
    official_order: OfficialOrder
    withheld_families: Annotated[tuple[ShortText, ...], Field(max_length=100)] = ()
    valid_hours: Annotated[int, Field(ge=1, le=MOST_HOURS)] = 24 * 7


@dataclass(frozen=True)
class Invited:
    """`token` is None once the invitation has expired, which a repeated request may find."""

    outcome: Outcome
    invitation: SiteInvited
    token: str | None = field(repr=False)


async def invite(linking: Linking, context: CommandContext, asked: Invitation) -> Invited:
    """Record the invitation and make its token; the same request again gives the same token.

    Raises `Rejected("links_not_configured")` where lower sites could not reach this broker.
    """
    place = await asyncio.to_thread(reached_at, linking.settings)
    own = await own_site(linking)
    now = linking.clock()
    command = InviteSite(
        own=own.site,
        own_level=own.level,
        invitation_id=str(command_aggregate_id(context.command_id)),
        peer=asked.site,
        name=asked.name,
        level=asked.level,
        official_order=asked.official_order,
        withheld_families=asked.withheld_families,
        expires_at=event_time(now + timedelta(hours=asked.valid_hours)),
        at=event_time(now),
    )
    # First, so that whoever hears of the invitation can make its user at once.
    await make_secret(linking, command.invitation_id)
    try:
        outcome = await execute(linking.deps, context, LINK, link_id(linking.site, asked.site), command)
    except Rejected:
        await forget_secrets(linking, [command.invitation_id])
        raise
    invitation = (await link_to(linking, asked.site))[0].invitation
    assert invitation is not None
    return Invited(outcome, invitation, await _token(linking, own, invitation, place))


async def _token(linking: Linking, own: SiteKeys, invitation: SiteInvited, place: tuple[str, str | None]) -> str | None:
    secret = await secret_of(linking, invitation.invitation_id)
    if secret is None or invitation.expires_at <= linking.at:
        return None
    return written(
        JoinToken(
            invitation_id=invitation.invitation_id,
            address=place[0],
            ca=place[1],
            secret=SecretStr(b64encode(secret).decode()),
            upper=own,
            site=invitation.peer,
            name=invitation.name,
            level=invitation.level,
            withheld_families=invitation.withheld_families,
            expires_at=invitation.expires_at,
        )
    )


def reached_at(settings: ServiceSettings) -> tuple[str, str | None]:
    """Where lower sites reach this broker, and the PEM of the CA they are to believe (None without TLS)."""
    if settings.broker_management_url is None:
        raise _unset(_MANAGEMENT, "没有消息服务器的管理地址，无法为下级法院建立账号", "带管理员账号的管理地址")
    if settings.broker_public_address is None:
        raise _unset(_ADDRESS, "没有下级法院连接本院所用的地址", "amqps://主机:端口/虚拟主机，不含账号")
    if not settings.broker_public_address.startswith("amqps:"):
        return settings.broker_public_address, None
    if settings.broker_ca_file is None:
        raise _unset(_CA, "地址为 amqps，没有 CA 证书，下级法院无从核对", "本院 CA 证书（PEM）的文件")
    return settings.broker_public_address, _pem(settings.broker_ca_file)


def _pem(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        raise _unset(_CA, "读不了 CA 证书", "本院 CA 证书（PEM）的文件，members 可读") from None


def _unset(variable: str, problem: str, expected: str) -> Rejected:
    return Rejected("links_not_configured", variable, problem, f"设为{expected}，重启 members 后再邀请")
