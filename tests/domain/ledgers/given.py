"""Sheets as the reader gives them, written down in a test."""

from __future__ import annotations

from uuid import UUID

from services.activities.imports.units import LedgerUnits
from services.activities.replica import Unit, Units
from shared.ledgers.cells import Cell, CellKind, Sheet
from shared.ledgers.recognise import Ledger, recognise

SITE = "court1"
FIRST_BRANCH = "11111111-1111-4111-8111-111111111111"
NINTH_BRANCH = "99999999-9999-4999-8999-999999999999"
FIRST_GROUP = "aaaaaaaa-1111-4111-8111-111111111111"
SECOND_GROUP = "aaaaaaaa-2222-4222-8222-222222222222"

ROSTER = (
    "序号",
    "姓名",
    "出生年月",
    "公民身份号码",
    "党内职务",
    "党员类型",
    "入党时间",
    "转正时间",
    "所在支部",
    "所在党小组",
    "部门及职务",
    "备注",
    "籍贯",
)
MEETINGS = (
    *("序号", "支部名称", "会议类型", "会议名称", "日期", "开始时间", "结束时间", "主持人", "记录人", "应到", "实到"),
    *("缺席人员及原因", "备注", "党小组", "地点", "列席人员", "议题", "附件"),
)
THEME_DAYS = (
    *(
        "年月",
        "支部名称",
        "主题",
        "日期",
        "形式",
        "主持人",
        "应到人数",
        "参加人数",
        "缺席原因",
        "联合开展单位",
        "四联类型",
    ),
)

Written = str | int | None | tuple[CellKind, str]


def cell(row: int, column: int, value: Written) -> Cell | None:
    if value is None:
        return None
    if isinstance(value, tuple):
        return Cell(row, column, *value)
    return Cell(row, column, "number" if isinstance(value, int) else "text", str(value))


def sheet_of(*rows: tuple[Written, ...], name: str = "台账") -> Sheet:
    """A sheet whose first row is row 1."""
    filled: dict[int, dict[int, Cell]] = {}
    for number, values in enumerate(rows, 1):
        cells = {column: one for column, value in enumerate(values, 1) if (one := cell(number, column, value))}
        if cells:
            filled[number] = cells
    return Sheet(name, filled)


def ledger_of(title: str, headings: tuple[str, ...], *rows: tuple[Written, ...]) -> Ledger:
    """A ledger with its first record in row 4."""
    return recognise([sheet_of((title,), ("填报单位：机关党委",), headings, *rows)])


def known_units() -> LedgerUnits:
    """第一党支部 with two groups; 第九党支部 with two of one name; 第十党支部 twice; 離退休黨支部."""
    branches = [(FIRST_BRANCH, "第一党支部", 1), (NINTH_BRANCH, "第九党支部", 9)]
    branches += [(str(UUID(int=10)), "第十党支部", 10), (str(UUID(int=11)), "第十党支部", 10)]
    branches += [(str(UUID(int=12)), "離退休黨支部", 12)]
    groups = [(FIRST_GROUP, "第一党支部第一党小组", 1), (SECOND_GROUP, "第一党支部第二党小组", 2)]
    since = "2024-01-01"
    return LedgerUnits(
        SITE,
        Units(
            [Unit(i, "branch", i, name, "in_service", order, since, None, None, None) for i, name, order in branches]
            + [Unit(i, "party_group", FIRST_BRANCH, n, None, order, since, None, None, None) for i, n, order in groups]
            + [
                Unit(str(UUID(int=n)), "party_group", NINTH_BRANCH, "第一党小组", None, 1, since, None, None, None)
                for n in (91, 92)
            ]
        ),
    )
