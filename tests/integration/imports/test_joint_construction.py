"""联建协议, 联建活动 and 品牌台账 of the demonstration, counted apart from the program; and the same files again."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.activities.commands.brands import place_brand
from services.activities.domain.brand_steps import RevokeBrand
from shared.acts import CommandContext
from shared.ledgers.answers import Prepared
from shared.ledgers.recognise import Ledger
from shared.ledgers.runs import Claimed
from shared.meta import Source
from tests.integration.imports.given import OPERATOR, TODAY, Court, cells, codes, counts, events_of, taken


async def all_six(court: Court, demo: dict[str, bytes]) -> None:
    await court.take(demo["党员名册"])
    for name in ("三会一课记录", "主题党日台账", "联建协议", "联建活动", "品牌台账"):
        run = await court.take_activities(demo[name])
        assert run.answer is not None
        assert (run.state, run.answer["errors"]) == ("done", [])


def plain(value: Any) -> str:
    return unicodedata.normalize("NFKC", str(value or "")).strip()


def parties(cell: str) -> list[tuple[str, int | None]]:
    """`某支部(7人)、…` as name and number; `20余人` is no number."""
    found = []
    for part in plain(cell).split("、"):
        name, _, rest = part.partition("(")
        number = re.fullmatch(r"(\d+)人\)", rest)
        found.append((name, int(number.group(1)) if number else None))
    return found


async def data_of(court: Court, kind: str) -> list[dict[str, Any]]:
    return [data for name, data in await events_of(court.activities) if name.startswith(kind)]


async def test_agreements_and_their_partners_are_those_of_the_workbook(court: Court, demo: dict[str, bytes]) -> None:
    await court.take(demo["党员名册"])
    run = await court.take_activities(demo["联建协议"])
    written = cells(demo["联建协议"])
    assert counts(run) == (24, 0, 0)
    stated = {
        (house, branch): level
        for row in written
        for house, branch, level in zip(
            *(plain(row[name]).split("、") for name in ("乙方单位", "乙方支部", "乙方级别")), strict=True
        )
    }
    levels = {"最高法院": "supreme", "高级法院": "high", "中级法院": "intermediate", "基层法院": "basic"}
    partners = await data_of(court, "partner-registered")
    assert {(one["facts"]["organisation"], one["facts"]["branch"]): one["facts"]["level"] for one in partners} == {
        partner: levels.get(level, "outside") for partner, level in stated.items()
    }
    assert len(partners) == len(stated) == 20
    assert len(await data_of(court, "joint-agreement-signed")) == 23
    assert len(await data_of(court, "joint-agreement-proposed")) == 1
    assert [one["cause"] for one in await data_of(court, "joint-agreement-ended")] == ["expired", "terminated"]
    (two,) = [row for row in written if "、" in plain(row["乙方单位"])]
    agreements = await data_of(court, "joint-agreement-signed")
    assert [one["facts"]["number"] for one in agreements if len(one["facts"]["parties"]) == 2] == [two["协议编号"]]


async def test_what_is_unknown_is_neither_empty_nor_nought(court: Court, demo: dict[str, bytes]) -> None:
    await all_six(court, demo)
    agreements = await data_of(court, "joint-agreement-signed")
    (unknown,) = [row["协议编号"] for row in cells(demo["联建协议"]) if row["年度活动计划(次)"] == "**"]
    planned = {one["facts"]["number"]: one["facts"]["planned_a_year"] for one in agreements}
    assert planned.pop(unknown) is None
    assert None not in planned.values()
    assert 0 not in planned.values()
    brands = [one["facts"] for one in await data_of(court, "brand-registered")]
    rows = cells(demo["品牌台账"])
    assert len(brands) == len(rows) == 12
    assert sum("name" in brand["unknown"] for brand in brands) == 3
    assert [(brand["name"] is None, "name" in brand["unknown"]) for brand in brands] == [
        (row["品牌名称"] == "**", row["品牌名称"] == "**") for row in rows
    ]
    (dateless,) = [one for one in await data_of(court, "brand-step-completed") if one["date"] is None]
    assert dateless["step"] == "recognise"


async def test_joint_activities_are_counted_once_with_their_participations_seats_and_problems(
    court: Court, demo: dict[str, bytes]
) -> None:
    await all_six(court, demo)
    written = [parties(row["参加单位及人数"]) for row in cells(demo["联建活动"])]
    held = [one["facts"] for one in await data_of(court, "activity-held") if one["facts"]["kind"] == "joint_activity"]
    taking = [one["joint"]["participations"] for one in held]
    assert len(held) == 40
    assert [len(one) for one in taking] == [len(one) for one in written]
    assert [[p["seats"] for p in one] for one in taking] == [[seats for _, seats in one] for one in written]
    subjects = [
        subject
        for row in cells(demo["联建活动"])
        if row["问题清单"]
        for subject in re.split(r"；?\d\.|；", row["问题清单"])
        if subject
    ]
    problems = await data_of(court, "joint-problem-raised")
    assert [one["facts"]["subject"] for one in problems] == subjects
    solved = [row["解决情况"] for row in cells(demo["联建活动"])]
    assert len(await data_of(court, "joint-problem-solved")) == sum("已解决" in (words or "") for words in solved)


async def test_remarks_name_the_activity_and_stay_with_its_record(court: Court, demo: dict[str, bytes]) -> None:
    await court.take(demo["党员名册"])
    await court.take_activities(demo["联建协议"])
    run = await court.take_activities(demo["联建活动"])
    assert run.answer is not None
    named = {
        (one["code"], one["sentence"].partition("：")[0])
        for one in run.answer["remarks"]
        if one["code"] in ("before_signing", "party_outside_agreement")
    }
    assert {number for code, number in named if code == "before_signing"} == {"QL2025-004", "QL2025-014"}
    assert {number for code, number in named if code == "party_outside_agreement"} == {
        f"QL2025-{number:03d}" for number in range(1, 41, 5)
    }
    kept = Counter(code for one in await data_of(court, "activity-recorded") for code in one["remarks"])
    assert (kept["before_signing"], kept["party_outside_agreement"]) == (2, 8)
    assert (12, "参加单位及人数", "seats_unreadable") in codes(run, "remarks")


async def test_the_six_ledgers_again_add_nothing(court: Court, demo: dict[str, bytes]) -> None:
    await all_six(court, demo)
    before = len(await events_of(court.activities))
    for name, number in (("联建协议", 24), ("联建活动", 40), ("品牌台账", 12)):
        assert counts(await court.take_activities(demo[name])) == (0, 0, number)
    assert len(await events_of(court.activities)) == before


async def test_a_brand_revoked_while_its_ledger_is_taken_in_does_not_become_a_main_brand(
    court: Court, demo: dict[str, bytes]
) -> None:
    await court.take(demo["党员名册"])
    await court.take_activities(demo["品牌台账"])
    brand_id = sorted({data["brand_id"] for data in await data_of(court, "main-brand-taken")})[0]
    store = court.activities.commands
    prepare = court.activities.prepare["brands"]

    async def revoked_meanwhile(ledger: Ledger, claimed: Claimed) -> Prepared:
        prepared = await prepare(ledger, claimed)
        context = CommandContext(OPERATOR, Source(kind="ui"), "revoke", "revoke", b"revoke")
        revoke = RevokeBrand(date="2026-05-01", today=TODAY)
        await place_brand(store, context, UUID(brand_id), revoke, None)
        return prepared

    run = await taken(replace(court.activities, prepare={"brands": revoked_meanwhile}), demo["品牌台账"])
    assert (run.state, [code for _, _, code in codes(run)]) == ("refused", ["brand_changed"])
    again = await court.take_activities(demo["品牌台账"])
    assert again.state == "done"
    assert len(await data_of(court, "main-brand-released")) == 1
