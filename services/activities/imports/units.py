"""Which unit a row of a ledger is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.activities.replica import Unit, Units
from shared.contracts.ids import normalised, party_committee_id
from shared.contracts.values import UnitKind
from shared.ledgers.words import simplified

_PARTY_COMMITTEE: Final = ("机关党委", "本院机关党委", "院机关党委")


@dataclass(frozen=True)
class RowUnit:
    """A unit that a row names; `key`, its part of the natural key, is the recorded name in NFKC.

    A group's begins with its branch's. Stored ids hang on it: no table of characters of ours may come into it.
    """

    unit_kind: UnitKind
    unit_id: str
    branch_id: str | None
    key: str


class LedgerUnits:
    """The court's units, found by the words of a ledger: full-width, blank and traditional forms are the same."""

    def __init__(self, site: str, known: Units) -> None:
        self._site = site
        self._branches: dict[str, list[Unit]] = {}
        self._groups: dict[str, list[Unit]] = {}
        for unit in known.all:
            if unit.unit_kind == "branch":
                self._branches.setdefault(simplified(unit.name), []).append(unit)
            if unit.unit_kind == "party_group" and unit.branch_id is not None:
                self._groups.setdefault(unit.branch_id, []).append(unit)

    def branch_or_committee(self, words: str | None) -> RowUnit | None:
        """The only branch of that name, or 机关党委."""
        name = simplified(words or "")
        if name in _PARTY_COMMITTEE:
            return RowUnit("party_committee", str(party_committee_id(self._site)), None, "机关党委")
        found = self._branches.get(name, ())
        if len(found) != 1:
            return None
        return RowUnit("branch", found[0].unit_id, found[0].unit_id, normalised(found[0].name))

    def branches_named(self, words: str) -> int:
        """How many branches have the name."""
        return len(self._branches.get(simplified(words), ()))

    def group_named(self, branch: RowUnit, words: str) -> RowUnit | None:
        """The only group of a branch by its name, with or without the branch's before it."""
        found = self._named(branch, words)
        return self._row_unit(branch, found[0]) if len(found) == 1 else None

    def groups_named(self, branch: RowUnit, words: str) -> int:
        """How many groups of the branch have the name."""
        return len(self._named(branch, words))

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
        every = [unit for units in self._branches.values() for unit in units]
        return [unit.name for unit in sorted(every, key=lambda unit: unit.official_order)]

    def _of(self, branch: RowUnit) -> Sequence[Unit]:
        return self._groups.get(branch.unit_id, ())

    def _named(self, branch: RowUnit, words: str) -> Sequence[Unit]:
        return [group for group in self._of(branch) if simplified(words) in self._names(branch, group)]

    def _names(self, branch: RowUnit, group: Unit) -> tuple[str, str]:
        whole = simplified(branch.key)
        own = simplified(group.name).removeprefix(whole)
        return whole + own, own

    def _row_unit(self, branch: RowUnit, group: Unit) -> RowUnit:
        own = normalised(group.name).removeprefix(branch.key).strip()
        return RowUnit("party_group", group.unit_id, branch.unit_id, branch.key + own)
