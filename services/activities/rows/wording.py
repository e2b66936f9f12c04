"""How a record's values stand in a cell, so that reading the cell gives the value again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.activities.domain.facts import Absence, Vote
from services.activities.replica import Units
from shared.contracts.joint import PartnerFacts, Party
from shared.contracts.kinds import JOINT_MODES, JointMode
from shared.contracts.personal import Forgotten

DELETED: Final = "（已删除）"
_MODES: Final[dict[JointMode, str]] = {mode: words for words, mode in JOINT_MODES.items()}


@dataclass(frozen=True)
class Names:
    """Who and what the ids of a record are called; `agreements` by id have numbers, `brands` names."""

    people: Mapping[str, str]
    units: Units
    court: str = ""
    partners: Mapping[str, PartnerFacts] = field(default_factory=dict)
    agreements: Mapping[str, str] = field(default_factory=dict)
    brands: Mapping[str, str] = field(default_factory=dict)

    def person(self, person_id: str | None) -> str | None:
        """The name, （已删除） where nobody knows it any more."""
        return None if person_id is None else self.people.get(person_id, DELETED)

    def unit(self, unit_id: str) -> str:
        unit = self.units.by_id(unit_id)
        return unit_id if unit is None else unit.name

    def party(self, party: Party) -> str:
        """An own unit by its name, a partner by house and branch."""
        house, branch = self.house_and_branch(party)
        return (branch or "") if party.party_kind == "own_unit" else house + (branch or "")

    def house_and_branch(self, party: Party) -> tuple[str, str | None]:
        """The court or organisation, and its branch where one is known."""
        if party.party_kind == "own_unit":
            return self.court, self.unit(party.party_id)
        facts = self.partners.get(party.party_id)
        return (party.party_id, None) if facts is None else (facts.organisation, facts.branch)


def told(value: str | Forgotten | None) -> str | None:
    """A personal text, or that it was deleted."""
    return DELETED if isinstance(value, Forgotten) else value


def listed(parts: Iterable[str] | Forgotten | None, between: str = "、") -> str | None:
    """Several words in one cell."""
    if isinstance(parts, Forgotten):
        return DELETED
    return between.join(parts or ()) or None


def modes(of: Iterable[JointMode]) -> str | None:
    """四联 in the offices' words."""
    return listed(_MODES[mode] for mode in of)


def absences(entries: Sequence[Absence], person: Callable[[str | None], str | None]) -> str | None:
    """`曹某（开庭）；出差2人`."""
    return "；".join(_absence(entry, person) for entry in entries) or None


def _absence(entry: Absence, person: Callable[[str | None], str | None]) -> str:
    reason = told(entry.reason)
    if entry.person_id is None:
        return f"{reason or ''}{entry.number}人"
    return f"{person(entry.person_id)}（{reason}）" if reason else str(person(entry.person_id))


def votes(cast: Sequence[Vote]) -> str | None:
    """同意/反对/弃权 of each matter."""
    return "；".join(f"{told(vote.matter)}：{vote.in_favour}/{vote.against}/{vote.abstained}" for vote in cast) or None
