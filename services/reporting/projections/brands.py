"""Brands with their steps, goals and evidence, projects with their work lists, campaigns, honours."""

from __future__ import annotations

from typing import Final

from services.reporting.projections.latest import (
    Latest,
    Told,
    fact,
    first_day,
    json_fact,
    last_day,
    said,
    state,
    together,
)
from shared.contracts import brands as told
from shared.projection import Projection

_BRAND_STATES: Final = {
    told.BRAND_REGISTERED: "registered",
    told.BRAND_REVOKED: "revoked",
    told.BRAND_UNDONE: "undone",
}

BRANDS_TABLE: Final = Latest(
    "brands",
    {"brand_id": "id"},
    (
        Told(
            "facts_at",
            (told.BRAND_REGISTERED, told.BRAND_CORRECTED),
            {
                "name": fact("name"),
                "owners": json_fact("owners"),
                "main": fact("main", "boolean"),
                "parent_id": fact("parent_id"),
                "slogan": fact("slogan"),
                "concept": fact("concept"),
                "pillars": json_fact("pillars"),
                "unknown": json_fact("unknown"),
            },
        ),
        Told(
            "state_at",
            tuple(_BRAND_STATES),
            {
                "state": state(_BRAND_STATES),
                "revoked_on": said("date"),
                "revoked_day": first_day("data->>'date'"),
            },
        ),
        # What was told of a brand before it was undone, or revoked and registered anew, is told of no more.
        Told("undone_at", (told.BRAND_UNDONE, told.BRAND_REGISTERED), {"was_undone": ("boolean", "true")}),
    ),
)

STEPS: Final = Latest(
    "brand_steps",
    {"brand_id": "id", "step": "data->>'step'"},
    (
        Told("completed_at", (told.BRAND_STEP_COMPLETED,), {"completed": ("boolean", "true")}),
        Told(
            "date_at",
            (told.BRAND_STEP_COMPLETED, told.BRAND_STEP_CORRECTED),
            {"date": said("date"), "first_day": first_day("data->>'date'")},
        ),
        Told("returned_at", (told.BRAND_RETURNED,), {"returned_on": said("date")}),
    ),
)

GOALS: Final = Latest(
    "brand_goals",
    {"brand_id": "id", "goal_id": "coalesce(data->>'goal_id', data->'goal'->>'goal_id')"},
    (
        Told(
            "at",
            (told.BRAND_GOAL_SET, told.BRAND_GOAL_WITHDRAWN),
            {
                "stands": ("boolean", f"type = '{told.BRAND_GOAL_SET}'"),
                "indicator": ("text", "data->'goal'->>'indicator'"),
                "target": ("bigint", "(data->'goal'->>'target')::bigint"),
                "measure": ("text", "data->'goal'->>'measure'"),
                "due": ("date", "(data->'goal'->>'due')::date"),
            },
        ),
    ),
)

EVIDENCE: Final = Latest(
    "brand_evidence",
    {"brand_id": "id", "evidence_id": "coalesce(data->>'evidence_id', data->'evidence'->>'evidence_id')"},
    (
        Told(
            "at",
            (told.BRAND_EVIDENCE_RECORDED, told.BRAND_EVIDENCE_WITHDRAWN),
            {
                "stands": ("boolean", f"type = '{told.BRAND_EVIDENCE_RECORDED}'"),
                "date": ("text", "data->'evidence'->>'date'"),
                "first_day": first_day("data->'evidence'->>'date'"),
                "last_day": last_day("data->'evidence'->>'date'"),
                "goal_id": ("text", "data->'evidence'->>'goal_id'"),
                "reached": ("bigint", "(data->'evidence'->>'reached')::bigint"),
            },
        ),
    ),
)

MAIN_BRANDS: Final = Latest(
    "main_brands",
    {"unit_id": "id"},
    (
        Told(
            "at",
            (told.MAIN_BRAND_TAKEN, told.MAIN_BRAND_RELEASED),
            {"brand_id": ("text", f"case when type = '{told.MAIN_BRAND_TAKEN}' then data->>'brand_id' end")},
        ),
    ),
)

_PROJECT_STATES: Final = {
    told.PROJECT_STARTED: "started",
    told.PROJECT_COMPLETED: "completed",
    told.PROJECT_UNDONE: "undone",
}

