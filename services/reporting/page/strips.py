"""The month strip: every obligation of every unit of a year as cells under twelve months."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from services.reporting.page.periods import period_words
from shared.contracts.kinds import LABELS
from shared.rules import Obligation, Rule, State, Units, periods_of
from shared.rules.packs import LAYER_WORDS, PeriodLength

WORDS: Final[dict[State, str]] = {
    "done": "已完成",
    "missing": "未开展",
    "explained": "已说明",
    "not_applicable": "不适用",
}
LIST: Final = "/view/activities"

_MARKS: Final[dict[State, str]] = {"done": "✓", "missing": "缺", "explained": "说", "not_applicable": "不适用"}
_SPANS: Final[dict[PeriodLength, int]] = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Cell:
    """`months` wide; `state` None where nothing is due or the period has not ended."""

    months: int
    state: str | None
    mark: str
    title: str
    link: str | None = None


@dataclass(frozen=True)
class Strip:
    """One unit under one rule; `branch` only on the first row of a branch, which has `rows` in all."""

    unit: str
    obligation: str
    layer: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class BranchStrips:
    branch: str
    anchor: str
    strips: tuple[Strip, ...]


def list_link(**filters: str | None) -> str:
    """Where the activities behind a number are listed."""
    return f"{LIST}?{urlencode({name: value for name, value in filters.items() if value is not None})}"


def view_link(page: str, **filters: object) -> str:
    """Where another page of this court is."""
    return f"/view/{page}?{urlencode({name: value for name, value in filters.items() if value is not None})}"


def branch_strips(units: Units, found: Iterable[Obligation], rules: Sequence[Rule], year: int) -> list[BranchStrips]:
    """Branches in official order; under each its own obligations and those of its groups."""
    by_row: dict[tuple[str, str], dict[str, Obligation]] = defaultdict(dict)
    for obligation in found:
        by_row[obligation.unit_id, obligation.rule_id][obligation.period] = obligation
    strips = []
    for branch in units.branches:
        under = [(branch.id, branch.name)] + [(g.id, g.name) for g in units.groups if g.branch_id == branch.id]
        rows = [
            _strip(name.removeprefix(branch.name) or "党支部", rule, by_row[unit_id, rule.id], unit_id, year)
            for rule in rules
            for unit_id, name in under
            if (unit_id, rule.id) in by_row
        ]
        if rows:
            strips.append(BranchStrips(branch.name, f"b{branch.official_order}", tuple(rows)))
    return strips


def _strip(unit: str, rule: Rule, row: dict[str, Obligation], unit_id: str, year: int) -> Strip:
    label = LABELS[rule.obligation]
    whole = row.get(str(year))
    if whole is not None and whole.state == "not_applicable":
        cells: tuple[Cell, ...] = (Cell(12, "not_applicable", "不适用", rule.text),)
    else:
        cells = tuple(
            _cell(rule, row.get(period.name), period.name, unit_id) for period in periods_of(year, rule.period)
        )
    return Strip(unit, label, LAYER_WORDS[rule.layer], cells)


def _cell(rule: Rule, obligation: Obligation | None, period: str, unit_id: str) -> Cell:
    months = _SPANS[rule.period]
    if obligation is None:
        return Cell(months, None, "", f"{period_words(period)}：未到期，或当时没有这个组织")
    words = period_words(period)
    title = f"{words}{LABELS[rule.obligation]}：{WORDS[obligation.state]}；最迟 {obligation.due}；{rule.cited()}"
    if obligation.state != "done":
        return Cell(months, obligation.state, _MARKS[obligation.state], title)
    times = len(obligation.fulfilled_by)
    link = list_link(period=period, serves=rule.obligation, unit=unit_id)
    return Cell(months, "done", "✓" if times == 1 else f"✓{times}", f"{title}；{times} 次", link)
