"""The rows of 品牌台账 as drafts, and which brand each of them is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.activities.domain.brand_facts import own_owners
from services.activities.domain.brand_state import BrandState, Description
from services.activities.imports.parties import Parties, house_and_branch, level_of_name
from services.activities.imports.units import RowUnit
from shared.contracts.brands import BRAND_STEPS, BrandField, BrandStep
from shared.contracts.ids import brand_id
from shared.contracts.joint import Party
from shared.ledgers.people import split_outside_brackets
from shared.ledgers.recognise import Row
from shared.ledgers.row_reading import Findings, RowReading, shortened
from shared.ledgers.words import compact, simplified

_UNKNOWN: Final = re.compile(r"^(?:\*+|×+|[xX]{2,}|不详|未知)$")
_NOT_TAKEN: Final = re.compile("未|待|拟|计划|暂缓|不")
_STEPS: Final[tuple[BrandStep, ...]] = tuple(BRAND_STEPS)
_KEPT: Final = ("projects", "honours")


@dataclass(frozen=True)
class BrandDraft:
    """A brand as its row describes it, before it is known which one it is. `parent` is a name."""

    reading: RowReading
    owner: RowUnit
    owners: tuple[Party, ...]
    name: str | None
    slogan: str | None
    concept: str | None
    unknown: tuple[BrandField, ...]
    parent: str | None
    steps: dict[BrandStep, str | None]
    description: Description
    updated: str | None


def read_brand(findings: Findings, parties: Parties, row: Row, today: str) -> BrandDraft | None:
    """The row, or None with its errors in `findings`."""
    before, reading = len(findings.errors), RowReading(findings, row)
    owners = _owners(reading, parties)
    unknown: list[BrandField] = []
    name, slogan, concept = (_or_unknown(reading, field, unknown) for field in ("name", "slogan", "concept"))
    if name is None and "name" not in unknown:
        reading.error("name", "name_missing", "没有写品牌名称", "品牌名称；确实不知道的写 **")
    parent, steps = reading.text("parent"), _steps(reading, today)
    updated = reading.date("updated", findings.ledger.year)
    if updated is not None and updated > today[: len(updated)]:
        reading.remark("updated", "date_in_future", "日期还没有到")
    description = _description(reading)
    if len(findings.errors) > before or owners is None:
        return None
    unit, every = owners
    return BrandDraft(
        *(reading, unit, every, name, slogan, concept, tuple(unknown)),
        *(parent, steps, description, updated),
    )


def brand_ids(
    site: str, drafts: Sequence[BrandDraft], known: Mapping[str, BrandState], kept: frozenset[str]
) -> list[str]:
    """Which brand each row is: the one it states, one of its owner's with the same name, else the next by number.

    `kept` are brands of other rows, which say nothing new.
    """
    named = {
        (unit, simplified(state.facts.name)): identity
        for identity, state in known.items()
        if state.facts is not None and state.facts.name is not None
        for unit in own_owners(state.facts)
    }
    found: list[str | None] = []
    for draft in drafts:
        stated = draft.reading.row.text("record_id")
        by_name = None if draft.name is None else named.get((draft.owner.unit_id, simplified(draft.name)))
        identity = stated if stated in known else by_name
        found.append(None if identity in found or identity in kept else identity)
    taken = {identity for identity in found if identity is not None} | kept
    return [identity or _next(site, draft.owner, taken) for draft, identity in zip(drafts, found, strict=True)]


def _next(site: str, owner: RowUnit, taken: set[str]) -> str:
    number = 1
    while (identity := str(brand_id(site, owner.key, number))) in taken:
        number += 1
    taken.add(identity)
    return identity


def _owners(reading: RowReading, parties: Parties) -> tuple[RowUnit, tuple[Party, ...]] | None:
    written = split_outside_brackets(reading.row.text("branch") or "")
    units = [parties.own_unit(words) for words in written]
    own = next((unit for unit in units if unit is not None), None)
    if own is None:
        names = "、".join([*list(parties.units.branch_names())[:12], "机关党委"])
        problem = "名册中没有这个党支部" if written else "没有写支部"
        reading.error("branch", "unknown_branch", problem, f"已有的党支部：{names}")
        return None
    every = tuple(
        _partner(reading, parties, words) if unit is None else Party(party_kind="own_unit", party_id=unit.unit_id)
        for words, unit in zip(written, units, strict=True)
    )
    if len(set(every)) < len(every):
        reading.error("branch", "party_named_twice", "同一支部写了两次", "每个支部只写一次")
        return None
    return own, every


def _partner(reading: RowReading, parties: Parties, words: str) -> Party:
    if (known := parties.partner(words)) is not None:
        return known.party
    house, branch = house_and_branch(words)
    level = level_of_name(house)
    said = "级别不详，按院外单位登记" if level is None else "按名称登记"
    reading.remark("branch", "partner_registered", f"联建协议中没有 {words}，{said}")
    return parties.register(shortened(house), branch, level or "outside", reading.row.number).party


def _or_unknown(reading: RowReading, field: BrandField, unknown: list[BrandField]) -> str | None:
    cell = reading.row.cells.get(field)
    if cell is not None and _UNKNOWN.match(compact(cell.text)):
        unknown.append(field)
        return None
    return reading.lines(field) if field == "concept" else reading.text(field)


def _steps(reading: RowReading, today: str) -> dict[BrandStep, str | None]:
    steps: dict[BrandStep, str | None] = {}
    for step in _STEPS:
        if (taken := _taken(reading, step)) is not None:
            steps[step] = taken[0]
            if taken[0] is not None and taken[0] > today[: len(taken[0])]:
                reading.remark(step, "date_in_future", "日期还没有到")
    _refuse_skipped(reading, steps)
    _refuse_disorder(reading, steps)
    return steps


def _taken(reading: RowReading, step: BrandStep) -> tuple[str | None] | None:
    """The day of a step, unknown where `**` stands; None where the step has not been taken."""
    cell = reading.row.cells.get(step)
    if cell is not None and _UNKNOWN.match(compact(cell.text)):
        return (None,)
    words, before = reading.row.text(step), len(reading.findings.errors)
    date = reading.date(step, reading.findings.ledger.year)
    if date is not None:
        return (date,)
    if words is None or len(reading.findings.errors) > before or _NOT_TAKEN.search(words):
        return None
    return (None,)


def _refuse_skipped(reading: RowReading, steps: Mapping[BrandStep, str | None]) -> None:
    last = max((_STEPS.index(step) for step in steps), default=0)
    for step in _STEPS[:last]:
        if step not in steps and not _refused_already(reading, step):
            word, later = BRAND_STEPS[step], BRAND_STEPS[_STEPS[last]]
            problem = f"没有写{word}日期，却写了{later}日期：五步不能跳过"
            reading.error(step, "step_skipped", problem, f"{word}的日期；日期不详的写 **")


def _refused_already(reading: RowReading, step: BrandStep) -> bool:
    heading, row = reading.findings.ledger.heading(step), reading.row.number
    return any((error.row, error.column) == (row, heading) for error in reading.findings.errors)


def _refuse_disorder(reading: RowReading, steps: Mapping[BrandStep, str | None]) -> None:
    former: tuple[BrandStep, str] | None = None
    for step, date in steps.items():
        if date is None:
            continue
        if former is not None:
            known = min(len(date), len(former[1]))
            if date[:known] < former[1][:known]:
                problem = f"{BRAND_STEPS[step]}日期 {date} 早于{BRAND_STEPS[former[0]]}日期 {former[1]}"
                reading.error(step, "steps_out_of_order", problem, f"不早于 {former[1]} 的日期")
                continue
        former = (step, date)


def _description(reading: RowReading) -> Description:
    """载体, and 成效 with what has no field of its own."""
    for name in _KEPT:
        if words := reading.lines(name):
            reading.keep(name, words)
    if note := reading.lines("note"):
        reading.keep("note", note)
    return Description(
        carriers=reading.lines("carriers"), results=reading.with_unplaced("outcome", reading.lines("outcome"))
    )
