"""Names of people and lists of absences, as the columns of a ledger write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from shared.ledgers.numbers import says_nothing
from shared.ledgers.words import chinese_number, compact, normal


@dataclass(frozen=True)
class WrittenName:
    """A person as written: `张红` or `张红（刑一庭）`."""

    name: str
    department: str | None = None

    @property
    def words(self) -> str:
        return f"{self.name}（{self.department}）" if self.department else self.name


@dataclass(frozen=True)
class NamedAbsence:
    """One person who was absent; `shared_reason` where the reason is that of the name beside it."""

    person: WrittenName
    reason: str | None
    shared_reason: bool = False


@dataclass(frozen=True)
class CountedAbsence:
    """A number of people who were absent for one reason: `开庭2人`."""

    count: int
    reason: str | None


Absence = NamedAbsence | CountedAbsence

_OPEN: Final = "(（[【〔"
_CLOSE: Final = ")）]】〕"
_ITEM_ENDS: Final = ";；\n\r"
_NAME_ENDS: Final = ",，、/\\ \t\u3000"
_REASONS: Final = frozenset(
    [
        "开庭",
        "出差",
        "请假",
        "病假",
        "事假",
        "休假",
        "年假",
        "年休假",
        "产假",
        "婚假",
        "丧假",
        "探亲",
        "陪产假",
        "护理假",
        "值班",
        "培训",
        "学习",
        "会议",
        "开会",
        "参会",
        "外出",
        "公务",
        "公务外出",
        "执行",
        "执行任务",
        "借调",
        "挂职",
        "驻村",
        "住院",
        "生病",
        "因病",
        "因事",
        "因公",
        "在外",
        "加班",
        "接访",
        "调研",
        "送达",
        "保全",
        "勘验",
        "提讯",
        "看病",
        "身体不适",
        "外出学习",
        "外地办案",
    ]
)
_NUMBER: Final = r"(\d{1,4}|[一二两三四五六七八九十]{1,5})"
_COUNT_LAST: Final = re.compile(rf"^(.*?)[:：]?\s*{_NUMBER}\s*(?:人|名|位)$")
_COUNT_FIRST: Final = re.compile(rf"^{_NUMBER}\s*(?:人|名|位)\s*(.*)$")
_ABSENT: Final = "(?:未参加|未到会|未到|缺席|请假|未能参加|不在)?(?:会议|活动)?"
_SENTENCE: Final = re.compile(
    r"^(?P<name>[\u4e00-\u9fff·]{2,15}?)(?:[(（](?P<department>[^()（）]+)[)）])?"
    rf"(?:等?(?P<number>{_NUMBER[1:-1]})(?:人|名|位))?(?:同志|党员)*(?:均|都|皆)?"
    rf"(?P<reason>因.+?|(?:{'|'.join(sorted(_REASONS))}){_ABSENT})[。.]?$"
)
"""王五出差, 钱七三人因开庭未参加: a name, how many it closes the list of, and the reason."""
_DEED: Final = re.compile("^(?:参加|在|去|到|赴|外出|出差|办理|执行|陪同|请|休)")
_NOBODY: Final = frozenset({"无缺席", "无人缺席", "全勤", "全员到会", "全部到会", "全员参加", "全部参加", "均到会"})
_BRACKETS: Final = re.compile(r"[(（\[【〔]([^()（）\[\]【】〔〕]*)[)）\]】〕]")
_NAME_REASON: Final = re.compile(r"^([^\s:：\-—－(（]{2,20}(?:[(（][^)）]*[)）])?)\s*[:：\-—－]+\s*(.+)$")
_PADDED: Final = re.compile(r"(?<![\u4e00-\u9fff])([\u4e00-\u9fff]) ([\u4e00-\u9fff])(?![\u4e00-\u9fff])")
_MAX_NAME: Final = 50


def written_name(text: str) -> WrittenName | None:
    """The person of a 主持人 or 记录人 cell; of several names the first; None where nothing is said."""
    parts = _split(normal_lines(text), _ITEM_ENDS + _NAME_ENDS)
    return _name(parts[0]) if parts and not says_nothing(text) else None


def written_names(text: str) -> list[WrittenName]:
    """Every person of a cell."""
    return [] if says_nothing(text) else [_name(part) for part in _split(normal_lines(text), _ITEM_ENDS + _NAME_ENDS)]


def absences(text: str) -> list[Absence]:
    """The entries of 缺席人员及原因 or 缺席原因, in the order written.

    `曹丹丹（开庭）；蒋欢（出差）`, `张红（刑一庭）（开庭）`, `张红（刑一庭，开庭）`,
    `张三：出差`, `王五出差`, `王五、赵六因开庭未参加`, `开庭2人`, `2人出差`, `开庭`.
    `张三、李四（出差）` gives both the reason of the last; a name alone between semicolons has none.
    """
    if says_nothing(text) or compact(text).rstrip("。.") in _NOBODY:
        return []
    found: list[Absence] = []
    for item in _split(normal_lines(text), _ITEM_ENDS):
        if not (parts := _split(item, _NAME_ENDS)):
            continue
        entries = _share_reason([_absence(part) for part in parts])
        found += [*entries, *_unnamed(parts[-1], entries)]
    return found


def reasons_given(entries: list[Absence]) -> int:
    """For how many absences a reason stands there."""
    return sum(
        (entry.count if isinstance(entry, CountedAbsence) else 1) for entry in entries if entry.reason is not None
    )


def split_outside_brackets(text: str) -> list[str]:
    """The parts of a list, parted by 、 ， ； or lines; a blank parts nothing."""
    return _split(normal_lines(text), _ITEM_ENDS + ",，、")


def normal_lines(text: str) -> str:
    """Normal form of each line. A line break parts entries, the blank inside a short name (张　红) does not."""
    lines = (_PADDED.sub(r"\1\2", normal(line)) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _split(text: str, ends: str) -> list[str]:
    parts: list[str] = []
    depth, start = 0, 0
    for position, character in enumerate(text):
        if character in _OPEN:
            depth += 1
        elif character in _CLOSE:
            depth = max(depth - 1, 0)
        elif depth == 0 and character in ends:
            parts.append(text[start:position])
            start = position + 1
    parts.append(text[start:])
    return _join_brackets([part.strip() for part in parts])


def _join_brackets(parts: list[str]) -> list[str]:
    """A blank before a bracket parts nothing: `张红 （开庭）`."""
    joined: list[str] = []
    for part in parts:
        if joined and part and part[0] in _OPEN:
            joined[-1] += part
        elif part:
            joined.append(part)
    return joined


def _name(part: str) -> WrittenName:
    notes = [note.strip() for note in _BRACKETS.findall(part) if note.strip()]
    name = _BRACKETS.sub("", part).strip()
    return WrittenName((name or part)[:_MAX_NAME], notes[0][:_MAX_NAME] if notes and name else None)


def _unnamed(last: str, entries: list[Absence]) -> list[Absence]:
    """Whom 等4人 counts beyond the names before it."""
    match = _SENTENCE.match(last)
    if match is None or match.group("number") is None or not isinstance(entries[-1], NamedAbsence):
        return []
    more = (chinese_number(match.group("number")) or 0) - len(entries)
    return [CountedAbsence(more, entries[-1].reason)] if more > 0 else []


def _absence(part: str) -> Absence:
    notes = [note.strip() for note in _BRACKETS.findall(part) if note.strip()]
    bare = _BRACKETS.sub("", part).strip()
    if not bare:
        return CountedAbsence(1, "，".join(notes) or None)
    if counted := _counted(bare, notes):
        return counted
    if match := _NAME_REASON.match(part):
        return NamedAbsence(_name(match.group(1)), match.group(2))
    if match := _SENTENCE.match(part):
        department = match.group("department")
        return NamedAbsence(WrittenName(match.group("name"), department and department.strip()), match.group("reason"))
    if len(notes) == 1:
        department, comma, reason = (piece.strip() for piece in re.sub(r"[,，、;；]", ",", notes[0]).partition(","))
        if comma and department and reason:
            return NamedAbsence(WrittenName(bare[:_MAX_NAME], department), reason)
        return NamedAbsence(WrittenName(bare[:_MAX_NAME]), notes[0])
    if len(notes) > 1:
        return NamedAbsence(WrittenName(bare[:_MAX_NAME], notes[0]), "，".join(notes[1:]))
    return NamedAbsence(WrittenName(bare[:_MAX_NAME]), None)


def _counted(bare: str, notes: list[str]) -> CountedAbsence | None:
    if bare in _REASONS or (not notes and (bare.startswith("因") or _DEED.match(bare))):
        number = _COUNT_LAST.match("：".join(["", *notes])) if notes else None
        return CountedAbsence(chinese_number(number.group(2)) or 1 if number else 1, bare)
    for form, reason_at, count_at in ((_COUNT_LAST, 1, 2), (_COUNT_FIRST, 2, 1)):
        if match := form.match(bare):
            reason = match.group(reason_at).strip() or (notes[0] if notes else None)
            return CountedAbsence(chinese_number(match.group(count_at)) or 0, reason)
    return None


def _share_reason(entries: list[Absence]) -> list[Absence]:
    shared: list[Absence] = []
    reason: str | None = None
    for entry in reversed(entries):
        if isinstance(entry, NamedAbsence) and entry.reason is None and reason is not None:
            entry = NamedAbsence(entry.person, reason, shared_reason=True)
        elif isinstance(entry, NamedAbsence):
            reason = entry.reason
        shared.append(entry)
    return shared[::-1]
