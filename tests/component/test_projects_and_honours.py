"""Party-plus projects, campaigns and honours over HTTP, and everything a request can have wrong."""

from typing import Any
from uuid import uuid4

import pytest

from tests.component.court import Court
from tests.component.given import SOME_ID, branch, problem
from tests.component.joint import outside, own, parties, partner
from tests.component.people import as_secretary_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


def project_facts(unit: str, **changed: Any) -> dict[str, Any]:
    return {"name": "党建+集中执行", "unit_id": unit, "start": "2024-03", "due": "2024-11-30"} | changed


def campaign_facts(**changed: Any) -> dict[str, Any]:
    return {"name": f"专项教育{uuid4().hex[:6]}", "start": "2024-04-01", "end": "2024-07-31"} | changed


def honour_facts(**changed: Any) -> dict[str, Any]:
    return {"title": "文明单位", "subject_kind": "court", "date": "2024-07-01"} | changed


async def test_a_project_is_worked_off_and_completed(court: Court) -> None:
    unit, _ = await branch(court)
    started = await court.activities.post("/projects", json={"facts": project_facts(unit)})
    assert started.status_code == 201, started.text
    path = started.headers["location"]
    items = [
        (await court.activities.post(f"{path}/work", json={"title": title})).json()["item_id"]
        for title in ("排查", "走访", "宣传")
    ]
    assert (await court.activities.get(path)).json()["progress"] == 0
    done = await court.activities.post(f"{path}/work/{items[0]}/done", json={"date": "2024-04-28"})
    assert (done.status_code, (await court.activities.get(path)).json()["progress"]) == (200, 33)
    early = await court.activities.post(f"{path}/complete", json={"date": "2024-11-20"})
    assert problem(early) == (409, "work_still_open", ["date"])
    assert "还有 2 项" in early.json()["errors"][0]["problem"]
    await court.activities.post(f"{path}/work/{items[1]}/done", json={"date": "2024-05"})
    await court.activities.post(f"{path}/work/{items[2]}/withdraw")
    outcome = {"date": "2024-11-20", "outcome": {"at_least": 60, "words": "60余件"}, "text": "只此一处丁"}
    assert (await court.activities.post(f"{path}/complete", json=outcome)).status_code == 200
    shown = (await court.activities.get(path)).json()
    assert (shown["status"], shown["progress"], shown["outcome_text"]) == ("completed", 100, "只此一处丁")
    stream = f"party_plus_project-{started.json()['project_id']}"
    events = await court.services["activities"].parts.deps.store.read_stream(stream)
    assert all("只此一处" not in str(event.data) for event in events)
    closed = await court.activities.post(f"{path}/work", json={"title": "再一项"})
    assert problem(closed) == (409, "project_completed", ["project_id"])
    assert (await court.activities.post(f"{path}/undo")).status_code == 200
    assert problem(await court.activities.post(f"{path}/undo")) == (409, "project_undone", ["project_id"])


@pytest.mark.parametrize(
    ("changed", "status", "code", "field"),
    [
        ({"unit_id": SOME_ID}, 422, "unknown_unit", "facts.unit_id"),
        ({"brand_id": SOME_ID}, 422, "unknown_brand", "facts.brand_id"),
        (
            {"partners": [{"party_kind": "partner", "party_id": SOME_ID}]},
            422,
            "unknown_partner",
            "facts.partners.0.party_id",
        ),
        ({"due": "2024-02-29"}, 409, "before_beginning", "facts.due"),
        ({"due": "2024-11"}, 422, "invalid_fields", "facts.due"),
    ],
)
async def test_a_wrong_project_is_refused_naming_the_field(
    court: Court, changed: dict[str, Any], status: int, code: str, field: str
) -> None:
    unit, _ = await branch(court)
    answer = await court.activities.post("/projects", json={"facts": project_facts(unit) | changed})
    assert problem(answer) == (status, code, [field])


async def test_a_line_that_is_not_there_is_not_found(court: Court) -> None:
    unit, _ = await branch(court)
    path = (await court.activities.post("/projects", json={"facts": project_facts(unit)})).headers["location"]
    assert problem(await court.activities.post(f"{path}/work/{SOME_ID}/withdraw")) == (
        404,
        "unknown_work",
        ["item_id"],
    )
    assert problem(await court.activities.post(f"/projects/{SOME_ID}/undo")) == (404, "not_found", ["project_id"])


async def test_a_secretary_keeps_the_projects_of_the_own_branch(court: Court) -> None:
    (own, _), (other, _) = await branch(court), await branch(court)
    async with as_secretary_of(court, own) as secretary:
        made = await secretary.post("/projects", json={"facts": project_facts(own)})
        assert made.status_code == 201, made.text
        path = made.headers["location"]
        assert (await secretary.post(f"{path}/work", json={"title": "排查"})).status_code == 200
        for answer in (
            await secretary.post("/projects", json={"facts": project_facts(other)}),
            await secretary.post(f"{path}/correct", json={"facts": project_facts(other)}),
            await secretary.post(f"{path}/undo"),
            await secretary.post("/campaigns", json={"facts": campaign_facts()}),
            await secretary.post("/honours", json={"facts": honour_facts()}),
        ):
            assert problem(answer)[:2] == (403, "forbidden")


