"""The brands of the courts of a jurisdiction: a parent brand of an upper court, below it those of lower ones.

A brand names its parent by id among the brands of its own court. So the brand of an upper court that a lower one hangs
its own below is registered there under the same name, with that court among its owners: it stands for the upper court's
brand, and of both together one counts. Ledgers ask for an own owner of every brand, so one may stand beside it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from services.reporting.queries.brand_view import Row, row_of
from services.reporting.queries.brands import Brand, brands_of_courts
from services.reporting.queries.court_tree import CourtBelow
from services.reporting.queries.cross_court import Ranks, ranks_of
from services.reporting.queries.obligations import names_of
from services.reporting.queries.partners import KnownPartner, partners_of_courts
from services.reporting.queries.units import counting_day, existing, units_of_courts
from shared.contracts.ids import normalised
from shared.projection.schema import Connection
from shared.rules.duplicates import Key

_COMMITTEES: Final = "select site, party_committee_id from proj_units.courts where site = any($1)"


@dataclass(frozen=True)
class CourtBrand:
    """A brand in the matrix of several courts, with the names of its owners; `by_name`: hung there by a stand-in."""

    site: str
    row: Row
    owners: tuple[str, ...]
    by_name: bool


@dataclass(frozen=True)
class CourtBrands:
    """What the brands of one court come to; branches in service with a recognised brand, of how many."""

    court: CourtBelow
    brands: int
    recognised: int
    exemplar: int
    stale: int
    below_upper: int
    covered: int
    branches: int


@dataclass(frozen=True)
class BrandScope:
    """`rows`: a parent before its children, courts in official order. `unmatched`: registered parents nobody has."""

    day: date
    courts: tuple[CourtBelow, ...]
    rows: tuple[CourtBrand, ...]
    by_court: tuple[CourtBrands, ...]
    unmatched: int


async def brand_scope(
    connection: Connection, courts: Sequence[CourtBelow], year: int, as_of: date, within: Collection[str] | None = None
) -> BrandScope:
    """The brands of `courts` (official order) as they stood at the end of `year`, or on `as_of` if that is earlier.

    With `within` only those of these courts are shown; what of the others they hang below is known all the same.
    """
    sites, day = [court.site for court in courts], counting_day(year, as_of)
    asked = [court for court in courts if within is None or court.site in within]
    brands = await brands_of_courts(connection, sites, day)
    ranks = await ranks_of(connection)
    partners = await partners_of_courts(connection, sites, ranks)
    units = await units_of_courts(connection, sites)
    names = {(site, one): name for site, every in units.items() for one, name in names_of(every).items()}
    for row in await connection.fetch(_COMMITTEES, sites):
        names[row["site"], row["party_committee_id"]] = "机关党委"
    names |= {key: partner.name for key, partner in partners.items()}
    stands_for = _stand_ins(brands, partners, ranks)
    unmatched = _unmatched(brands, partners, ranks, stands_for)
    rows = _only([court.site for court in asked], _forest(brands, stands_for, names, day))
    in_service = {
        site: [one.id for one in existing(units[site], day).branches if one.branch_kind == "in_service"]
        for site in sites
    }
    by_site: defaultdict[str, list[CourtBrand]] = defaultdict(list)
    for one in rows:
        by_site[one.site].append(one)
    found = tuple(_court(court, by_site[court.site], brands[court.site], in_service[court.site]) for court in asked)
    return BrandScope(day, tuple(asked), rows, found, sum(unmatched[court.site] for court in asked))


def _only(sites: Collection[str], rows: Iterable[CourtBrand]) -> tuple[CourtBrand, ...]:
    kept = [one for one in rows if one.site in sites]
    first = min((one.row.depth for one in kept), default=0)
    return tuple(replace(one, row=replace(one.row, depth=one.row.depth - first)) for one in kept)


async def brands_once(
    connection: Connection, sites: Sequence[str], day: date, partners: Mapping[Key, KnownPartner]
) -> dict[str, frozenset[Key]]:
    """By court the brands that it has on `day`, each under the one it stands for: of several courts, unite them."""
    brands = await brands_of_courts(connection, sites, day)
    stands_for = _stand_ins(brands, partners, await ranks_of(connection))
    return {
        site: frozenset(stands_for.get((site, brand.id), (site, brand.id)) for brand in every)
        for site, every in brands.items()
    }


def _stand_ins(
    brands: Mapping[str, Iterable[Brand]], partners: Mapping[Key, KnownPartner], ranks: Ranks
) -> dict[Key, Key]:
    """For brands that are an upper court's, the brand of that name there; if that one stands for another, the last."""
    by_name = {
        (site, normalised(brand.name)): (site, brand.id)
        for site, every in brands.items()
        for brand in every
        if brand.name and brand.own_units
    }
    found: dict[Key, Key] = {}
    for site, every in brands.items():
        for brand in every:
            courts = _upper_owners(site, brand, partners, ranks)
            named = [by_name[key] for court in courts if (key := (court, normalised(brand.name or ""))) in by_name]
            if named:
                found[site, brand.id] = named[0]
    return {key: _last(key, found) for key in found}


