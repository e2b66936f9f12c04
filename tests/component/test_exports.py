"""Ledgers out and in again: nothing changes, with the hidden ids and without them."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import openpyxl
import pytest
import pytest_asyncio

from deploy.demo.__main__ import write_demo
from shared.ledgers.columns import LAYOUTS, SERVICE_OF, LedgerKind
from shared.ledgers.sorting import IN_ORDER
from tests.component.court import Court, court
from tests.component.given import problem
from tests.component.test_imports import ended

pytestmark = pytest.mark.asyncio(loop_scope="session")

YEAR = 2025


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The demonstration's ledgers by name."""
    return {path.stem: path for path in write_demo(tmp_path_factory.mktemp("demo"), YEAR)}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def office(
    postgres_url: str,
    rabbitmq_url: str,
    management_url: str,
    demo: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Court]:
    """A court of its own with the demonstration's ledgers of a year."""
    async with court(postgres_url, rabbitmq_url, management_url, tmp_path_factory.mktemp("office")) as own:
        for kind in IN_ORDER:
            if (path := demo.get(LAYOUTS[kind].name)) is not None:
                run = await taken_in(own, kind, path.read_bytes())
                assert run["state"] == "done", run["answer"]
        yield own


def service_of(own: Court, kind: LedgerKind) -> httpx.AsyncClient:
    return own.services[SERVICE_OF[kind]].client


async def taken_in(own: Court, kind: LedgerKind, data: bytes, **query: str) -> dict[str, object]:
    after = f"members.1@{await own.services['members'].parts.deps.store.head()}"
    headers = {"Idempotency-Key": str(uuid4()), "After": after}
    client = service_of(own, kind)
    return await ended(
        client, (await client.post("/imports", content=data, headers=headers, params=query)).json()["run_id"]
    )


async def taken_out(own: Court, kind: LedgerKind, **query: str) -> bytes:
    answer = await service_of(own, kind).get(f"/exports/{kind}", params={"year": YEAR, **query})
    assert answer.status_code == 200, answer.text
    return answer.content


def without_ids(data: bytes) -> bytes:
    book, out = openpyxl.load_workbook(io.BytesIO(data)), io.BytesIO()
    book.worksheets[0].delete_cols(book.worksheets[0].max_column)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("kind", IN_ORDER)
async def test_an_exported_ledger_in_which_nothing_was_edited_gives_rise_to_no_remark(
    office: Court, kind: LedgerKind
) -> None:
    run = await taken_in(office, kind, await taken_out(office, kind))
    answer = run["answer"]
    assert isinstance(answer, dict)
    assert (run["state"], answer["remarks"], answer["missing_later"]) == ("done", [], [])
    assert (answer["added"], answer["corrected"]) == (0, 0)
    assert answer["unchanged"] == answer["rows"] > 0


async def test_a_row_taken_out_of_an_exported_roster_is_named_as_left_out_and_no_branch_is(office: Court) -> None:
    book = openpyxl.load_workbook(io.BytesIO(await taken_out(office, "member_roster")))
    book.worksheets[0].delete_rows(5)
    out = io.BytesIO()
    book.save(out)
    answer = (await taken_in(office, "member_roster", out.getvalue()))["answer"]
    assert isinstance(answer, dict)
    assert [one["code"] for one in answer["remarks"]] == ["total_disagrees", "missing_later"]
    assert len(answer["missing_later"]) == 1


@pytest.mark.parametrize("kind", IN_ORDER)
@pytest.mark.parametrize("ids", [True, False], ids=["with ids", "without ids"])
async def test_an_exported_ledger_imported_again_adds_nothing(office: Court, kind: LedgerKind, ids: bool) -> None:
    data = await taken_out(office, kind)
    head = await office.services[SERVICE_OF[kind]].parts.deps.store.head()
    run = await taken_in(office, kind, data if ids else without_ids(data))
    answer = run["answer"]
    assert isinstance(answer, dict)
    assert (run["state"], answer["added"], answer["corrected"], answer["missing_later"]) == ("done", 0, 0, [])
    assert answer["unchanged"] == answer["rows"] > 0
    assert await office.services[SERVICE_OF[kind]].parts.deps.store.head() == head


