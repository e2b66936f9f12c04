"""Pure figures of joint construction (联建): who is joined with whom, how often they met, what lies dormant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

DORMANT_DAYS: Final = 180
"""An agreement in force without an activity in so many days lies dormant [own choice, no regulation says a number]."""

Direction = Literal["upper", "lower", "peer", "outside"]

ARROWS: Final[dict[Direction, str]] = {"upper": "↑", "lower": "↓", "peer": "↔", "outside": ""}

# A specialised court counts as an intermediate one: most are; the lists show its own word.
_RANKS: Final = {"supreme": 4, "high": 3, "intermediate": 2, "specialised": 2, "basic": 1}

Pair = tuple[str, str]
"""An own unit and a partner, by id."""


@dataclass(frozen=True)
class Agreement:
    """An agreement in force at some time of a period: its own units and its partners, aliases resolved."""

    id: str
    own_units: frozenset[str]
    partners: frozenset[str]

    @property
    def pairs(self) -> set[Pair]:
        """Its partnerships: every own unit with every partner."""
        return {(unit, partner) for unit in self.own_units for partner in self.partners}


@dataclass(frozen=True)
class Meeting:
    """A joint activity: who took part on which day (the last that its date may mean)."""

    id: str
    day: date
    own_units: frozenset[str]
    partners: frozenset[str]

    @property
    def pairs(self) -> set[Pair]:
        """Its contacts: every own unit with every partner who took part."""
        return {(unit, partner) for unit in self.own_units for partner in self.partners}


def counting_as(merged: Mapping[str, str | None]) -> dict[str, str]:
    """For every partner the one it counts as; `merged` says into which known one it was merged, if it was.

    A circle, which no command makes, counts as its lowest id, so that nothing is lost.
    """
    return {partner: _last(merged, partner) for partner in merged}


def _last(merged: Mapping[str, str | None], partner: str) -> str:
    path = [partner]
    while (into := merged.get(path[-1])) is not None and into in merged:
        if into in path:
            return min(path[path.index(into) :])
        path.append(into)
    return path[-1]


def direction(own_level: str | None, level: str) -> Direction:
    """Where a partner stands as seen from this court; outside the courts there is no up and down."""
    own, theirs = _RANKS.get(own_level or ""), _RANKS.get(level)
    if own is None or theirs is None:
        return "outside"
    return "upper" if theirs > own else "lower" if theirs < own else "peer"


def per_branch(total: int, branches: int) -> str | None:
    """`total` a branch, two places, half up: 25 of 9 is `2.78`; None where there is no branch."""
    if not branches:
        return None
    return str((Decimal(total) / branches).quantize(Decimal("0.01"), ROUND_HALF_UP))


def partnerships(agreements: Iterable[Agreement]) -> set[Pair]:
    """Pairs by agreement, each once, however many agreements bind it."""
    return {pair for agreement in agreements for pair in agreement.pairs}


def contacts(meetings: Iterable[Meeting]) -> dict[Pair, int]:
    """Pairs that met, and in how many activities."""
    found: dict[Pair, int] = {}
    for meeting in meetings:
        for pair in meeting.pairs:
            found[pair] = found.get(pair, 0) + 1
    return found


def dormant(bound: Iterable[Pair], meetings: Iterable[Meeting], day: date) -> set[Pair]:
    """The partnerships of `bound` without a meeting in the `DORMANT_DAYS` up to and including `day`."""
    since = day - timedelta(days=DORMANT_DAYS)
    awake = {pair for meeting in meetings if since < meeting.day <= day for pair in meeting.pairs}
    return set(bound) - awake


def suggestions(
    bound: Iterable[Pair], lines: Mapping[str, str | None], own_lines: Mapping[str, str]
) -> dict[str, list[str]]:
    """By own unit, the partners it might turn to: of its business line, and bound to nobody yet.

    `lines` holds the business line of every partner, `own_lines` those assigned to own units. A unit without one has
    the lines of those it is bound to already; a partner without one is suggested to nobody.
    """
    joined = set(bound)
    free = [partner for partner in lines if partner not in {other for _, other in joined}]
    own = {unit: {line} for unit, line in own_lines.items()}
    for unit, partner in joined:
        line = lines.get(partner)
        if line and unit not in own_lines:
            own.setdefault(unit, set()).add(line)
    found = {unit: [partner for partner in free if lines[partner] in held] for unit, held in own.items()}
    return {unit: partners for unit, partners in found.items() if partners}


_DIGITS: Final = {digit: number for number, digit in enumerate("零一二三四五六七八九")}


def ordinal(branch: str | None) -> tuple[int, str]:
    """By what branches of a house are put in order: 第二 before 第十, and those without a number after them."""
    bare = (branch or "").removeprefix("第").removesuffix("党支部").removesuffix("支部")
    tens, ten, ones = bare.rpartition("十")
    if not set(tens + ones) <= set(_DIGITS) or len(tens) > 1 or len(ones) > 1 or not bare:
        return 1000, branch or ""
    number = (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)
    return number, branch or ""
