"""What the obligations are made from and made of: units with lifetimes, facts, explanations, states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.contracts.kinds import Kind
from shared.rules.packs import Layer

State = Literal["done", "missing", "explained", "not_applicable"]
Lifetime = tuple[date, date | None]
"""From the first day on, to the last day; None: still there."""


@dataclass(frozen=True)
class Branch:
    """A branch; `committees` are the times in which it had a branch committee."""

    id: str
    name: str
    official_order: int
    branch_kind: str
    lifetime: Lifetime
    committees: tuple[Lifetime, ...] = ()


@dataclass(frozen=True)
class PartyGroup:
    """A party group; one that was dissolved and formed again has several `lifetimes`."""

    id: str
    branch_id: str
    name: str
    official_order: int
    lifetimes: tuple[Lifetime, ...]


@dataclass(frozen=True)
class Units:
    branches: tuple[Branch, ...]
    groups: tuple[PartyGroup, ...]


@dataclass(frozen=True)
class Held:
    """An activity that took place; `kinds` are its kind and what it also serves, `date` a `PartialDate`.

    Cancelled and merely planned activities, and records that stand for a lower bound, are none of these.
    """

    activity_id: str
    unit_id: str
    kinds: frozenset[str]
    date: str


@dataclass(frozen=True)
class Explanation:
    """An explanation (说明) that stands: noted and not withdrawn."""

    unit_id: str
    obligation: str
    period: str


@dataclass(frozen=True)
class Obligation:
    """What one unit owed in one period, and its state.

    `period` is a year where a whole kind does not apply. `due` is the last day that counts, `last_workday` the last
    workday of the period (None where the calendar of the year is not loaded). `fulfilled_by` are activity ids.
    """

    unit_kind: Literal["branch", "party_group"]
    unit_id: str
    branch_id: str
    obligation: Kind
    period: str
    state: State
    rule_id: str
    rule_version: int
    layer: Layer
    due: date
    last_workday: date | None
    fulfilled_by: tuple[str, ...] = ()
