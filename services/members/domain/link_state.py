"""What is known of the link to one other site, and how its events change that."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, assert_never

from pydantic import StringConstraints

from shared.contracts.links import (
    EpochAccepted,
    InvitationWithdrawn,
    LinkResumed,
    LinkRevoked,
    LinkSuspended,
    SigningKeyReplaced,
    SigningKeyRevoked,
    SiteInvited,
    SiteJoined,
)
from shared.contracts.values import Value

Moment = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z$")]
"""UTC, `2026-01-05T08:00:00.000000Z`: text in this form sorts by time."""

Standing = Literal["invited", "expired", "withdrawn", "joined", "suspended", "revoked", "none"]


LinkEvent: TypeAlias = (
    SiteInvited
    | InvitationWithdrawn
    | SiteJoined
    | LinkSuspended
    | LinkResumed
    | LinkRevoked
    | EpochAccepted
    | SigningKeyRevoked
    | SigningKeyReplaced
)


class LinkState(Value):
    """`invitation` is the latest, `joined` the latest joining; `suspended`, `revoked` hold the grounds.

    `epochs` holds the latest accepted one of a service, `keys` the latest revocation of a key, `replaced` the latest
    replacement of one.
    """

    invitation: SiteInvited | None = None
    withdrawn: bool = False
    joined: SiteJoined | None = None
    suspended: str | None = None
    revoked: str | None = None
    epochs: tuple[EpochAccepted, ...] = ()
    keys: tuple[SigningKeyRevoked, ...] = ()
    replaced: tuple[SigningKeyReplaced, ...] = ()

    @property
    def linked(self) -> bool:
        """Joined, and not revoked since."""
        return self.joined is not None and self.revoked is None

    @property
    def is_above(self) -> bool:
        """The other site is, or was until the link was revoked, the upper one."""
        return self.joined is not None and self.joined.role == "upper"

    @property
    def waiting(self) -> SiteInvited | None:
        """The invitation that was neither used nor withdrawn; it may have expired."""
        used = self.joined is not None and self.invitation is not None and is_answered(self.invitation, self.joined)
        return None if self.withdrawn or used else self.invitation


def is_answered(invitation: SiteInvited, joined: SiteJoined) -> bool:
    """Whether this joining used that invitation."""
    return joined.statement.invitation_id == invitation.invitation_id


def standing(state: LinkState, at: Moment) -> Standing:
    """In one word; a link that was revoked and is invited anew is `invited`."""
    if state.linked:
        return "joined" if state.suspended is None else "suspended"
    if state.waiting is not None:
        return "invited" if at < state.waiting.expires_at else "expired"
    if state.revoked is not None:
        return "revoked"
    return "withdrawn" if state.withdrawn else "none"


def evolve(state: LinkState, event: LinkEvent) -> LinkState:
    match event:
        case SiteInvited():
            return state.model_copy(update={"invitation": event, "withdrawn": False})
        case InvitationWithdrawn():
            return state.model_copy(update={"withdrawn": True})
        case SiteJoined():
            return state.model_copy(update={"joined": event, "suspended": None, "revoked": None})
        case LinkSuspended(grounds=grounds):
            return state.model_copy(update={"suspended": grounds})
        case LinkResumed():
            return state.model_copy(update={"suspended": None})
        case LinkRevoked(grounds=grounds):
            return state.model_copy(update={"revoked": grounds})
        case EpochAccepted():
            kept = tuple(one for one in state.epochs if one.service != event.service)
            return state.model_copy(update={"epochs": (*kept, event)})
        case SigningKeyRevoked():
            others = tuple(one for one in state.keys if one.key_id != event.key_id)
            return state.model_copy(update={"keys": (*others, event)})
        case SigningKeyReplaced():
            former = tuple(one for one in state.replaced if one.former_key_id != event.former_key_id)
            return state.model_copy(update={"replaced": (*former, event)})
        case _:
            assert_never(event)
