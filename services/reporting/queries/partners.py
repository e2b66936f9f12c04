"""Partners as several courts recorded them, and which of them are linked courts: claimed, or named like one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from services.reporting.queries.cross_court import Claim, Ranks, claims_of
from shared.contracts.ids import normalised
from shared.projection.schema import Connection
from shared.rules.duplicates import Key, Unit
from shared.rules.joint import counting_as

_PARTNERS: Final = """
select site, partner_id, organisation, branch, level, business_line, merged_into from proj_joint.partners
 where site = any($1) and facts_at > 0 and state = 'registered' order by site, organisation, branch, partner_id
"""
_COURTS: Final = "select site, name, party_committee_id from proj_units.courts"
_BRANCHES: Final = "select site, branch_id, name from proj_units.branches where not undone"
_PARTY_COMMITTEE: Final = "机关党委"


@dataclass(frozen=True)
class KnownPartner:
    """A partner under the name that counts; `claimed` and `named` say which unit of a linked court it is, if any.

    `claimed_by` is the court whose claim counts.
    """

    key: Key
    organisation: str
    branch: str | None
    level: str
    business_line: str | None
    claimed: Unit | None
    claimed_by: str | None
    named: Unit | None

    @property
    def name(self) -> str:
        """The house and, where it is known, the branch."""
        return self.organisation + (self.branch or "")

    @property
    def unit(self) -> Unit | None:
        """What it is taken for: as claimed, else as it is named."""
        return self.claimed or self.named

    @cached_property
    def by_name(self) -> Unit:
        """Of somebody nobody claimed: the same for all who write the name alike."""
        return "", normalised(self.name)


class Names:
    """Linked courts and their units by name; a name that two courts have is nobody's."""

    def __init__(self, courts: Collection[Any], branches: Collection[Any]) -> None:
        sites: defaultdict[str, list[str]] = defaultdict(list)
        self._units: dict[tuple[str, str], str] = {}
        for row in courts:
            sites[normalised(row["name"] or "")].append(row["site"])
            self._units[row["site"], _PARTY_COMMITTEE] = row["party_committee_id"]
        for row in branches:
            self._units[row["site"], normalised(row["name"] or "")] = row["branch_id"]
        self._sites = {name: found[0] for name, found in sites.items() if name and len(found) == 1}

    def unit(self, recorded_by: str, organisation: str, branch: str | None) -> Unit | None:
        """The unit so named in another court; the house where it has no branch of that name."""
        site = self._sites.get(normalised(organisation))
        if site is None or site == recorded_by:
            return None
        return site, self._units.get((site, normalised(branch or "")), "")


async def partners_of_courts(connection: Connection, sites: Collection[str], ranks: Ranks) -> dict[Key, KnownPartner]:
    """By who recorded it and under which id: an alias leads to the partner that it counts as."""
    claims = await claims_of(connection, ranks)
    names = Names(await connection.fetch(_COURTS), await connection.fetch(_BRANCHES))
    rows: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for row in await connection.fetch(_PARTNERS, list(sites)):
        rows[row["site"]][row["partner_id"]] = row
    found: dict[Key, KnownPartner] = {}
    for site, partners in rows.items():
        counts_as = counting_as({partner: row["merged_into"] for partner, row in partners.items()})
        aliases: defaultdict[str, list[str]] = defaultdict(list)
        for partner, counting in counts_as.items():
            aliases[counting].append(partner)
        for counting, ids in aliases.items():
            known = _known(site, partners[counting], [partners[one] for one in sorted(ids)], claims, names)
            found |= dict.fromkeys(((site, one) for one in ids), known)
    return found


def _known(
    site: str, row: Any, aliases: Collection[Any], claims: Mapping[Key, list[Claim]], names: Names
) -> KnownPartner:
    """A claim or a name of one of its aliases holds for the partner, its own first."""
    every = [row, *(alias for alias in aliases if alias is not row)]
    named = [unit for one in every if (unit := names.unit(site, one["organisation"], one["branch"])) is not None]
    claim = next(
        (
            claim
            for one in every
            for claim in claims.get((site, one["partner_id"]), [])
            if claim.covers or claim.unit[0] in {court for court, _ in named}
        ),
        None,
    )
    return KnownPartner(
        (site, row["partner_id"]), row["organisation"], row["branch"], row["level"], row["business_line"],
        claim.unit if claim else None, claim.by if claim else None, named[0] if named else None,
    )  # fmt: skip
