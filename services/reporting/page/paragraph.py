"""A year in the offices' own prose; every number in it is a figure of the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.reporting.page.periods import period_words
from shared.contracts.kinds import LABELS, Kind

_DONE: Final[tuple[tuple[str, tuple[Kind, ...]], ...]] = (
    ("召开", ("branch_assembly", "branch_committee_meeting", "party_group_meeting", "organisational_life_meeting")),
    ("讲授", ("party_lesson", "thematic_lesson", "micro_lesson")),
)
"""Kinds that offices name together behind one verb; all others are 开展."""
_TOGETHER: Final = frozenset(kind for _, kinds in _DONE for kind in kinds)
_LEVELS: Final = {
    "supreme": "最高法院",
    "high": "高级法院",
    "intermediate": "中级法院",
    "basic": "基层法院",
    "specialised": "专门法院",
    "outside": "院外单位",
}


def paragraphs(court: str, year: int, until: str, report: Mapping[str, Any]) -> list[str]:
    """Organisation, activities, joint construction, brands, what is missing; a part without figures is left out.

    `until` is the day up to which the figures reach, `2024-12-31`; before the year's end the text says so.
    """
    whole = until >= f"{year}-12-31"
    span = f"{year}年" if whole else f"{year}年（截至{int(until[5:7])}月{int(until[8:])}日）"
    parts = [
        f"{span}，{court}共有党员{report['members']}名，设党支部{report['branches']}个、党小组{report['groups']}个。",
        _activities(report, "全年" if whole else "期间"),
        _joint(report),
        _brands(report),
        _missing(report["missing"]),
    ]
    return [part for part in parts if part]


def _activities(report: Mapping[str, Any], when: str) -> str:
    exact: Mapping[str, int] = report["by_kind"]
    told = [
        verb + "、".join(f"{_label(kind)}{exact[kind]}次" for kind in kinds if kind in exact)
        for verb, kinds in _DONE
        if any(kind in exact for kind in kinds)
    ]
    days = [f"主题党日{report['theme_days']}次"] if report["theme_days"] else []
    others = [f"{_label(kind)}{number}次" for kind, number in exact.items() if kind not in _TOGETHER]
    bounds = [f"{_label(kind)}{_sessions(words)}" for kind, words in report["lower_bounds"].items()]
    told += ["开展" + "、".join([*days, *others, *bounds])] if days or others or bounds else []
    return f"{when}{'，'.join(told)}。" if told else ""


def _joint(report: Mapping[str, Any]) -> str:
    told = []
    if report["agreements"]:
        levels = "、".join(
            f"{_LEVELS.get(level, level)}{number}个" for level, number in report["partner_levels"].items()
        )
        told.append(f"履行联建协议{report['agreements']}份，共建单位{report['partners']}个（{levels}）")
    if report["joint"]:
        told.append(
            f"开展联建活动{report['joint']}次，参加支部（单位）{report['participations']}个次、人员{report['seats']}人次"
        )
    if report["problems"]:
        told.append(f"联合会商问题{report['problems']}个，已解决{report['solved']}个")
    return f"{'；'.join(told)}。" if told else ""


def _brands(report: Mapping[str, Any]) -> str:
    if not report["brands"]:
        return ""
    unknown = report["unknown_brands"]
    return f"创建党建品牌{report['brands']}个{f'，其中{unknown}个台账未写明名称' if unknown else ''}。"


def _missing(missing: list[dict[str, str]]) -> str:
    if not missing:
        return ""
    named = "；".join(f"{one['unit']}{period_words(one['period'])}{_label(one['obligation'])}" for one in missing)
    return f"期限已过、未见记录的应办事项{len(missing)}项：{named}。"


def _label(kind: str) -> str:
    return next((label for known, label in LABELS.items() if known == kind), kind)


def _sessions(words: str) -> str:
    """`20余次` stays, `20余` gets its unit."""
    return words if words.endswith(("次", "场", "期", "节", "堂")) else f"{words}次"
