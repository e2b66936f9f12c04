"""One row of 联建活动 as a draft: the activity, who took part, and the problems to be solved together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from services.activities.domain.facts import Minutes
from services.activities.domain.joint import joint_remarks
from services.activities.domain.joint_agreement import JointAgreementState
from services.activities.imports.agreements import number_key
from services.activities.imports.drafts import read_joint_modes, remark_odd_date
from services.activities.imports.parties import (
    Parties,
    WrittenParty,
    house_and_branch,
    level_of_name,
    written_parties,
)
from services.activities.imports.units import RowUnit
from shared.contracts.activities import ActivityFacts
from shared.contracts.ids import normalised, party_committee_id
from shared.contracts.joint import JointPart, Participation, Party
from shared.ledgers.cells import Unreadable
from shared.ledgers.dates import written_date
from shared.ledgers.recognise import Row
from shared.ledgers.row_reading import Findings, RowReading, shortened
from shared.ledgers.words import compact, simplified

_MOST_PARTIES: Final = 100
_MOST_PROBLEMS: Final = 50
_NUMBERED: Final = re.compile(
    r"(?:^|(?<=[\s;；。,，、\n]))[(（]?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[)）.．、:：]\s*"
)
_DONE: Final = "(?:解决|办结|完成|化解|落实|完毕)"
_STILL_OPEN: Final = re.compile("正在|推进中|持续|逐步|部分|尚未|未解决|未办结|未能|未完成|没有解决|待|还没")
_PLANNED: Final = re.compile("拟|计划|将")
_SURELY_DONE: Final = re.compile(f"(?:已|均|全部|得到|圆满).{{0,6}}{_DONE}")
_MAYBE_DONE: Final = re.compile(_DONE)
_DATE_IN: Final = re.compile(r"\d{4}[年.\-/]\d{1,2}(?:月(?:\d{1,2}日?)?|[.\-/]\d{1,2})?")
_LONG_YEAR: Final = re.compile(r"(?:19|20|21)\d{2}")


@dataclass(frozen=True)
class WrittenProblem:
    """A problem of 问题清单 with what 解决情况 says of it."""

    subject: str
    note: str | None
    solved: bool
    solved_on: str | None


@dataclass(frozen=True)
class JointDraft:
    """`key` is the number by which the activity is found again; `unit` the unit of this court that records it."""

    reading: RowReading
    unit: RowUnit
    key: str
    facts: ActivityFacts
    minutes: Minutes
    problems: tuple[WrittenProblem, ...]


@dataclass(frozen=True)
class Agreements:
    """The agreements that stand, by their number as it is compared; `aliases` of merged partners."""

    ids: Mapping[str, str]
    states: Mapping[str, JointAgreementState]
    aliases: Mapping[str, str]


def read_joint_activity(
    findings: Findings, parties: Parties, agreements: Agreements, row: Row, today: str
) -> JointDraft | None:
    """The row, or None with its errors in `findings`."""
    before, reading = len(findings.errors), RowReading(findings, row)
    year, number = findings.ledger.year, reading.text("number")
    if number is None:
        reading.error("number", "number_missing", "没有写活动编号", "每项活动的编号，如 LJ2024-001")
    date, title, place = reading.date("date", year), reading.text("title"), reading.text("place")
    modes, agreement_id = read_joint_modes(reading), _agreement(reading, agreements)
    joint = _joint(reading, parties, agreement_id)
    problems = _problems(reading)
    minutes = _minutes(reading)
    if len(findings.errors) > before or number is None or joint is None:
        return None
    if date is None:
        reading.remark("date", "date_missing", f"没有写日期，只计入 {year} 年")
    remark_odd_date(reading, date or str(year), year, today)
    if title is None:
        reading.remark("title", "title_missing", "没有写名称，用「联建活动」代替")
    unit = _recording(parties, joint)
    facts = ActivityFacts(
        unit_kind=unit.unit_kind,
        unit_id=unit.unit_id,
        branch_id=unit.branch_id,
        kind="joint_activity",
        title=title or "联建活动",
        date=date or str(year),
        place=place,
        joint_modes=modes,
        number=normalised(number),
        joint=joint,
    )
    _remark_agreement(reading, facts, agreements)
    key = facts.number or ""
    # 1, 2, 3 begin anew every year; a number that names its year does not.
    return JointDraft(
        reading, unit, key if _LONG_YEAR.search(key) else f"{year} {key}", facts, minutes, tuple(problems)
    )


def _agreement(reading: RowReading, agreements: Agreements) -> str | None:
    words = reading.text("agreement")
    if words is None:
        reading.remark("agreement", "agreement_missing", "没有写协议编号，按没有协议的联建活动导入")
        return None
    found = agreements.ids.get(number_key(words))
    if found is None:
        reading.remark("agreement", "agreement_unknown", "没有这份协议，按没有协议的联建活动导入，原文记入备注")
        reading.keep("agreement", words)
    return found


def _joint(reading: RowReading, parties: Parties, agreement_id: str | None) -> JointPart | None:
    lead_words = reading.row.text("lead")
    written = written_parties(reading.row.cells["participants"].text) if reading.row.text("participants") else []
    if lead_words is None:
        reading.error("lead", "lead_missing", "没有写牵头支部", "牵头的党支部，如 第一党支部")
    if not written:
        expected = "各参加单位和人数，如 第一党支部（7人）、某县人民法院第一党支部（9人）"
        reading.error("participants", "participants_missing", "没有写参加单位", expected)
    if lead_words is None or not written:
        return None
    lead = _party(reading, parties, lead_words, "lead")
    taking = [_participation(reading, parties, one) for one in written]
    if all(one.party != lead for one in taking):
        reading.remark("lead", "lead_not_listed", "牵头支部不在参加单位中，按参加导入，人数不详")
        taking.insert(0, Participation(party=lead))
    if not _possible(reading, [one.party for one in taking]):
        return None
    return JointPart(lead=lead, agreement_id=agreement_id, participations=tuple(taking))


def _possible(reading: RowReading, every: Sequence[Party]) -> bool:
    if len(set(every)) < len(every):
        code, problem, expected = "party_named_twice", "同一单位写了两次", "每个单位只写一次"
    elif len(every) < 2:
        code, problem, expected = "one_party_alone", "只写了一个单位", "联建活动至少有两个不同的支部或单位"
    elif len(every) > _MOST_PARTIES:
        code, problem, expected = "too_many_parties", f"写了 {len(every)} 个单位", f"不超过 {_MOST_PARTIES} 个"
    elif all(party.party_kind == "partner" for party in every):
        code, problem, expected = "no_own_unit", "没有本院的支部参加", "至少有一个本院的党支部或机关党委"
    else:
        return True
    reading.error("participants", code, problem, expected)
    return False


def _participation(reading: RowReading, parties: Parties, one: WrittenParty) -> Participation:
    if one.odd_seats is not None:
        reading.remark("participants", "seats_unreadable", f"「{one.odd_seats}」不是人数，人数按不详导入，原文记入备注")
        reading.keep("participants", one.words + f"（{one.odd_seats}）")
    return Participation(party=_party(reading, parties, one.words, "participants"), seats=one.seats)


def _party(reading: RowReading, parties: Parties, words: str, column: str) -> Party:
    unit = parties.own_unit(words)
    if unit is not None:
        return Party(party_kind="own_unit", party_id=unit.unit_id)
    if (known := parties.partner(words)) is not None:
        return known.party
    house, branch = house_and_branch(words)
    if parties.is_own(house) or _looks_own(house):
        expected = "、".join([*list(parties.units.branch_names())[:12], "机关党委"])
        reading.error(column, "unknown_branch", f"本院没有 {words}", f"本院的党支部：{expected}；外院写明单位名称")
    level = level_of_name(house)
    said = "级别不详，按院外单位登记" if level is None else "按名称登记"
    reading.remark(column, "partner_registered", f"联建协议中没有 {words}，{said}")
    return parties.register(shortened(house), branch, level or "outside", reading.row.number).party


def _looks_own(house: str) -> bool:
    """第十二党支部 without a house before it is meant as one of this court."""
    return re.fullmatch(r"第[一二三四五六七八九十百\d]+(?:党|党总)?支部", simplified(house)) is not None


def _recording(parties: Parties, joint: JointPart) -> RowUnit:
    """The lead where it is ours, else the first of our units that took part."""
    every = [joint.lead, *(one.party for one in joint.participations)]
    own = next(party for party in every if party.party_kind == "own_unit")
    committee = str(party_committee_id(parties.site))
    if own.party_id == committee:
        return RowUnit("party_committee", committee, None, "机关党委")
    return RowUnit("branch", own.party_id, own.party_id, own.party_id)


def _remark_agreement(reading: RowReading, facts: ActivityFacts, agreements: Agreements) -> None:
    assert facts.joint is not None
    agreement = agreements.states.get(facts.joint.agreement_id or "")
    said = {
        "before_signing": ("date", "活动在协议签订之前"),
        "after_ending": ("date", "活动在协议终止之后"),
        "party_outside_agreement": ("participants", "有参加单位不在协议各方之中"),
    }
    for code in joint_remarks(facts, agreement, agreements.aliases):
        column, sentence = said[code]
        number = agreement.facts.number if agreement and agreement.facts else None
        reading.remark(column, code, f"{facts.number}：{sentence}（{number}）")


def _problems(reading: RowReading) -> list[WrittenProblem]:
    subjects = _items(reading.lines("problems"))
    solving = reading.lines("solving")
    if not subjects:
        if solving is not None:
            reading.keep("solving", solving)
        return []
    if len(subjects) > _MOST_PROBLEMS:
        reading.remark("problems", "text_shortened", "问题过多，合并后导入")
        subjects = [*subjects[: _MOST_PROBLEMS - 1], "；".join(subjects[_MOST_PROBLEMS - 1 :])]
    said = _items(solving) if len(subjects) > 1 else [solving or ""]
    if len(said) != len(subjects):
        said = [solving or ""] * len(subjects)
    return [_problem(reading, subject, words or None) for subject, words in zip_longest(subjects, said)]


def _items(text: str | None) -> list[str]:
    """`1.…2.…`, or parts between ； or lines."""
    if text is None:
        return []
    numbered = [part.strip(" ;；。\n") for part in _NUMBERED.split(text)]
    numbered = [part for part in numbered if part]
    parts = numbered if len(numbered) > 1 else re.split(r"[;；\n]+", "".join(numbered))
    return [part for part in (one.strip(" 。") for one in parts) if part]


def _problem(reading: RowReading, subject: str, words: str | None) -> WrittenProblem:
    if len(subject) > len(shortened(subject)) or shortened(subject) != subject:
        reading.remark("problems", "text_shortened", "问题过长，缩短后导入，全文记入备注")
        reading.keep("problems", subject)
    plain = compact(words or "")
    solved = _is_solved(plain)
    return WrittenProblem(shortened(subject), words, solved, _date_in(plain) if solved else None)


def _is_solved(words: str) -> bool:
    if _STILL_OPEN.search(words):
        return False
    return bool(_SURELY_DONE.search(words) or (_MAYBE_DONE.search(words) and not _PLANNED.search(words)))


def _date_in(words: str) -> str | None:
    match = _DATE_IN.search(words)
    try:
        return written_date(match.group()) if match else None
    except Unreadable:
        return None


def _minutes(reading: RowReading) -> Minutes:
    return Minutes(
        agenda=reading.lines("agenda"),
        outcome=reading.lines("outcome"),
        remark=reading.with_unplaced("note", reading.lines("note")),
    )
