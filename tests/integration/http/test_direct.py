"""Commands go a shorter way than FastAPI's, and nobody can tell which way a request has gone."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from shared.http.application import application, routed
from shared.http.direct import Direct
from tests.integration.http.toy import GOOD, ID, Parts, Progress, authenticate, router

OFFICE = {"authorization": "Bearer office", "idempotency-key": "k1"}
SECRETARY = {"authorization": "Bearer secretary", "idempotency-key": "k1"}


def _with_state(app: FastAPI) -> FastAPI:
    app.state.parts, app.state.authenticate, app.state.progress = Parts(), authenticate, Progress()
    return app


async def _answer(app: Any, method: str, path: str, headers: dict[str, str], sent: Any) -> tuple[int, Any, bytes]:
    content = {"content": sent} if isinstance(sent, bytes) else {"json": sent}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
        answer = await client.request(method, path, headers=headers, **content)
    return answer.status_code, sorted(answer.headers.items()), answer.content


@pytest.mark.parametrize(
    ("method", "path", "headers", "sent", "status"),
    [
        ("POST", f"/activities/{ID}", SECRETARY, GOOD, 201),
        ("POST", f"/activities/{ID}", SECRETARY | {"if-match": '"3"'}, GOOD, 201),
        ("POST", f"/activities/{ID}", SECRETARY | {"if-match": "3"}, GOOD, 400),
        ("POST", f"/activities/{ID}", SECRETARY | {"after": "activities.1@7"}, GOOD, 201),
        ("POST", f"/activities/{ID}", SECRETARY | {"after": "activities.9@7"}, GOOD, 400),
        ("POST", f"/activities/{ID}?year=2024", SECRETARY, GOOD, 201),
        ("POST", f"/activities/{ID.upper()}", SECRETARY, GOOD, 404),
        ("POST", "/activities/%00", SECRETARY, GOOD, 404),
        ("POST", f"/activities/{ID}/", SECRETARY, GOOD, 307),
        ("POST", "/activities/", SECRETARY, GOOD, 404),
        ("PUT", f"/activities/{ID}", SECRETARY, GOOD, 405),
        ("POST", "/nowhere", SECRETARY, GOOD, 404),
        ("POST", f"/activities/{ID}", {}, GOOD, 401),
        ("POST", f"/activities/{ID}", {"authorization": "Bearer member"}, GOOD, 403),
        ("POST", "/elsewhere", SECRETARY, None, 403),
        ("POST", f"/activities/{ID}", OFFICE, GOOD | {"present": "12"}, 422),
        ("POST", f"/activities/{ID}", OFFICE, GOOD | {"extra": 1}, 422),
        ("POST", f"/activities/{ID}", OFFICE, b'{"title":"x","present":1,"present":2}', 422),
        ("POST", f"/activities/{ID}", OFFICE, b"{", 400),
        ("POST", f"/activities/{ID}", OFFICE | {"content-type": "text/plain"}, b"{}", 415),
        ("POST", "/raw", OFFICE, b"0123456789", 200),
        ("POST", "/raw", OFFICE, b"0123456789a", 413),
        ("GET", "/read?year=2025", OFFICE, None, 200),
    ],
)
async def test_the_short_way_answers_as_the_long_one(
    method: str, path: str, headers: dict[str, str], sent: Any, status: int
) -> None:
    long = _with_state(routed("toy", [router]))
    answers = [await _answer(app, method, path, headers, sent) for app in (long, Direct(long, [router]))]
    assert answers[0] == answers[1]
    assert answers[0][0] == status


async def test_a_command_does_not_pass_through_the_framework() -> None:
    short = application(
        "toy", [router], parts=Parts(), authenticate=authenticate, progress=Progress(), hosts={"localhost"}
    )
    short.app.app.router.routes.clear()
    assert (await _answer(short, "POST", f"/activities/{ID}", SECRETARY, GOOD))[0] == 201
    assert (await _answer(short, "GET", "/read", SECRETARY, None))[0] == 404
