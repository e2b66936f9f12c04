"""What other services and sites may read of `activities`: the shared families, by stored name."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from shared.contracts.joint import JointPart
from shared.contracts.kinds import JointMode, Kind
from shared.contracts.values import (
    ClockTime,
    Count,
    Id,
    LowerBound,
    PartialDate,
    ShortText,
    UnitKind,
    Value,
)

ACTIVITY_PLANNED_V1: Final = "activities.activity-planned.v1"
ACTIVITY_HELD_V1: Final = "activities.activity-held.v1"
ACTIVITY_CORRECTED_V1: Final = "activities.activity-corrected.v1"
ACTIVITY_PLANNED: Final = "activities.activity-planned.v2"
ACTIVITY_HELD: Final = "activities.activity-held.v2"
ACTIVITY_RECORDED: Final = "activities.activity-recorded.v1"
ACTIVITY_CORRECTED: Final = "activities.activity-corrected.v2"
ACTIVITY_CANCELLED: Final = "activities.activity-cancelled.v1"
OBLIGATION_EXPLAINED: Final = "activities.obligation-explained.v1"
OBLIGATION_EXPLANATION_WITHDRAWN: Final = "activities.obligation-explanation-withdrawn.v1"

Entry = Literal["opening_import", "late_entry", "timely"]
CancellationCause = Literal["not_held", "duplicate", "entered_by_mistake"]


class ActivityFacts(Value):
    """The shared facts of one activity: whose, what, when, how many; never who.

    `unit_id` is the branch, party group or party committee whose activity it is; `branch_id` the branch of a
    party group (or the branch itself), None for the party committee. `kind` counts it in totals, once;
    `also_serves` names further kinds whose obligations it fulfils. `occurrences` is set where one record stands
    for a number known only from below; such a record is no single activity in totals. `number` is 活动编号; `joint`
    says who took part in a 联建活动, whose `unit_id` is the own unit that records it.
    """

    unit_kind: UnitKind
    unit_id: Id
    branch_id: Id | None
    kind: Kind
    also_serves: tuple[Kind, ...] = ()
    title: ShortText
    date: PartialDate
    start: ClockTime | None = None
    end: ClockTime | None = None
    place: ShortText | None = None
    expected: Count | None = None
    present: Count | None = None
    occurrences: LowerBound | None = None
    campaigns: tuple[ShortText, ...] = Field(default=(), max_length=20)
    tags: tuple[ShortText, ...] = Field(default=(), max_length=50)
    partners: tuple[ShortText, ...] = Field(default=(), max_length=50)
    joint_modes: tuple[JointMode, ...] = ()
    number: ShortText | None = None
    joint: JointPart | None = None


PeriodName = Annotated[str, StringConstraints(pattern=r"^(19|20|21)[0-9]{2}(-(0[1-9]|1[0-2]|Q[1-4]))?$")]
"""A year, a month or a quarter: `2024`, `2024-02`, `2024-Q3`."""


class ObligationKey(Value):
    """Which obligation of which unit in which period."""

    unit_kind: UnitKind
    unit_id: Id
    obligation: Kind
    period: PeriodName


class ActivityPlanned(Value):
    """`activities.activity-planned.v2`."""

    facts: ActivityFacts


class ActivityHeld(Value):
    """`activities.activity-held.v2`."""

    facts: ActivityFacts


class ActivityRecorded(Value):
    """`activities.activity-recorded.v1`: attendance and minutes are in; `remarks` are codes of what looked odd."""

    entry: Entry
    remarks: tuple[ShortText, ...] = ()


class ActivityCorrected(Value):
    """`activities.activity-corrected.v2`: `facts` as they are now; `changed` names the fields that differ."""

    facts: ActivityFacts
    changed: tuple[ShortText, ...]


class ActivityCancelled(Value):
    """`activities.activity-cancelled.v1`: the activity no longer counts anywhere."""

    cause: CancellationCause


class ObligationExplained(Value):
    """`activities.obligation-explained.v1`: the office has explained; what it wrote stays in a private family."""

    key: ObligationKey


class ObligationExplanationWithdrawn(Value):
    """`activities.obligation-explanation-withdrawn.v1`."""

    key: ObligationKey


EVENTS: Final[dict[str, type[Value]]] = {
    ACTIVITY_PLANNED: ActivityPlanned,
    ACTIVITY_HELD: ActivityHeld,
    ACTIVITY_RECORDED: ActivityRecorded,
    ACTIVITY_CORRECTED: ActivityCorrected,
    ACTIVITY_CANCELLED: ActivityCancelled,
    OBLIGATION_EXPLAINED: ObligationExplained,
    OBLIGATION_EXPLANATION_WITHDRAWN: ObligationExplanationWithdrawn,
}
"""The shape of `data` by stored name: what a reader outside `activities` decodes."""
