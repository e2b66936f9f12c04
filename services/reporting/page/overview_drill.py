"""From a court of the jurisdiction down to its branches and their activities: facts, never persons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import asyncpg

from services.reporting.page.frame import templates
from services.reporting.page.lists import Cell
from services.reporting.page.overview import here, page_frame, title_of
from services.reporting.page.overview_words import lights, proof, stopped_words, why_incomplete
from services.reporting.queries.activities import Filter, activities_of, page_of
from services.reporting.queries.answers import snapshot
from services.reporting.queries.court_branches import BranchFigures, branches_of_court
from services.reporting.queries.court_figures import Asked, by_kind
from services.reporting.queries.court_missing import Missing
from services.reporting.queries.court_tree import CourtBelow, court_tree
from services.reporting.queries.late_entries import LateEntry, late_entries
from services.reporting.queries.obligations import names_of
from services.reporting.queries.overview import flat, is_few, overview_of
from services.reporting.queries.overview_answers import Viewer, from_root
from services.reporting.queries.period_states import locked_period, submissions
from services.reporting.queries.units import units_of
from shared.contracts.kinds import LABELS
from shared.projection.schema import Connection

CHANGES = {"entered": "报送后录入", "corrected": "报送后更正", "cancelled": "报送后取消", "moved": "改到期间以外"}
FIGURES = {
    "branches": "党支部（个）", "groups": "党小组（个）", "members": "党员（人）", "activities": "活动（次）",
    "theme_days": "主题党日（次）", "joint": "联建活动（次）", "participations": "联建参加（家次）",
    "seats": "联建人次（人次）", "agreements": "联建协议（份）", "partners": "共建单位（个）",
    "problems": "联建问题（个）", "solved": "已解决（个）", "brands": "党建品牌（个）",
    "unknown_brands": "名称不详的品牌（个）", "missing": "未开展的应办事项（项）",
}  # fmt: skip

_KEYS = (*FIGURES, *LABELS)


async def court_page(pool: asyncpg.Pool, viewer: Viewer, period: str, site: str, as_of: date) -> bytes:
    """One court: how it stands, its branches, what is missing; raises `NotOfJurisdiction`."""
    asked = Asked(period, as_of)
    async with snapshot(pool) as connection:
        whole = await court_tree(connection, viewer.site, viewer.site_name)
        tree = from_root(whole, site)
        found = await overview_of(connection, tree, asked, viewer.now, viewer.head_max_age_seconds)
        branches = await branches_of_court(connection, tree.courts[0], asked)
        shared = await page_frame(connection, viewer, as_of)
    view, stopped = found.views[0], found.views[0].standing.stopped
    return templates().get_template("overview_court.html").render(
        **shared, section="overview", year=int(period[:4]), period=period, view=view, of=view.court,
        lights=lights(view, viewer.now), proof=proof(view.standing, viewer.now),
        trouble=None if stopped is None else (stopped.name, *stopped_words(stopped, whole.names)),
        note=None if view.standing.complete else why_incomplete(view.standing),
        branches=[(one, _branch_cells(one, period, site), _kinds(one)) for one in branches],
        missing=_missing(view.found.missing), missed=len(view.found.missing), here=here, label_of=FIGURES,
    ).encode()  # fmt: skip


def _missing(found: Sequence[Missing]) -> list[tuple[str, str, list[str]]]:
    """Unit by unit and kind by kind the periods that are missing."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for one in found:
        grouped.setdefault((one.unit, one.obligation), []).append(one.period)
    return [(unit, obligation, periods) for (unit, obligation), periods in grouped.items()]


def _kinds(branch: BranchFigures) -> list[str]:
    """What else it did, in the order of the catalogue; what is known only from below in its own words."""
    counted = by_kind(branch.kinds)
    exact = [f"{LABELS[kind]} {number}" for kind, number in counted["by_kind"].items()]
    return exact + [f"{LABELS[kind]} {words}" for kind, words in counted["lower_bounds"].items()]


