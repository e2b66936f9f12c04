"""What holds around every route, shown on a small application."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from shared.http.routing import Router
from tests.integration.http.toy import GOOD, ID, RECORD, fields


def test_a_route_without_a_requirement_cannot_be_declared() -> None:
    with pytest.raises(TypeError, match="GET /open: state either requires"):
        Router().get("/open", summary="x")


def test_a_public_route_must_say_why() -> None:
    with pytest.raises(TypeError, match="state either"):
        Router().get("/open", summary="x", public="")


def test_a_route_is_not_both_public_and_guarded() -> None:
    with pytest.raises(TypeError, match="state either"):
        Router().get("/open", summary="x", public="why", requires=RECORD)


async def test_a_write_answers_with_etag_position_and_the_key_it_was_sent(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"/activities/{ID}", json=GOOD, headers={"Idempotency-Key": "k-1", "If-Match": '"0"'})
    assert answer.status_code == 201
    assert answer.json() == {"title": "党课", "subject": "office", "id": ID, "if": 0}
    assert answer.headers["position"] == "activities.1@8"
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["idempotency-key"] == "k-1"


async def test_a_key_is_made_where_none_was_sent(client: httpx.AsyncClient) -> None:
    first = await client.post(f"/activities/{ID}", json=GOOD)
    second = await client.post(f"/activities/{ID}", json=GOOD)
    assert len(first.headers["idempotency-key"]) == 36
    assert first.headers["idempotency-key"] != second.headers["idempotency-key"]


@pytest.mark.parametrize("key", ["", "a b", "键", "k" * 256, "a\tb"])
async def test_a_key_that_is_no_visible_ascii_is_refused(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.post(f"/activities/{ID}", json=GOOD, headers={b"Idempotency-Key": key.encode()})
    assert (answer.status_code, fields(answer)) == (400, ["Idempotency-Key"])


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({**GOOD, "colour": "red"}, ["colour"]),
        ({"title": "党课"}, ["present"]),
        ({**GOOD, "present": "12"}, ["present"]),
        ({**GOOD, "present": True}, ["present"]),
        ({**GOOD, "present": 12.0}, ["present"]),
        ({**GOOD, "present": None}, ["present"]),
        ({**GOOD, "title": 5}, ["title"]),
        ({**GOOD, "title": ""}, ["title"]),
        ({**GOOD, "tags": "red"}, ["tags"]),
        ({**GOOD, "tags": ["red", 1]}, ["tags.1"]),
        ({**GOOD, "chair": 5}, ["chair"]),
        ({**GOOD, "chair": {"forgotten": True}}, ["chair"]),
        ({"title": 1, "present": "x", "more": 1}, ["title", "present", "more"]),
        ([GOOD], ["body"]),
        ("党课", ["body"]),
    ],
)
async def test_a_wrong_body_is_refused_naming_every_wrong_field(
    client: httpx.AsyncClient, body: Any, named: list[str]
) -> None:
    answer = await client.post(f"/activities/{ID}", json=body)
    assert (answer.status_code, fields(answer)) == (422, named)


async def test_a_body_without_end_is_refused_and_not_read_to_its_end(client: httpx.AsyncClient) -> None:
    read = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 65_536
            yield b"x" * 65_536

    answer = await client.post(f"/activities/{ID}", content=pieces(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, fields(answer)) == (413, ["body"])
    assert read <= 18 * 1024 * 1024


async def test_a_declared_length_above_the_limit_is_refused_unread(client: httpx.AsyncClient) -> None:
    answer = await client.post("/raw", content=b"12345678901")
    assert (answer.status_code, fields(answer)) == (413, ["body"])
    assert (await client.post("/raw", content=b"1234567890")).json() == 10


async def test_another_content_type_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"/activities/{ID}", content=b"{}", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, fields(answer)) == (415, ["Content-Type"])


async def test_an_id_that_is_none_names_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.post("/activities/7", json=GOOD)
    assert (answer.status_code, fields(answer)) == (404, ["activity_id"])


async def test_a_query_parameter_out_of_range_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.get("/read?year=1700")
    assert (answer.status_code, fields(answer)) == (422, ["year"])


@pytest.mark.parametrize(
    ("what", "status", "code", "named"),
    [
        ("rejected", 409, "already_cancelled", ["kind"]),
        ("unknown", 422, "unknown_branch", ["branch_id"]),
        ("gone", 404, "unknown_activity", ["what"]),
        ("several", 422, "acts_rejected", ["2.facts.end"]),
        ("contended", 503, "contended", []),
        ("conflict", 412, "precondition_failed", ["If-Match"]),
        ("reused", 422, "command_id_reused", ["Idempotency-Key"]),
        ("away", 503, "database_unavailable", []),
        ("look_up", 503, "look_up_unavailable", []),
        ("denied", 403, "forbidden", []),
        ("defect", 500, "internal_error", []),
    ],
)
async def test_every_failure_has_its_answer(
    client: httpx.AsyncClient, what: str, status: int, code: str, named: list[str]
) -> None:
    answer = await client.get(f"/raise/{what}")
    assert (answer.status_code, fields(answer)) == (status, named)
    assert answer.json()["type"] == f"urn:lianjian:problem:{code}"
    assert ("retry-after" in answer.headers) == (status == 503)
    assert "张三" not in answer.text


async def test_a_conflict_tells_the_version_that_holds(client: httpx.AsyncClient) -> None:
    assert (await client.get("/raise/conflict")).headers["etag"] == '"5"'


async def test_an_unknown_address_and_a_wrong_method_are_problems_too(client: httpx.AsyncClient) -> None:
    nowhere = await client.get("/nowhere")
    assert (nowhere.status_code, fields(nowhere)) == (404, ["path"])
    wrong = await client.delete("/read")
    assert (wrong.status_code, fields(wrong), wrong.headers["allow"]) == (405, ["method"], "GET")


async def test_nobody_comes_in_without_a_token(client: httpx.AsyncClient) -> None:
    answer = await client.get("/read", headers={"Authorization": "Bearer stranger"})
    assert (answer.status_code, fields(answer)) == (401, ["Authorization"])


async def test_a_role_without_the_action_is_refused_before_its_body_is_looked_at(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"/activities/{ID}", content=b"{", headers={"Authorization": "Bearer member"})
    assert answer.status_code == 403


async def test_a_secretary_acts_on_his_own_branch_and_on_no_other(client: httpx.AsyncClient) -> None:
    headers = {"Authorization": "Bearer secretary"}
    assert (await client.post(f"/activities/{ID}", json=GOOD, headers=headers)).json()["subject"] == "s1"
    assert (await client.post("/elsewhere", headers=headers)).status_code == 403
    assert (await client.post("/elsewhere")).json() == "office"


async def test_a_reader_who_holds_the_present_version_gets_nothing_again(client: httpx.AsyncClient) -> None:
    fresh = await client.get("/read", headers={"If-None-Match": '"6", W/"7"'})
    assert (fresh.status_code, fresh.content, fresh.headers["etag"]) == (304, b"", '"7"')
    assert (await client.get("/read", headers={"If-None-Match": '"6"'})).status_code == 200


@pytest.mark.parametrize("text", ["3", "abc", '"-1"', 'W/"3"', '"3", "4"', '"01"'])
async def test_a_condition_that_is_no_version_is_refused(client: httpx.AsyncClient, text: str) -> None:
    answer = await client.post(f"/activities/{ID}", json=GOOD, headers={"If-Match": text})
    assert (answer.status_code, fields(answer)) == (400, ["If-Match"])


@pytest.mark.parametrize(
    "text",
    ["", "activities", "activities.1", "activities@3", "activities.0@3", "activities.1@-1", "Activities.1@1",
     "activities.1@1,", "activities.2@1", "others.1@1", "activities.1@1, others.1@1", "activities.1@99999999999999999"],
)  # fmt: skip
async def test_a_position_that_is_malformed_or_of_no_known_log_is_refused(client: httpx.AsyncClient, text: str) -> None:
    answer = await client.get("/read", headers={"After": text})
    assert (answer.status_code, fields(answer)) == (400, ["After"])


async def test_a_position_that_is_passed_gives_a_fresh_answer(client: httpx.AsyncClient) -> None:
    answer = await client.get("/read", headers={"After": "activities.1@7, activities.1@3"})
    assert answer.status_code == 200
    assert "x-stale" not in answer.headers


async def test_a_read_that_is_not_far_enough_says_so_and_answers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/read", headers={"After": "activities.1@9"})
    assert (answer.status_code, answer.headers["x-stale"]) == (200, "activities.1@7<9")


async def test_a_command_that_is_not_far_enough_is_put_off(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"/activities/{ID}", json=GOOD, headers={"After": "activities.1@9"})
    assert (answer.status_code, fields(answer)) == (503, ["After"])
    assert answer.headers["retry-after"] == "2"


@pytest.mark.parametrize("name", ["evil.example", "lian.test.evil.example", "", "127.0.0.1.nip.io"])
async def test_a_name_that_is_not_ours_is_turned_away(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get("/read", headers={"Host": name})
    assert (answer.status_code, fields(answer)) == (421, ["Host"])


async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient) -> None:
    for path in ("/read", "/nowhere", "/raise/defect"):
        headers = (await client.get(path)).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("sent", ["%00", "a%00", "a%0Ab", "%1F", "a%7F"])
async def test_control_characters_in_the_address_are_refused_by_the_name_of_the_parameter(
    client: httpx.AsyncClient, sent: str
) -> None:
    for address, name in ((f"/read?campaign={sent}", "campaign"), (f"/raise/{sent}", "what")):
        answer = await client.get(address)
        assert (answer.status_code, fields(answer)) == (422, [name])


async def test_other_text_in_the_address_is_taken(client: httpx.AsyncClient) -> None:
    answer = await client.get("/read?campaign=党纪学习教育 2024")
    assert answer.status_code == 200