PROJECTS: Final = Latest(
    "projects",
    {"project_id": "id"},
    (
        Told(
            "facts_at",
            (told.PROJECT_STARTED, told.PROJECT_CORRECTED),
            {
                "name": fact("name"),
                "unit_id": fact("unit_id"),
                "breakthrough": fact("breakthrough", "boolean"),
                "brand_id": fact("brand_id"),
                "partners": json_fact("partners"),
                "place": fact("place"),
                "start": fact("start"),
                "first_day": first_day("data->'facts'->>'start'"),
                "due": fact("due", "date"),
            },
        ),
        Told(
            "state_at",
            tuple(_PROJECT_STATES),
            {
                "state": state(_PROJECT_STATES),
                "completed_on": said("date"),
                "completed_day": first_day("data->>'date'"),
                "at_least": ("bigint", "(data->'outcome'->>'at_least')::bigint"),
                "at_least_words": ("text", "data->'outcome'->>'words'"),
            },
        ),
        Told("undone_at", (told.PROJECT_UNDONE,), {"was_undone": ("boolean", "true")}),
    ),
)

WORK: Final = Latest(
    "project_work",
    {"project_id": "id", "item_id": "coalesce(data->>'item_id', data->'item'->>'item_id')"},
    (
        Told(
            "at",
            (told.PROJECT_WORK_LISTED, told.PROJECT_WORK_WITHDRAWN),
            {
                "stands": ("boolean", f"type = '{told.PROJECT_WORK_LISTED}'"),
                "title": ("text", "data->'item'->>'title'"),
                "due": ("date", "(data->'item'->>'due')::date"),
            },
        ),
        Told(
            "done_at",
            (told.PROJECT_WORK_DONE,),
            {"done_on": said("date"), "done_day": first_day("data->>'date'")},
        ),
        # A line that is listed again after it was withdrawn is open, though it was done before.
        Told("withdrawn_at", (told.PROJECT_WORK_WITHDRAWN,), {"was_withdrawn": ("boolean", "true")}),
    ),
)

_CAMPAIGN_STATES: Final = {told.CAMPAIGN_OPENED: "opened", told.CAMPAIGN_UNDONE: "undone"}

CAMPAIGNS: Final = Latest(
    "campaigns",
    {"campaign_id": "id"},
    (
        Told(
            "facts_at",
            (told.CAMPAIGN_OPENED, told.CAMPAIGN_CORRECTED),
            {
                "name": fact("name"),
                "issuer": fact("issuer"),
                "first_day": fact("start", "date"),
                "last_day": fact("end", "date"),
                "unit_ids": json_fact("unit_ids"),
            },
        ),
        Told("state_at", tuple(_CAMPAIGN_STATES), {"state": state(_CAMPAIGN_STATES)}),
    ),
)

_HONOUR_STATES: Final = {
    told.HONOUR_PROPOSED: "proposed",
    told.HONOUR_AWARDED: "awarded",
    told.HONOUR_REVOKED: "revoked",
    told.HONOUR_UNDONE: "undone",
}

HONOURS: Final = Latest(
    "honours",
    {"honour_id": "id"},
    (
        Told(
            "facts_at",
            (told.HONOUR_PROPOSED, told.HONOUR_AWARDED, told.HONOUR_CORRECTED),
            {
                "title": fact("title"),
                "subject_kind": fact("subject_kind"),
                "subject_id": fact("subject_id"),
                "granted_by": fact("granted_by"),
                "honour_level": fact("honour_level"),
                "date": fact("date"),
                "first_day": first_day("data->'facts'->>'date'"),
                "document_no": fact("document_no"),
            },
        ),
        Told("state_at", tuple(_HONOUR_STATES), {"state": state(_HONOUR_STATES), "revoked_on": said("date")}),
    ),
)

_TABLES: Final = (BRANDS_TABLE, STEPS, GOALS, EVIDENCE, MAIN_BRANDS, PROJECTS, WORK, CAMPAIGNS, HONOURS)

BRANDS: Final = Projection(
    name="brands",
    service="activities",
    types=tuple(kind for table in _TABLES for kind in table.types),
    tables={table.name: table.primary_key for table in _TABLES},
    ddl="".join(table.ddl for table in _TABLES),
    statements=(together(*_TABLES),),
)
