"""The stored names of `activities`: a file format, never edited once released (docs/decisions/0001)."""

from __future__ import annotations

from typing import Final

from services.activities.domain.activity import (
    AttendanceCorrected,
    AttendanceRecorded,
    MinutesCorrected,
    MinutesRecorded,
)
from services.activities.domain.explanation import ExplanationNoted
from services.activities.domain.outside_person import (
    OutsidePersonForgettingRequested,
    OutsidePersonForgettingWithdrawn,
    OutsidePersonForgotten,
    OutsidePersonRegistered,
)
from shared.codec import Codec, Data, StoredType, Upcaster
from shared.contracts import activities, families
from shared.contracts.forgetting import (
    OUTSIDE_FORGETTING_REQUESTED,
    OUTSIDE_FORGETTING_WITHDRAWN,
    OUTSIDE_PERSON_FORGOTTEN,
)

ATTENDANCE_RECORDED: Final = "activities.attendance-recorded.v1"
ATTENDANCE_CORRECTED: Final = "activities.attendance-corrected.v1"
MINUTES_RECORDED: Final = "activities.minutes-recorded.v1"
MINUTES_CORRECTED: Final = "activities.minutes-corrected.v1"
OUTSIDE_PERSON_REGISTERED: Final = "activities.outside-person-registered.v1"
EXPLANATION_NOTED: Final = "activities.explanation-noted.v1"


def _with_several_campaigns(data: Data) -> Data:
    """v1 knew one campaign, no 活动编号 and no participations."""
    facts = dict(data["facts"])
    campaign = facts.pop("campaign", None)
    facts |= {"campaigns": [] if campaign is None else [campaign], "number": None, "joint": None}
    changed = ["campaigns" if name == "campaign" else name for name in data.get("changed", ())]
    return {**data, "facts": facts} | ({"changed": changed} if "changed" in data else {})


CODEC: Final = Codec(
    [
        StoredType(activities.ACTIVITY_PLANNED, activities.ActivityPlanned, families.ACTIVITY),
        StoredType(activities.ACTIVITY_HELD, activities.ActivityHeld, families.ACTIVITY),
        StoredType(activities.ACTIVITY_RECORDED, activities.ActivityRecorded, families.ACTIVITY),
        StoredType(activities.ACTIVITY_CORRECTED, activities.ActivityCorrected, families.ACTIVITY_AMENDMENT),
        StoredType(activities.ACTIVITY_CANCELLED, activities.ActivityCancelled, families.ACTIVITY_AMENDMENT),
        StoredType(activities.OBLIGATION_EXPLAINED, activities.ObligationExplained, families.EXPLANATION),
        StoredType(
            activities.OBLIGATION_EXPLANATION_WITHDRAWN,
            activities.ObligationExplanationWithdrawn,
            families.EXPLANATION_AMENDMENT,
        ),
        StoredType(ATTENDANCE_RECORDED, AttendanceRecorded, families.ATTENDANCE),
        StoredType(ATTENDANCE_CORRECTED, AttendanceCorrected, families.ATTENDANCE),
        StoredType(MINUTES_RECORDED, MinutesRecorded, families.MINUTES),
        StoredType(MINUTES_CORRECTED, MinutesCorrected, families.MINUTES),
        StoredType(OUTSIDE_PERSON_REGISTERED, OutsidePersonRegistered, families.OUTSIDE_PERSON),
        StoredType(OUTSIDE_FORGETTING_REQUESTED, OutsidePersonForgettingRequested, families.OUTSIDE_PERSON),
        StoredType(OUTSIDE_FORGETTING_WITHDRAWN, OutsidePersonForgettingWithdrawn, families.OUTSIDE_PERSON),
        StoredType(OUTSIDE_PERSON_FORGOTTEN, OutsidePersonForgotten, families.OUTSIDE_PERSON),
        StoredType(EXPLANATION_NOTED, ExplanationNoted, families.EXPLANATION_TEXT),
    ],
    [
        Upcaster(activities.ACTIVITY_PLANNED_V1, activities.ACTIVITY_PLANNED, _with_several_campaigns),
        Upcaster(activities.ACTIVITY_HELD_V1, activities.ACTIVITY_HELD, _with_several_campaigns),
        Upcaster(activities.ACTIVITY_CORRECTED_V1, activities.ACTIVITY_CORRECTED, _with_several_campaigns),
    ],
)
