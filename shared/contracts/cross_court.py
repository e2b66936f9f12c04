"""What a person decides about records of several courts: the same joint activity twice, a partner that is a court."""

from __future__ import annotations

from typing import Final

from shared.contracts.links import SiteId
from shared.contracts.values import Id, ShortText, Value

DUPLICATE_CONFIRMED: Final = "activities.duplicate-confirmed.v1"
DUPLICATE_REJECTED: Final = "activities.duplicate-rejected.v1"
DUPLICATE_WITHDRAWN: Final = "activities.duplicate-withdrawn.v1"
PARTNER_CLAIMED: Final = "activities.partner-claimed.v1"
PARTNER_CLAIM_WITHDRAWN: Final = "activities.partner-claim-withdrawn.v1"


class RecordedActivity(Value):
    """An activity as one court recorded it."""

    site: SiteId
    activity_id: Id


class DuplicateConfirmed(Value):
    """`activities.duplicate-confirmed.v1`: both records are one joint activity; `first` is the one that counts."""

    first: RecordedActivity
    second: RecordedActivity


class DuplicateRejected(Value):
    """`activities.duplicate-rejected.v1`: two activities, though they look alike; they are proposed no more."""

    first: RecordedActivity
    second: RecordedActivity


class DuplicateWithdrawn(Value):
    """`activities.duplicate-withdrawn.v1`: what was decided about the two was a mistake."""

    first: RecordedActivity
    second: RecordedActivity


class PartnerClaimed(Value):
    """`activities.partner-claimed.v1`: the partner `partner_id` in the records of `recorded_by` is the court `court`.

    `branch_id` is its branch there, None where only the house is known. Its history counts as that court's.
    """

    recorded_by: SiteId
    partner_id: Id
    court: SiteId
    branch_id: Id | None


class PartnerClaimWithdrawn(Value):
    """`activities.partner-claim-withdrawn.v1`."""

    recorded_by: SiteId
    partner_id: Id
    reason: ShortText


EVENTS: Final[dict[str, type[Value]]] = {
    DUPLICATE_CONFIRMED: DuplicateConfirmed,
    DUPLICATE_REJECTED: DuplicateRejected,
    DUPLICATE_WITHDRAWN: DuplicateWithdrawn,
    PARTNER_CLAIMED: PartnerClaimed,
    PARTNER_CLAIM_WITHDRAWN: PartnerClaimWithdrawn,
}
"""The shape of `data` by stored name."""
