"""三会一课记录 and 主题党日台账 into activities."""

import json
from collections import Counter
from typing import Any

from deploy.demo.court import OUTSIDE_SPEAKER
from deploy.demo.meetings import CAMPAIGN
from shared.contracts.kinds import BY_WORD
from tests.integration.imports.given import (
    MEETINGS,
    ROSTER,
    Court,
    cells,
    changed,
    codes,
    counts,
    events_of,
    person,
    row_of,
    workbook,
)

TITLE = "某院三会一课记录（2025年）"
GROUP = "第一党支部第一党小组"


def meeting(kind: str = "支委会", **more: Any) -> tuple[Any, ...]:
    said = {
        "支部名称": "第一党支部",
        "会议类型": kind,
        "会议名称": "第1次会议",
        "日期": "2025-01-24",
        "主持人": "李青",
    } | more
    return tuple(said.get(heading) for heading in MEETINGS)


async def roster_of(court: Court) -> None:
    """张红 is in both branches, in different departments; 王文 and 赵静 are two of one name in the first."""
    await court.take(
        workbook(
            "名册（2025年）",
            ROSTER,
            person("李青", "第一党支部", GROUP),
            person("张红", "第一党支部", GROUP, 部门及职务="刑事审判庭法官"),
            person("张红", "第二党支部", 部门及职务="立案庭法官"),
            person("赵静", "第一党支部", GROUP, 部门及职务="执行局法官"),
            person("赵静", "第一党支部", GROUP, 部门及职务="研究室主任"),
        )
    )


async def held(court: Court) -> list[dict[str, Any]]:
    return [data["facts"] for kind, data in await events_of(court.activities) if kind == "activity-held"]


async def attendance(court: Court) -> list[dict[str, Any]]:
    return [data["attendance"] for kind, data in await events_of(court.activities) if kind.startswith("attendance")]


async def test_the_meetings_of_the_demonstration_are_counted_as_in_the_workbook(
    court: Court, demo: dict[str, bytes]
) -> None:
    await court.take(demo["党员名册"])
    rows = cells(demo["三会一课记录"])
    run = await court.take_activities(demo["三会一课记录"])
    assert counts(run) == (len(rows), 0, 0)
    facts = await held(court)
    assert Counter(fact["kind"] for fact in facts) == Counter(BY_WORD[row["会议类型"]] for row in rows)
    assert Counter(next(iter(fact["campaigns"]), None) for fact in facts) == {
        CAMPAIGN: len([row for row in rows if row["备注"] == CAMPAIGN]),
        None: len([row for row in rows if row["备注"] != CAMPAIGN]),
    }
    assert [(f["date"], f["occurrences"], f["unit_kind"]) for f in facts if f["occurrences"]] == [
        ("2025", {"at_least": 20, "words": "20余次"}, "party_committee")
    ]
    assert [fact["date"] for fact in facts if len(fact["date"]) == 7] == ["2025-02"]
    speaker = row_of(demo["三会一课记录"], "主持人", OUTSIDE_SPEAKER)
    assert codes(run, "remarks") == [(speaker, "主持人", "person_outside_roster")]


async def test_the_theme_days_of_the_demonstration_are_counted_as_in_the_workbook(
    court: Court, demo: dict[str, bytes]
) -> None:
    await court.take(demo["党员名册"])
    rows = cells(demo["主题党日台账"])
    run = await court.take_activities(demo["主题党日台账"])
    assert counts(run) == (len(rows), 0, 0)
    facts = await held(court)
    assert {fact["kind"] for fact in facts} == {"theme_party_day"}
    assert [fact["title"] for fact in facts if "thematic_lesson" in fact["also_serves"]] == ["7月主题党日暨专题党课"]
    assert [fact["joint_modes"] for fact in facts if "joint_activity" in fact["also_serves"]] == [["forces"]]
    absent = sum(row["应到人数"] - row["参加人数"] for row in rows)
    assert sum(one["number"] for told in await attendance(court) for one in told["absences"]) == absent


async def test_ledgers_again_add_nothing_and_one_changed_row_is_one_correction(
    court: Court, demo: dict[str, bytes]
) -> None:
    await court.take(demo["党员名册"])
    added, _, _ = counts(await court.take_activities(demo["三会一课记录"]))
    head = await court.activities.commands.store.head()
    assert counts(await court.take_activities(demo["三会一课记录"])) == (0, 0, added)
    assert counts(await court.take_activities(changed(demo["三会一课记录"], ("H4", "三楼会议室")))) == (0, 1, added - 1)
    events = (await events_of(court.activities))[head:]
    assert [(kind, data["changed"], data["facts"]["place"]) for kind, data in events] == [
        ("activity-corrected", ["place"], "三楼会议室")
    ]


async def test_a_record_that_a_later_workbook_leaves_out_stays_and_is_named(court: Court) -> None:
    await roster_of(court)
    rows = [meeting(会议名称="第1次会议"), meeting(会议名称="第2次会议")]
    await court.take_activities(workbook(TITLE, MEETINGS, *rows))
    run = await court.take_activities(workbook(TITLE, MEETINGS, rows[1]))
    assert counts(run) == (0, 0, 1)
    assert run.answer is not None
    assert [one["title"] for one in run.answer["missing_later"]] == ["第1次会议"]
    other_year = await court.take_activities(workbook(TITLE.replace("2025", "2026"), MEETINGS, rows[1]))
    assert other_year.answer is not None
    assert other_year.answer["missing_later"] == []
    assert counts(other_year) == (1, 0, 0)


