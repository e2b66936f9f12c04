"""Rows of 党员名册, and the branches and groups they name."""

from typing import Any

import pytest

from services.members.imports.persons import Keys, keys_of
from services.members.imports.rows import RosterRow, read_row
from services.members.imports.units import RosterUnits, branches_of, official_orders, unit_acts
from shared.contracts.ids import natural_id
from shared.ledgers.row_reading import Findings, masked
from shared.meta import Source
from tests.domain.ledgers.given import ROSTER, SITE, Written, ledger_of

PLAIN: dict[str, Written] = {
    "序号": 1,
    "姓名": "张红",
    "出生年月": "1972年6月",
    "公民身份号码": "999907197206150016",
    "党员类型": "正式党员",
    "入党时间": "2001.06.26",
    "转正时间": ("day", "2002-06-26"),
    "所在支部": "第一党支部",
    "所在党小组": "第一党支部第一党小组",
}


def read(*changes: dict[str, Any]) -> tuple[list[RosterRow], Findings]:
    rows = [tuple((PLAIN | change).get(heading) for heading in ROSTER) for change in changes or ({},)]
    ledger = ledger_of("党员名册（2024年）", ROSTER, *rows)
    findings = Findings(ledger)
    read_rows = [read_row(findings, row) for row in ledger.rows]
    return [row for row in read_rows if row is not None], findings


def test_a_plain_row_is_a_member_of_a_branch_and_a_group() -> None:
    (row,), findings = read()
    assert findings.errors == []
    assert row.details.model_dump(exclude_none=True, exclude={"person_id"}) == {
        "name": "张红",
        "birth": "1972-06",
        "joined_on": "2001-06-26",
        "confirmed_on": "2002-06-26",
    }
    assert (row.branch, row.group, row.member_kind) == ("第一党支部", "第一党支部第一党小组", "full_member")


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        ({"所在支部": None}, "unknown_branch", "所在支部"),
        ({"党员类型": "积极分子"}, "unknown_kind", "党员类型"),
        ({"出生年月": "1972年13月"}, "impossible_date", "出生年月"),
        ({"入党时间": "2001-02-30"}, "impossible_date", "入党时间"),
        ({"姓名": None}, "name_missing", "姓名"),
    ],
)
def test_a_row_is_refused_by_its_column(change: dict[str, Any], code: str, column: str) -> None:
    rows, findings = read(change, {})
    assert len(rows) == 1
    assert [(error.row, error.code, error.column) for error in findings.errors] == [(4, code, column)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"党员类型": None}, "member_kind_assumed"),
        ({"公民身份号码": "999907197206150013"}, "id_number_odd"),
        ({"公民身份号码": ("number", "999907197206150000")}, "id_number_damaged"),
        ({"公民身份号码": None}, "id_number_missing"),
        ({"党内职务": "治保委员"}, "post_unknown"),
        ({"入党时间": "1970-01-01"}, "dates_out_of_order"),
        ({"党员类型": "预备党员"}, "probationary_but_confirmed"),
        ({"转正时间": None}, "full_without_confirmation"),
        ({"入党时间": "不记得"}, "date_unreadable"),
        ({"党员类型": "预备党员", "转正时间": "未转正"}, "date_unreadable"),
        ({"出生年月": ("number", "1985.1")}, "month_uncertain"),
        ({"备注": "字" * 300, "部门及职务": "庭" * 300}, "text_shortened"),
    ],
)
def test_what_is_only_odd_is_imported_with_a_remark(change: dict[str, Any], code: str) -> None:
    (row,), findings = read(change)
    assert findings.errors == []
    assert [remark.code for remark in findings.remarks] == [code]
    assert row.details.name == "张红"


def test_no_error_or_remark_tells_an_id_number() -> None:
    _, findings = read({"公民身份号码": "999907197206150013", "入党时间": "2001-02-30"})
    assert "0615" not in repr(findings.errors) + repr(findings.remarks)
    assert masked("id_number", "999907197206150013") == "999907********0013"
    assert masked("phone", "10000000000") == "100****0000"
    assert masked("id_number", "12345") == "*****"


