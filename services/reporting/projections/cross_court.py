"""What was decided about records of several courts; `site` is who decided, in its own log."""

from __future__ import annotations

from typing import Final

from services.reporting.projections.latest import Latest, Told, said, state, together
from shared.contracts.cross_court import (
    DUPLICATE_CONFIRMED,
    DUPLICATE_REJECTED,
    DUPLICATE_WITHDRAWN,
    PARTNER_CLAIM_WITHDRAWN,
    PARTNER_CLAIMED,
)
from shared.projection import Projection

_DECISIONS: Final = {
    DUPLICATE_CONFIRMED: "confirmed",
    DUPLICATE_REJECTED: "rejected",
    DUPLICATE_WITHDRAWN: "withdrawn",
}
_CLAIM_STATES: Final = {PARTNER_CLAIMED: "claimed", PARTNER_CLAIM_WITHDRAWN: "withdrawn"}


def _record(which: str) -> dict[str, tuple[str, str]]:
    return {
        f"{which}_site": ("text", f"data->'{which}'->>'site'"),
        f"{which}_id": ("text", f"data->'{which}'->>'activity_id'"),
    }


DUPLICATES: Final = Latest(
    "duplicates",
    {"duplicate_id": "id"},
    (Told("at", tuple(_DECISIONS), {"decision": state(_DECISIONS)} | _record("first") | _record("second")),),
)

CLAIMS: Final = Latest(
    "partner_claims",
    {"recorded_by": "data->>'recorded_by'", "partner_id": "data->>'partner_id'"},
    (
        Told(
            "at",
            tuple(_CLAIM_STATES),
            {"state": state(_CLAIM_STATES), "court": said("court"), "branch_id": said("branch_id")},
        ),
    ),
)

CROSS_COURT: Final = Projection(
    name="cross_court",
    service="activities",
    types=(*DUPLICATES.types, *CLAIMS.types),
    tables={DUPLICATES.name: DUPLICATES.primary_key, CLAIMS.name: CLAIMS.primary_key},
    ddl=DUPLICATES.ddl + CLAIMS.ddl,
    statements=(together(DUPLICATES, CLAIMS),),
)
