"""The rows of 联建协议 as drafts: several rows of one number are one agreement with all their parties."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final

from services.activities.domain.agreement_facts import JointAgreementDetails
from services.activities.imports.drafts import read_joint_modes, read_person
from services.activities.imports.parties import Parties, house_and_branch, level_of_name, level_of_words
from services.activities.imports.units import RowUnit
from shared.contracts.ids import normalised
from shared.contracts.joint import EndingCause, JointAgreementFacts, PartnerLevel, Party
from shared.ledgers.cells import Cell, Unreadable
from shared.ledgers.dates import written_date
from shared.ledgers.numbers import EXPECTED_COUNT, whole_number
from shared.ledgers.people import WrittenName, split_outside_brackets
from shared.ledgers.recognise import Row
from shared.ledgers.row_reading import Findings, RowReading
from shared.ledgers.words import chinese_number, compact, simplified

_BRACKETS: Final = str.maketrans("〔［【﹝{<《〈（", "[[[[[[[[(", "")
_CLOSING: Final = str.maketrans("〕］】﹞}>》〉）", "]]]]]]]])", "")
_DATE_IN: Final = re.compile(r"\d{4}[年.\-/]\d{1,2}(?:月(?:\d{1,2}日?)?|[.\-/]\d{1,2})?|\d{4}年")
_AT_LEAST: Final = re.compile(r"^(?:≥|>=|不少于|不低于|至少|每年)*(.+?)(?:以上|/年|每年)?$")
_TERM: Final = re.compile(r"^(\d{1,3}(?:\.\d{1,2})?|[一二两三四五六七八九十]{1,3}|半)(年半|年|个月|月)?$")
_MOST_MONTHS: Final = 1200
_PROPOSED: Final = re.compile("拟|待签|未签|洽谈|起草|筹备")
_ENDINGS: Final[tuple[tuple[re.Pattern[str], EndingCause], ...]] = (
    (re.compile("(?<!未)(?<!将)(?:到期|届满|期满)"), "expired"),
    (re.compile("(?<!未)(?:终止|解除|中止|作废|废止)"), "terminated"),
    (re.compile("(?<!未)(?:完毕|完成|结束|办结)"), "completed"),
)
_IN_FORCE: Final = re.compile("履行|有效|生效|执行|正常|签|到期|届满")


@dataclass(frozen=True)
class Standing:
    """What 状态 says; where it says nothing, the agreement is in force, or stays as it is known."""

    signed: bool = True
    ended: EndingCause | None = None
    effective_to: str | None = None


@dataclass(frozen=True)
class AgreementDraft:
    """`unit` is the first unit of this court among the parties, whose colleagues the contact is looked for among."""

    reading: RowReading
    unit: RowUnit
    facts: JointAgreementFacts
    details: JointAgreementDetails
    contact: WrittenName | None
    standing: Standing | None


def number_key(number: str) -> str:
    """A number as it is compared: 〔2024〕, [2024] and 【2024】 are the same."""
    return simplified(number).translate(_BRACKETS).translate(_CLOSING)


def read_agreement(findings: Findings, parties: Parties, row: Row, today: str) -> AgreementDraft | None:
    """The row, or None with its errors in `findings`."""
    before, reading = len(findings.errors), RowReading(findings, row)
    number = reading.text("number")
    if number is None:
        reading.error("number", "number_missing", "没有写协议编号", "每份协议的编号，如 联建〔2024〕1号")
    signed, standing = reading.date("signed"), _standing(reading)
    planned, term, modes = _planned(reading), _term(reading), read_joint_modes(reading)
    contact = read_person(reading, "contact")
    proposer, others = _proposer(reading, parties), _others(reading, parties)
    if standing is not None and not standing.signed and signed is not None:
        reading.remark("signed", "signed_of_proposal", "状态是还没有签订，签订日期没有采用，原文记入备注")
        reading.keep("signed", reading.row.text("signed") or "")
        signed = None
    details = _details(reading)
    if len(findings.errors) > before or number is None or proposer is None:
        return None
    every = [proposer, *others]
    own = next((unit for _, unit in every if unit is not None), None)
    if own is None:
        expected = "至少一方是本院的党支部或机关党委；外院写明单位名称"
        reading.error("branch", "no_own_unit", "协议没有本院的支部", expected)
        return None
    _remark_dates(reading, signed, today)
    _refuse_early_end(reading, signed, standing)
    if not _once(reading, [party for party, _ in every]):
        return None
    facts = JointAgreementFacts(
        number=normalised(number),
        proposer=proposer[0],
        parties=tuple(party for party, _ in others),
        joint_modes=modes,
        planned_a_year=planned,
        signed=signed,
        agreement_term_months=term,
    )
    return AgreementDraft(reading, own, facts, details, contact, standing)


def joined(drafts: Sequence[AgreementDraft]) -> list[AgreementDraft]:
    """One draft for each number: the first row's, with the parties of all rows."""
    found: dict[str, AgreementDraft] = {}
    for draft in drafts:
        key = number_key(draft.facts.number or "")
        first = found.setdefault(key, draft)
        if first is draft:
            continue
        known = (first.facts.proposer, *first.facts.parties)
        more = [one for one in (draft.facts.proposer, *draft.facts.parties) if one not in known]
        number = first.reading.row.number
        draft.reading.remark("number", "number_repeated", f"协议编号与第 {number} 行相同，各方并入同一份协议")
        facts = first.facts.model_copy(update={"parties": (*first.facts.parties, *dict.fromkeys(more))})
        found[key] = replace(first, facts=facts)
    return list(found.values())


