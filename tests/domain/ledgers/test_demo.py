"""The demonstration's ledgers: always the same, and as disorderly as an office's."""

import io
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from deploy.demo.__main__ import write_demo
from deploy.demo.claims import claims
from deploy.demo.profiles import CITY_COURT, COUNTY_COURT, HIGH_COURT, PROFILES, profile_of
from shared.contracts.ids import partner_id


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in write_demo(tmp_path_factory.mktemp("demo"), 2025)}


def rows(data: bytes) -> list[tuple[Any, ...]]:
    (sheet,) = openpyxl.load_workbook(io.BytesIO(data)).worksheets
    return list(sheet.iter_rows(values_only=True))


def column(data: bytes, heading: str) -> list[Any]:
    every = rows(data)
    place = every[2].index(heading)
    return [row[place] for row in every[3:] if any(row) and "合计" not in row]


def test_the_same_year_gives_the_same_bytes_and_another_year_others(books: dict[str, bytes], tmp_path: Path) -> None:
    again = {path.stem: path.read_bytes() for path in write_demo(tmp_path / "a", 2025)}
    other = {path.stem: path.read_bytes() for path in write_demo(tmp_path / "b", 2024)}
    assert again == books
    assert all(other[name] != books[name] for name in books)


def test_every_ledger_has_title_reporting_unit_headings_in_row_3_blank_rows_and_a_total(
    books: dict[str, bytes],
) -> None:
    for data in books.values():
        every = rows(data)
        (sheet,) = openpyxl.load_workbook(io.BytesIO(data)).worksheets
        assert "2025年" in every[0][0]
        assert every[0][1:] == (None,) * (len(every[0]) - 1)
        assert every[1][0] == "填报单位：机关党委"
        assert None not in every[2]
        assert len(sheet.merged_cells.ranges) == 1
        assert [any(row) for row in every[3:]].count(False) == 2
        assert every[-1][:2] == ("合计", len([row for row in every[3:-1] if any(row)]))


def test_dates_come_in_six_forms(books: dict[str, bytes]) -> None:
    forms = [
        r"\d{4}/\d\d/\d\d",
        r"\d{4}-\d\d-\d\d",
        r"\d{4}\.\d\d\.\d\d",
        r"\d{4}年\d+月\d+日",
        r"[０-９]{4}-[０-９]{2}-[０-９]{2}",
    ]
    for name in ("三会一课记录", "主题党日台账"):
        written = column(books[name], "日期")
        assert any(isinstance(value, datetime) for value in written)
        for form in forms:
            assert any(re.fullmatch(form, str(value), re.ASCII) for value in written), form


def test_two_members_of_one_name_are_in_different_branches(books: dict[str, bytes]) -> None:
    members = list(zip(column(books["党员名册"], "姓名"), column(books["党员名册"], "所在支部"), strict=True))
    ((name, times),) = [(name, times) for name, times in Counter(n for n, _ in members).items() if times > 1]
    assert times == 2
    assert len({branch for other, branch in members if other == name}) == 2


def test_id_numbers_and_telephones_belong_to_nobody(books: dict[str, bytes]) -> None:
    assert all(number.startswith("9999") for number in column(books["党员名册"], "公民身份号码"))
    assert all(phone.startswith("1000") for phone in column(books["党员名册"], "联系电话"))
    assert len(set(column(books["党员名册"], "公民身份号码"))) == len(column(books["党员名册"], "公民身份号码"))


def test_the_oddities_of_a_real_year_are_there(books: dict[str, bytes]) -> None:
    assert column(books["三会一课记录"], "备注").count("20余次") == 1
    assert "９:00" in column(books["三会一课记录"], "开始时间")
    assert any(re.fullmatch(r"\d{4}年\d+月", str(born)) for born in column(books["党员名册"], "出生年月"))
    assert [title for title in column(books["主题党日台账"], "主题") if "暨专题党课" in title] == [
        "7月主题党日暨专题党课"
    ]
    assert len([partner for partner in column(books["主题党日台账"], "联合开展单位") if partner]) == 1


def test_added_courts_have_brands_of_their_own_in_chinese() -> None:
    names = [
        profile_of(site, "青岚市石桥区人民法院", "basic").umbrella for site in ("ji0402", "ji0403", "ji0404", "ji0405")
    ]
    assert names == ["磐石先行", "翠竹护航", "磐石为民", "长堤先行"]


def test_claims_name_partners_of_the_ledgers_and_branches_of_the_other_court_and_leave_two() -> None:
    assert [len(list(claims(court))) for court in ("shi00", "shi04", "ji0401")] == [15, 6, 0]
    written = [
        *((one.site, house, branch) for one in PROFILES for house, branch, _ in one.partners),
        *((one.site, one.above[1], None) for one in PROFILES if one.above),
    ]
    known = {str(partner_id(*unit)): unit for unit in written}
    claimed = [known[claim["partner_id"]] for claim in claims("shi00")]
    assert {house for _, house, _ in claimed} == {HIGH_COURT, CITY_COURT, COUNTY_COURT}
    assert ("ji0401", CITY_COURT, "第五党支部") not in claimed
    assert {"recorded_by": "ji0401", "court": "shi04"}.items() <= next(
        claim for claim in claims("shi04") if known[claim["partner_id"]] == ("ji0401", CITY_COURT, "第四党支部")
    ).items()