def _branch_cells(branch: BranchFigures, period: str, site: str) -> list[Cell]:
    def to(**more: str) -> str | None:
        return None if branch.id is None else here("activities", period=period, site=site, branch=branch.id, **more)

    words = {"few": "不足5人", "kept": "未列出", None: "" if branch.id is None else f"{branch.members}"}
    return [
        Cell(words[branch.hidden], number=True, name="党员"),
        Cell(f"{branch.groups}" if branch.id else "", number=True, name="党小组"),
        Cell(f"{branch.activities}", to(), number=True, name="活动"),
        Cell(f"{branch.kinds['theme_party_day'].exact}" if "theme_party_day" in branch.kinds else "0",
             to(kind="theme_party_day"), number=True, name="主题党日"),
        Cell(f"{branch.joint}", to(kind="joint_activity"), number=True, name="联建"),
        Cell(f"{branch.missing}", number=True, name="未开展"),
    ]  # fmt: skip


async def facts_page(pool: asyncpg.Pool, viewer: Viewer, site: str, asked: Filter, as_of: date) -> bytes:
    """The activities of a court or a branch: kind, date, title, how many; raises `NotOfJurisdiction`, `ValueError`."""
    async with snapshot(pool) as connection:
        court = await _court(connection, viewer, site)
        rows = await activities_of(connection, site, asked)
        names = names_of(await units_of(connection, site))
        shared = await page_frame(connection, viewer, as_of)
    shown, following = page_of(rows, asked)
    at = {"period": asked.period, "site": site, "branch": asked.branch, "kind": asked.kind}
    what = [names.get(asked.branch or ""), LABELS[asked.kind] if asked.kind else "活动"]  # type: ignore[index] # a Kind
    return _listed(
        shared, court, asked.period,
        title_of(asked.period, court.name, "　".join(part for part in what if part)),
        (("日期", False), ("类型", False), ("名称", False), ("党支部", False), ("到会", True)),
        [_fact(row, names, is_own=court.link == "own") for row in shown],
        "各院登记的事实：不含人员姓名、缺席原因。",
        None if following is None else here("activities", **at, after=following),
    )  # fmt: skip


def _fact(row: dict[str, Any], names: dict[str, str], *, is_own: bool) -> list[Cell]:
    told = _people(row, is_own=is_own)
    return [
        Cell(row["date"], whole=True), Cell(LABELS[row["kind"]]), Cell(row["title"] or ""),
        Cell(names.get(row["branch_id"] or "", "机关党委")), Cell(told, number=True),
    ]  # fmt: skip


def _people(row: dict[str, Any], *, is_own: bool) -> str:
    """How many came; of another court nothing from which the size of a small branch could be read."""
    seats = sum(part.get("seats") or 0 for part in (row["joint"] or {}).get("participations", []))
    present, expected = row["present"], row["expected"]
    if row["at_least_words"]:
        return str(row["at_least_words"])
    if not is_own:
        # Who was expected is the size of the branch, which is not told wherever a few could be worked out from it.
        expected = None
        if is_few(seats) or is_few(present or 0):
            return "不足5人"
    if seats:
        return f"{seats} 人次"
    if present is None:
        return ""
    return f"{present}" + (f" / {expected}" if expected is not None else "") + " 人"


async def late_page(pool: asyncpg.Pool, viewer: Viewer, period: str, site: str, as_of: date) -> bytes:
    """What was entered or changed after the court had submitted the period; raises `NotOfJurisdiction`."""
    asked = Asked(period, as_of)
    async with snapshot(pool) as connection:
        court = await _court(connection, viewer, site)
        told = (await submissions(connection, [site], period)).get(site)
        guards = {site: told.guard} if told is not None and told.is_submitted else {}
        entries = await late_entries(connection, guards, *asked.span) if guards else []
        names = names_of(await units_of(connection, site))
        shared = await page_frame(connection, viewer, as_of)
    return _listed(
        shared, court, period, title_of(period, court.name, "追溯更正"),
        (("日期", False), ("类型", False), ("名称", False), ("党支部", False), ("变化", False)),
        [_late(entry, names) for entry in entries],
        "该院报送这个期间以后录入、更正、取消的活动；按活动的日期排列。", None,
        "该院报送以后没有更正。" if guards else "该院还没有报送这个期间，或已重开。",
    )  # fmt: skip


