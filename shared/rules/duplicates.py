"""Which records of two courts look like one joint activity: mirrored parties, a day apart at most, a similar name."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from operator import add
from typing import Final

DAYS_APART: Final = 1
"""How many days two offices may differ about the day of an activity."""

SIMILAR: Final = Fraction(3, 10)
"""From which share of common pairs of letters two names are similar [own choice, tried on names of ledgers]."""

Key = tuple[str, str]
"""A record: the court that made it, and its id there."""

Unit = tuple[str, str]
"""A branch (or party committee) of a court: site and id; an empty id where only the house is known."""


@dataclass(frozen=True)
class Recorded:
    """A joint activity as one court recorded it: its own units, and the units of other courts that it names.

    `first_day` and `last_day` are what its date may mean.
    """

    key: Key
    title: str
    first_day: date
    last_day: date
    own: frozenset[Unit]
    others: frozenset[Unit]

    @cached_property
    def bigrams(self) -> frozenset[str]:
        """Of its title."""
        return bigrams(self.title)


@dataclass(frozen=True)
class Part:
    """A unit's part in an activity; `own`: of the court that recorded it. Outside linked courts `unit` has no site.

    `counts_as` is where it stands in the network: somebody named like a court is nobody's before it is claimed.
    """

    unit: Unit
    seats: int | None
    own: bool
    counts_as: Unit


@dataclass(frozen=True)
class Suspicion:
    """Two records that look like one; `mirrored` are the units that each has of its own and the other names."""

    first: Key
    second: Key
    mirrored: tuple[Unit, ...]
    days_apart: int
    similarity: Fraction


def bigrams(name: str) -> frozenset[str]:
    """Pairs of neighbouring letters and digits in NFKC, without anything between; of a single letter, itself."""
    letters = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))
    return frozenset(map(add, letters, letters[1:])) if len(letters) > 1 else frozenset(letters)


def similarity(one: str, other: str) -> Fraction:
    """The share of common bigrams (Jaccard): 1 for names that say the same, 0 for names that share nothing."""
    return _share(bigrams(one), bigrams(other))


def _share(left: frozenset[str], right: frozenset[str]) -> Fraction:
    common = len(left & right)
    return Fraction(common, len(left) + len(right) - common) if common else Fraction(0)


def days_apart(one: Recorded, other: Recorded) -> int:
    """Whole days between the spans that the dates may mean; 0 where they overlap."""
    gap = max(one.first_day, other.first_day) - min(one.last_day, other.last_day)
    return max(gap.days, 0)


def mirrored(one: Recorded, other: Recorded) -> tuple[Unit, ...] | None:
    """The units of each that the other names; None unless both sides are named. A house stands for any of its units."""
    here, there = _named(one.own, other.others), _named(other.own, one.others)
    return (*here, *there) if here and there else None


def _named(own: frozenset[Unit], others: frozenset[Unit]) -> list[Unit]:
    return sorted(unit for unit in own if unit in others or (unit[0], "") in others)


def suspicion(one: Recorded, other: Recorded) -> Suspicion | None:
    """Whether and why the two look like one; the same in either order."""
    first, second = (one, other) if one.key <= other.key else (other, one)
    if first.key[0] == second.key[0] or (apart := days_apart(first, second)) > DAYS_APART:
        return None
    found = mirrored(first, second)
    if found is None or (alike := _share(first.bigrams, second.bigrams)) < SIMILAR:
        return None
    return Suspicion(first.key, second.key, found, apart, alike)


class Groups:
    """Records joined two by two: what is joined with the same is joined."""

    def __init__(self, pairs: Iterable[tuple[Key, Key]] = ()) -> None:
        self._members: dict[Key, set[Key]] = {}
        for one, other in pairs:
            self.join(one, other)

    def of(self, key: Key) -> frozenset[Key]:
        """The records that are one with it, itself included."""
        return frozenset(self._members.get(key, {key}))

    def is_joined(self, key: Key) -> bool:
        """Whether it is one with any other."""
        return key in self._members

    def join(self, one: Key, other: Key) -> None:
        """From now on the two are one, with all that they were joined with before."""
        together = set(self.of(one) | self.of(other))
        for key in together:
            self._members[key] = together

    def may_join(self, one: Key, other: Key, rejected: Set[frozenset[Key]]) -> bool:
        """Not if they are joined already, or if a court would stand there twice, or two that were found to be two."""
        here, there = self.of(one), self.of(other)
        if other in here or {site for site, _ in here} & {site for site, _ in there}:
            return False
        return not any(frozenset((left, right)) in rejected for left in here for right in there)


def suspicions(
    records: Sequence[Recorded],
    confirmed: Iterable[tuple[Key, Key]] = (),
    rejected: Iterable[tuple[Key, Key]] = (),
) -> list[Suspicion]:
    """The pairs to ask a person about, best first.

    Of any two courts a record stands in one pair at most, and none is there that would follow from those before it:
    so many fewer activities there are if all are confirmed.
    """
    found = [one for pair in _candidates(records) if (one := suspicion(*pair)) is not None]
    # Shares of names this short stay apart as floats, which sort faster.
    found.sort(key=lambda one: (-float(one.similarity), one.days_apart, -len(one.mirrored), one.first, one.second))
    groups, two = Groups(confirmed), {frozenset(pair) for pair in rejected}
    best = []
    for one in found:
        if groups.may_join(one.first, one.second, two):
            groups.join(one.first, one.second)
            best.append(one)
    return best


def merged_parts(records: Sequence[tuple[str, Sequence[Part]]]) -> tuple[Part, ...]:
    """The parts in one activity that several courts recorded (site, its parts), each unit once.

    Which of its units took part, and with how many, a court that recorded it says itself. Of others the first word
    counts that says a number; a house counts only where nobody names a branch of it.
    """
    courts = {site for site, _ in records}
    found = {part.unit: part for _, parts in records for part in parts if part.own}
    for part in (part for _, parts in records for part in parts if part.unit[0] not in courts):
        known = found.get(part.unit)
        if known is None or (known.seats is None and part.seats is not None):
            found[part.unit] = part
    branches = {site for site, unit in found if site and unit}
    return tuple(part for unit, part in found.items() if unit[1] or unit[0] not in branches)


def _candidates(records: Sequence[Recorded]) -> Iterator[tuple[Recorded, Recorded]]:
    """Pairs of which each names the other's court, within days: never all with all."""
    naming: defaultdict[tuple[str, str], list[Recorded]] = defaultdict(list)
    for record in records:
        for court in {site for site, _ in record.others}:
            naming[record.key[0], court].append(record)
    for (site, court), ours in naming.items():
        theirs = naming.get((court, site), []) if site < court else []
        if not theirs:
            continue
        theirs = sorted(theirs, key=lambda record: (record.first_day, record.key))
        # Up to each of them, the last day of all: those before an index are over by then.
        over = list(accumulate((record.last_day.toordinal() for record in theirs), max))
        for one in ours:
            since = bisect_left(over, one.first_day.toordinal() - DAYS_APART)
            for other in theirs[since:]:
                if (other.first_day - one.last_day).days > DAYS_APART:
                    break
                yield one, other
