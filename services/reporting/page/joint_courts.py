"""The page of joint construction across courts: network, levels, coverage, and the lists behind its numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import asyncpg

from services.reporting.page.all_here import all_here
from services.reporting.page.court_network import court_network, end_words, is_detailed
from services.reporting.page.frame import frame, templates
from services.reporting.page.joint import spokes
from services.reporting.page.lists import Cell, Rows, rows_page
from services.reporting.page.strips import view_link
from services.reporting.page.words import LEVELS, MODES
from services.reporting.queries.answers import snapshot
from services.reporting.queries.court_tree import CourtBelow, court_tree
from services.reporting.queries.duplicates import JointActivity
from services.reporting.queries.figures import years_of
from services.reporting.queries.joint_scope import JointScope, Tie, joint_scope
from services.reporting.queries.overview import is_few
from services.reporting.queries.overview_answers import NotOfJurisdiction, Viewer
from shared.projection.schema import Connection
from shared.rules.duplicates import Part
from shared.rules.joint import ARROWS, DORMANT_DAYS, direction

PAIR_WORDS: Final = {"bound": "有协议", "met": "没有协议", "dormant": "沉睡", "running": "有协议"}


@dataclass(frozen=True)
class CourtLine:
    """One court in the table: branches with an agreement, of how many, partnerships, activities, dormant ones."""

    court: CourtBelow
    covered: int
    branches: int
    bound: int
    activities: int
    dormant: int


@dataclass(frozen=True)
class Asked:
    """What of the pairs or activities is asked for; None: all of it. `other` is `-` for those of no linked court."""

    one: str | None = None
    other: str | None = None
    look: str | None = None
    level: str | None = None
    mode: str | None = None


async def scope_of(
    connection: Connection, viewer: Viewer, court: str | None, year: int | None, as_of: date
) -> tuple[JointScope, int, list[int]]:
    """The jurisdiction, or that of a lower court; the year, by default the latest known, and every year known."""
    tree = await court_tree(connection, viewer.site, viewer.site_name)
    if court is not None and tree.find(court) is None:
        raise NotOfJurisdiction(court)
    sites = tree.subtree(court or viewer.site)
    years = await years_of(connection, viewer.site)
    year = year or (years[0] if years else as_of.year)
    courts = [one for one in tree.courts if one.site in sites]
    return await joint_scope(connection, courts, year, as_of), year, sorted({*years, year}, reverse=True)


async def joint_courts_page(
    pool: asyncpg.Pool, viewer: Viewer, court: str | None, year: int | None, as_of: date
) -> bytes:
    """Joint construction of the courts of the jurisdiction in `year`."""
    async with snapshot(pool) as connection:
        scope, year, years = await scope_of(connection, viewer, court, year, as_of)
        tree = await court_tree(connection, viewer.site, viewer.site_name)
        here = await all_here(connection, viewer, tree, scope.sites)
        shared = await frame(connection, viewer.site, viewer.site_name, as_of, viewer.now)
    figures = scope.found.figures(scope.sites)
    outside = [tie for tie in scope.bound if not tie.ends[0][0]]
    return templates().get_template("joint_courts.html").render(
        **shared,
        section="joint",
        year=year,
        years=years,
        scope=scope,
        lower=None if court is None else scope.courts[0],
        figures=figures,
        branches=sum(map(len, scope.branches.values())),
        contacts=sum(bool(tie.activities) for tie in scope.ties),
        dormant=sum(tie.dormant for tie in scope.ties),
        dormant_days=DORMANT_DAYS,
        directions=scope.directions,
        outside_partners=len({tie.ends[0] for tie in outside}),
        outside_pairs=len(outside),
        drawing=court_network(scope, year),
        detailed=is_detailed(scope),
        matrix=_matrix(scope),
        spokes=spokes(scope.modes, scope.agreement_modes),
        by_level=scope.coverage(scope.branch_levels),
        by_line=dict(sorted(scope.coverage(scope.branch_lines).items(), key=lambda one: (not one[0], -one[1][1]))),
        lines=_lines(scope),
        suggested=_suggested(scope),
        here=here,
    ).encode()  # fmt: skip


def _matrix(scope: JointScope) -> tuple[list[str], list[tuple[str, list[tuple[str, int]]]]]:
    """The levels there are, and a row for each: its arrow and number for every level."""
    counted = scope.matrix
    known = {court.level for court in scope.courts} | {level for pair in counted for level in pair}
    levels = [level for level in LEVELS if level in known]
    return levels, [(row, [(ARROWS[direction(row, column)], counted[row, column]) for column in levels])
                    for row in levels if row != "outside"]  # fmt: skip


def _lines(scope: JointScope) -> list[CourtLine]:
    """Every court in official order."""
    covered = Counter(site for site, _ in scope.covered)
    bound: Counter[str] = Counter()
    dormant: Counter[str] = Counter()
    for tie in scope.bound:
        for site, _ in tie.ends:
            bound[site] += 1
            dormant[site] += tie.dormant
    return [
        CourtLine(
            court, covered[court.site], len(scope.branches[court.site]), bound[court.site],
            scope.found.figures([court.site]).joint, dormant[court.site],
        )
        for court in scope.courts
    ]  # fmt: skip


def _suggested(scope: JointScope) -> int:
    """How many partners are named like a linked court and claimed by nobody."""
    return len({one.key for one in scope.found.partners.values() if one.named and not one.claimed})


async def court_pairs_page(
    pool: asyncpg.Pool, viewer: Viewer, court: str | None, year: int, asked: Asked, as_of: date
) -> bytes:
    """Pairs of units of different courts: those of two courts, of a level, bound, met, dormant."""
    async with snapshot(pool) as connection:
        scope, year, _ = await scope_of(connection, viewer, court, year, as_of)
        shared = await frame(connection, viewer.site, viewer.site_name, as_of, viewer.now)
    rows = [_pair(scope, tie, year, court) for tie in scope.ties if _fits(scope, tie, asked)]
    heads = (("一方", False), ("另一方", False), ("关系", False), ("协议", True), ("联建活动", True))
    note = "两院各登记一份的协议只算一对；只写到法院的一方，另一院写明支部的，以写明的为准。"
    words = [PAIR_WORDS.get(asked.look or ""), *_courts_named(scope, asked), LEVELS.get(asked.level or "")]
    title = "　".join([f"{year}年辖区结对与见面", *(one for one in words if one)])
    return rows_page(shared, Rows(title, heads, rows, note, "joint/courts"), year)


def _courts_named(scope: JointScope, asked: Asked) -> list[str]:
    return [one.name for one in scope.courts if one.site in (asked.one, asked.other)]


def _fits(scope: JointScope, tie: Tie, asked: Asked) -> bool:
    sites = {site for site, _ in tie.ends}
    looks = {"bound": bool(tie.agreements), "met": not tie.agreements, "dormant": tie.dormant,
             "contact": bool(tie.activities)}  # fmt: skip
    levels = {scope.level(end) for end in tie.ends}
    return (
        (asked.one is None or asked.one in sites)
        and (asked.other is None or asked.other.strip("-") in sites)
        and (asked.look is None or looks[asked.look])
        and (asked.level is None or asked.level in levels)
    )


def _pair(scope: JointScope, tie: Tie, year: int, court: str | None) -> list[Cell]:
    one, other = (end_words(scope, end) for end in sorted(tie.ends, key=lambda end: not end[0]))
    look = "dormant" if tie.dormant else "bound" if tie.agreements else "met"
    sites = [site for site, _ in tie.ends if site]
    link = view_link("joint/courts/activities", year=year, court=court, one=sites[0], other=sites[-1])
    return [
        Cell(one), Cell(other), Cell(PAIR_WORDS[look], chip={"dormant": "bad", "bound": "good", "met": "open"}[look]),
        Cell(f"{len(tie.agreements)} 份", number=True, name="协议"),
        Cell(f"{len(tie.activities)} 次", link if tie.activities else None, number=True, name="联建活动"),
    ]  # fmt: skip


async def court_activities_page(
    pool: asyncpg.Pool, viewer: Viewer, court: str | None, year: int, asked: Asked, as_of: date
) -> bytes:
    """Joint activities of the jurisdiction, each once: all, of two courts, of a mode."""
    async with snapshot(pool) as connection:
        scope, year, _ = await scope_of(connection, viewer, court, year, as_of)
        shared = await frame(connection, viewer.site, viewer.site_name, as_of, viewer.now)
    suspected = {key for one in scope.found.suspected for key in (one.first, one.second)}
    wanted = {site for site in (asked.one, asked.other) if site}
    rows = [
        _activity(scope, one, suspected)
        for one in scope.activities
        if wanted <= {part.counts_as[0] for part in one.parts} | {record.key[0] for record in one.records}
        and (asked.mode is None or asked.mode in (one.modes or {"unstated"}))
    ]
    heads = (("日期", False), ("活动", False), ("登记", False), ("参加", False), ("人次", True), ("两院登记", False))
    note = "一次活动只列一行；两院都登记并经确认的，各支部的人次以本院登记的为准。"
    words = [*_courts_named(scope, asked), MODES.get(asked.mode or "")]
    title = "　".join([f"{year}年辖区联建活动", *(one for one in words if one)])
    return rows_page(shared, Rows(title, heads, rows, note, "joint/courts"), year)


def _activity(scope: JointScope, one: JointActivity, suspected: set[tuple[str, str]]) -> list[Cell]:
    sites = [record.key[0] for record in one.records]
    named = [court.name for court in scope.courts if court.site in sites]
    stated = [part.seats for part in one.parts if part.seats is not None]
    chip = "已合并" if len(sites) > 1 else "疑似重复" if one.counted.key in suspected else ""
    return [
        Cell(one.counted.when, whole=True), Cell(one.counted.title), Cell("、".join(named)),
        Cell("、".join(part_words(scope, part) for part in one.parts)),
        Cell(_seats(scope, sites, stated), number=True, name="人次"),
        Cell(chip, chip={"已合并": "good", "疑似重复": "explained"}.get(chip)),
    ]  # fmt: skip


def _seats(scope: JointScope, sites: Sequence[str], stated: Sequence[int]) -> str:
    """How many took part; of what only other courts recorded not a few."""
    own = {court.site for court in scope.courts if court.link == "own"}
    if is_few(sum(stated)) and not own & set(sites):
        return "不足5人次"
    return f"{sum(stated)} 人次" if stated else "未注明"


def part_words(scope: JointScope, part: Part) -> str:
    """Who took part: a unit with its court, or the partner's name as it was written."""
    return end_words(scope, part.counts_as)
