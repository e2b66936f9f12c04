"""`activities` over HTTP: one activity from plan to cancellation, and everything a request can have wrong."""

import asyncio
from typing import Any

import pytest

from tests.component.court import Court
from tests.component.given import SOME_ID, branch, facts, planned, problem

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_activity_lives_from_plan_to_correction(court: Court) -> None:
    activity_id, branch_id, _ = await planned(court)
    path = f"/activities/{activity_id}"
    held = await court.activities.post(f"{path}/hold", json={"facts": facts(branch_id)}, headers={"If-Match": '"1"'})
    assert (held.status_code, held.headers["etag"]) == (200, '"2"')
    record = {"facts": facts(branch_id, expected=14), "attendance": {"absences": [{"number": 2, "reason": "出差"}]}}
    recorded = await court.activities.post(f"{path}/record", json=record)
    assert recorded.status_code == 200
    corrected = await court.activities.post(
        f"{path}/correct", json={"facts": facts(branch_id, expected=14, place="三楼会议室")}
    )
    assert corrected.json()["version"] == int(recorded.headers["etag"].strip('"')) + 1
    seen = await court.activities.get(path)
    assert seen.headers["etag"] == corrected.headers["etag"]
    assert seen.json()["status"] == "recorded"
    assert seen.json()["facts"]["place"] == "三楼会议室"
    assert seen.json()["attendance"]["absences"] == [{"person_id": None, "number": 2, "reason": "出差"}]


async def test_an_activity_nobody_planned_is_recorded_at_once_and_late_entry_is_told(court: Court) -> None:
    branch_id, after = await branch(court)
    answer = await court.activities.post(
        "/activities/record", json={"facts": facts(branch_id)}, headers={"After": after}
    )
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/activities/{answer.json()['activity_id']}"
    store = court.services["activities"].parts.deps.store
    events = await store.read_stream(f"activity-{answer.json()['activity_id']}")
    assert events[-1].data["entry"] == "late_entry"
    assert events[-1].meta["actor"] == {"subject": "operator", "role": "operator", "organisation": "shi04"}
    assert events[-1].meta["source"] == {"kind": "ui"}


async def test_the_same_request_under_the_same_key_does_it_once(court: Court) -> None:
    branch_id, after = await branch(court)
    headers = {"Idempotency-Key": f"once-{branch_id}", "After": after}
    answers = await asyncio.gather(
        *(court.activities.post("/activities", json={"facts": facts(branch_id)}, headers=headers) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["activity_id"] for answer in answers}) == 1
    assert len({answer.headers["position"] for answer in answers}) == 1


async def test_another_request_under_a_used_key_is_refused_naming_the_key(court: Court) -> None:
    branch_id, after = await branch(court)
    headers = {"Idempotency-Key": f"used-{branch_id}", "After": after}
    await court.activities.post("/activities", json={"facts": facts(branch_id)}, headers=headers)
    answer = await court.activities.post(
        "/activities", json={"facts": facts(branch_id, title="另一次大会")}, headers=headers
    )
    assert problem(answer) == (422, "command_id_reused", ["Idempotency-Key"])


async def test_a_change_on_an_old_version_is_refused_with_the_present_one(court: Court) -> None:
    activity_id, branch_id, _ = await planned(court)
    path = f"/activities/{activity_id}/plan"
    changed = {"facts": facts(branch_id, title="改期的大会")}
    assert (await court.activities.post(path, json=changed, headers={"If-Match": '"1"'})).status_code == 200
    answer = await court.activities.post(
        path, json={"facts": facts(branch_id, title="再改")}, headers={"If-Match": '"1"'}
    )
    assert problem(answer) == (412, "precondition_failed", ["If-Match"])
    assert answer.headers["etag"] == '"2"'


