"""What happens around every route: who is it, may he, is this process far enough, and every failure put in words."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from shared.http.bodies import read_model
from shared.http.calls import Call
from shared.http.failures import problem_of
from shared.http.positions import Position, parse_after, stale_after_waiting
from shared.http.preconditions import not_modified
from shared.http.problems import Problem, forbidden, unauthenticated, unavailable
from shared.http.replies import Reply
from shared.http.route import Page, Route
from shared.http.strict_json import refuse_control_characters
from shared.identity.access import ACTIONS, granted
from shared.telemetry.tracing import span

STRANGER: Final = "尚未登录。"


async def answer(route: Route, request: Request, found: Mapping[str, Any]) -> Response:
    """The answer of one route to one request; never raises but for cancellation."""
    with span(f"{route.method} {route.path}", request.headers.get("traceparent")) as traceparent:
        try:
            call = await _called(route, request, traceparent)
            refuse_control_characters(found)
            given = await _given(route, call, request)
            reply = await route.handler(**given, **found)
            return _written(route, call, reply)
        except Problem as problem:
            return failure(problem, request, route.strangers)
        except Exception as error:
            return failure(problem_of(error, uuid4().hex[:12], request.path_params), request, route.strangers)


def failure(problem: Problem, request: Request, page: Page | None) -> Response:
    """What went wrong: as a page to strangers and to browsers where there is one, to programs as problem+json."""
    if page is None or not (
        problem.status == HTTPStatus.UNAUTHORIZED or "text/html" in request.headers.get("accept", "")
    ):
        return problem.response()
    shown = page(_sentence(problem), problem.status)
    headers = {name: text for name, text in problem.headers.items() if name == "Retry-After"} | dict(shown.headers)
    return Response(shown.body, shown.status, headers=headers, media_type=shown.media_type)


def _sentence(problem: Problem) -> str:
    match problem.status:
        case HTTPStatus.UNAUTHORIZED:
            return STRANGER
        case HTTPStatus.NOT_FOUND:
            return f"{problem.title}。"
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return f"{problem.title}，数据没有丢失，请稍候刷新。"
        case HTTPStatus.BAD_REQUEST | HTTPStatus.UNPROCESSABLE_ENTITY:
            return f"地址有误。{problem.detail}"
        case _:
            return problem.detail


async def _called(route: Route, request: Request, traceparent: str | None) -> Call:
    if route.requires is None:
        return Call(request, None, None, None, traceparent=traceparent)
    holder = await request.app.state.authenticate(request)
    if holder is None:
        raise unauthenticated()
    relation = granted(holder.role, route.requires)
    if relation is None:
        raise forbidden(ACTIONS[route.requires.action])
    after = _after(request)
    stale = tuple(await stale_after_waiting(request.app.state.progress, after)) if after else ()
    if stale and route.method != "GET":
        raise unavailable("所等待的位置（" + "，".join(stale) + "）", code="not_caught_up", field="After")
    return Call(request, route.requires, holder, relation, after, stale, traceparent)


def _after(request: Request) -> tuple[Position, ...]:
    headers = request.headers.getlist("after")
    return tuple(parse_after(", ".join(headers))) if headers else ()


async def _given(route: Route, call: Call, request: Request) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if "call" in route.takes:
        given["call"] = call
    if "parts" in route.takes:
        given["parts"] = request.app.state.parts
    if route.body is not None:
        given["body"], call.written = await read_model(request, route.body)
    return given


def _written(route: Route, call: Call, reply: Reply) -> Response:
    headers = dict(reply.headers)
    if reply.etag is not None:
        headers["ETag"] = reply.etag
    if reply.positions:
        headers["Position"] = ", ".join(str(position) for position in reply.positions)
    if call.stale:
        headers["X-Stale"] = ", ".join(call.stale)
    if route.method != "GET" and route.requires is not None:
        headers["Idempotency-Key"] = call.command_id
    elif reply.etag is not None and not_modified(call.request.headers.get("if-none-match"), reply.etag):
        return Response(status_code=304, headers=headers)
    return Response(reply.body, reply.status, headers=headers, media_type=reply.media_type)