def _upper_owners(site: str, brand: Brand, partners: Mapping[Key, KnownPartner], ranks: Ranks) -> list[str]:
    owners = (partners.get((site, owner["party_id"])) for owner in brand.owners)
    courts = (one.unit[0] for one in owners if one and one.unit)
    return [court for court in courts if court != site and ranks.covers(court, site)]


def _last(key: Key, stands_for: Mapping[Key, Key]) -> Key:
    """Every step leads to a court above, so there is an end."""
    while key in stands_for:
        key = stands_for[key]
    return key


def _unmatched(
    brands: Mapping[str, Iterable[Brand]],
    partners: Mapping[Key, KnownPartner],
    ranks: Ranks,
    stands_for: Mapping[Key, Key],
) -> Counter[str]:
    """Of how many brands of a court, an upper court's by their owner, that court has none of the name."""
    return Counter(
        site
        for site, every in brands.items()
        for brand in every
        if (site, brand.id) not in stands_for and (not brand.own_units or _upper_owners(site, brand, partners, ranks))
    )


def _forest(
    brands: Mapping[str, Iterable[Brand]],
    stands_for: Mapping[Key, Key],
    names: Mapping[Key, str],
    day: date,
) -> Iterable[CourtBrand]:
    """Courts as they come; whoever has children first; a parent that is gone is none."""
    every = {(site, brand.id): brand for site, found in brands.items() for brand in found}
    children: defaultdict[Key | None, list[Key]] = defaultdict(list)
    by_name = set()
    for key, brand in every.items():
        if key in stands_for:
            continue
        parent = (key[0], brand.parent_id or "")
        if parent in stands_for:
            by_name.add(key)
        above = stands_for.get(parent, parent)
        children[above if above in every else None].append(key)

    def below(parent: Key | None, depth: int) -> Iterable[CourtBrand]:
        for key in sorted(children.pop(parent, []), key=lambda one: one not in children):
            brand = every[key]
            owners = tuple(names.get((key[0], owner["party_id"]), "（未登记）") for owner in brand.owners)
            yield CourtBrand(key[0], row_of(brand, depth, day), owners, key in by_name)
            yield from below(key, depth + 1)

    yield from below(None, 0)


def _court(
    court: CourtBelow, found: Sequence[CourtBrand], every: Iterable[Brand], in_service: Sequence[str]
) -> CourtBrands:
    recognised = [one.row.brand for one in found if one.row.brand.recognised]
    owners = {unit for brand in every if brand.recognised for unit in brand.own_units}
    return CourtBrands(
        court,
        len(found),
        len(recognised),
        sum(one.row.next_step is None for one in found),
        sum(one.row.stale for one in found),
        sum(one.by_name for one in found),
        sum(unit in owners for unit in in_service),
        len(in_service),
    )
