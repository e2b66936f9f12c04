"""Links between sites as others may read them: invitations, joining, keys, epochs (design §7)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from shared.contracts.members import SigningKey
from shared.contracts.values import Id, Level, ShortText, Value

SITE_INVITED: Final = "members.site-invited.v1"
INVITATION_WITHDRAWN: Final = "members.invitation-withdrawn.v1"
SITE_JOINED: Final = "members.site-joined.v1"
LINK_SUSPENDED: Final = "members.link-suspended.v1"
LINK_RESUMED: Final = "members.link-resumed.v1"
LINK_REVOKED: Final = "members.link-revoked.v1"
EPOCH_ACCEPTED: Final = "members.epoch-accepted.v1"
SIGNING_KEY_REVOKED: Final = "members.signing-key-revoked.v1"
SIGNING_KEY_REPLACED: Final = "members.signing-key-replaced.v1"
REPORTING_KEY_CHANGED: Final = "members.reporting-key-changed.v1"

KEY_CHANGED: Final[dict[str, str]] = {
    "members": "members.signing-key-changed.v1",
    "activities": "activities.signing-key-changed.v1",
}
"""By service, the stored name in that service's own log."""

EPOCH_OPENED: Final[dict[str, str]] = {
    "members": "members.epoch-opened.v1",
    "activities": "activities.epoch-opened.v1",
}
"""By service, the stored name: the first event of an epoch after the first."""

LINK_FORMAT: Final = "lianjian/link/v1"

SiteId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{1,31}$")]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
KeyId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
KeyText = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{43}=$")]
"""A public key: base64 of its 32 raw bytes."""

Position = Annotated[int, Field(ge=0, le=2**53 - 1)]
OfficialOrder = Annotated[int, Field(ge=1, le=10_000)]


class SiteKeys(Value):
    """A site and its *first* keys, one a service; later ones follow from its own log."""

    site: SiteId
    name: ShortText
    level: Level
    court_code: ShortText | None
    keys: tuple[SigningKey, ...]


class LinkStatement(Value):
    """What both sites sign. The signatures and the fingerprint are over its canonical JSON.

    `withheld_families`: shared families that the lower site may withhold, in order; private ones it always does.
    """

    format: Literal["lianjian/link/v1"] = LINK_FORMAT
    invitation_id: Id
    upper: SiteKeys
    lower: SiteKeys
    withheld_families: tuple[ShortText, ...]


class SiteInvited(Value):
    """`members.site-invited.v1`, in the upper site's log; `expires_at` in UTC, `2026-01-05T08:00:00.000000Z`."""

    invitation_id: Id
    peer: SiteId
    name: ShortText
    level: Level
    official_order: OfficialOrder
    withheld_families: tuple[ShortText, ...]
    expires_at: ShortText


class InvitationWithdrawn(Value):
    """`members.invitation-withdrawn.v1`: the invitation opens nothing any more."""

    invitation_id: Id
    peer: SiteId


class SiteJoined(Value):
    """`members.site-joined.v1`, in the logs of both sites; `role` is what the peer is to the site of the log.

    `upper_signature`, `lower_signature`: signature lines over the canonical statement. `official_order` stands in the
    upper site's log alone.
    """

    peer: SiteId
    role: Literal["upper", "lower"]
    statement: LinkStatement
    upper_signature: ShortText
    lower_signature: ShortText
    official_order: OfficialOrder | None


class LinkSuspended(Value):
    """`members.link-suspended.v1`: by a person; nothing is taken from or sent to the peer until it is resumed."""

    peer: SiteId
    grounds: ShortText


class LinkResumed(Value):
    """`members.link-resumed.v1`: also lifts what reporting suspended by itself."""

    peer: SiteId
    grounds: ShortText


class LinkRevoked(Value):
    """`members.link-revoked.v1`: for good; what was received stays, with its age. A new invitation begins anew."""

    peer: SiteId
    grounds: ShortText


class SigningKeyChanged(Value):
    """At position p of a service's log, sealed by the former key: from p+1 on `key` signs that log."""

    service: ShortText
    former_key_id: ShortText
    key: SigningKey


class ReportingKeyChanged(Value):
    """`members.reporting-key-changed.v1`: reporting has no log; its new key counts once this is received."""

    former_key_id: ShortText
    key: SigningKey


class SigningKeyRevoked(Value):
    """`members.signing-key-revoked.v1`: a person of this site believes `key_id` nothing from `from_position` on."""

    peer: SiteId
    service: ShortText
    key_id: ShortText
    from_position: Annotated[int, Field(ge=1, le=2**53 - 1)]
    grounds: ShortText


class SigningKeyReplaced(Value):
    """`members.signing-key-replaced.v1`: of a site above, whose log is not here, a person of this one believes `key`.

    The former one is believed no more.
    """

    peer: SiteId
    service: ShortText
    former_key_id: ShortText
    key: SigningKey
    grounds: ShortText


class EpochOpened(Value):
    """The first event of an epoch: it follows on position `kept_to`, whose h is `h`; what lay beyond is given up."""

    service: ShortText
    epoch: Annotated[int, Field(ge=2, le=1_000_000)]
    kept_to: Position
    h: Hash
    reason: ShortText


class EpochAccepted(Value):
    """`members.epoch-accepted.v1`: a person of the upper site lets the peer's log go on after `kept_to`."""

    peer: SiteId
    service: ShortText
    epoch: Annotated[int, Field(ge=2, le=1_000_000)]
    kept_to: Position
    h: Hash
    grounds: ShortText


EVENTS: Final[dict[str, type[Value]]] = {
    SITE_INVITED: SiteInvited,
    INVITATION_WITHDRAWN: InvitationWithdrawn,
    SITE_JOINED: SiteJoined,
    LINK_SUSPENDED: LinkSuspended,
    LINK_RESUMED: LinkResumed,
    LINK_REVOKED: LinkRevoked,
    EPOCH_ACCEPTED: EpochAccepted,
    SIGNING_KEY_REVOKED: SigningKeyRevoked,
    SIGNING_KEY_REPLACED: SigningKeyReplaced,
    REPORTING_KEY_CHANGED: ReportingKeyChanged,
    **dict.fromkeys(KEY_CHANGED.values(), SigningKeyChanged),
    **dict.fromkeys(EPOCH_OPENED.values(), EpochOpened),
}
"""The shape of `data` by stored name."""
