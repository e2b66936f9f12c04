"""What ledgers write in their own words about people does not stand in what other courts may read."""

import json
from typing import Any

from tests.integration.imports.given import MEETINGS, ROSTER, Court, counts, events_of, person, workbook


def talk(title: str) -> tuple[Any, ...]:
    said = {"支部名称": "第一党支部", "会议类型": "谈心谈话", "会议名称": title, "日期": "2025-01-24"}
    return tuple(said.get(heading) for heading in MEETINGS)


async def test_the_title_of_a_talk_is_stored_encrypted_and_makes_no_part_of_its_id(court: Court) -> None:
    await court.take(workbook("名册（2025年）", ROSTER, person("李青", "第一党支部")))
    title = "三会一课记录（2025年）"
    first = await court.take_activities(workbook(title, MEETINGS, talk("与李青谈家庭变故"), talk("与王文谈去留")))
    assert counts(first) == (2, 0, 0)
    events = await events_of(court.activities)
    assert [data["facts"]["title"] for kind, data in events if kind == "activity-held"] == ["谈心谈话", "谈心谈话"]
    assert "谈家庭变故" not in json.dumps(events, ensure_ascii=False)
    again = await court.take_activities(workbook(title, MEETINGS, talk("与李青谈家庭变故"), talk("与王文谈去留")))
    assert counts(again) == (0, 0, 2)
    other = await court.take_activities(workbook(title, MEETINGS, talk("与李青谈工作"), talk("与王文谈去留")))
    assert counts(other) == (0, 1, 1)
    assert [kind for kind, _ in (await events_of(court.activities))[len(events) :]] == ["minutes-corrected"]


async def test_the_words_for_a_standing_are_stored_encrypted_and_shared_only_as_other(court: Court) -> None:
    rows = [
        (*person("李青", "第一党支部"), "停止党籍"),
        (*person("王文", "第一党支部"), " 正 常 "),
        (*person("赵静", "第一党支部"), None),
    ]
    await court.take(workbook("名册（2025年）", (*ROSTER, "党籍状态"), *rows))
    events = await events_of(court.members)
    assert [data["facts"]["standing"] for kind, data in events if kind == "membership-recorded"] == [
        "other",
        "normal",
        "normal",
    ]
    stored = [data["details"]["standing"] is None for kind, data in events if kind == "person-registered"]
    assert stored == [False, True, True]
    assert "停止党籍" not in json.dumps(events, ensure_ascii=False)
