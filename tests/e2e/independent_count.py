"""The figures of a year counted straight from the workbooks, sharing no code with the product.

Plain on purpose: openpyxl, loops and dictionaries. Where product and count differ, one of them is wrong.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl

KIND_OF = {
    "支部党员大会": "branch_assembly",
    "党员大会": "branch_assembly",
    "支委会": "branch_committee_meeting",
    "党小组会": "party_group_meeting",
    "党课": "party_lesson",
    "专题党课": "thematic_lesson",
    "微党课": "micro_lesson",
    "集中研讨": "study_seminar",
    "警示教育": "cautionary_education",
    "案件讲评会": "case_commentary",
    "普法宣传": "legal_outreach",
    "组织生活会": "organisational_life_meeting",
    "民主评议": "democratic_appraisal",
    "志愿服务": "volunteering",
    "双报到": "dual_registration",
    "讲堂": "lecture",
    "读书会": "reading_circle",
}


def _rows(path: Path) -> list[dict[str, Any]]:
    sheet = openpyxl.load_workbook(path).worksheets[0]
    grid = [list(row) for row in sheet.iter_rows(values_only=True)]
    at = next(i for i, row in enumerate(grid) if sum(1 for cell in row if cell) >= 8)
    headers = [str(cell).strip() for cell in grid[at] if cell]
    rows = []
    for row in grid[at + 1 :]:
        record = dict(zip(headers, row, strict=False))
        if not any(value not in (None, "") for value in row) or "合计" in str(row[0]):
            continue
        rows.append(record)
    return rows


def _text(value: Any) -> str:
    return unicodedata.normalize("NFKC", str(value or "")).strip()


def _month(value: Any) -> int | None:
    if hasattr(value, "month"):
        return int(value.month)
    numbers = re.findall(r"\d+", _text(value))
    return int(numbers[1]) if len(numbers) > 1 else None


def _missing(
    roster: list[dict[str, Any]], meetings: list[dict[str, Any]], days: list[dict[str, Any]], year: int
) -> list[tuple[str, str, str]]:
    branches = list(dict.fromkeys(_text(row["所在支部"]) for row in roster))
    groups = {_text(row["所在党小组"]) for row in roster} - {""}
    with_committee = {_text(row["所在支部"]) for row in roster if _text(row["党内职务"]) not in ("", "书记", "副书记")}
    held: set[tuple[str, str, str]] = set()
    for row in meetings:
        kind, month, branch = _text(row["会议类型"]), _month(row["日期"]), _text(row["支部名称"])
        if month is None:
            continue
        if kind in ("支部党员大会", "党员大会"):
            held.add((branch, "branch_assembly", f"{year}-Q{(month - 1) // 3 + 1}"))
        if kind == "支委会":
            held.add((branch, "branch_committee_meeting", f"{year}-{month:02d}"))
        if kind == "党小组会":
            title = _text(row["会议名称"])
            held.update(
                (group, "party_group_meeting", f"{year}-{month:02d}") for group in groups if title.startswith(group)
            )
    for row in days:
        held.add((_text(row["支部名称"]), "theme_party_day", f"{year}-{_month(row['日期']):02d}"))
    months = [f"{year}-{month:02d}" for month in range(1, 13)]
    due = [(branch, "branch_assembly", f"{year}-Q{quarter}") for branch in branches for quarter in range(1, 5)]
    due += [(branch, "theme_party_day", month) for branch in branches for month in months]
    due += [(branch, "branch_committee_meeting", month) for branch in sorted(with_committee) for month in months]
    due += [(group, "party_group_meeting", month) for group in sorted(groups) for month in months]
    return sorted(set(due) - held)


LEVEL_OF = {
    "最高法院": "supreme",
    "高级法院": "high",
    "中级法院": "intermediate",
    "基层法院": "basic",
    "专门法院": "specialised",
    "院外单位": "outside",
}
YEARS = {"一年": 1, "二年": 2, "两年": 2, "三年": 3}


def _in_force(agreement: dict[str, Any], year: int) -> bool:
    """Signed by the end of the year, and its term not over before the year began."""
    signed = re.findall(r"\d+", _text(agreement["签订日期"]))
    if not signed or int(signed[0]) > year:
        return False
    term = _text(agreement["期限(年)"])
    until = int(signed[0]) + (YEARS.get(term) or int(term))
    return until > year or (until == year and [int(part) for part in signed[1:3]] != [1, 1])


def _joint(agreements: list[dict[str, Any]], activities: list[dict[str, Any]], year: int) -> dict[str, Any]:
    levels: dict[tuple[str, str], str] = {}
    in_force = [row for row in agreements if _in_force(row, year)]
    for row in in_force:
        columns = [_text(row[name]).split("、") for name in ("乙方单位", "乙方支部", "乙方级别")]
        for house, branch, level in zip(*columns, strict=True):
            levels[house, branch] = LEVEL_OF[level]
    parts = [part for row in activities for part in _text(row["参加单位及人数"]).split("、")]
    problems = [re.split(r"[;；]", _text(row["问题清单"])) for row in activities if _text(row["问题清单"])]
    solved = [len(re.findall("已解决", _text(row["解决情况"]))) for row in activities if _text(row["问题清单"])]
    return {
        "agreements": len(in_force),
        "partners": len(levels),
        "partner_levels": dict(Counter(levels.values())),
        "joint": len(activities),
        "participations": len(parts),
        "seats": sum(int(found.group(1)) for part in parts if (found := re.search(r"\((\d+)人\)", part))),
        "problems": sum(len(several) for several in problems),
        "solved": sum(solved),
    }


def count(folder: Path, year: int) -> dict[str, Any]:
    """The figures of `lianjian report --year`, in the same keys; `missing` as a sorted list of triples."""
    roster = _rows(folder / "党员名册.xlsx")
    meetings = _rows(folder / "三会一课记录.xlsx")
    days = _rows(folder / "主题党日台账.xlsx")
    brands = _rows(folder / "品牌台账.xlsx")
    joint = _joint(_rows(folder / "联建协议.xlsx"), _rows(folder / "联建活动.xlsx"), year)
    bounds = {
        KIND_OF[_text(row["会议类型"])]: _text(row["备注"])
        for row in meetings
        if re.search(r"\d+\s*(余|多|\+|以上|次以上)", _text(row["备注"]))
    }
    exact = [row for row in meetings if not re.search(r"\d+\s*(余|多|\+|以上|次以上)", _text(row["备注"]))]
    return {
        "members": len(roster),
        "branches": len({_text(row["所在支部"]) for row in roster}),
        "groups": len({_text(row["所在党小组"]) for row in roster} - {""}),
        "by_kind": dict(Counter(KIND_OF[_text(row["会议类型"])] for row in exact)),
        "theme_days": len(days),
        "lower_bounds": bounds,
        "missing": _missing(roster, exact, days, year),
        **joint,
        "brands": len(brands),
        "unknown_brands": sum(_text(row["品牌名称"]) == "**" for row in brands),
    }
