"""Who takes part in joint construction, as ledgers write it: own units, and partners by house and branch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from services.activities.imports.units import LedgerUnits, RowUnit
from shared.contracts.ids import partner_id
from shared.contracts.joint import PartnerFacts, PartnerLevel, Party
from shared.ledgers.people import split_outside_brackets
from shared.ledgers.words import chinese_number, compact, normal, simplified

_LEVELS: Final[dict[str, PartnerLevel]] = {
    "最高": "supreme",
    "高级": "high",
    "高院": "high",
    "省院": "high",
    "中级": "intermediate",
    "中院": "intermediate",
    "基层": "basic",
    "专门": "specialised",
    "其他": "outside",
    "院外": "outside",
    "外单位": "outside",
    "非法院": "outside",
}
_SPECIAL: Final = re.compile("海事|知识产权|金融|互联网|铁路|军事|林业|农垦|兵团")
_NATIONAL: Final = re.compile("^(?:中华人民共和国)?最高|^国家.*法院$")
_COUNTY: Final = re.compile("(?:县|区|市|旗|镇|州)(?:基层)?(?:人民)?法院$|基层(?:人民)?法院$")
_OWN: Final = ("本院", "我院", "本市法院")
_UNIT_WORDS: Final = re.compile(
    r"^(?P<house>.*?)(?P<branch>(?:第(?:[一二三四五六七八九十百]+|\d+)|离退休|老干部|机关|联合)*(?:直属)?党?(?:总)?支部"
    r"|机关党委|党委)$"
)
_BRACKETED: Final = re.compile(r"^(?P<name>.+?)\((?P<words>[^()]*)\)$")
_COUNT: Final = re.compile(r"^(?:各|共)?(\d{1,6}|[一二三四五六七八九十百]{1,5})(?:人次|人|名|位)?(?:参加)?$")
_PLAIN_COUNT: Final = re.compile(r"^(?P<name>.*?(?:支部|党委|[^\d\s:]))[:\s]*(?P<count>\d{1,6})(?:人次|人|名|位)$")


@dataclass(frozen=True)
class WrittenParty:
    """One party of a cell. `odd_seats` are words beside the name that are no number: `20余人`."""

    words: str
    seats: int | None = None
    odd_seats: str | None = None


def written_parties(text: str) -> list[WrittenParty]:
    """The parties of 参加单位及人数 with their 人次: `第一党支部（7人）、某法院第二党支部（9人）`."""
    return [_written(part) for part in split_outside_brackets(text) if part]


def _written(part: str) -> WrittenParty:
    plain = normal(part)
    if (match := _BRACKETED.match(plain)) is not None:
        words, name = match.group("words").strip(), match.group("name").strip()
        if (count := _COUNT.match(compact(words))) is not None:
            return WrittenParty(name, chinese_number(count.group(1)))
        if not words.strip("*") or "支部" in words:
            return WrittenParty(name if not words.strip("*") else plain)
        return WrittenParty(name, None, words)
    if (match := _PLAIN_COUNT.match(plain)) is not None:
        return WrittenParty(match.group("name").strip(), int(match.group("count")))
    return WrittenParty(plain)


def level_of_words(text: str) -> PartnerLevel | None:
    """The level of a 级别 cell: 最高法院, 高级, 中院, 基层法院, 院外."""
    words = simplified(text)
    return next((level for word, level in _LEVELS.items() if words.startswith(word)), None)


def level_of_name(house: str) -> PartnerLevel | None:
    """The level that the name of a house tells; None for a court whose name does not."""
    name = simplified(house)
    if "法院" not in name:
        return "outside"
    if _NATIONAL.search(name):
        return "supreme"
    if _SPECIAL.search(name):
        return "specialised"
    for word, level in (("高级", "high"), ("中级", "intermediate")):
        if word in name:
            return level  # type: ignore[return-value] # both are levels
    return "basic" if _COUNTY.search(name) else None


def house_and_branch(words: str) -> tuple[str, str | None]:
    """The house and the branch of a partner written in one: 某县人民法院第一党支部."""
    plain = normal(words)
    at = plain.rfind("法院")
    if at >= 0 and plain[at + 2 :].strip():
        return plain[: at + 2], plain[at + 2 :].strip()
    match = _UNIT_WORDS.match(plain)
    if match is None or not match.group("house"):
        return plain, None
    return match.group("house"), match.group("branch")


@dataclass(frozen=True)
class Partner:
    """A partner, recorded (`row` 0) or stated in a row of this very ledger."""

    partner_id: str
    facts: PartnerFacts
    row: int

    @property
    def party(self) -> Party:
        return Party(party_kind="partner", party_id=self.partner_id)


class Parties:
    """The parties of a court: its units, and partners by name. What is registered anew is kept in `registered`."""

    def __init__(self, site: str, court: str, units: LedgerUnits, recorded: Mapping[str, PartnerFacts]) -> None:
        self.site = site
        self._court = simplified(court)
        self.units = units
        self._known: dict[str, Partner] = {}
        self._houses: dict[str, list[Partner]] = {}
        self.registered: dict[str, Partner] = {}
        for identity, facts in recorded.items():
            self._keep(Partner(identity, facts, 0))

    def is_own(self, house: str) -> bool:
        """Whether a house is this court."""
        return simplified(house) in (self._court, *_OWN)

    def own_unit(self, words: str) -> RowUnit | None:
        """The unit of this court that the words name, with or without the court before it."""
        plain = simplified(words)
        for prefix in (self._court, *_OWN):
            plain = plain.removeprefix(prefix) if prefix else plain
        return self.units.branch_or_committee(plain)

    def partner(self, words: str) -> Partner | None:
        """The known partner that the words name: house and branch, or the only one of a house."""
        found = self._known.get(simplified(words))
        if found is not None:
            return found
        of_house = self._houses.get(simplified(words), [])
        return of_house[0] if len(of_house) == 1 else None

    def partner_of(self, house: str, branch: str | None) -> Partner | None:
        """The partner recorded under house and branch."""
        return self._known.get(simplified(house + (branch or "")))

    def register(self, house: str, branch: str | None, level: PartnerLevel, row: int) -> Partner:
        """A partner as a ledger states it: the known one with its level as it is now, or a new one."""
        known = self.partner_of(house, branch)
        if known is None:
            identity = str(partner_id(self.site, house, branch))
            known = Partner(identity, PartnerFacts(organisation=house, branch=branch, level=level), row)
        elif known.partner_id not in self.registered:
            known = replace(known, row=row, facts=known.facts.model_copy(update={"level": level}))
        self.registered.setdefault(known.partner_id, known)
        self._keep(known)
        return self.registered[known.partner_id]

    def names(self) -> Iterable[str]:
        """The known partners as they are written."""
        return (one.facts.organisation + (one.facts.branch or "") for one in self._known.values())

    def _keep(self, partner: Partner) -> None:
        facts = partner.facts
        self._known.setdefault(simplified(facts.organisation + (facts.branch or "")), partner)
        of_house = self._houses.setdefault(simplified(facts.organisation), [])
        if partner.partner_id not in [one.partner_id for one in of_house]:
            of_house.append(partner)
