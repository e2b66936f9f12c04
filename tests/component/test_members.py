"""`members` over HTTP: branches, groups, people, and everything a request can have wrong."""

from hashlib import sha256
from typing import Any

import pytest

from shared.canonical import canonical_bytes
from shared.personal.keyed_hash import request_hash
from tests.component.court import Court
from tests.component.given import SOME_ID, a_branch, branch, problem

pytestmark = pytest.mark.asyncio(loop_scope="session")


def a_person(branch_id: str) -> dict[str, Any]:
    membership = {
        "branch_id": branch_id,
        "member_kind": "full_member",
        "standing": "normal",
        "effective_from": "2024-01-01",
    }
    return {"details": {"name": "甲乙丙", "birth": "1980-05"}, "membership": membership}


async def test_the_first_event_names_the_court_and_the_keys_of_its_services(court: Court) -> None:
    first = (await court.services["members"].parts.deps.store.read_all(limit=1))[0]
    assert (first.type, first.position, first.version) == ("members.site-established.v1", 1, 1)
    assert first.data["facts"]["site"] == "shi04"
    assert [key["service"] for key in first.data["facts"]["signing_keys"]] == ["members", "activities", "reporting"]


async def test_a_branch_with_committee_and_group_is_seen_in_the_list_after_its_position(court: Court) -> None:
    branch_id, _ = await branch(court)
    formed = await court.members.post(f"/branches/{branch_id}/committee", json={"effective_from": "2024-02-01"})
    assert formed.headers["etag"] == '"2"'
    group = {"name": "第一党小组", "official_order": 1, "effective_from": "2024-02-01"}
    made = await court.members.post(f"/branches/{branch_id}/groups", json=group, headers={"If-Match": '"2"'})
    assert made.headers["etag"] == '"3"'
    answer = await court.members.get("/branches?day=2024-06-01", headers={"After": made.headers["position"]})
    assert "x-stale" not in answer.headers
    seen = next(one for one in answer.json()["branches"] if one["branch_id"] == branch_id)
    assert (seen["has_committee"], [one["group_id"] for one in seen["groups"]]) == (True, [made.json()["group_id"]])


async def test_the_business_line_of_a_branch_is_assigned_on_its_present_version(court: Court) -> None:
    branch_id, _ = await branch(court)
    path = f"/branches/{branch_id}/business-line"
    assigned = await court.members.post(path, json={"business_line": "执行"}, headers={"If-Match": '"1"'})
    assert (assigned.status_code, assigned.headers["etag"]) == (200, '"2"')
    assert (await court.members.get(f"/branches/{branch_id}")).json()["business_line"] == "执行"
    late = await court.members.post(path, json={"business_line": "民事"}, headers={"If-Match": '"1"'})
    assert problem(late) == (412, "precondition_failed", ["If-Match"])
    nobody = await court.members.post(f"/branches/{SOME_ID}/business-line", json={"business_line": "执行"})
    assert problem(nobody) == (404, "unknown_branch", ["branch_id"])


async def test_a_person_is_registered_once_under_a_random_id_and_read_back(court: Court) -> None:
    branch_id, _ = await branch(court)
    headers = {"Idempotency-Key": f"person-{branch_id}"}
    first = await court.members.post("/people", json=a_person(branch_id), headers=headers)
    again = await court.members.post("/people", json=a_person(branch_id), headers=headers)
    assert first.status_code == 201
    assert again.json()["person_id"] == first.json()["person_id"]
    assert again.headers["position"] == first.headers["position"]
    seen = await court.members.get(first.headers["location"])
    assert seen.json()["details"]["name"] == "甲乙丙"
    assert seen.json()["memberships"][0]["branch_id"] == branch_id


async def test_what_is_remembered_of_a_request_is_a_keyed_hash(court: Court) -> None:
    branch_id, _ = await branch(court)
    key = f"hashed-{branch_id}"
    body = a_person(branch_id)
    await court.members.post("/people", json=body, headers={"Idempotency-Key": key})
    parts = court.services["members"].parts
    remembered = (await parts.deps.store.find_command(key)).request_hash
    written = canonical_bytes(body)
    assert remembered == request_hash(parts.keys.hashing)("POST /people", written)
    assert remembered != sha256(b"POST /people\n" + written).digest()


async def test_a_name_stands_in_no_table_in_clear(court: Court) -> None:
    branch_id, _ = await branch(court)
    body = a_person(branch_id)
    body["details"]["name"] = "独一无二"
    answer = await court.members.post("/people", json=body)
    events = await court.services["members"].parts.deps.store.read_raw(0, 1000)
    assert all("独一无二" not in event.data + event.meta for event in events)
    assert (await court.members.get(answer.headers["location"])).json()["details"]["name"] == "独一无二"


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"branch_id": SOME_ID}, "unknown_branch", "membership.branch_id"),
        ({"group_id": SOME_ID}, "unknown_party_group", "membership.group_id"),
        ({"member_kind": "friend"}, "invalid_fields", "membership.member_kind"),
        ({"effective_from": "2024"}, "invalid_fields", "membership.effective_from"),
        ({"salary": 1}, "invalid_fields", "membership.salary"),
    ],
)
async def test_a_wrong_membership_is_named_and_nobody_is_registered(
    court: Court, changed: dict[str, Any], code: str, field: str
) -> None:
    branch_id, _ = await branch(court)
    key, body = f"wrong-{branch_id}", a_person(branch_id)
    body["membership"] |= changed
    answer = await court.members.post("/people", json=body, headers={"Idempotency-Key": key})
    assert problem(answer) == (422, code, [field])
    assert await court.services["members"].parts.deps.store.find_command(key) is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"official_order": 0}, "official_order"),
        ({"official_order": 1.0}, "official_order"),
        ({"official_order": True}, "official_order"),
        ({"branch_kind": "large"}, "branch_kind"),
        ({"name": ""}, "name"),
        ({"effective_from": "2023-02-29"}, "effective_from"),
        ({"leader": "甲"}, "leader"),
    ],
)
async def test_a_wrong_branch_is_named(court: Court, changed: dict[str, Any], field: str) -> None:
    assert problem(await court.members.post("/branches", json=a_branch(**changed))) == (
        422,
        "invalid_fields",
        [field],
    )


@pytest.mark.parametrize(
    "path",
    [f"/branches/{SOME_ID}", f"/people/{SOME_ID}", "/branches/7", "/people/x", "/imports/nobody"],
)
async def test_what_is_not_there_is_not_found(court: Court, path: str) -> None:
    status, _, named = problem(await court.members.get(path))
    assert (status, len(named)) == (404, 1)


async def test_a_command_on_a_branch_that_is_none_is_not_found(court: Court) -> None:
    answer = await court.members.post(f"/branches/{SOME_ID}/committee", json={"effective_from": "2024-02-01"})
    assert problem(answer) == (404, "unknown_branch", ["branch_id"])


async def test_the_access_table_is_shown_to_whoever_may_come_in(court: Court) -> None:
    rows = (await court.members.get("/access")).json()["roles"]
    assert [row["role_label"] for row in rows][:2] == ["系统管理员", "党办"]


async def test_the_application_s_role_cannot_change_what_is_recorded(court: Court) -> None:
    pool = court.services["members"].parts.pool
    rights = await pool.fetch(
        "select name, verb from unnest(array['events', 'commands', 'seals']) as name,"
        " unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) as verb where has_table_privilege(current_user, name, verb)"
    )
    assert rights == []
