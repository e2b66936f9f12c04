"""Who is linked with whom: every court's own word about the courts above and below it."""

from __future__ import annotations

from typing import Final

from services.reporting.projections.latest import Latest, Told, said, state
from shared.contracts.links import LINK_RESUMED, LINK_REVOKED, LINK_SUSPENDED, SITE_JOINED
from shared.projection import Projection


def _of_peer(name: str) -> tuple[str, str]:
    return "text", f"data->'statement'->(data->>'role')->>'{name}'"


_LINKS: Final = Latest(
    "links",
    {"peer": "data->>'peer'"},
    (
        Told(
            "joined_at",
            (SITE_JOINED,),
            {
                "role": said("role"),
                "name": _of_peer("name"),
                "level": _of_peer("level"),
                "official_order": said("official_order", "bigint"),
            },
        ),
        Told(
            "state_at",
            (SITE_JOINED, LINK_SUSPENDED, LINK_RESUMED, LINK_REVOKED),
            {
                "state": state(
                    {
                        SITE_JOINED: "joined",
                        LINK_SUSPENDED: "suspended",
                        LINK_RESUMED: "joined",
                        LINK_REVOKED: "revoked",
                    }
                ),
                "grounds": said("grounds"),
            },
        ),
    ),
)

LINKS: Final = Projection(
    name="links",
    service="members",
    types=_LINKS.types,
    tables={_LINKS.name: _LINKS.primary_key},
    ddl=_LINKS.ddl,
    statements=(_LINKS.upsert,),
)
"""`proj_links.links`: a row of a site says what its `peer` is to it (`role`: upper, lower) and how the link stands."""
