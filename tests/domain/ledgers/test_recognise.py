"""One ledger out of the sheets of a workbook."""

import pytest

from shared.ledgers.cells import Refused, Sheet
from shared.ledgers.recognise import recognise, year_in
from tests.domain.ledgers.given import MEETINGS, ROSTER, THEME_DAYS, Written, ledger_of, sheet_of

MEETING: tuple[Written, ...] = (1, "第一党支部", "支委会", "第1次支委会", "2024-01-05")


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [error.code for error in refused.value.errors]


@pytest.mark.parametrize(
    ("headings", "kind"),
    [(ROSTER, "member_roster"), (MEETINGS, "meeting_records"), (THEME_DAYS, "theme_days")],
)
def test_the_headings_say_which_ledger_it_is(headings: tuple[str, ...], kind: str) -> None:
    assert ledger_of("某院台账（2024年）", headings).kind == kind


def test_the_header_is_found_below_blank_rows_and_in_traditional_characters() -> None:
    headings = ("序號", "支部名稱", "會議類型", "會議名稱", "日期", "應到", "實到")
    ledger = recognise(
        [sheet_of((), ("某院三會一課記錄（２０２４年）",), (), ("填報單位：機關黨委",), (), headings, (), MEETING)]
    )
    assert (ledger.kind, ledger.year, ledger.reporting_unit) == ("meeting_records", 2024, "機關黨委")
    assert [(row.number, row.text("kind")) for row in ledger.rows] == [(8, "支委会")]


def test_columns_are_known_by_other_words_and_in_any_order() -> None:
    ledger = ledger_of(
        "2024年", ("会议时间", "名称", "类型", "党支部"), ("2024-01-05", "第1次支委会", "支委会", "第一党支部")
    )
    assert {name: cell.text for name, cell in ledger.rows[0].cells.items()} == {
        "date": "2024-01-05",
        "title": "第1次支委会",
        "kind": "支委会",
        "branch": "第一党支部",
    }


def test_missing_columns_are_named() -> None:
    with pytest.raises(Refused) as refused:
        ledger_of("2024年", ("序号", "支部名称", "会议名称", "开始时间", "主持人"))
    assert codes(refused) == ["header_unreadable"]
    assert "会议类型" in refused.value.errors[0].problem
    assert "日期" in refused.value.errors[0].problem
    assert "支部名称" not in refused.value.errors[0].problem


def test_a_heading_written_twice_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        ledger_of("2024年", (*MEETINGS, "会议日期"))
    assert codes(refused) == ["header_repeated"]


def test_a_sheet_without_known_headings_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        recognise([sheet_of(("购物清单",), ("品名", "数量"), ("纸", 3))])
    assert codes(refused) == ["header_unreadable"]


@pytest.mark.parametrize(
    ("title", "headings", "kind"),
    [
        ("联建协议（2024年）", ("协议编号", "甲方支部", "乙方支部", "乙方单位", "签订日期"), "joint_agreements"),
        ("聯建協議（二〇二四年）", ("協議編號", "甲方支部", "乙方單位", "簽訂日期", "狀態"), "joint_agreements"),
        ("联建活动（2024年）", ("活动编号", "名称", "日期", "牵头支部", "参加单位及人数"), "joint_activities"),
        ("聯建活動（2024年）", ("活動編號", "名稱", "日期", "牽頭支部", "參加單位及人數"), "joint_activities"),
        ("品牌台账（2024年）", ("品牌名称", "支部", "总品牌", "申报日期"), "brands"),
        ("品牌臺賬（2024年）", ("品牌名稱", "黨支部", "總品牌", "內涵", "申報日期", "選樹日期"), "brands"),
    ],
)
def test_joint_construction_and_brands_are_known_by_their_headings(
    title: str, headings: tuple[str, ...], kind: str
) -> None:
    assert ledger_of(title, headings).kind == kind


def test_two_ledgers_in_one_workbook_are_refused() -> None:
    sheets = [sheet_of(("2024年",), MEETINGS, MEETING, name=name) for name in ("甲", "乙")]
    with pytest.raises(Refused) as refused:
        recognise(sheets)
    assert codes(refused) == ["several_ledgers"]


