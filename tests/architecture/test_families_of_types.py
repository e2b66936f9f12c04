"""The table of types and families that reporting holds foreign logs against is the services' own."""

from __future__ import annotations

from services.activities.stored_events import CODEC as ACTIVITIES
from services.members.stored_events import CODEC as MEMBERS
from shared.contracts.families import FAMILIES
from shared.contracts.types import FAMILY_OF


def test_the_table_of_types_says_of_each_type_what_its_service_says() -> None:
    registered = {
        name: family.name for codec in (MEMBERS, ACTIVITIES) for name, family in codec.families.items()
    }  # fmt: skip
    assert registered == FAMILY_OF


def test_every_family_of_the_table_is_known() -> None:
    assert set(FAMILY_OF.values()) == set(FAMILIES)