def edited(data: bytes, **changes: str) -> bytes:
    """The first record with other words under these headings."""
    book, out = openpyxl.load_workbook(io.BytesIO(data)), io.BytesIO()
    sheet = book.worksheets[0]
    columns = {sheet.cell(3, column).value: column for column in range(1, sheet.max_column + 1)}
    for heading, words in changes.items():
        sheet.cell(4, columns[heading]).value = words
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("member_roster", {"姓名": "改名人"}),
        ("meeting_records", {"会议名称": "改了名称的会议", "地点": "三楼会议室"}),
        ("theme_days", {"主题": "改了主题的党日"}),
        ("joint_agreements", {"共建目标": "改了目标"}),
        ("joint_activities", {"活动编号": "LJ-改号-1", "成果": "改了成果"}),
        ("brands", {"品牌名称": "改了名称的品牌"}),
    ],
)
async def test_a_row_that_was_edited_corrects_its_record_whatever_its_key(
    office: Court, kind: LedgerKind, changes: dict[str, str]
) -> None:
    data = await taken_out(office, kind)
    answer = (await taken_in(office, kind, edited(data, **changes)))["answer"]
    assert isinstance(answer, dict)
    assert (answer["added"], answer["corrected"], answer["missing_later"]) == (0, 1, [])
    assert answer["unchanged"] == answer["rows"] - 1
    again = openpyxl.load_workbook(io.BytesIO(await taken_out(office, kind))).worksheets[0]
    written = {cell for row in again.iter_rows(values_only=True) for cell in row}
    assert set(changes.values()) <= written


async def test_what_no_column_holds_stays_when_a_ledger_goes_out_and_in(office: Court) -> None:
    branch_id = (await office.members.get("/branches")).json()["branches"][0]["branch_id"]
    facts = {
        "unit_kind": "branch", "unit_id": branch_id, "branch_id": branch_id, "kind": "lecture", "title": "讲堂第1期",
        "date": f"{YEAR}-05-06", "also_serves": ["study_seminar"], "campaigns": ["甲教育", "乙行动"],
    }  # fmt: skip
    answer = await office.activities.post("/activities/record", json={"facts": facts, "attendance": {}, "minutes": {}})
    assert answer.status_code == 201, answer.text
    head = await office.services["activities"].parts.deps.store.head()
    run = await taken_in(office, "meeting_records", await taken_out(office, "meeting_records"))
    assert isinstance(run["answer"], dict)
    assert (run["state"], run["answer"]["added"], run["answer"]["corrected"]) == ("done", 0, 0)
    assert await office.services["activities"].parts.deps.store.head() == head


async def test_a_row_without_an_id_beside_its_like_is_a_new_record(office: Court) -> None:
    book, out = openpyxl.load_workbook(io.BytesIO(await taken_out(office, "meeting_records"))), io.BytesIO()
    sheet = book.worksheets[0]
    sheet.insert_rows(5)
    for column in range(1, sheet.max_column):
        sheet.cell(5, column).value = sheet.cell(4, column).value
    book.save(out)
    answer = (await taken_in(office, "meeting_records", out.getvalue()))["answer"]
    assert isinstance(answer, dict)
    assert (answer["added"], answer["corrected"]) == (1, 0)


async def test_a_ledger_of_another_service_and_an_unknown_column_are_refused(office: Court) -> None:
    assert problem(await office.members.get("/exports/brands?year=2025")) == (404, "not_found", ["ledger"])
    answer = await office.members.get("/exports/member_roster?year=2025&with=id,salary")
    assert problem(answer) == (422, "invalid_fields", ["with"])


def headings(data: bytes) -> list[object]:
    return [cell.value for cell in openpyxl.load_workbook(io.BytesIO(data)).worksheets[0][3]]


async def test_identifiers_go_out_only_where_they_are_stored_and_asked_for_and_it_is_written_down(
    office: Court, demo: dict[str, Path]
) -> None:
    asked = {"with": "id,phone,dues"}
    assert "公民身份号码" not in headings(await taken_out(office, "member_roster", **asked))
    run = await taken_in(office, "member_roster", demo["党员名册"].read_bytes(), **asked)
    assert run["state"] == "done"
    assert "公民身份号码" not in headings(await taken_out(office, "member_roster"))
    data = await taken_out(office, "member_roster", **asked)
    assert {"公民身份号码", "联系电话", "月党费基数"} <= set(headings(data))
    person_id = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].cell(4, len(headings(data))).value
    reads = (await office.members.get(f"/people/{person_id}/identifiers/reads")).json()["reads"]
    assert [(read["reason"], read["fields"]) for read in reads] == [
        ("export_ledger", ["id_number", "phone", "dues_base_fen"])
    ]
    again = (await taken_in(office, "member_roster", data, **asked))["answer"]
    assert isinstance(again, dict)
    assert (again["added"], again["corrected"]) == (0, 0)
