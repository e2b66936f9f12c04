"""Reporting periods (报送, 定稿) as others may read them."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from shared.contracts.links import Hash, Position, SiteId
from shared.contracts.values import Count, Day, ShortText, Value

PERIOD_SUBMITTED: Final = "activities.period-submitted.v1"
PERIOD_REOPENED: Final = "activities.period-reopened.v1"
PERIOD_LOCKED: Final = "activities.period-locked.v1"
PERIOD_UNLOCKED: Final = "activities.period-unlocked.v1"

Period = Annotated[str, StringConstraints(pattern=r"^(19|20|21)[0-9]{2}(-(H[12]|Q[1-4]|0[1-9]|1[0-2]))?$")]
"""A year `2024`, half-year `2024-H1`, quarter `2024-Q3` or month `2024-05`."""


def period_span(period: str) -> tuple[date, date]:
    """The first and the last day of a `Period`."""
    year, part = int(period[:4]), period[5:]
    first, months = 1, 12
    if part.startswith("H"):
        first, months = 6 * int(part[1]) - 5, 6
    elif part.startswith("Q"):
        first, months = 3 * int(part[1]) - 2, 3
    elif part:
        first, months = int(part), 1
    last = first + months - 1
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])


class PeriodSubmitted(Value):
    """`activities.period-submitted.v1`: the office has closed the period (报送); what follows on it is a late entry."""

    period: Period
    remark: ShortText | None = None


class PeriodReopened(Value):
    """`activities.period-reopened.v1`: taken back, or returned for completion."""

    period: Period
    reason: ShortText


class LockedCourt(Value):
    """One court's figures when the period was locked; `lower_bounds` in the offices' own words."""

    site: SiteId
    submitted: bool
    complete: bool
    figures: dict[ShortText, Count]
    lower_bounds: dict[ShortText, ShortText] = Field(default_factory=dict)


class LockedOrigin(Value):
    """How far a log was read for the figures, and its h there."""

    origin: ShortText
    position: Position
    h: Hash


class PeriodLocked(Value):
    """`activities.period-locked.v1` (定稿): the figures of this court and those below it, as they stood."""

    period: Period
    as_of: Day
    courts: Annotated[tuple[LockedCourt, ...], Field(min_length=1, max_length=500)]
    origins: Annotated[tuple[LockedOrigin, ...], Field(max_length=2000)]


class PeriodUnlocked(Value):
    """`activities.period-unlocked.v1`."""

    period: Period
    reason: ShortText


EVENTS: Final[dict[str, type[Value]]] = {
    PERIOD_SUBMITTED: PeriodSubmitted,
    PERIOD_REOPENED: PeriodReopened,
    PERIOD_LOCKED: PeriodLocked,
    PERIOD_UNLOCKED: PeriodUnlocked,
}
"""The shape of `data` by stored name."""