def _late(entry: LateEntry, names: dict[str, str]) -> list[Cell]:
    return [
        Cell(entry.date, whole=True), Cell(LABELS[entry.kind]), Cell(entry.title),  # type: ignore[index] # a Kind
        Cell(names.get(entry.branch_id or "", "机关党委")), Cell(CHANGES[entry.change], chip="open"),
    ]  # fmt: skip


async def compare_page(pool: asyncpg.Pool, viewer: Viewer, period: str, as_of: date) -> bytes:
    """What was locked beside what the same figures are now, where they differ."""
    async with snapshot(pool) as connection:
        tree = await court_tree(connection, viewer.site, viewer.site_name)
        locked = await locked_period(connection, viewer.site, period)
        found = await overview_of(connection, tree, Asked(period, as_of), viewer.now, viewer.head_max_age_seconds)
        shared = await page_frame(connection, viewer, as_of)
    rows = []
    for view in found.views if locked is not None else ():
        before = locked.figures.get(view.court.site) if locked is not None else None
        words = locked.lower_bounds.get(view.court.site, {}) if locked is not None else {}
        rows += _differences(view.court, period, before, flat(view.figures), words, view.figures["lower_bounds"])
    said, nothing = "", "这个期间没有定稿。各院报送以后，用 lianjian period lock 定稿，再到这里比对。"
    if locked is not None:
        said = f"定稿时的数字截至 {locked.as_of}。只列有变化的；有变化的为追溯更正。"
        nothing = "各院现在的数字与定稿时一致。"
    return _listed(
        shared, replace(tree.courts[0], site=""), period, title_of(period, "定稿与现在"),
        (("法院", False), ("指标", False), ("定稿时", True), ("现在", True), ("相差", True)), rows, said, None, nothing,
    )  # fmt: skip


def _differences(
    court: CourtBelow, period: str, before: Any, now: dict[str, int], words: Any, words_now: dict[str, str]
) -> list[list[Cell]]:
    name = Cell(court.name, here("court", period=period, site=court.site))
    if before is None:
        return [[name, Cell("定稿时还没有联通"), Cell("", number=True), Cell("", number=True), Cell("", number=True)]]
    rows = [[name, *_changed(key, before.get(key, 0), now.get(key, 0))] for key in _KEYS if _differs(key, before, now)]
    for kind, label in LABELS.items():
        was, is_now = words.get(kind, "无"), words_now.get(kind, "无")
        if was != is_now:
            rows.append([name, Cell(label), Cell(was, number=True), Cell(is_now, number=True), Cell("", number=True)])
    return rows


def _differs(key: str, before: dict[str, int], now: dict[str, int]) -> bool:
    # Fewer than five members are told neither then nor now.
    if key == "members" and not (key in before and key in now):
        return False
    return before.get(key, 0) != now.get(key, 0)


def _changed(key: str, before: int, now: int) -> list[Cell]:
    words = FIGURES.get(key) or f"{LABELS[key]}（次）"  # type: ignore[index] # a Kind
    numbers = ((f"{before}", "定稿时"), (f"{now}", "现在"), (f"{now - before:+d}", "相差"))
    return [Cell(words), *(Cell(text, number=True, name=head) for text, head in numbers)]


async def _court(connection: Connection, viewer: Viewer, site: str) -> CourtBelow:
    return from_root(await court_tree(connection, viewer.site, viewer.site_name), site).courts[0]


def _listed(
    shared: dict[str, Any], court: CourtBelow, period: str, title: str, heads: tuple[tuple[str, bool], ...],
    rows: list[list[Cell]], note: str, following: str | None, nothing: str = "没有符合条件的记录。",
) -> bytes:  # fmt: skip
    template = templates().get_template("overview_list.html")
    return template.render(
        **shared, section="overview", year=int(period[:4]), period=period, court_=court, title=title, heads=heads,
        rows=rows, note=note, following=following, nothing=nothing, here=here,
    ).encode()  # fmt: skip