@pytest.mark.parametrize(
    ("posts", "committee"),
    [
        (["书记"], False),
        (["书记", "副书记"], False),
        (["书记", "党小组组长"], False),
        (["书记", "宣传委员"], True),
        (["书记", "副书记、纪检委员"], True),
        (["书记", "治保委员"], True),
        (["机关党委委员"], False),
    ],
)
def test_a_branch_has_a_committee_when_a_post_beside_secretary_and_deputy_is_named(
    posts: list[str], committee: bool
) -> None:
    rows, _ = read(*({"党内职务": post} for post in posts))
    (branch,) = branches_of(rows)
    assert (branch.committee_row is not None) is committee


def test_branches_stand_in_the_order_of_their_ordinals() -> None:
    names = ["第十党支部", "第二党支部", "第一党支部"]
    assert official_orders(names) == {"第十党支部": 10, "第二党支部": 2, "第一党支部": 1}
    assert official_orders(["刑庭党支部", "第二党支部"]) == {"刑庭党支部": 1, "第二党支部": 2}
    assert official_orders(["第三党支部第二党小组", "第三党支部第一党小组"]) == {
        "第三党支部第二党小组": 2,
        "第三党支部第一党小组": 1,
    }


def test_branches_and_groups_begin_with_the_year_of_the_title() -> None:
    rows, _ = read({}, {"所在党小组": None, "党内职务": "组织委员"}, {"所在支部": "離退休黨支部", "所在党小组": None})
    acts = unit_acts(RosterUnits(SITE, branches_of(rows), {}), 2024, Source(kind="import", run="r", sheet="s"))
    told = [(type(act.command).__name__, act.source and act.source.row) for act in acts]
    assert told == [
        ("EstablishBranch", 4),
        ("FormBranchCommittee", 5),
        ("FormPartyGroup", 4),
        ("EstablishBranch", 6),
    ]
    assert acts[0].command.facts.effective_from == "2024-01-01"
    assert [acts[place].command.facts.branch_kind for place in (0, 3)] == ["in_service", "retired"]


def test_people_are_known_by_id_number_or_by_name_birth_and_branch() -> None:
    def hashed(*parts: str) -> str:
        return "/".join(parts)

    rows, _ = read({}, {"姓名": "李青", "公民身份号码": None}, {"姓名": "李青", "公民身份号码": None}, {"姓名": "王文"})
    assert keys_of(rows, ["b1"] * 4, hashed) == [
        Keys("id_number/999907197206150016", "name_birth_branch/张红/1972-06/b1/1"),
        Keys(None, "name_birth_branch/李青/1972-06/b1/1"),
        Keys(None, "name_birth_branch/李青/1972-06/b1/2"),
        Keys(None, "name_birth_branch/王文/1972-06/b1/1"),
    ]


@pytest.mark.parametrize("column", ["党内职务", "所在党小组", "部门及职务", "备注", "入党时间"])
@pytest.mark.parametrize("nothing", ["无", "/", "-", "—"])
def test_a_dash_says_nothing_and_founds_no_group(column: str, nothing: str) -> None:
    rows, findings = read({column: nothing})
    without, _ = read({column: None})
    assert (rows, findings.remarks) == (without, [])


def test_words_that_found_no_place_stand_whole_in_the_persons_remark() -> None:
    (row,), _ = read({"部门及职务": "庭" * 300, "备注": "借调", "入党时间": "不记得"})
    assert row.details.department_post == "庭" * 254 + "…"
    assert row.details.remark == "借调\n部门及职务：" + "庭" * 300 + "\n入党时间：不记得"


def test_a_birth_typed_as_a_number_keeps_its_year_only() -> None:
    (row,), _ = read({"出生年月": ("number", "1985.1")})
    assert row.details.birth == "1985"


def test_no_remark_repeats_what_stands_in_a_cell() -> None:
    _, findings = read({"党内职务": "由澹台明远代管", "入党时间": "澹台明远知道", "出生年月": "问澹台明远"})
    assert [remark.code for remark in findings.remarks] == ["post_unknown", "date_unreadable", "date_unreadable"]
    assert "澹台" not in repr(findings.remarks)


def test_a_unit_is_known_by_its_name_in_normal_form_and_nothing_else() -> None:
    rows, _ = read({"所在支部": "第１黨支部", "所在党小组": "第１党支部甲組"}, {"所在支部": "第1党支部"})
    units = RosterUnits(SITE, branches_of(rows), {})
    assert units.branch_id("第1党支部") == str(natural_id(SITE, "member_roster", "branch", "第1黨支部"))
    group = natural_id(SITE, "member_roster", "party_group", "第1黨支部", "第1党支部甲組")
    assert units.group_id("第1党支部", "甲组") == str(group)
