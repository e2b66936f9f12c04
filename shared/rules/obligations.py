"""What the rules asked of every unit in a year: a pure function of facts, nothing is stored (design §6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.calendar import Calendar, last_workday
from shared.rules.packs import Rule
from shared.rules.periods import Period, periods_of, span_of
from shared.rules.units import Branch, Explanation, Held, Lifetime, Obligation, PartyGroup, State, Units

Facts = tuple[Sequence[Held], Sequence[Explanation]]
_ByUnit = dict[tuple[str, str], list[tuple[date, date, str]]]


def obligations(
    facts: Facts, rules: Iterable[Rule], calendar: Calendar, units: Units, year: int, as_of: date
) -> list[Obligation]:
    """Every obligation of `year` as seen on `as_of`, rule by rule, units in official order.

    A period that has not ended before `as_of` is left out unless it is done or explained: it is not missing yet.
    A unit owes a period that it existed for the whole of; one it saw only a part of appears when it was done.
    An activity fulfils the period in which its whole date lies, so `2024-02` fulfils a month, `2024` only a year.
    """
    held, explained = facts
    done = _by_unit(held, as_of)
    noted = {(note.unit_id, note.obligation, note.period) for note in explained}
    view = _View(done, noted, calendar, as_of)
    ordered = sorted(units.branches, key=lambda branch: (branch.official_order, branch.id))
    return [
        obligation for rule in rules for branch in ordered for obligation in _of_branch(view, rule, branch, units, year)
    ]


@dataclass(frozen=True)
class _View:
    """What is known: who did what when, which periods are explained, and the day we look."""

    done: _ByUnit
    noted: set[tuple[str, str, str]]
    calendar: Calendar
    as_of: date


def _by_unit(held: Iterable[Held], as_of: date) -> _ByUnit:
    done: _ByUnit = defaultdict(list)
    for activity in held:
        first, last = span_of(activity.date)
        if first <= as_of:
            for kind in activity.kinds:
                done[activity.unit_id, kind].append((first, last, activity.activity_id))
    return done


def _of_branch(view: _View, rule: Rule, branch: Branch, units: Units, year: int) -> Iterator[Obligation]:
    whole = periods_of(year, "year")[0]
    if not _overlaps(branch.lifetime, whole):
        return
    if rule.unit_kind == "party_group":
        groups = [g for g in units.groups if g.branch_id == branch.id and any(_overlaps(t, whole) for t in g.lifetimes)]
        for group in sorted(groups, key=lambda group: (group.official_order, group.id)):
            yield from _of_unit(view, rule, group, group.lifetimes, year)
        applies = bool(groups)
    else:
        lifetimes = branch.committees if rule.needs == "committee" else (branch.lifetime,)
        yield from _of_unit(view, rule, branch, lifetimes, year)
        applies = any(_overlaps(lifetime, whole) for lifetime in lifetimes)
    if not applies and any(rule.effective(p.first, p.last) for p in periods_of(year, rule.period)):
        yield _obligation(view, rule, branch, whole, "not_applicable", ())


def _of_unit(
    view: _View, rule: Rule, unit: Branch | PartyGroup, lifetimes: Iterable[Lifetime], year: int
) -> Iterator[Obligation]:
    spans = tuple(lifetimes)
    for period in periods_of(year, rule.period):
        if not rule.effective(period.first, period.last) or not any(_overlaps(span, period) for span in spans):
            continue
        found = _fulfilling(view, rule, unit.id, period)
        if found:
            yield _obligation(view, rule, unit, period, "done", found)
        elif not any(_spans(span, period) for span in spans):
            continue
        elif (unit.id, rule.obligation, period.name) in view.noted:
            yield _obligation(view, rule, unit, period, "explained", ())
        elif period.last < view.as_of:
            yield _obligation(view, rule, unit, period, "missing", ())


def _fulfilling(view: _View, rule: Rule, unit_id: str, period: Period) -> tuple[str, ...]:
    found = {
        (first, activity_id)
        for kind in rule.fulfilled_by
        for first, last, activity_id in view.done.get((unit_id, kind), ())
        if period.covers(first, last)
    }
    return tuple(activity_id for _, activity_id in sorted(found))


def _obligation(
    view: _View, rule: Rule, unit: Branch | PartyGroup, period: Period, state: State, found: tuple[str, ...]
) -> Obligation:
    unit_kind: Literal["branch", "party_group"] = "party_group" if isinstance(unit, PartyGroup) else "branch"
    return Obligation(
        unit_kind=unit_kind,
        unit_id=unit.id,
        branch_id=unit.branch_id if isinstance(unit, PartyGroup) else unit.id,
        obligation=rule.obligation,
        period=period.name,
        state=state,
        rule_id=rule.id,
        rule_version=rule.version,
        layer=rule.layer,
        due=period.last,
        last_workday=last_workday(view.calendar, period.first, period.last),
        fulfilled_by=found,
    )


def _overlaps(lifetime: Lifetime, period: Period) -> bool:
    first, last = lifetime
    return first <= period.last and (last is None or last >= period.first)


def _spans(lifetime: Lifetime, period: Period) -> bool:
    first, last = lifetime
    return first <= period.first and (last is None or last >= period.last)
