"""Years in a row: 连续5年 is computed from the honours themselves, and what interrupts it is named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from shared.contracts.ids import normalised


@dataclass(frozen=True)
class Streak:
    """From the year `first` to the year `last`, none missing."""

    first: int
    last: int

    @property
    def years(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True)
class Streaks:
    """`runs` from the earliest to the latest, and the years between them."""

    runs: tuple[Streak, ...]
    gaps: tuple[int, ...]

    @property
    def words(self) -> str:
        """`2018—2021年连续4年；2023年；中断：2022年`; empty where there is nothing."""
        told = [_told(run) for run in self.runs]
        return "；".join([*told, "中断：" + "、".join(f"{gap}年" for gap in self.gaps)] if self.gaps else told)


@dataclass(frozen=True)
class Award:
    """One honour; only those whose `state` is `awarded` count: proposed is not yet, revoked is no more."""

    title: str
    subject_kind: str
    subject_id: str | None
    year: int
    state: str


Series = tuple[str, str, str | None]
"""Title in NFKC, kind and id of the subject."""


def streaks(years: Iterable[int]) -> Streaks:
    """The runs of consecutive years; a year named twice counts once."""
    runs: list[Streak] = []
    for year in sorted(set(years)):
        if runs and runs[-1].last == year - 1:
            runs[-1] = Streak(runs[-1].first, year)
        else:
            runs.append(Streak(year, year))
    gaps = [year for run, later in pairwise(runs) for year in range(run.last + 1, later.first)]
    return Streaks(tuple(runs), tuple(gaps))


def streaks_by_series(awards: Iterable[Award]) -> dict[Series, Streaks]:
    """The streaks of every title and subject that was awarded at least once."""
    years: dict[Series, list[int]] = {}
    for one in awards:
        if one.state == "awarded":
            years.setdefault((normalised(one.title), one.subject_kind, one.subject_id), []).append(one.year)
    return {series: streaks(found) for series, found in years.items()}


def _told(run: Streak) -> str:
    return f"{run.first}年" if run.years == 1 else f"{run.first}—{run.last}年连续{run.years}年"