def test_a_sheet_beside_the_ledger_is_left_out_with_a_remark() -> None:
    ledger = recognise([sheet_of(("2024年",), MEETINGS, MEETING), sheet_of(("说明",), name="说明"), Sheet("空")])
    assert [(remark.sheet, remark.code) for remark in ledger.remarks] == [("说明", "sheet_ignored")]


def test_a_title_without_a_year_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        ledger_of("三会一课记录", MEETINGS, MEETING)
    assert codes(refused) == ["no_year"]


@pytest.mark.parametrize(
    ("title", "year"),
    [
        ("记录（2024年）", 2024),
        ("２０２４年度", 2024),
        ("二〇二四年", 2024),
        ("2024", 2024),
        ("记录", None),
        ("第20245号", None),
    ],
)
def test_the_year_is_read_from_the_title(title: str, year: int | None) -> None:
    assert year_in(title) == year


def test_every_formula_is_named_by_its_cell() -> None:
    rows: tuple[Written, ...] = (1, "第一党支部", "支委会", ("formula", "=A1"), "2024-01-05")
    with pytest.raises(Refused) as refused:
        ledger_of("2024年", MEETINGS, rows, MEETING, ("合计", ("formula", "=COUNTA(B4:B5)")))
    assert [(e.code, e.row, e.column, e.value) for e in refused.value.errors] == [
        ("formula", 4, "D4", "=A1"),
        ("formula", 6, "B6", "=COUNTA(B4:B5)"),
    ]


def test_blank_rows_numbers_alone_repeated_headers_and_totals_are_no_records() -> None:
    ledger = ledger_of("2024年", MEETINGS, MEETING, (), (2,), MEETINGS, MEETING, ("合 计", 2), ("填表人：某某",))
    assert [row.number for row in ledger.rows] == [4, 8]
    assert [remark.code for remark in ledger.remarks] == ["footnote_ignored"]


def test_a_total_that_disagrees_is_a_remark() -> None:
    ledger = ledger_of("2024年", MEETINGS, MEETING, ("合计", 7))
    assert [(r.code, r.row, r.sentence) for r in ledger.remarks] == [
        ("total_disagrees", 5, "合计写的是 7，逐行相加是 1")
    ]


def test_a_total_of_a_column_of_numbers_is_their_sum() -> None:
    headings = ("支部名称", "会议类型", "会议名称", "日期", "应到", "实到")
    rows: list[tuple[Written, ...]] = [("第一党支部", "支委会", f"第{n}次", "2024-01-05", 5, n) for n in (4, 5)]
    right = ledger_of("2024年", headings, *rows, ("合计", None, None, 2, 10, 9))
    wrong = ledger_of("2024年", headings, *rows, ("合计", None, None, 2, 10, 8))
    assert [r.code for r in right.remarks] == []
    assert [(r.code, r.column) for r in wrong.remarks] == [("total_disagrees", "实到")]


def test_a_column_that_nobody_knows_is_a_remark() -> None:
    ledger = ledger_of("2024年", ("天气", *MEETINGS), ("晴", *MEETING))
    assert [(remark.code, remark.column) for remark in ledger.remarks] == [("column_ignored", "A")]
    assert "天气" in ledger.remarks[0].sentence


@pytest.mark.parametrize("heading", ["籍贯", "学位", "转入时间/方式", "原支部", "是否流动"])
def test_a_known_column_that_no_field_takes_is_a_remark_if_anything_stands_in_it(heading: str) -> None:
    headings = ("姓名", "党员类型", "所在支部", heading)
    filled = ledger_of("2024年", headings, ("张红", "正式党员", "第一党支部", "某处"), ("李青", None, None, "某处"))
    empty = ledger_of("2024年", headings, ("张红", "正式党员", "第一党支部", "无"))
    assert [(remark.code, remark.column) for remark in filled.remarks] == [("column_ignored", heading)]
    assert empty.remarks == ()


@pytest.mark.parametrize("heading", ["联系电话", "月党费基数", "公民身份号码", "党龄", "序号"])
def test_what_is_left_out_on_purpose_needs_no_remark(heading: str) -> None:
    headings = ("姓名", "党员类型", "所在支部", heading)
    assert ledger_of("2024年", headings, ("张红", "正式党员", "第一党支部", "123")).remarks == ()