async def test_a_reader_who_holds_the_version_gets_304(court: Court) -> None:
    activity_id, _, _ = await planned(court)
    answer = await court.activities.get(f"/activities/{activity_id}", headers={"If-None-Match": '"1"'})
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize(
    ("changed", "status", "code", "field"),
    [
        ({"colour": "red"}, 422, "invalid_fields", "facts.colour"),
        ({"present": "12"}, 422, "invalid_fields", "facts.present"),
        ({"present": 12.5}, 422, "invalid_fields", "facts.present"),
        ({"present": -1}, 422, "invalid_fields", "facts.present"),
        ({"kind": "party"}, 422, "invalid_fields", "facts.kind"),
        ({"date": "2024-02-30"}, 422, "invalid_fields", "facts.date"),
        ({"date": "20.2.2024"}, 422, "invalid_fields", "facts.date"),
        ({"start": "25:00"}, 422, "invalid_fields", "facts.start"),
        ({"title": "甲" * 256}, 422, "invalid_fields", "facts.title"),
        ({"title": "a\x00b"}, 422, "invalid_fields", "facts.title"),
        ({"tags": ["x"] * 51}, 422, "invalid_fields", "facts.tags"),
        ({"unit_id": "7"}, 422, "invalid_fields", "facts.unit_id"),
        ({"unit_id": SOME_ID}, 422, "unknown_unit", "facts.unit_id"),
        ({"unit_kind": "party_group"}, 422, "invalid_unit_kind", "facts.unit_kind"),
        ({"branch_id": SOME_ID}, 422, "invalid_branch", "facts.branch_id"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_recorded(
    court: Court, changed: dict[str, Any], status: int, code: str, field: str
) -> None:
    branch_id, after = await branch(court)
    headers = {"After": after, "Idempotency-Key": f"wrong-{branch_id}"}
    answer = await court.activities.post("/activities", json={"facts": facts(branch_id) | changed}, headers=headers)
    assert problem(answer) == (status, code, [field])
    assert await court.services["activities"].parts.deps.store.find_command(f"wrong-{branch_id}") is None


@pytest.mark.parametrize(
    ("attendance", "field"),
    [
        ({"chair_id": SOME_ID}, "attendance.chair_id"),
        ({"absences": [{"number": 1}, {"person_id": SOME_ID}]}, "attendance.absences.1.person_id"),
    ],
)
async def test_a_person_nobody_knows_is_named(court: Court, attendance: dict[str, Any], field: str) -> None:
    branch_id, after = await branch(court)
    answer = await court.activities.post(
        "/activities/record", json={"facts": facts(branch_id), "attendance": attendance}, headers={"After": after}
    )
    assert problem(answer) == (422, "unknown_person", [field])


async def test_more_present_than_expected_is_refused_by_the_rule(court: Court) -> None:
    branch_id, after = await branch(court)
    answer = await court.activities.post(
        "/activities", json={"facts": facts(branch_id, present=15)}, headers={"After": after}
    )
    status, _, named = problem(answer)
    assert (status, named) == (409, ["facts.present"])


@pytest.mark.parametrize("action", ["plan", "hold", "record", "correct", "cancel"])
async def test_an_activity_that_is_none_is_not_found(court: Court, action: str) -> None:
    branch_id, after = await branch(court)
    body: dict[str, Any] = {"cause": "not_held"} if action == "cancel" else {"facts": facts(branch_id)}
    answer = await court.activities.post(f"/activities/{SOME_ID}/{action}", json=body, headers={"After": after})
    assert problem(answer) == (404, "not_found", ["activity_id"])


async def test_a_body_of_ten_megabytes_is_refused(court: Court) -> None:
    answer = await court.activities.post("/activities", content=b'{"facts": "' + b"x" * 10_000_000 + b'"}')
    assert problem(answer) == (413, "body_too_large", ["body"])


async def test_the_trace_of_a_request_stands_in_its_events(court: Court) -> None:
    branch_id, after = await branch(court)
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answer = await court.activities.post(
        "/activities", json={"facts": facts(branch_id)}, headers={"After": after, "traceparent": traceparent}
    )
    store = court.services["activities"].parts.deps.store
    (event,) = await store.read_stream(f"activity-{answer.json()['activity_id']}")
    assert event.meta["traceparent"] == traceparent


async def test_an_explanation_is_given_and_withdrawn(court: Court) -> None:
    branch_id, after = await branch(court)
    key = {"unit_kind": "branch", "unit_id": branch_id, "obligation": "branch_assembly", "period": "2024-Q3"}
    given = await court.activities.post(
        "/explanations", json={"key": key, "text": "换届推迟"}, headers={"After": after}
    )
    assert given.status_code == 200
    withdrawn = await court.activities.post("/explanations/withdraw", json={"key": key})
    assert withdrawn.json()["version"] == 3
    unknown = {"key": key | {"unit_id": SOME_ID}, "text": "x"}
    assert problem(await court.activities.post("/explanations", json=unknown)) == (422, "unknown_unit", ["key.unit_id"])
    yearly = {"key": key | {"period": key["period"][:4]}, "text": "换届推迟"}
    assert problem(await court.activities.post("/explanations", json=yearly)) == (422, "invalid_period", ["key.period"])


async def test_a_command_waits_for_what_it_comes_after_and_is_put_off_if_that_never_arrives(court: Court) -> None:
    branch_id, _ = await branch(court)
    answer = await court.activities.post(
        "/activities", json={"facts": facts(branch_id)}, headers={"After": "members.1@999999"}
    )
    assert problem(answer) == (503, "not_caught_up", ["After"])
    assert answer.headers["retry-after"] == "2"
