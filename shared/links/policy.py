"""What may travel between sites, by family (design §3, §7): pure, and the same on both sides."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from shared.contracts.families import FAMILIES


def is_sent_in_full(family: str, withheld: Collection[str]) -> bool:
    """Whether an own event of `family` goes up with its contents. What is not known here is withheld."""
    known = FAMILIES.get(family)
    return known is not None and known.shared and not (known.withholdable and family in withheld)


def is_passed_on_in_full(family: str, withheld: Collection[str]) -> bool:
    """Whether a lower site's event that came with its contents goes further up with them: never less withheld."""
    known = FAMILIES.get(family)
    return known is None or (known.shared and not (known.withholdable and family in withheld))


def may_be_withheld(family: str, agreed: Collection[str]) -> bool:
    """Whether an event of `family` may come without contents. Of an unknown family a newer site may know why."""
    known = FAMILIES.get(family)
    return known is None or not known.shared or (known.withholdable and family in agreed)


def may_be_shown(family: str) -> bool:
    """Whether an event of `family` may come with its contents: private ones must not have left their site."""
    known = FAMILIES.get(family)
    return known is None or known.shared


WITHHOLDABLE: Final = tuple(sorted(name for name, family in FAMILIES.items() if family.shared and family.withholdable))
"""What a policy may list."""


def refused_in_policy(families: Collection[str]) -> list[str]:
    """Those of `families` that no policy may list: unknown, private anyway, or what changes a shared figure."""
    return sorted(set(families) - set(WITHHOLDABLE))
