"""The jurisdiction as a page: the courts as a tree with three lights, and what they did in a period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

import asyncpg

from services.reporting.page.frame import frame, templates
from services.reporting.page.overview_words import (
    Light,
    lights,
    proof,
    proof_in_short,
    stopped_words,
    why_incomplete,
)
from services.reporting.page.periods import period_words
from services.reporting.queries.answers import snapshot
from services.reporting.queries.court_figures import Asked, CourtFigures
from services.reporting.queries.court_tree import court_tree
from services.reporting.queries.figures import years_of
from services.reporting.queries.overview import CourtView, Overview, overview_of
from services.reporting.queries.overview_answers import Viewer, lights_of
from services.reporting.queries.period_states import locked_period
from shared.projection.schema import Connection

ALL_OPEN_UP_TO: Final = 40
"""With more courts than that, those below an intermediate court are folded at first."""

_LIGHTS: Final = (("connected", "连通", "bad"), ("complete", "收齐", "bad"), ("submitted", "已报送", "none"))


@dataclass(frozen=True)
class Spark:
    """A figure over the months of the period: points of a line in a box of 64 by 16, and the same in words."""

    points: str
    title: str


@dataclass(frozen=True)
class Figure:
    """A number in a cell, None where it is not told; `link` is what it counts, `beside` what is to be said of it."""

    number: int | None
    link: str
    spark: Spark | None = None
    beside: str | None = None


@dataclass(frozen=True)
class Row:
    """A line of the tree. `bundle`: a court with all below it, which can be folded; `depth` indents.

    `few`: so many courts of the bundle are not in its members.
    """

    site: str
    name: str
    depth: int
    bundle: int
    lights: Sequence[Light]
    proof: str
    proof_title: str
    trouble: tuple[str, str] | None
    note: str | None
    figures: Sequence[Figure]
    late: Figure | None
    few: int = 0


@dataclass(frozen=True)
class Bundle:
    """Rows that fold together; the first of several is what they come to."""

    rows: Sequence[Row]
    is_open: bool


async def overview_page(
    pool: asyncpg.Pool, viewer: Viewer, period: str | None, as_of: date, opened: str | None = None
) -> bytes:
    """The jurisdiction in `period`, by default the latest year of which something is known."""
    async with snapshot(pool) as connection:
        tree = await court_tree(connection, viewer.site, viewer.site_name)
        years = await years_of(connection, viewer.site)
        asked = Asked(period or str(min(years[0], as_of.year) if years else as_of.year), as_of)
        found = await overview_of(connection, tree, asked, viewer.now, viewer.head_max_age_seconds)
        locked = await locked_period(connection, viewer.site, asked.period)
        shared = await page_frame(connection, viewer, as_of)
    year, few = int(asked.period[:4]), len(found.together["members_leave_out"])
    return templates().get_template("overview.html").render(
        **shared,
        section="overview", year=year, years=sorted({*years, year}, reverse=True), period=asked.period,
        periods=periods_of_year(year), bundles=list(_bundles(found, viewer.now, opened)),
        lit=_lit(found), locked=locked, together=found.together, levels=found.levels, day=asked.day,
        courts=len(tree.courts), views=found.views, empty=_is_empty(found), few=few,
        over=asked.span[1] < as_of, here=here,
    ).encode()  # fmt: skip


async def page_frame(connection: Connection, viewer: Viewer, as_of: date) -> dict[str, Any]:
    """The frame of the pages of a jurisdiction."""
    return await frame(connection, viewer.site, viewer.site_name, as_of, viewer.now)


def here(page: str = "", **asked: object) -> str:
    """Where a page of the jurisdiction is."""
    path = "/view/overview" + (f"/{page}" if page else "")
    return f"{path}?{urlencode({name: value for name, value in asked.items() if value is not None})}"


def periods_of_year(year: int) -> list[list[tuple[str, str]]]:
    """The periods of a year with their short words: the whole, halves, quarters, months."""
    quarters = zip("一二三四", range(1, 5), strict=True)
    return [
        [(f"{year}", "全年"), (f"{year}-H1", "上半年"), (f"{year}-H2", "下半年")],
        [(f"{year}-Q{n}", f"{word}季度") for word, n in quarters],
        [(f"{year}-{month:02d}", f"{month}月") for month in range(1, 13)],
    ]


def _is_empty(found: Overview) -> bool:
    """Whether nothing is known of the period: neither a branch nor what one did."""
    return not any(found.together[key] for key in ("branches", "activities", "lower_bounds"))


def _lit(found: Overview) -> list[dict[str, Any]]:
    """n of N for each light, and the names of the rest."""
    counted, names = lights_of(found.lower), {court.site: court.name for court in found.tree.courts}
    return [
        {"words": words, "lit": counted[key]["courts"], "of": counted["courts"],
         "missing": [names[site] for site in counted[key]["missing"]]}
        for key, words, _ in _LIGHTS
    ]  # fmt: skip


def _bundles(found: Overview, now: datetime, opened: str | None) -> Iterator[Bundle]:
    """This court, then each court directly below it with those under that one."""
    tree, views = found.tree, {view.court.site: view for view in found.views}
    yield Bundle([_row(views[tree.courts[0].site], found, now)], True)
    for court in tree.lower:
        if court.depth != 1:
            continue
        sites = tree.subtree(court.site)
        if len(sites) == 1:
            yield Bundle([_row(views[court.site], found, now)], True)
            continue
        rows = [_together(found, sites), *(_row(views[site], found, now) for site in sites)]
        yield Bundle(rows, len(tree.courts) <= ALL_OPEN_UP_TO or opened in ("all", court.site))


def _row(view: CourtView, found: Overview, now: datetime) -> Row:
    court, standing = view.court, view.standing
    stopped = standing.stopped
    trouble = None if stopped is None or stopped.site != court.site else stopped_words(stopped, found.tree.names)
    asked = {"period": found.asked.period, "site": court.site}
    note = None if trouble or standing.complete else why_incomplete(standing)
    if standing.passed_over:
        note = "；".join([*([note] if note else []), f"有 {standing.passed_over} 条记录不能识别，没有计入"])
    late = Figure(view.late, here("late", **asked)) if view.late else None
    return Row(
        court.site, court.name, court.depth, 0, lights(view, now), proof_in_short(standing, now),
        proof(standing, now) + "；线下是否录入须由该院确认", trouble, note,
        _figures(view.figures, [view.found], found.asked, asked), late,
    )  # fmt: skip


def _together(found: Overview, sites: Sequence[str]) -> Row:
    views = found.of(sites)
    view = views[0]
    counted = lights_of(views)
    lit = [
        Light(words, f"{words} {counted[key]['courts']}/{len(views)}",
              "good" if counted[key]["courts"] == len(views) else look, "")
        for key, words, look in _LIGHTS
    ]  # fmt: skip
    asked = {"period": found.asked.period, "site": view.court.site}
    late = sum(one.late for one in views)
    together = view.together or {}
    return Row(
        view.court.site, view.court.name, view.court.depth, len(sites), lit, "", "", None, None,
        _figures(together, [one.found for one in views], found.asked, asked, drill=False),
        Figure(late, "") if late else None, len(together["members_leave_out"]),
    )  # fmt: skip


def _figures(
    figures: Any, courts: Sequence[CourtFigures], asked: Asked, at: dict[str, str], *, drill: bool = True
) -> list[Figure]:
    """党支部, 党员, then the four key figures with what they were month by month."""

    def to(page: str, **more: str) -> str:
        return here(page, **at, **more) if drill else ""

    court = to("court")
    return [
        Figure(figures["branches"], court),
        Figure(figures["members"], court),
        Figure(figures["activities"], to("activities"), _months(courts, asked, 0, "活动")),
        Figure(figures["theme_days"], to("activities", kind="theme_party_day"), _months(courts, asked, 1, "主题党日")),
        Figure(figures["joint"], to("activities", kind="joint_activity"), _months(courts, asked, 2, "联建活动"),
               f"疑似重复 {figures['suspected']}" if figures.get("suspected") else None),
        Figure(figures["missing"], f"{court}#missing" if drill else "", _missing(courts, asked)),
    ]  # fmt: skip


def _months(courts: Sequence[CourtFigures], asked: Asked, which: int, words: str) -> Spark | None:
    return spark(asked, [sum(c.months.get(m, (0, 0, 0))[which] for c in courts) for m in range(1, 13)], words)


def _missing(courts: Sequence[CourtFigures], asked: Asked) -> Spark | None:
    due = [one.due.month for court in courts for one in court.missing]
    return spark(asked, [due.count(month) for month in range(1, 13)], "未开展")


def spark(asked: Asked, numbers: Sequence[int], words: str) -> Spark | None:
    """The months of the period up to the day; None where there is nothing to compare."""
    first, last = asked.span[0].month, asked.day.month if asked.day >= asked.span[0] else 0
    shown = numbers[first - 1 : last]
    if len(shown) < 2 or not any(shown):
        return None
    step, top = 64 / (len(shown) - 1), max(shown)
    points = " ".join(f"{n * step:.1f},{15 - 14 * number / top:.1f}" for n, number in enumerate(shown))
    told = "、".join(f"{first + n}月{number}" for n, number in enumerate(shown))
    return Spark(points, f"{words}逐月：{told}")


def title_of(period: str, name: str, what: str = "") -> str:
    """Of a page about one court."""
    return "　".join(part for part in (period_words(period), name, what) if part)
