"""党员名册 of the invented court."""

from __future__ import annotations

from datetime import date
from typing import Final

from deploy.demo.court import Court, Member
from deploy.demo.workbook import Cell, Table
from deploy.demo.written import birth, day

_HEADINGS: Final = (
    *("序号", "姓名", "性别", "民族", "出生年月", "公民身份号码", "学历", "参加工作时间", "部门及职务", "党内职务"),
    *("党员类型", "入党时间", "转正时间", "所在支部", "所在党小组", "联系电话", "党籍状态", "月党费基数", "备注"),
)
_DUES_BASES: Final = (2980, 3000, 4200, 5000, 6850.5, 8500, 10000)
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def roster_rows(court: Court) -> Table:
    """Secretaries first, as offices list them, then branch by branch."""
    members = [member for branch in court.branches for member in branch.members]
    members.sort(key=lambda member: member.post != "书记")
    rows = [_row(place, member) for place, member in enumerate(members, 1)]
    half = len(rows) // 2
    return Table(_HEADINGS, [*rows[:half], [], *rows[half:], [], ["合计", len(rows)]])


def _row(place: int, member: Member) -> list[Cell]:
    confirmed = date(member.joined.year + 1, member.joined.month, min(member.joined.day, 28))
    return [
        *(place, member.name, member.sex, member.people, birth(member.born, member.number), _id_number(member)),
        *(member.education, f"{member.born.year + 23}.07", member.office, member.post),
        *("预备党员" if member.probationary else "正式党员", day(member.joined, member.number)),
        None if member.probationary else day(confirmed, member.number + 2),
        *(member.branch, member.group, f"1000{member.number:07d}", "正常", _DUES_BASES[member.number % 7], None),
    ]


def _id_number(member: Member) -> str:
    """No region of the country has the code 9999; the check digit is right, so that masks and checks can be tried."""
    digits = f"999907{member.born:%Y%m%d}{member.number:03d}"
    remainder = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 11
    return digits + "10X98765432"[remainder]
