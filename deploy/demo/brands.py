"""品牌台账 of the invented court: one brand above, one a branch, some of them still without a name."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Final

from deploy.demo.court import Court, seed
from deploy.demo.workbook import Cell, Table
from deploy.demo.written import day

_SEED: Final = 20_261_124
_HEADINGS: Final = (
    *("品牌名称", "支部", "总品牌", "内涵", "申报日期", "认定日期", "培育日期", "宣传日期", "选树日期"),
    *("载体", "成效", "最近更新"),
)
_STEPS: Final = (5, 4, 2, 3, 5, 1, 4, 2, 0, 3)


def brand_rows(court: Court) -> Table:
    """`**` where the office does not know: a name, most concepts, the day of one step."""
    chance = random.Random(seed(_SEED, court.profile, court.year))  # noqa: S311 - the same ledger every time is the point
    umbrella, concept = court.profile.umbrella, court.profile.umbrella_concept
    upper = court.profile.above
    above: list[Cell] = [umbrella, "机关党委", upper[0] if upper else None, concept, *_dates(court, chance, 5, None)]
    rows: list[list[Cell]] = [[*above, "党员活动室", f"获评{court.profile.rank}直机关优秀品牌", None]]
    for place, branch in enumerate(court.branches):
        name = court.profile.brands[place]
        unknown_step = 1 if place == 3 else None
        updated = day(date(court.year, 3 + place % 9, 11), place) if place % 2 == 0 else None
        rows.append(
            [
                *(f"{umbrella}·{name}" if name else "**", branch.name, umbrella, "**"),
                *_dates(court, chance, _STEPS[place % len(_STEPS)], unknown_step),
                *("微课堂" if place % 3 == 0 else None, None, updated),
            ]
        )
    if upper:
        rows.append([upper[0], f"机关党委、{upper[1]}", None, "**", *_dates(court, chance, 1, None), None, None, None])
    return Table(_HEADINGS, [*rows[:1], [], *rows[1:], [], ["合计", len(rows)]])


def _dates(court: Court, chance: random.Random, steps: int, unknown: int | None) -> list[Cell]:
    first = date(court.year - 1, 2, 1) + timedelta(days=chance.randrange(40))
    days: list[Cell] = [day(first + timedelta(days=60 * step), chance.randrange(6)) for step in range(steps)]
    if unknown is not None and unknown < steps:
        days[unknown] = "**"
    return [*days, *[None] * (5 - steps)]
