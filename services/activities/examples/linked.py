"""One example of every event about periods, records of several courts, keys and epochs. All courts are invented."""

from __future__ import annotations

from typing import Final

from shared.contracts import cross_court as x
from shared.contracts import links as c
from shared.contracts import periods as p
from shared.contracts.members import SigningKey
from shared.contracts.values import Value

_PERIOD: Final = "period-5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7e01"
_PAIR: Final = "duplicate-5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7e02"
_CLAIM: Final = "partner_claim-5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7e03"
_LOG: Final = "log-5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7e04"
_KEY: Final = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
_FIRST: Final = x.RecordedActivity(site="demo1", activity_id="5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d01")
_SECOND: Final = x.RecordedActivity(site="demo2", activity_id="5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d09")
_PARTNER: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7e05"

EXAMPLES: Final[dict[str, tuple[str, Value]]] = {
    p.PERIOD_SUBMITTED: (_PERIOD, p.PeriodSubmitted(period="2024-H1", remark="已与各支部核对")),
    p.PERIOD_REOPENED: (_PERIOD, p.PeriodReopened(period="2024-H1", reason="补录第三党支部五月党课")),
    p.PERIOD_LOCKED: (
        _PERIOD,
        p.PeriodLocked(
            period="2024-H1",
            as_of="2024-07-10",
            courts=(
                p.LockedCourt(
                    site="demo2",
                    submitted=True,
                    complete=True,
                    figures={"branches": 8, "joint": 12},
                    lower_bounds={"legal_outreach": "20余次"},
                ),
            ),
            origins=(p.LockedOrigin(origin="demo2/activities/log/1", position=1200, h="0" * 64),),
        ),
    ),
    p.PERIOD_UNLOCKED: (_PERIOD, p.PeriodUnlocked(period="2024-H1", reason="省院要求更正")),
    x.DUPLICATE_CONFIRMED: (_PAIR, x.DuplicateConfirmed(first=_FIRST, second=_SECOND)),
    x.DUPLICATE_REJECTED: (_PAIR, x.DuplicateRejected(first=_FIRST, second=_SECOND)),
    x.DUPLICATE_WITHDRAWN: (_PAIR, x.DuplicateWithdrawn(first=_FIRST, second=_SECOND)),
    x.PARTNER_CLAIMED: (
        _CLAIM,
        x.PartnerClaimed(recorded_by="demo1", partner_id=_PARTNER, court="demo2", branch_id=None),
    ),
    x.PARTNER_CLAIM_WITHDRAWN: (
        _CLAIM,
        x.PartnerClaimWithdrawn(recorded_by="demo1", partner_id=_PARTNER, reason="同名的另一个法庭"),
    ),
    c.KEY_CHANGED["activities"]: (
        _LOG,
        c.SigningKeyChanged(
            service="activities",
            former_key_id="66687aadf862bd77",
            key=SigningKey(service="activities", key_id="66687aadf862bd77", public_key=_KEY),
        ),
    ),
    c.EPOCH_OPENED["activities"]: (
        _LOG,
        c.EpochOpened(service="activities", epoch=2, kept_to=1200, h="0" * 64, reason="数据盘损坏，自备份恢复"),
    ),
}
"""By stored name: the stream and the event."""
