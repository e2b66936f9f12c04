"""Taking imports back: what they wrote is led back by events, and the same file gives the first figures again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from services.activities.domain.activity import ACTIVITY, CancelActivity
from shared.command_path import CommandContext, execute
from shared.ledgers.runs import Run
from shared.meta import Source
from shared.rejection import Rejected
from tests.integration.imports.given import (
    MEETINGS,
    OPERATOR,
    ROSTER,
    Court,
    counts,
    events_of,
    person,
    undone,
    workbook,
)

_UNITS = "select unit_id::text, name, committee_from, effective_to from replica_units order by unit_id"
_PEOPLE = "select person_id from replica_people order by person_id"
_DIRECTORY = """
    select (select count(*) from directory_people), (select count(*) from directory_memberships),
           (select count(*) from directory_branches), (select count(*) from directory_groups)
"""


async def known(court: Court) -> tuple[Any, ...]:
    """What the services hold of units and people, beside the log."""
    await court.share_units()
    units, people = await court.activities.pool.fetch(_UNITS), await court.activities.pool.fetch(_PEOPLE)
    directory = await court.members.pool.fetchrow(_DIRECTORY)
    return [tuple(row) for row in units], [row[0] for row in people], tuple(directory or ())


def told(run: Run) -> Mapping[str, Any]:
    assert run.answer is not None
    return run.answer


async def test_import_undo_import_of_a_roster_gives_the_first_figures_with_the_same_people(
    court: Court, demo: dict[str, bytes]
) -> None:
    first = await court.take(demo["党员名册"])
    assert counts(first) == (128, 0, 0)
    before = await known(court)
    back = await undone(court.members, first.run_id)
    assert (back.state, told(back)["undone"], told(back)["left"]) == ("done", 128, [])
    assert await known(court) == ([], [], (0, 0, 0, 0))
    assert counts(await court.take(demo["党员名册"])) == (128, 0, 0)
    assert await known(court) == before


@pytest.mark.parametrize(("name", "number"), [("三会一课记录", None), ("联建协议", 24), ("品牌台账", 12)])
async def test_import_undo_import_of_any_ledger_gives_the_first_figures(
    court: Court, demo: dict[str, bytes], name: str, number: int | None
) -> None:
    await court.take(demo["党员名册"])
    first = await court.take_activities(demo[name])
    added, corrected, unchanged = counts(first)
    assert (added, corrected, unchanged) == (number or added, 0, 0)
    back = await undone(court.activities, first.run_id)
    assert (back.state, told(back)["undone"]) == ("done", added)
    assert counts(await court.take_activities(demo[name])) == (added, 0, 0)
    assert counts(await court.take_activities(demo[name])) == (0, 0, added)


async def test_a_correction_is_undone_back_to_what_stood_before(court: Court) -> None:
    roster = [person("甲一", "第一党支部", "第一党小组", 党内职务="书记"), person("乙二", "第一党支部", "第一党小组")]
    await court.take(workbook("2024年党员名册", ROSTER, *roster))
    moved = [person("甲一", "第一党支部", "第二党小组"), person("乙二", "第一党支部", "第一党小组", 党内职务="书记")]
    before = await known(court)
    second = await court.take(workbook("2025年党员名册", ROSTER, *moved))
    assert counts(second) == (0, 2, 0)
    assert (await undone(court.members, second.run_id)).state == "done"
    assert await known(court) == before
    again = await court.take(workbook("2025年党员名册", ROSTER, *moved))
    assert counts(again) == (0, 2, 0)


async def test_what_was_changed_since_is_left_and_listed_with_unit_title_date_and_reason(court: Court) -> None:
    await court.take(workbook("2024年党员名册", ROSTER, person("甲一", "第一党支部")))
    rows = [("第一党支部", "支部党员大会", f"第{n}次大会", f"2024-0{n}-10") for n in (1, 2)]
    run = await court.take_activities(workbook("2024年三会一课记录", MEETINGS[:4], *rows))
    held = [event for event in await court.activities.commands.store.read_all() if "held" in event.type]
    context = CommandContext(OPERATOR, Source(kind="ui"), "cancel", "cancel", b"cancel")
    identity = UUID(held[0].stream.removeprefix("activity-"))
    await execute(court.activities.commands, context, ACTIVITY, identity, CancelActivity(cause="not_held"))
    back = await undone(court.activities, run.run_id)
    (left,) = told(back)["left"]
    assert (back.state, told(back)["undone"]) == ("done", 1)
    assert (left["unit"], left["title"], left["date"], left["why"]) == (
        *("第一党支部", "第1次大会", "2024-01-10"),
        "此后又有改动",
    )
    assert [name for name, _ in await events_of(court.activities)].count("activity-cancelled") == 2


async def test_an_undoing_is_refused_twice_for_what_is_unknown_only_checked_refused_or_of_the_other_service(
    court: Court,
) -> None:
    roster = workbook("2024年党员名册", ROSTER, person("甲一", "第一党支部"))
    checked = await court.take(roster, dry_run=True)
    refused = await court.take(workbook("2024年党员名册", ROSTER, person("甲一", "第一党支部", 党员类型="群众")))
    done = await court.take(roster)
    back = await undone(court.members, done.run_id)
    for deps, run_id, code in (
        (court.members, checked.run_id, "import_not_undoable"),
        (court.members, refused.run_id, "import_not_undoable"),
        (court.members, back.run_id, "import_not_undoable"),
        (court.members, done.run_id, "undone_already"),
        (court.activities, done.run_id, "unknown_import"),
        (court.members, "nothing", "unknown_import"),
    ):
        with pytest.raises(Rejected) as why:
            await undone(deps, run_id)
        assert (why.value.code, why.value.field) == (code, "run_id")


async def test_an_import_that_changed_nothing_has_nothing_to_undo(court: Court) -> None:
    roster = workbook("2024年党员名册", ROSTER, person("甲一", "第一党支部"))
    await court.take(roster)
    again = await court.take(roster)
    back = await undone(court.members, again.run_id)
    assert (back.state, [one["code"] for one in told(back)["errors"]]) == ("refused", ["nothing_to_undo"])


async def test_imports_are_undone_one_after_the_other_the_latest_first(court: Court) -> None:
    roster = [person("甲一", "第一党支部", "第一党小组"), person("乙二", "第一党支部", "第一党小组")]
    moved = [person("甲一", "第一党支部", "第二党小组"), person("乙二", "第一党支部", "第一党小组", 党内职务="书记")]
    first = await court.take(workbook("2024年党员名册", ROSTER, *roster))
    second = await court.take(workbook("2025年党员名册", ROSTER, *moved))
    assert (await undone(court.members, second.run_id)).state == "done"
    back = await undone(court.members, first.run_id)
    assert (back.state, told(back)["left"]) == ("done", [])
    assert await known(court) == ([], [], (0, 0, 0, 0))


async def test_meetings_corrected_by_an_undone_import_are_undone_with_the_first_one(court: Court) -> None:
    await court.take(workbook("2024年党员名册", ROSTER, person("甲一", "第一党支部")))
    runs = [
        await court.take_activities(
            workbook("2024年三会一课记录", MEETINGS, ("第一党支部", "支部党员大会", "大会", "2024-01-10", "9:00", end))
        )
        for end in ("10:00", "11:00")
    ]
    assert [counts(run) for run in runs] == [(1, 0, 0), (0, 1, 0)]
    for run in reversed(runs):
        back = await undone(court.activities, run.run_id)
        assert (back.state, told(back)["undone"], told(back)["left"]) == ("done", 1, [])
    assert [name for name, _ in await events_of(court.activities)].count("activity-cancelled") == 1


AGREEMENTS = ("协议编号", "甲方支部", "乙方单位", "乙方支部", "乙方级别", "签订日期")
JOINT = ("活动编号", "名称", "日期", "牵头支部", "参加单位及人数")


async def test_a_partner_stays_while_a_record_that_is_not_undone_names_it(court: Court) -> None:
    await court.take(workbook("2024年党员名册", ROSTER, person("甲一", "第一党支部")))
    agreed = [("1号", "第一党支部", "白鹭县人民法院", "第一党支部", "基层法院", "2024-01-10")]
    agreed += [("2号", "第一党支部", "石桥区人民法院", "第一党支部", "基层法院", "2024-01-11")]
    met = ("1", "联学", "2024-03-01", "第一党支部", "第一党支部（7人）、白鹭县人民法院第一党支部（9人）")
    first = await court.take_activities(workbook("2024年联建协议", AGREEMENTS, *agreed))
    second = await court.take_activities(workbook("2024年联建活动", JOINT, met))
    back = await undone(court.activities, first.run_id)
    assert (back.state, told(back)["undone"]) == ("done", 2)
    assert [(one["title"], one["why"]) for one in told(back)["left"]] == [
        ("白鹭县人民法院第一党支部", "仍有活动写着它")
    ]
    assert [name for name, _ in await events_of(court.activities)].count("partner-undone") == 1
    assert (await undone(court.activities, second.run_id)).state == "done"


async def test_a_branch_stays_while_members_who_are_not_undone_belong_to_it(court: Court) -> None:
    first = await court.take(
        workbook("2024年党员名册", ROSTER, person("甲一", "第一党支部"), person("乙二", "第二党支部"))
    )
    second = await court.take(workbook("2025年党员名册", ROSTER, person("丙三", "第一党支部")))
    back = await undone(court.members, first.run_id)
    assert [(one["title"], one["why"]) for one in told(back)["left"]] == [("第一党支部", "仍有党员的组织关系在此")]
    assert (back.state, told(back)["undone"]) == ("done", 2)
    units, _, _ = await known(court)
    assert [unit[1] for unit in units] == ["第一党支部"]
    assert (await undone(court.members, second.run_id)).state == "done"
