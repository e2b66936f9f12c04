"""Joint construction: partners under the name that counts, agreements, problems, and who was on the lists."""

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
    term_end,
    together,
)
from shared.contracts.joint import (
    JOINT_AGREEMENT_CORRECTED,
    JOINT_AGREEMENT_ENDED,
    JOINT_AGREEMENT_PROPOSED,
    JOINT_AGREEMENT_RESUMED,
    JOINT_AGREEMENT_SIGNED,
    JOINT_AGREEMENT_UNDONE,
    JOINT_PROBLEM_CORRECTED,
    JOINT_PROBLEM_RAISED,
    JOINT_PROBLEM_REOPENED,
    JOINT_PROBLEM_SOLVED,
    JOINT_PROBLEM_UNDONE,
    PARTNER_CORRECTED,
    PARTNER_MERGED,
    PARTNER_REGISTERED,
    PARTNER_SEPARATED,
    PARTNER_UNDONE,
)
from shared.projection import Projection

# A private family of `activities`; here are ids only, and they are counted, never shown.
PARTICIPANTS_LISTED: Final = "activities.participants-listed.v1"

_SIGNED: Final = "data->'facts'->>'signed'"
_RAISED: Final = "data->'facts'->>'raised_on'"

PARTNERS: Final = Latest(
    "partners",
    {"partner_id": "id"},
    (
        Told(
            "facts_at",
            (PARTNER_REGISTERED, PARTNER_CORRECTED),
            {name: fact(name) for name in ("organisation", "branch", "level", "business_line")},
        ),
        # Registered again after it was undone, a partner is nobody's alias.
        Told(
            "merged_at",
            (PARTNER_MERGED, PARTNER_SEPARATED, PARTNER_REGISTERED),
            {"merged_into": said("into")},
        ),
        Told(
            "state_at",
            (PARTNER_REGISTERED, PARTNER_UNDONE),
            {"state": state({PARTNER_REGISTERED: "registered", PARTNER_UNDONE: "undone"})},
        ),
    ),
)

_AGREEMENT_STATES: Final = {
    JOINT_AGREEMENT_PROPOSED: "proposed",
    JOINT_AGREEMENT_SIGNED: "signed",
    JOINT_AGREEMENT_ENDED: "ended",
    JOINT_AGREEMENT_RESUMED: "signed",
    JOINT_AGREEMENT_UNDONE: "undone",
}

AGREEMENTS: Final = Latest(
    "agreements",
    {"agreement_id": "id"},
    (
        Told(
            "facts_at",
            (JOINT_AGREEMENT_PROPOSED, JOINT_AGREEMENT_SIGNED, JOINT_AGREEMENT_CORRECTED),
            {
                "number": fact("number"),
                "proposer": json_fact("proposer"),
                "parties": json_fact("parties"),
                "joint_modes": json_fact("joint_modes"),
                "planned_a_year": fact("planned_a_year", "bigint"),
                "agreement_term_months": fact("agreement_term_months", "bigint"),
                "signed": fact("signed"),
                "signed_day": first_day(_SIGNED),
                "term_to": term_end(_SIGNED, "data->'facts'->>'agreement_term_months'"),
            },
        ),
        Told(
            "state_at",
            tuple(_AGREEMENT_STATES),
            {
                "state": state(_AGREEMENT_STATES),
                "ending_cause": said("cause"),
                "effective_to": said("effective_to"),
                "ended_day": last_day("data->>'effective_to'"),
            },
        ),
    ),
)

_PROBLEM_STATES: Final = {
    JOINT_PROBLEM_RAISED: "raised",
    JOINT_PROBLEM_SOLVED: "solved",
    JOINT_PROBLEM_REOPENED: "raised",
    JOINT_PROBLEM_UNDONE: "undone",
}

PROBLEMS: Final = Latest(
    "problems",
    {"problem_id": "id"},
    (
        Told(
            "facts_at",
            (JOINT_PROBLEM_RAISED, JOINT_PROBLEM_CORRECTED),
            {
                "subject": fact("subject"),
                "activity_id": fact("activity_id"),
                "agreement_id": fact("agreement_id"),
                "raised_by": json_fact("raised_by"),
                "owner": json_fact("owner"),
                "raised_on": fact("raised_on"),
                "raised_day": first_day(_RAISED),
                "due": fact("due", "date"),
            },
        ),
        Told(
            "state_at",
            tuple(_PROBLEM_STATES),
            {
                "state": state(_PROBLEM_STATES),
                "solved_on": said("solved_on"),
                "solved_day": first_day("data->>'solved_on'"),
            },
        ),
    ),
)

PARTICIPANTS: Final = Latest(
    "participants",
    {"activity_id": "id"},
    (Told("at", (PARTICIPANTS_LISTED,), {"lists": ("jsonb", "data->'lists'")}),),
)

_TABLES: Final = (PARTNERS, AGREEMENTS, PROBLEMS, PARTICIPANTS)

JOINT: Final = Projection(
    name="joint",
    service="activities",
    types=tuple(kind for table in _TABLES for kind in table.types),
    tables={table.name: table.primary_key for table in _TABLES},
    ddl="".join(table.ddl for table in _TABLES)
    + "create index problems_in_order on problems (site, raised_day, problem_id);\n",
    statements=(together(*_TABLES),),
)
