"""The page of joint construction: who is joined with whom, how often they met, what is still to be solved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from math import cos, pi, sin
from typing import Final

import asyncpg

from services.reporting.page.frame import frame, templates
from services.reporting.page.network import network
from services.reporting.page.strips import list_link
from services.reporting.page.words import LEVELS, MODES
from services.reporting.queries.answers import snapshot
from services.reporting.queries.figures import years_of
from services.reporting.queries.joint import Partner, joint_figures
from services.reporting.queries.joint_view import JointView, Partnership, joint_view
from services.reporting.queries.units import court_of
from shared.rules.joint import DORMANT_DAYS, contacts, ordinal, partnerships

_RADIUS: Final = 64.0


@dataclass(frozen=True)
class Cell:
    """One own unit and one partner: `look` is bound, dormant, met or nothing."""

    look: str
    mark: str
    title: str
    link: str | None = None


@dataclass(frozen=True)
class Spoke:
    """One of the four modes: how many activities, and where its point and its words stand."""

    mode: str
    activities: int
    agreements: int
    point: tuple[float, float]
    end: tuple[float, float]


async def joint_page(
    pool: asyncpg.Pool, site: str, site_name: str, year: int | None, as_of: date, now: datetime
) -> bytes:
    """Joint construction of `year`, by default the latest with anything known; `now` only for the age of the links."""
    async with snapshot(pool) as connection:
        years = await years_of(connection, site)
        year = year or (years[0] if years else as_of.year)
        view = await joint_view(connection, site, year, as_of)
        court = await court_of(connection, site)
        shared = await frame(connection, site, site_name, as_of, now)
    found = view.found
    partners = _columns(view)
    return templates().get_template("joint.html").render(
        **shared,
        section="joint",
        year=year,
        years=sorted({*years, year}, reverse=True),
        view_=view,
        found=found,
        figures=joint_figures(found),
        partnerships=len(partnerships(row.agreement for row in found.agreements)),
        contacts=len(contacts(row.meeting for row in found.meetings)),
        dormant=[pair for pair in view.pairs if pair.dormant],
        dormant_days=DORMANT_DAYS,
        drawing=network(view, site_name if court is None else court.name, year),
        columns=partners,
        groups=_groups(partners),
        matrix=_matrix(view, partners, year),
        spokes=spokes(view.modes, Counter(mode for row in found.agreements for mode in set(row.modes))),
        partner=found.partners,
        empty=not (found.agreements or found.meetings or found.problems),
    ).encode()  # fmt: skip


def _columns(view: JointView) -> list[Partner]:
    """Partners with an agreement or a meeting: by level, houses in the order of the own units they are joined with."""
    tied = {pair.partner_id for pair in view.pairs}
    levels, places = list(LEVELS), {unit: place for place, unit in enumerate(view.names)}
    partners = [partner for partner in view.found.partners.values() if partner.id in tied]
    houses = {one.id: one.organisation for one in partners}
    first: dict[str, int] = {}
    for pair in view.pairs:
        house = houses[pair.partner_id]
        first[house] = min(first.get(house, len(places)), places.get(pair.unit_id, len(places)))

    def place(one: Partner) -> tuple[int, int, str, tuple[int, str]]:
        return levels.index(one.level), first[one.organisation], one.organisation, ordinal(one.branch)

    return sorted(partners, key=place)


def _groups(partners: list[Partner]) -> list[tuple[str, int]]:
    """Neighbouring columns of one level."""
    counted = {level: sum(partner.level == level for partner in partners) for level in LEVELS}
    return [(level, number) for level, number in counted.items() if number]


def _matrix(view: JointView, partners: list[Partner], year: int) -> list[tuple[str, str, list[Cell]]]:
    """A row for every own unit: its id, name and cells."""
    pairs = {(pair.unit_id, pair.partner_id): pair for pair in view.pairs}
    tied = {pair.unit_id for pair in view.pairs}
    return [
        (unit, name, [_cell(pairs.get((unit, one.id)), name, one.name, year) for one in partners])
        for unit, name in view.names.items()
        if unit in view.branches or unit in tied
    ]


def _cell(pair: Partnership | None, unit: str, partner: str, year: int) -> Cell:
    if pair is None:
        return Cell("", "", f"{unit} × {partner}：没有协议，也没有联建活动")
    link = list_link(period=str(year), kind="joint_activity", party=pair.unit_id, partner=pair.partner_id)
    times = f"联建活动 {pair.activities} 次"
    if pair.dormant:
        return Cell("dormant", f"{pair.activities}", f"{unit} × {partner}：沉睡，本年度{times}", link)
    if pair.agreements:
        return Cell("bound", f"{pair.activities}", f"{unit} × {partner}：有协议，{times}", link)
    return Cell("met", f"{pair.activities}", f"{unit} × {partner}：没有协议，{times}", link)


def spokes(modes: Mapping[str, int], agreements: Mapping[str, int]) -> list[Spoke]:
    """The radar of activities by mode; clockwise from the top, the widest mode reaching the rim."""
    counts = {mode: number for mode, number in modes.items() if mode != "unstated"}
    most = max([*counts.values(), 1])
    found = []
    for place, (mode, number) in enumerate(counts.items()):
        angle = pi / 2 * place
        found.append(
            Spoke(
                MODES[mode], number, agreements.get(mode, 0),
                _point(angle, _RADIUS * number / most), _point(angle, _RADIUS),
            )
        )  # fmt: skip
    return found


def _point(angle: float, length: float) -> tuple[float, float]:
    return round(sin(angle) * length, 1), round(-cos(angle) * length, 1)
