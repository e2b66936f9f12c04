"""`python -m deploy.demo.claims`: an upper court claims partners that are courts of the demonstration, all but two.

Also of what has not come up from below yet: the ids follow from the names. Running it again changes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Final

from deploy.cli.client import Client
from deploy.cli.duplicates import claim_partner
from deploy.cli.running import running
from deploy.demo.profiles import CITY_COURT, HIGH_COURT, PROFILES, UPPERS
from shared.contracts.ids import natural_id, partner_id

LEFT: Final = frozenset({("shi04", HIGH_COURT, "第六党支部"), ("ji0401", CITY_COURT, "第五党支部")})
"""By who recorded them: these two wait, the one without an agreement, the other with one."""

_SITES: Final = {one.name: one.site for one in PROFILES}


def main() -> int:
    with Client(running()) as client:
        for claim in claims(client.running.court):
            claim_partner(client, **claim)
    return 0


def claims(upper: str) -> Iterator[dict[str, Any]]:
    """What the court `upper` says of partners that it or a court below it recorded: they are one of these courts."""
    below = {one.site: one for one in PROFILES if upper in _above(one.site)}
    for site, profile in below.items():
        units: list[tuple[str, str | None]] = [(house, branch) for house, branch, _ in profile.partners]
        if profile.above is not None:
            units.append((profile.above[1], None))
        for house, branch in units:
            court = _SITES.get(house)
            if court in below and (site, house, branch) not in LEFT:
                yield {
                    "recorded_by": site,
                    "partner_id": str(partner_id(site, house, branch)),
                    "court": court,
                    "branch_id": str(natural_id(court, "member_roster", "branch", branch)) if branch else None,
                }


def _above(site: str | None) -> Iterator[str]:
    """The court itself and every one above it."""
    while site is not None:
        yield site
        site = UPPERS.get(site)


if __name__ == "__main__":
    sys.exit(main())
