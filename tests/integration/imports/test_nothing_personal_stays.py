"""Whatever cell a name stands in, a run that has ended keeps it encrypted for a week at most."""

import json
from typing import Any

import pytest

from shared.ledgers.columns import LAYOUTS, LedgerKind
from shared.ledgers.importing import accept, status, work_once
from shared.ledgers.runs import VALUES_KEPT, forget_values
from tests.integration.imports.given import OPERATOR, ROSTER, Court, person, workbook

NAME = "澹台明远"
FIT: dict[str, Any] = {
    "姓名": NAME,
    "党员类型": "正式党员",
    "支部名称": "第一党支部",
    "会议类型": "支委会",
    "会议名称": "第1次支委会",
    "日期": "2025-01-24",
    "年月": "2025.01",
    "主题": "1月主题党日",
    "协议编号": "联建1号",
    "甲方支部": "第一党支部",
    "乙方单位": "云溪县人民法院",
    "签订日期": "2025-01-02",
    "活动编号": "LJ2025-001",
    "名称": "联建活动",
    "牵头支部": "第一党支部",
    "参加单位及人数": "第一党支部（3人）、云溪县人民法院（2人）",
    "品牌名称": "青岚红帆",
    "支部": "第一党支部",
    "申报日期": "2025-01-03",
}


async def stored(court: Court, kind: LedgerKind) -> str:
    deps = court.members if kind == "member_roster" else court.activities
    return json.dumps(
        [dict(row) for row in await deps.pool.fetch("select * from import_runs")], default=str, ensure_ascii=False
    )


async def ended(court: Court, kind: LedgerKind, book: bytes) -> str:
    """The state of the run of a workbook that is named for the person as well."""
    await court.share_units()
    deps = court.members if kind == "member_roster" else court.activities
    run = await accept(deps, OPERATOR, book, f"{NAME}的台账.xlsx")
    await work_once(deps)
    now = await status(deps, run.run_id)
    assert now is not None
    return now.state


@pytest.mark.parametrize("kind", list(LAYOUTS))
async def test_a_name_in_any_cell_is_nowhere_in_the_runs(court: Court, kind: LedgerKind) -> None:
    await court.take(workbook("名册（2025年）", ROSTER, person("李青", "第一党支部")))
    layout = LAYOUTS[kind]
    headings = tuple(map(layout.heading, layout.columns))
    plain = {"所在支部": "第一党支部"} | FIT
    rows = [tuple(NAME if heading == planted else plain.get(heading) for heading in headings) for planted in headings]
    states = {await ended(court, kind, workbook("台账（2025年）", headings, row)) for row in rows}
    every = {await ended(court, kind, workbook("台账（2025年）", (*headings, NAME), *((*row, NAME) for row in rows)))}
    assert (states | every, NAME in await stored(court, kind)) == ({"done", "refused"}, False)


async def test_sentences_and_values_are_shown_for_a_week(court: Court) -> None:
    run = await court.take(workbook("名册（2025年）", (*ROSTER, NAME), (*person("张红", "第一党支部"), "晴")), "run-1")
    assert run.answer is not None
    (ignored, _) = run.answer["remarks"]
    assert NAME in ignored["sentence"]
    await court.members.pool.execute("update import_runs set ended_at = ended_at - $1::interval", VALUES_KEPT)
    await forget_values(court.members.pool)
    forgotten = await status(court.members, "run-1")
    assert forgotten is not None
    assert forgotten.answer is not None
    assert forgotten.answer["remarks"][0] | {"sheet": None} == {
        "sheet": None,
        "row": 3,
        "column": "J",
        "code": "column_ignored",
        "sentence": None,
    }