def _proposer(reading: RowReading, parties: Parties) -> tuple[Party, RowUnit | None] | None:
    court, branch = reading.text("court"), reading.text("branch")
    title = simplified(reading.findings.ledger.title)
    if court is not None and not parties.is_own(court) and not title.startswith(simplified(court)):
        return _partner(reading, parties, court, branch, None, "branch")
    unit = parties.own_unit(branch or "")
    if unit is None:
        names = "、".join([*list(parties.units.branch_names())[:12], "机关党委"])
        problem = "名册中没有这个党支部" if branch else "没有写甲方支部"
        several = branch is not None and parties.units.branches_named(branch) > 1
        problem = "有几个党支部叫这个名字，无法分清" if several else problem
        reading.error("branch", "unknown_branch", problem, f"已有的党支部：{names}；新的党支部先导入党员名册")
        return None
    return Party(party_kind="own_unit", party_id=unit.unit_id), unit


def _others(reading: RowReading, parties: Parties) -> list[tuple[Party, RowUnit | None]]:
    houses, branches, levels = (_listed(reading, name) for name in ("partner", "partner_branch", "partner_level"))
    if not houses and not branches:
        expected = "共建单位的名称，如 某县人民法院；几个用、隔开"
        reading.error("partner", "partner_missing", "没有写乙方单位", expected)
        return []
    if len(houses) > 1 and branches and len(houses) != len(branches):
        problem = f"乙方单位有 {len(houses)} 个，乙方支部有 {len(branches)} 个，对不上"
        reading.error("partner_branch", "partners_disagree", problem, "一一对应，或每个乙方一行，协议编号相同")
        return []
    if len(houses) == 1:
        houses *= max(len(branches), 1)
    if len(levels) != len(houses):
        levels = levels[:1] * len(houses)
    found = [
        _partner(reading, parties, house, branch, level, "partner")
        for house, branch, level in zip_longest(houses, branches, levels[: max(len(houses), len(branches))])
    ]
    return [one for one in found if one is not None]


def _partner(
    reading: RowReading, parties: Parties, house: str | None, branch: str | None, level: str | None, column: str
) -> tuple[Party, RowUnit | None] | None:
    if house is None:
        house, branch = house_and_branch(branch or "")
    elif branch is None and parties.partner_of(house, None) is None:
        house, branch = house_and_branch(house)
    if parties.is_own(house) or (branch is None and parties.own_unit(house) is not None):
        unit = parties.own_unit(branch or house)
        if unit is None:
            reading.error(column, "unknown_branch", f"本院没有 {branch or house}", "名册中的党支部或机关党委")
            return None
        return Party(party_kind="own_unit", party_id=unit.unit_id), unit
    known = parties.register(house, branch, _level(reading, house, level), reading.row.number)
    return known.party, None


