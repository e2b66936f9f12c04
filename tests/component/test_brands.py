"""Brands over HTTP: one main brand a branch, five steps, who may do what, and everything a request can have wrong."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.component.court import Court
from tests.component.given import SOME_ID, branch, problem
from tests.component.people import as_secretary_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


def brand_facts(*units: str, **changed: Any) -> dict[str, Any]:
    owners = [{"party_kind": "own_unit", "party_id": unit} for unit in units]
    return {"name": "星火助执", "owners": owners, "slogan": "一枚党徽，一份担当"} | changed


async def registered(court: Court, *units: str, **changed: Any) -> str:
    answer = await court.activities.post("/brands", json={"facts": brand_facts(*units, **changed)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["brand_id"])


async def holder(court: Court, unit: str) -> list[str]:
    """What has happened to the place of main brand of a unit."""
    events = await court.services["activities"].parts.deps.store.read_stream(f"main_brand-{unit}")
    return [f"{event.type.split('-')[2].split('.')[0]} {event.data['brand_id']}" for event in events]


async def test_a_brand_goes_through_its_five_steps(court: Court) -> None:
    unit, _ = await branch(court)
    brand = await registered(court, unit)
    note = {"materials": ["申报表"], "opinion": "同意申报"}
    submitted = await court.activities.post(
        f"/brands/{brand}/submit", json={"date": "2024-02-20", "note": note}, headers={"If-Match": '"1"'}
    )
    assert (submitted.status_code, submitted.headers["etag"]) == (200, '"3"')
    for step, day in (("recognise", "2024-04"), ("cultivate", None), ("publicise", "2024-08-28")):
        answer = await court.activities.post(f"/brands/{brand}/steps", json={"step": step, "date": day})
        assert answer.status_code == 200, answer.text
    shown = (await court.activities.get(f"/brands/{brand}")).json()
    assert [step["step"] for step in shown["steps"]] == ["submit", "recognise", "cultivate", "publicise"]
    assert shown["steps"][0]["note"] == note
    assert (shown["status"], shown["due"]) == ("registered", "designate_exemplar")


async def test_the_words_of_a_brand_are_stored_encrypted(court: Court) -> None:
    unit, _ = await branch(court)
    brand = await registered(court, unit)
    await court.activities.post(f"/brands/{brand}/submit", json={"date": None, "note": {"opinion": "只此一处甲"}})
    await court.activities.post(f"/brands/{brand}/description", json={"carriers": "只此一处乙"})
    given = await court.activities.post(f"/brands/{brand}/evidence", json={"date": "2024-05", "text": "只此一处丙"})
    assert given.status_code == 200, given.text
    events = await court.services["activities"].parts.deps.store.read_stream(f"brand-{brand}")
    assert all("只此一处" not in str(event.data) for event in events)
    shown = (await court.activities.get(f"/brands/{brand}")).json()
    assert shown["steps"][0]["note"]["opinion"] == "只此一处甲"
    assert shown["description"]["carriers"] == "只此一处乙"
    assert shown["evidence"][given.json()["evidence_id"]]["text"] == "只此一处丙"


async def test_of_two_brands_registered_at_once_one_is_refused_naming_the_other(court: Court) -> None:
    unit, _ = await branch(court)
    answers = await asyncio.gather(
        *(court.activities.post("/brands", json={"facts": brand_facts(unit, name=f"第{n}个品牌")}) for n in range(4))
    )
    accepted = [answer for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code != 201]
    assert len(accepted) == 1
    held_by = accepted[0].json()["brand_id"]
    for answer in refused:
        assert problem(answer) == (409, "main_brand_taken", ["facts.main"])
        assert answer.json()["errors"][0]["value"] == held_by
        assert "个品牌”" in answer.json()["errors"][0]["problem"]
    assert await holder(court, unit) == [f"taken {held_by}"]


async def test_the_place_of_main_brand_follows_owners_and_revocation(court: Court) -> None:
    (first, _), (second, _) = await branch(court), await branch(court)
    brand = await registered(court, first)
    moved = await court.activities.post(f"/brands/{brand}/correct", json={"facts": brand_facts(second)})
    assert moved.status_code == 200, moved.text
    other = await registered(court, first)
    both = await court.activities.post(f"/brands/{other}/correct", json={"facts": brand_facts(first, second)})
    assert problem(both) == (409, "main_brand_taken", ["facts.main"])
    revoked = await court.activities.post(f"/brands/{brand}/revoke", json={"date": "2024-12-01"})
    assert revoked.status_code == 200
    again = await court.activities.post(f"/brands/{other}/correct", json={"facts": brand_facts(first, second)})
    assert again.status_code == 200
    assert await holder(court, first) == [f"taken {brand}", f"released {brand}", f"taken {other}"]
    assert await holder(court, second) == [f"taken {brand}", f"released {brand}", f"taken {other}"]
    back = await court.activities.post(f"/brands/{brand}/register", json={"facts": brand_facts(second)})
    assert problem(back) == (409, "main_brand_taken", ["facts.main"])
    work = await court.activities.post(f"/brands/{brand}/register", json={"facts": brand_facts(second, main=False)})
    assert work.status_code == 200
    assert (await court.activities.get(f"/brands/{brand}")).json()["due"] == "submit"


async def test_undoing_a_brand_frees_its_place_once(court: Court) -> None:
    unit, _ = await branch(court)
    brand = await registered(court, unit)
    headers = {"Idempotency-Key": f"undo-{brand}"}
    undone = await court.activities.post(f"/brands/{brand}/undo", headers=headers)
    again = await court.activities.post(f"/brands/{brand}/undo", headers=headers)
    assert (undone.status_code, again.json()) == (200, undone.json())
    assert problem(await court.activities.post(f"/brands/{brand}/undo")) == (409, "brand_undone", ["brand_id"])
    assert problem(await court.activities.get(f"/brands/{brand}")) == (404, "not_found", ["brand_id"])
    assert await holder(court, unit) == [f"taken {brand}", f"released {brand}"]


async def test_two_brands_cannot_hang_themselves_below_each_other_at_once(court: Court) -> None:
    unit, _ = await branch(court)
    one, two = [await registered(court, unit, main=False) for _ in range(2)]
    answers = await asyncio.gather(
        court.activities.post(f"/brands/{one}/correct", json={"facts": brand_facts(unit, main=False, parent_id=two)}),
        court.activities.post(f"/brands/{two}/correct", json={"facts": brand_facts(unit, main=False, parent_id=one)}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert problem(refused)[1] in ("parent_brand_changed", "brand_cycle")
    assert problem(refused)[2] == ["facts.parent_id"]


async def test_a_brand_with_others_below_it_does_not_make_a_fifth_level(court: Court) -> None:
    unit, _ = await branch(court)
    top = await registered(court, unit, main=False)
    second = await registered(court, unit, main=False, parent_id=top)
    third = await registered(court, unit, main=False, parent_id=second)
    parent = await registered(court, unit, main=False)
    await registered(court, unit, main=False, parent_id=parent)

    def below(brand_id: str) -> dict[str, Any]:
        return {"facts": brand_facts(unit, main=False, parent_id=brand_id)}

    answer = await court.activities.post(f"/brands/{parent}/correct", json=below(third))
    assert problem(answer) == (409, "brand_too_deep", ["facts.parent_id"])
    assert (await court.activities.post(f"/brands/{parent}/correct", json=below(second))).status_code == 200


async def test_goals_and_evidence_are_set_changed_and_withdrawn(court: Court) -> None:
    unit, _ = await branch(court)
    path = f"/brands/{await registered(court, unit)}"
    goal = (await court.activities.post(f"{path}/goals", json={"indicator": "宣讲", "target": 12})).json()["goal_id"]
    evidence = (
        await court.activities.post(f"{path}/evidence", json={"date": "2024-05", "goal_id": goal, "reached": 3})
    ).json()["evidence_id"]
    await court.activities.post(f"{path}/goals", json={"goal_id": goal, "indicator": "宣讲", "target": 20})
    shown = (await court.activities.get(path)).json()
    assert shown["goals"][goal]["target"] == 20
    assert shown["evidence"][evidence]["evidence"]["reached"] == 3
    assert (await court.activities.post(f"{path}/evidence/{evidence}/withdraw")).status_code == 200
    assert (await court.activities.post(f"{path}/goals/{goal}/withdraw")).status_code == 200
    shown = (await court.activities.get(path)).json()
    assert (shown["goals"], shown["evidence"]) == ({}, {})
    assert problem(await court.activities.post(f"{path}/goals/{SOME_ID}/withdraw")) == (
        404,
        "unknown_goal",
        ["goal_id"],
    )


@pytest.mark.parametrize(
    ("changed", "status", "code", "field"),
    [
        ({"owners": []}, 422, "invalid_fields", "facts.owners"),
        ({"owners": [{"party_kind": "own_unit", "party_id": SOME_ID}]}, 422, "unknown_unit", "facts.owners.0.party_id"),
        (
            {"owners": [{"party_kind": "partner", "party_id": SOME_ID}]},
            422,
            "unknown_partner",
            "facts.owners.0.party_id",
        ),
        ({"parent_id": SOME_ID}, 422, "unknown_parent_brand", "facts.parent_id"),
        ({"unknown": ["name"]}, 422, "unknown_with_value", "facts.name"),
        ({"unknown": ["owners"]}, 422, "invalid_fields", "facts.unknown.0"),
        ({"name": None}, 409, "name_missing", "facts.name"),
        ({"colour": "red"}, 422, "invalid_fields", "facts.colour"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_recorded(
    court: Court, changed: dict[str, Any], status: int, code: str, field: str
) -> None:
    unit, _ = await branch(court)
    answer = await court.activities.post("/brands", json={"facts": brand_facts(unit) | changed})
    assert problem(answer) == (status, code, [field])
    assert await holder(court, unit) == []


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "field"),
    [
        ("steps", {"step": "cultivate", "date": "2024-03-01"}, 409, "step_skipped", "step"),
        ("steps", {"step": "recognise", "date": "2024-02-19"}, 409, "before_beginning", "date"),
        ("steps", {"step": "recognise", "date": "2200-01-01"}, 409, "date_in_the_future", "date"),
        ("steps", {"step": "praise", "date": None}, 422, "invalid_fields", "step"),
        ("steps/correct", {"step": "recognise", "date": None}, 409, "step_not_taken", "step"),
        ("return", {"step": "recognise", "date": "2024-03-01"}, 409, "step_not_taken", "step"),
        ("revoke", {"date": "2024-02-19"}, 409, "before_beginning", "date"),
        ("evidence", {"date": "2024-05", "goal_id": SOME_ID}, 422, "unknown_goal", "evidence.goal_id"),
        ("register", {"facts": {"name": "另一个", "owners": []}}, 422, "invalid_fields", "facts.owners"),
    ],
)
async def test_a_wrong_step_is_refused_naming_the_field(
    court: Court, path: str, body: dict[str, Any], status: int, code: str, field: str
) -> None:
    unit, _ = await branch(court)
    brand = await registered(court, unit)
    assert (await court.activities.post(f"/brands/{brand}/submit", json={"date": "2024-02-20"})).status_code == 200
    assert problem(await court.activities.post(f"/brands/{brand}/{path}", json=body)) == (status, code, [field])


async def test_a_brand_nobody_registered_is_not_found(court: Court) -> None:
    for path, body in (("submit", {"date": None}), ("revoke", {"date": "2024"}), ("description", {})):
        answer = await court.activities.post(f"/brands/{SOME_ID}/{path}", json=body)
        assert problem(answer) == (404, "not_found", ["brand_id"])


async def test_a_secretary_submits_and_shows_evidence_for_the_own_brand_and_no_more(court: Court) -> None:
    (own, _), (other, _) = await branch(court), await branch(court)
    foreign = await registered(court, other)
    async with as_secretary_of(court, own) as secretary:
        made = await secretary.post("/brands", json={"facts": brand_facts(own)})
        assert made.status_code == 201, made.text
        path = made.headers["location"]
        for step, body in (("submit", {"date": "2024-02-20"}), ("evidence", {"date": "2024-05"})):
            assert (await secretary.post(f"{path}/{step}", json=body)).status_code == 200
        assert (
            await secretary.post(f"{path}/correct", json={"facts": brand_facts(own, slogan=None)})
        ).status_code == 200
        for step, body in (
            ("steps", {"step": "recognise", "date": "2024-04-30"}),
            ("return", {"step": "submit", "date": "2024-04-30"}),
            ("revoke", {"date": "2024-04-30"}),
        ):
            assert refused(await secretary.post(f"{path}/{step}", json=body))
        assert refused(await secretary.post(f"{path}/correct", json={"facts": brand_facts(own, other)}))
        assert refused(await secretary.post("/brands", json={"facts": brand_facts(other, main=False)}))
        assert refused(await secretary.post("/brands", json={"facts": brand_facts(own, other, main=False)}))
        assert refused(await secretary.post(f"/brands/{foreign}/evidence", json={"date": "2024-05"}))
        assert refused(await secretary.get(f"/brands/{foreign}"))
        recognised = {"step": "recognise", "date": "2024-04-30"}
        assert (await court.activities.post(f"{path}/steps", json=recognised)).status_code == 200
        assert refused(await secretary.post(f"{path}/correct", json={"facts": brand_facts(own)}))


async def test_each_owner_of_a_brand_shows_evidence_for_it(court: Court) -> None:
    (one, _), (two, _), (three, _) = [await branch(court) for _ in range(3)]
    brand = await registered(court, one, two)
    for unit, allowed in ((one, True), (two, True), (three, False)):
        async with as_secretary_of(court, unit) as secretary:
            answer = await secretary.post(f"/brands/{brand}/evidence", json={"date": "2024-05"})
            assert (answer.status_code == 200) is allowed


def refused(answer: httpx.Response) -> bool:
    return problem(answer)[:2] == (403, "forbidden")