async def test_a_namesake_is_looked_for_in_the_branch_of_the_row_first(court: Court) -> None:
    await roster_of(court)
    rows = [
        meeting(主持人="张红", 应到=3, 实到=2, 缺席人员及原因="赵静（研究室）（出差）"),
        meeting(主持人="张红", 支部名称="第二党支部", 会议名称="第2次会议"),
        meeting(主持人="张红（立案庭）", 会议名称="第3次会议"),
    ]
    run = await court.take_activities(workbook(TITLE, MEETINGS, *rows))
    assert counts(run) == (3, 0, 0)
    assert codes(run, "remarks") == []
    first, second, third = [told["chair_id"] for told in await attendance(court)]
    assert first != second
    assert second == third
    assert (await attendance(court))[0]["absences"][0]["person_id"] is not None


async def test_a_name_of_two_members_of_the_branch_is_refused(court: Court) -> None:
    await roster_of(court)
    rows = [meeting(), meeting(主持人="赵静"), meeting(支部名称="机关党委", 会议类型="普法宣传", 主持人="张红")]
    run = await court.take_activities(workbook(TITLE, MEETINGS, *rows))
    assert run.state == "refused"
    assert codes(run) == [(5, "主持人", "ambiguous_name"), (6, "主持人", "ambiguous_name")]
    assert run.answer is not None
    error = run.answer["errors"][0]
    assert (error["value"], error["expected"]) == ("赵静", "姓名（部门），如 张某（刑事审判第一庭）")
    assert await court.activities.commands.store.head() == 0


async def test_somebody_unknown_becomes_a_person_outside_the_roster_and_stays_the_same(court: Court) -> None:
    await roster_of(court)
    book = workbook(
        TITLE,
        MEETINGS,
        meeting(主持人="澹台明远"),
        meeting(会议名称="第2次会议", 应到=3, 实到=2, 缺席人员及原因="澹台明远（出差）"),
        meeting(会议名称="第3次会议", 支部名称="第二党支部", 主持人="澹台明远"),
    )
    run = await court.take_activities(book)
    assert counts(run) == (3, 0, 0)
    assert [code for _, _, code in codes(run, "remarks")] == ["person_outside_roster"] * 3
    events = await events_of(court.activities)
    registered = [data["person_id"] for kind, data in events if kind == "outside-person-registered"]
    told = await attendance(court)
    assert [told[0]["chair_id"], told[2]["chair_id"]] == registered
    assert told[1]["absences"][0]["person_id"] == registered[0]
    assert "澹台明远" not in json.dumps(events, ensure_ascii=False)
    assert counts(await court.take_activities(book)) == (0, 0, 3)


async def test_rows_are_refused_together_and_nothing_is_recorded(court: Court) -> None:
    await roster_of(court)
    rows = [
        meeting(支部名称="第三党支部"),
        meeting(日期="2025-02-30"),
        meeting(会议类型="党小组会", 会议名称="第九党小组会"),
        meeting(开始时间="10:00", 结束时间="10:00"),
        meeting(应到=3, 实到=4),
        meeting(应到=3, 实到=1, 缺席人员及原因="李青（出差）"),
    ]
    run = await court.take_activities(workbook(TITLE, MEETINGS, *rows))
    assert [code for _, _, code in codes(run)] == [
        "unknown_branch",
        "impossible_date",
        "unknown_party_group",
        "end_not_after_start",
        "present_above_expected",
        "absence_without_reason",
    ]
    assert await court.activities.commands.store.head() == 0
    assert await court.activities.pool.fetchval("select count(*) from ledger_records") == 0


async def test_what_looks_odd_is_recorded_with_its_remarks(court: Court) -> None:
    await roster_of(court)
    run = await court.take_activities(workbook(TITLE, MEETINGS, meeting(日期="2027-01-24", 开始时间="上午")))
    assert counts(run) == (1, 0, 0)
    recorded = [data for kind, data in await events_of(court.activities) if kind == "activity-recorded"]
    assert [(data["entry"], set(data["remarks"])) for data in recorded] == [
        ("opening_import", {"time_unreadable", "date_outside_year", "date_in_future"})
    ]


async def test_every_event_says_from_which_run_sheet_and_row_it_came(court: Court) -> None:
    await roster_of(court)
    run = await court.take_activities(workbook(TITLE, MEETINGS, meeting(), meeting(会议名称="第2次会议")))
    raw = await court.activities.commands.store.read_raw(0, 100)
    sources = [json.loads(event.meta)["source"] for event in raw]
    sheet = "某院三会一课记录（2025年）"
    assert sources[0] == {"kind": "import", "run": run.run_id, "sheet": sheet, "row": 4}
    assert {source["row"] for source in sources} == {4, 5}


async def test_a_roster_handed_to_activities_is_sent_to_members(court: Court, demo: dict[str, bytes]) -> None:
    run = await court.take_activities(demo["党员名册"])
    assert run.state == "refused"
    assert [code for _, _, code in codes(run)] == ["other_service"]
