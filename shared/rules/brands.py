"""What is seen of brands and projects as of a day (品牌跟踪问效): how far, how long ago, where nothing comes.

None of it is a rule of any 条例: the days after which a brand is stale are the court's own (本院约定).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from shared.rules.periods import span_of

STALE_DAYS: Final = 180
"""After more days than these without a sign of life a brand is stale, unless the court says otherwise."""


def last_sign(dates: Iterable[str | None]) -> date | None:
    """The latest of some partial dates (evidence, steps), each taken for its last possible day; None without any."""
    return max((span_of(one)[1] for one in dates if one is not None), default=None)


def is_stale(last: date | None, as_of: date, days: int = STALE_DAYS) -> bool:
    """Whether the last sign lies more than `days` days before `as_of`. A brand without any sign is stale."""
    return last is None or (as_of - last).days > days


def goal_progress(reached: Iterable[int | None], target: int | None) -> int | None:
    """How much of a goal is reached, in whole per cent, half up; above 100 where more was reached than was set.

    `reached` are the numbers of the evidence that names the goal, None where it has none. None without a target.
    """
    return _percent(sum(one for one in reached if one is not None), target) if target else None


def work_progress(done: int, still_open: int) -> int | None:
    """How much of a work list is done, in whole per cent, half up; None for an empty one. Withdrawn lines are none."""
    return _percent(done, done + still_open) if done + still_open else None


def imbalance(evidence: Mapping[str, int]) -> tuple[str, ...]:
    """Units without any evidence in a period in which others have some; `evidence` counts it for every unit.

    In the order of `evidence`. Where nobody has any, nobody lags behind.
    """
    return tuple(unit for unit, pieces in evidence.items() if pieces == 0) if any(evidence.values()) else ()


def _percent(part: int, whole: int) -> int:
    return (200 * part + whole) // (2 * whole)