async def test_there_is_one_campaign_of_a_name_and_its_end_is_corrected(court: Court) -> None:
    facts = campaign_facts()
    opened = await court.activities.post("/campaigns", json={"facts": facts})
    assert opened.status_code == 201, opened.text
    path = opened.headers["location"]
    same = await court.activities.post("/campaigns", json={"facts": facts})
    assert (same.status_code, same.json()["campaign_id"]) == (201, opened.json()["campaign_id"])
    longer = await court.activities.post("/campaigns", json={"facts": facts | {"end": "2024-08-31"}})
    assert problem(longer) == (409, "campaign_already_open", ["facts.name"])
    corrected = await court.activities.post(
        f"{path}/correct", json={"facts": facts | {"end": "2024-08-31"}}, headers={"If-Match": '"1"'}
    )
    assert (corrected.status_code, corrected.headers["etag"]) == (200, '"2"')
    assert (await court.activities.get(path)).json()["facts"]["end"] == "2024-08-31"
    assert (await court.activities.post(f"{path}/undo")).status_code == 200
    assert problem(await court.activities.post(f"{path}/undo")) == (409, "campaign_undone", ["campaign_id"])


@pytest.mark.parametrize(
    ("changed", "status", "code", "field"),
    [
        ({"unit_ids": [SOME_ID]}, 422, "unknown_unit", "facts.unit_ids.0"),
        ({"end": "2024-03-31"}, 409, "end_before_start", "facts.end"),
        ({"start": "2024-04"}, 422, "invalid_fields", "facts.start"),
    ],
)
async def test_a_wrong_campaign_is_refused_naming_the_field(
    court: Court, changed: dict[str, Any], status: int, code: str, field: str
) -> None:
    answer = await court.activities.post("/campaigns", json={"facts": campaign_facts() | changed})
    assert problem(answer) == (status, code, [field])


async def test_an_honour_is_proposed_awarded_and_revoked(court: Court) -> None:
    unit, _ = await branch(court)
    facts = honour_facts(subject_kind="unit", subject_id=unit)
    proposed = await court.activities.post("/honours", json={"facts": facts | {"date": "2024-06"}})
    assert proposed.status_code == 201, proposed.text
    path = proposed.headers["location"]
    early = await court.activities.post(f"{path}/revoke", json={"date": "2024-08-01"})
    assert problem(early) == (409, "honour_not_awarded", ["honour_id"])
    assert (await court.activities.post(f"{path}/award", json={"facts": facts})).status_code == 200
    assert (await court.activities.post(f"{path}/revoke", json={"date": "2024-08-01"})).status_code == 200
    shown = (await court.activities.get(path)).json()
    assert (shown["status"], shown["revoked_on"]) == ("revoked", "2024-08-01")
    assert (await court.activities.post(f"{path}/undo")).status_code == 200
    assert problem(await court.activities.get(path)) == (404, "not_found", ["honour_id"])
    assert problem(await court.activities.post(f"{path}/undo")) == (409, "honour_undone", ["honour_id"])


@pytest.mark.parametrize(
    ("changed", "status", "code", "field"),
    [
        ({"subject_kind": "unit", "subject_id": SOME_ID}, 422, "unknown_unit", "facts.subject_id"),
        ({"subject_kind": "person", "subject_id": SOME_ID}, 422, "unknown_person", "facts.subject_id"),
        ({"subject_kind": "brand", "subject_id": SOME_ID}, 422, "unknown_brand", "facts.subject_id"),
        ({"subject_kind": "brand"}, 409, "subject_missing", "facts.subject_id"),
        ({"date": "2200-01-01"}, 409, "date_in_the_future", "facts.date"),
        ({"honour_level": "village"}, 422, "invalid_fields", "facts.honour_level"),
    ],
)
async def test_a_wrong_honour_is_refused_naming_the_field(
    court: Court, changed: dict[str, Any], status: int, code: str, field: str
) -> None:
    for path in ("/honours", "/honours/award"):
        answer = await court.activities.post(path, json={"facts": honour_facts() | changed})
        assert problem(answer) == (status, code, [field])


async def test_a_request_sent_again_has_its_first_answer_also_when_what_it_names_is_gone_since(court: Court) -> None:
    unit, partner_id = await parties(court)
    owners = [own(unit)]
    brand = await court.activities.post(
        "/brands", json={"facts": {"name": "星火助执", "owners": owners, "main": False}}
    )
    into, brand_id = await partner(court), brand.json()["brand_id"]
    project = {"name": "诉源治理", "unit_id": unit, "start": "2024-02-20", "partners": [outside(partner_id)]}
    honour = {"title": "优秀党建品牌", "subject_kind": "brand", "subject_id": brand_id, "date": "2024-06-28"}
    shared = {"name": "联创品牌", "owners": [*owners, outside(partner_id)], "main": False}
    requests = [("/projects", project), ("/honours", honour), ("/brands", shared)]

    async def sent() -> list[tuple[int, str | None]]:
        answers = [
            await court.activities.post(path, json={"facts": facts}, headers={"Idempotency-Key": f"{brand_id}{path}"})
            for path, facts in requests
        ]
        return [(answer.status_code, answer.headers.get("location")) for answer in answers]

    first = await sent()
    assert [code for code, _ in first] == [201, 201, 201]
    assert (await court.activities.post(f"/partners/{partner_id}/merge", json={"into": into})).status_code == 200
    assert (await court.activities.post(f"/brands/{brand_id}/undo")).status_code == 200
    assert await sent() == first
