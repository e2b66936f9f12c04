"""Campaigns and honours as others may read them; their stored names stand in `shared.contracts.brands`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.contracts.values import Day, Id, PartialDate, ShortText, Value

HonourLevel = Literal["national", "provincial", "municipal", "county", "court"]


class CampaignFacts(Value):
    """专项教育 or 行动; activities name it by `name`. No `unit_ids`: the whole court takes part."""

    name: ShortText
    issuer: ShortText | None = None
    start: Day
    end: Day | None = None
    unit_ids: tuple[Id, ...] = Field(default=(), max_length=1000)


class HonourFacts(Value):
    """An honour; `title` is also the name of its series, by which streaks are seen. `subject_id` None: the court."""

    title: ShortText
    subject_kind: Literal["court", "unit", "person", "brand"]
    subject_id: Id | None = None
    granted_by: ShortText | None = None
    honour_level: HonourLevel | None = None
    date: PartialDate
    document_no: ShortText | None = None


class CampaignOpened(Value):
    """`activities.campaign-opened.v1`."""

    facts: CampaignFacts


class CampaignCorrected(Value):
    """`activities.campaign-corrected.v1`: `facts` as they are now, its end included."""

    facts: CampaignFacts
    changed: tuple[ShortText, ...]


class CampaignUndone(Value):
    """`activities.campaign-undone.v1`: entered by mistake, counts as absent."""


class HonourProposed(Value):
    """`activities.honour-proposed.v1` 拟."""

    facts: HonourFacts


class HonourAwarded(Value):
    """`activities.honour-awarded.v1` 获."""

    facts: HonourFacts


class HonourRevoked(Value):
    """`activities.honour-revoked.v1` 撤."""

    date: PartialDate


class HonourCorrected(Value):
    """`activities.honour-corrected.v1`: `facts` as they are now; `changed` names the fields that differ."""

    facts: HonourFacts
    changed: tuple[ShortText, ...]


class HonourUndone(Value):
    """`activities.honour-undone.v1`: entered by mistake, counts as absent."""
