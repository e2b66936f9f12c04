"""The only way to declare a route: with a requirement of the access table, or public with a reason.

A handler is a plain function at module level. Its parameters are named for what they take: `call` (the request),
`parts` (what the service's `main` built), `body` (a pydantic model: the JSON body); all others come from the
path and the query string and are checked by their annotations.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from shared.http.handling import answer
from shared.http.route import Handler, Page, Route
from shared.identity.access import Requirement

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass
class Router:
    """Collects the routes of one module."""

    routes: list[Route] = field(default_factory=list)

    def get(self, path: str, **stated: Any) -> Callable[[Handler], Handler]:
        """A read; never changes anything."""
        return self._declare("GET", path, **stated)

    def post(self, path: str, **stated: Any) -> Callable[[Handler], Handler]:
        """A command."""
        return self._declare("POST", path, **stated)

    def _declare(
        self,
        method: str,
        path: str,
        *,
        summary: str,
        requires: Requirement | None = None,
        public: str | None = None,
        status: int = 200,
        raw_body: str | None = None,
        conditional: bool = False,
        strangers: Page | None = None,
    ) -> Callable[[Handler], Handler]:
        """`public`: why nobody needs to be known here; `raw_body`: the media type of a body that is no JSON;
        `strangers`: the page, from a sentence and a status, for people who cannot be shown what they ask for.
        """
        if (requires is None) == (not public):
            raise TypeError(f"{method} {path}: state either requires=Requirement(…) or public=<the reason>")

        def declared(handler: Handler) -> Handler:
            hints = get_type_hints(handler, include_extras=True)
            takes = {
                name: parameter.replace(annotation=hints[name])
                for name, parameter in inspect.signature(handler).parameters.items()
            }
            body = hints.get("body")
            route = Route(
                method, path, handler, requires, summary, status, body, takes, raw_body, conditional, strangers
            )
            self.routes.append(route)
            return handler

        return declared

    def mount(self, app: FastAPI) -> None:
        """Adds the routes to an application."""
        for route in self.routes:
            app.add_api_route(
                route.path,
                _endpoint(route),
                methods=[route.method],
                status_code=route.status,
                summary=route.summary,
                operation_id=f"{route.method.lower()}_{route.handler.__name__}",
                response_class=Response,
                response_description="成功",
                openapi_extra=_described(route),
            )


def _endpoint(route: Route) -> Callable[..., Awaitable[Response]]:
    async def endpoint(request: Request, **found: Any) -> Response:
        return await answer(route, request, found)

    own = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for n, p in route.takes.items() if n not in GIVEN]
    first = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)
    endpoint.__signature__ = inspect.Signature([first, *own])  # type: ignore[attr-defined]  # what FastAPI reads
    endpoint.__name__ = route.handler.__name__
    endpoint.__doc__ = route.handler.__doc__
    return endpoint


GIVEN = frozenset({"call", "parts", "body"})


def _described(route: Route) -> dict[str, Any]:
    described: dict[str, Any] = {}
    headers = ["After"] if route.requires else []
    if route.method in WRITES and route.requires:
        headers += ["Idempotency-Key", *(["If-Match"] if route.conditional else [])]
    if headers:
        described["parameters"] = [_header(name) for name in headers]
    if route.body is not None:
        reference = {"$ref": f"#/components/schemas/{route.body.__name__}"}
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": reference}}}
    if route.raw_body is not None:
        binary = {"schema": {"type": "string", "format": "binary"}}
        described["requestBody"] = {"required": True, "content": {route.raw_body: binary}}
    described["security"] = [{"token": []}] if route.requires else []
    if route.requires:
        described["x-requires"] = {"action": route.requires.action, "relation": route.requires.relation}
    return described


def _header(name: str) -> dict[str, Any]:
    longest = 255 if name == "Idempotency-Key" else 1024
    return {"name": name, "in": "header", "required": False, "schema": {"type": "string", "maxLength": longest}}
