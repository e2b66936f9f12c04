"""A 党员名册 into branches, groups and persons."""

import json
from collections import Counter

from deploy.demo.workbook import Cell
from tests.integration.imports.given import ROSTER, Court, cells, changed, codes, counts, events_of, person, workbook

TITLE = "某院党员名册（2025年）"


async def test_the_roster_of_the_demonstration_is_taken_whole(court: Court, demo: dict[str, bytes]) -> None:
    rows = cells(demo["党员名册"])
    run = await court.take(demo["党员名册"])
    assert counts(run) == (len(rows), 0, 0)
    events = Counter(kind for kind, _ in await events_of(court.members))
    assert events == {
        "branch-established": len({row["所在支部"] for row in rows}),
        "branch-committee-formed": len({row["所在支部"] for row in rows if "委员" in str(row["党内职务"])}),
        "party-group-formed": len({row["所在党小组"] for row in rows} - {None}),
        "person-registered": len(rows),
        "membership-recorded": len(rows),
        "post-assigned": len([row for row in rows if row["党内职务"]]),
    }


async def test_branches_come_in_their_official_order_from_the_first_of_january(
    court: Court, demo: dict[str, bytes]
) -> None:
    await court.take(demo["党员名册"])
    facts = [data["facts"] for kind, data in await events_of(court.members) if kind == "branch-established"]
    assert {fact["name"]: fact["official_order"] for fact in facts}["第十党支部"] == 10
    assert sorted(fact["official_order"] for fact in facts) == list(range(1, 11))
    assert {fact["effective_from"] for fact in facts} == {"2025-01-01"}


async def test_nothing_personal_is_stored_in_clear_and_numbers_not_at_all(court: Court, demo: dict[str, bytes]) -> None:
    await court.take(demo["党员名册"])
    stored = json.dumps(await events_of(court.members), ensure_ascii=False)
    for row in cells(demo["党员名册"]):
        assert row["姓名"] not in stored
        assert row["公民身份号码"] not in stored
    runs = await court.members.pool.fetch("select workbook, wrapped_key, answer from import_runs")
    assert [(run["workbook"], run["wrapped_key"]) for run in runs] == [(None, None)]


async def test_the_same_roster_again_adds_nothing(court: Court, demo: dict[str, bytes]) -> None:
    first = await court.take(demo["党员名册"])
    head = await court.members.commands.store.head()
    second = await court.take(demo["党员名册"])
    added, _, _ = counts(first)
    assert counts(second) == (0, 0, added)
    assert await court.members.commands.store.head() == head


async def test_one_changed_row_is_one_correction(court: Court, demo: dict[str, bytes]) -> None:
    added, _, _ = counts(await court.take(demo["党员名册"]))
    head = await court.members.commands.store.head()
    run = await court.take(changed(demo["党员名册"], ("I9", "审判管理办公室主任")))
    assert counts(run) == (0, 1, added - 1)
    events = (await events_of(court.members))[head:]
    assert [(kind, data["changed"]) for kind, data in events] == [("person-details-corrected", ["department_post"])]


async def test_a_person_keeps_the_id_by_number_whatever_else_changes(court: Court) -> None:
    number = {"公民身份号码": "999907197206150016"}
    await court.take(workbook(TITLE, ROSTER, person("张红", "第一党支部", **number)))
    run = await court.take(workbook(TITLE, ROSTER, person("张虹", "第二党支部", **number)))
    assert counts(run) == (0, 1, 0)
    kinds = [kind for kind, _ in await events_of(court.members)][3:]
    assert kinds == ["branch-established", "person-details-corrected", "membership-corrected"]


async def test_a_person_without_a_number_is_found_by_name_birth_and_branch(court: Court) -> None:
    await court.take(workbook(TITLE, ROSTER, person("张红", "第一党支部")))
    again = await court.take(workbook(TITLE, ROSTER, person("张红", "第一党支部", 部门及职务="庭长")))
    named = await court.take(workbook(TITLE, ROSTER, person("张红", "第一党支部", 公民身份号码="999907197206150016")))
    other = await court.take(workbook(TITLE, ROSTER, person("张红", "第一党支部", 公民身份号码="999907197206150024")))
    assert [counts(run) for run in (again, named, other)] == [(0, 1, 0), (0, 1, 0), (1, 0, 0)]


async def test_two_equal_rows_are_two_people(court: Court) -> None:
    book = workbook(TITLE, ROSTER, person("张红", "第一党支部"), person("张红", "第一党支部"))
    assert counts(await court.take(book)) == (2, 0, 0)
    assert counts(await court.take(book)) == (0, 0, 2)


async def test_a_post_that_is_no_longer_named_ends_with_the_year_before(court: Court) -> None:
    await court.take(workbook("名册（2024年）", ROSTER, person("张红", "第一党支部", 党内职务="书记")))
    await court.take(workbook("名册（2025年）", ROSTER, person("张红", "第一党支部", 党内职务="副书记")))
    posts = [(kind, data) for kind, data in await events_of(court.members) if kind.startswith("post")]
    told = [(kind, data.get("facts", data)["post"], data.get("effective_to")) for kind, data in posts]
    assert told == [
        ("post-assigned", "secretary", None),
        ("post-vacated", "secretary", "2024-12-31"),
        ("post-assigned", "deputy_secretary", None),
    ]


async def test_whom_a_later_roster_leaves_out_stays_and_is_named(court: Court) -> None:
    both = [person("张红", "第一党支部"), person("李青", "第一党支部")]
    await court.take(workbook(TITLE, ROSTER, *both))
    run = await court.take(workbook(TITLE, ROSTER, both[0]))
    assert counts(run) == (0, 0, 1)
    assert run.answer is not None
    assert len(run.answer["missing_later"]) == 1
    assert [kind for kind, _ in await events_of(court.members)][5:] == []


async def test_one_refused_row_changes_nothing_and_every_error_is_told(court: Court) -> None:
    rows: list[tuple[Cell, ...]] = [
        person("张红", "第一党支部"),
        person("李青", "第一党支部", 党员类型="积极分子"),
        person("王文", "第一党支部", 出生年月="1972-02-30"),
    ]
    run = await court.take(workbook(TITLE, ROSTER, *rows))
    assert run.state == "refused"
    assert codes(run) == [(5, "党员类型", "unknown_kind"), (6, "出生年月", "impossible_date")]
    assert await court.members.commands.store.head() == 0
    assert await court.members.pool.fetchval("select count(*) from person_keys") == 0


async def test_a_dry_run_tells_and_does_nothing(court: Court, demo: dict[str, bytes]) -> None:
    run = await court.take(demo["党员名册"], dry_run=True)
    assert counts(run) == (len(cells(demo["党员名册"])), 0, 0)
    assert await court.members.commands.store.head() == 0
    assert await court.members.pool.fetchval("select count(*) from person_keys") == 0
