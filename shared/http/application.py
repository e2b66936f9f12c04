"""The ASGI application of a service: its routes, and around them what holds for every answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared.http.direct import Direct
from shared.http.documents import openapi
from shared.http.guarding import Guard
from shared.http.handling import failure
from shared.http.positions import Progress
from shared.http.problems import FieldError, Problem, invalid
from shared.http.routing import Router
from shared.http.wording import field_error
from shared.meta import Actor
from shared.personal.keyed_hash import request_hash

Authenticate = Callable[[Request], Awaitable[Actor | None]]


def application(
    service: str,
    routers: Iterable[Router],
    *,
    parts: Any,
    authenticate: Authenticate,
    progress: Progress,
    hosts: Iterable[str],
    hash_key: bytes | None = None,
) -> Any:
    """The application; `parts` is what routes get as their argument `parts`, `hosts` the names it answers to.

    A service that remembers commands gives its `hash_key`: what is remembered of a request is a keyed hash.
    """
    mounted = list(routers)
    app = routed(service, mounted)
    app.state.parts = parts
    app.state.authenticate = authenticate
    app.state.progress = progress
    app.state.request_hash = None if hash_key is None else request_hash(hash_key)
    return Guard(Direct(app, mounted), service, frozenset(hosts))


def routed(service: str, routers: Iterable[Router]) -> FastAPI:
    """The routes alone, with nothing behind them: enough for the document that describes them."""
    app = FastAPI(title=f"联建 Lianjian · {service}", version="1", docs_url=None, redoc_url=None, openapi_url=None)
    mounted = list(routers)
    for router in mounted:
        router.mount(app)
    pages = (route.strangers for router in mounted for route in router.routes)
    app.state.page = next((page for page in pages if page is not None), None)
    app.state.openapi = lambda: openapi(app, mounted)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _parameters)
    return app


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return failure(_said(request, error), request, request.app.state.page)


def _said(request: Request, error: HTTPException) -> Problem:
    path = request.url.path[:200]
    if error.status_code == 404:
        found = FieldError("path", "没有这个地址", "接口说明中的地址", path)
        return Problem(404, "no_such_route", "没有这个地址", "请检查地址。", errors=[found])
    if error.status_code == 405:
        headers = dict(error.headers or {})
        expected = "应为 " + headers.get("Allow", headers.get("allow", "接口说明中的方法"))
        found = FieldError("method", "此地址不接受这个方法", expected, request.method)
        return Problem(405, "method_not_allowed", "方法不允许", "请检查方法。", errors=[found], headers=headers)
    return Problem(error.status_code, "http_error", "请求未被接受", str(error.detail)[:200])


async def _parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    findings = [field_error(found) for found in error.errors()]
    problem = invalid(findings)
    if any(found["loc"][0] == "path" for found in error.errors()):
        problem = Problem(404, "not_found", "没有这条记录", problem.detail, errors=findings)
    return failure(problem, request, request.app.state.page)
