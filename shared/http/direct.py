"""The short way of a command to its route: beside FastAPI's chain of layers, which costs more than the command itself.

Taken by writes whose parameters are a body and parts of the path. Whatever is unusual about a request (no such route,
another method, a part of the path that does not fit) goes the long way, which has the answer; so do all requests
once somebody has configured OpenTelemetry, for the framework measures on the long way.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.routing import compile_path

from shared.http.handling import answer
from shared.http.route import Route
from shared.http.routing import GIVEN, WRITES, Router
from shared.telemetry.tracing import is_configured


@dataclass(frozen=True)
class _Way:
    """A route as it is matched; `parameters` is None where it goes the long way."""

    route: Route
    pattern: re.Pattern[str]
    parameters: dict[str, TypeAdapter[Any]] | None


class Direct:
    """Answers what it can and hands the rest to `app`."""

    def __init__(self, app: FastAPI, routers: Iterable[Router]) -> None:
        self.app = app
        self._ways = [_way(route) for router in routers for route in router.routes if route.method in WRITES]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        found = self._found(scope) if scope["method"] in WRITES and not is_configured() else None
        if found is None:
            await self.app(scope, receive, send)
            return
        route, parameters = found
        scope |= {"app": self.app, "route": route, "path_params": parameters}
        response = await answer(route, Request(scope, receive), parameters)
        await response(scope, receive, send)

    def _found(self, scope: Any) -> tuple[Route, dict[str, Any]] | None:
        for way in self._ways:
            if way.route.method == scope["method"] and (match := way.pattern.match(scope["path"])):
                parameters = _fitting(way, match.groupdict())
                return None if parameters is None else (way.route, parameters)
        return None


def _way(route: Route) -> _Way:
    pattern, _, converters = compile_path(route.path)
    own = {name: parameter for name, parameter in route.takes.items() if name not in GIVEN}
    if own.keys() != converters.keys() or any(p.default is not inspect.Parameter.empty for p in own.values()):
        return _Way(route, pattern, None)
    return _Way(route, pattern, {name: TypeAdapter(parameter.annotation) for name, parameter in own.items()})


def _fitting(way: _Way, texts: dict[str, str]) -> dict[str, Any] | None:
    if way.parameters is None:
        return None
    try:
        return {name: way.parameters[name].validate_python(text) for name, text in texts.items()}
    except ValidationError:
        return None
