"""One example of every event about links, keys and epochs. All sites are invented."""

from __future__ import annotations

from typing import Final

from shared.contracts import links as c
from shared.contracts.members import SigningKey
from shared.contracts.values import Value

_LINK: Final = "link-5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7c11"
_SITE: Final = "site-5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7c01"
_INVITATION: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7c12"
_KEY: Final = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
_LINE: Final = "ed25519 66687aadf862bd77 " + "A" * 86 + "=="


def _key(service: str) -> SigningKey:
    return SigningKey(service=service, key_id="66687aadf862bd77", public_key=_KEY)


STATEMENT: Final = c.LinkStatement(
    invitation_id=_INVITATION,
    upper=c.SiteKeys(
        site="demo1",
        name="青岚市中级人民法院",
        level="intermediate",
        court_code="青岚",
        keys=(_key("members"), _key("activities"), _key("reporting")),
    ),
    lower=c.SiteKeys(
        site="demo2",
        name="青岚市云溪区人民法院",
        level="basic",
        court_code=None,
        keys=(_key("members"), _key("activities"), _key("reporting")),
    ),
    withheld_families=("members.membership",),
)

EXAMPLES: Final[dict[str, tuple[str, Value]]] = {
    c.SITE_INVITED: (
        _LINK,
        c.SiteInvited(
            invitation_id=_INVITATION,
            peer="demo2",
            name="青岚市云溪区人民法院",
            level="basic",
            official_order=1,
            withheld_families=("members.membership",),
            expires_at="2026-01-05T08:00:00.000000Z",
        ),
    ),
    c.INVITATION_WITHDRAWN: (_LINK, c.InvitationWithdrawn(invitation_id=_INVITATION, peer="demo2")),
    c.SITE_JOINED: (
        _LINK,
        c.SiteJoined(
            peer="demo2",
            role="lower",
            statement=STATEMENT,
            upper_signature=_LINE,
            lower_signature=_LINE,
            official_order=1,
        ),
    ),
    c.LINK_SUSPENDED: (_LINK, c.LinkSuspended(peer="demo2", grounds="对方更换设备，暂停接收")),
    c.LINK_RESUMED: (_LINK, c.LinkResumed(peer="demo2", grounds="设备更换完毕")),
    c.LINK_REVOKED: (_LINK, c.LinkRevoked(peer="demo2", grounds="机构合并")),
    c.EPOCH_ACCEPTED: (
        _LINK,
        c.EpochAccepted(
            peer="demo2", service="activities", epoch=2, kept_to=1200, h="0" * 64, grounds="对方磁盘损坏后恢复"
        ),
    ),
    c.SIGNING_KEY_REVOKED: (
        _LINK,
        c.SigningKeyRevoked(
            peer="demo2",
            service="activities",
            key_id="66687aadf862bd77",
            from_position=900,
            grounds="对方报告密钥失窃",
        ),
    ),
    c.SIGNING_KEY_REPLACED: (
        _LINK,
        c.SigningKeyReplaced(
            peer="demo2",
            service="reporting",
            former_key_id="e8dad9411b7d6635",
            key=_key("reporting"),
            grounds="对方报告密钥失窃",
        ),
    ),
    c.REPORTING_KEY_CHANGED: (
        _SITE,
        c.ReportingKeyChanged(former_key_id="66687aadf862bd77", key=_key("reporting")),
    ),
    c.KEY_CHANGED["members"]: (
        _SITE,
        c.SigningKeyChanged(service="members", former_key_id="66687aadf862bd77", key=_key("members")),
    ),
    c.EPOCH_OPENED["members"]: (
        _SITE,
        c.EpochOpened(service="members", epoch=2, kept_to=1200, h="0" * 64, reason="数据盘损坏，自备份恢复"),
    ),
}
"""By stored name: the stream and the event."""
