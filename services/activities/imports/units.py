"""Which unit a row of a ledger is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.activities.replica import Unit, Units
from shared.contracts.ids import party_committee_id
from shared.contracts.values import UnitKind
from shared.ledgers.words import simplified

_PARTY_COMMITTEE: Final = ("机关党委", "本院机关党委", "院机关党委")


@dataclass(frozen=True)
class RowUnit:
    """A unit as a ledger names it; `key` is its part of the natural key."""

    unit_kind: UnitKind
    unit_id: str
    branch_id: str | None
    key: str


class LedgerUnits:
    """The court's units, found by the words of a ledger: full-width, blank and traditional forms are the same."""

    def __init__(self, site: str, known: Units) -> None:
        self._site = site
        self._branches = {simplified(unit.name): unit for unit in known.all if unit.unit_kind == "branch"}
        self._groups: dict[str, list[Unit]] = {}
        for unit in known.all:
            if unit.unit_kind == "party_group" and unit.branch_id is not None:
                self._groups.setdefault(unit.branch_id, []).append(unit)

    def branch_or_committee(self, words: str | None) -> RowUnit | None:
        """The branch of that name, or 机关党委."""
        name = simplified(words or "")
        if name in _PARTY_COMMITTEE:
            return RowUnit("party_committee", str(party_committee_id(self._site)), None, "机关党委")
        branch = self._branches.get(name)
        return None if branch is None else RowUnit("branch", branch.unit_id, branch.unit_id, name)

    def group_named(self, branch: RowUnit, words: str) -> RowUnit | None:
        """The group of a branch by its name, with or without the branch's before it."""
        name = simplified(words)
        found = [group for group in self._of(branch) if name in self._names(branch, group)]
        return self._row_unit(branch, found[0]) if len(found) == 1 else None

    def group_of_title(self, branch: RowUnit, title: str | None) -> RowUnit | None:
        """The group with whose name a title begins: 第一党支部第一党小组1月会议."""
        text = simplified(title or "")
        fits = [
            (len(name), group)
            for group in self._of(branch)
            for name in self._names(branch, group)
            if name and text.startswith(name)
        ]
        longest = max((length for length, _ in fits), default=0)
        found = {group.unit_id: group for length, group in fits if length == longest}
        return self._row_unit(branch, next(iter(found.values()))) if len(found) == 1 else None

    def group_names(self, branch: RowUnit) -> Sequence[str]:
        return [group.name for group in self._of(branch)]

    def branch_names(self) -> Sequence[str]:
        return [unit.name for unit in sorted(self._branches.values(), key=lambda unit: unit.official_order)]

    def _of(self, branch: RowUnit) -> Sequence[Unit]:
        return self._groups.get(branch.unit_id, ())

    def _names(self, branch: RowUnit, group: Unit) -> tuple[str, str]:
        name = simplified(group.name)
        own = name.removeprefix(branch.key)
        return branch.key + own, own

    def _row_unit(self, branch: RowUnit, group: Unit) -> RowUnit:
        return RowUnit("party_group", group.unit_id, branch.unit_id, self._names(branch, group)[0])