def _level(reading: RowReading, house: str, words: str | None) -> PartnerLevel:
    written = level_of_words(words) if words else None
    if words and written is None:
        expected = "应为最高法院、高级法院、中级法院、基层法院、专门法院或院外"
        reading.remark("partner_level", "partner_level_unknown", f"不认识的级别，按单位名称判断；{expected}")
    if (level := written or level_of_name(house)) is not None:
        return level
    reading.remark("partner", "partner_level_assumed", f"看不出 {house} 的级别，按院外单位登记")
    return "outside"


def _listed(reading: RowReading, name: str) -> list[str]:
    words = reading.row.text(name)
    return split_outside_brackets(words) if words else []


def _once(reading: RowReading, parties: Sequence[Party]) -> bool:
    if len(set(parties)) == len(parties):
        return True
    reading.error("partner", "party_named_twice", "同一方写了两次", "每一方只写一次，乙方不是甲方自己")
    return False


def _standing(reading: RowReading) -> Standing | None:
    words = simplified(reading.row.text("state") or "")
    if not words:
        return None
    if _PROPOSED.search(words):
        return Standing(signed=False)
    for pattern, cause in _ENDINGS:
        if pattern.search(words):
            return Standing(ended=cause, effective_to=_date_in(words))
    if not _IN_FORCE.search(words):
        reading.remark("state", "state_unknown", "不认识的状态，按履行中导入，原文记入备注")
        reading.keep("state", words)
    return Standing()


def _date_in(words: str) -> str | None:
    match = _DATE_IN.search(words)
    try:
        return written_date(match.group()) if match else None
    except Unreadable:
        return None


def _planned(reading: RowReading) -> int | None:
    cell = reading.row.cells.get("planned")
    words = _AT_LEAST.match(compact(cell.text)) if cell and reading.row.text("planned") else None
    if cell is None or words is None:
        return None
    try:
        return whole_number(Cell(cell.row, cell.column, "text", words.group(1)))
    except Unreadable as unread:
        _left_out(reading, "planned", unread.code, unread.problem, EXPECTED_COUNT)
        return None


def _term(reading: RowReading) -> int | None:
    """期限 in months: 3, 3年, 三年, 一年半, 18个月."""
    words = reading.row.text("term")
    if words is None:
        return None
    match = _TERM.match(simplified(words))
    months = None if match is None else _months(match.group(1), match.group(2) or "年")
    if months is None or not 1 <= months <= _MOST_MONTHS:
        _left_out(reading, "term", "term_unreadable", "不是能辨认的期限", "年数，如 3、三年，或 18个月")
        return None
    return months


def _months(number: str, unit: str) -> int | None:
    value = 0.5 if number == "半" else float(number) if number[0].isdigit() else chinese_number(number)
    if value is None:
        return None
    months = value * (12 if unit.startswith("年") else 1) + (6 if unit == "年半" else 0)
    return int(months) if float(months).is_integer() else None


def _left_out(reading: RowReading, name: str, code: str, problem: str, expected: str) -> None:
    reading.remark(name, code, f"{problem}，没有采用，原文记入备注；应为{expected}")
    reading.keep(name, reading.row.text(name) or "")


def _details(reading: RowReading) -> JointAgreementDetails:
    if contents := reading.lines("contents"):
        reading.keep("contents", contents)
    return JointAgreementDetails(
        goals=reading.lines("goals"),
        duties=reading.lines("duties"),
        evaluation=reading.lines("assessment"),
        remark=reading.with_unplaced("note", reading.lines("note")),
    )


def _remark_dates(reading: RowReading, signed: str | None, today: str) -> None:
    if signed is not None and signed > today[: len(signed)]:
        reading.remark("signed", "date_in_future", "日期还没有到")
    if signed is None and "signed" not in reading.row.cells:
        reading.remark("signed", "date_missing", "没有写签订日期")


def _refuse_early_end(reading: RowReading, signed: str | None, standing: Standing | None) -> None:
    until = None if standing is None else standing.effective_to
    if signed is None or until is None:
        return
    known = min(len(signed), len(until))
    if until[:known] < signed[:known]:
        problem = f"终止日期 {until} 早于签订日期 {signed}"
        reading.error("state", "ended_before_signed", problem, "不早于签订日期的终止日期")
