"""The OpenAPI document of a service, made from its declared routes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from shared.http.problems import MEDIA_TYPE
from shared.http.routing import Router

_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "problem", "expected"],
                "properties": {name: {"type": "string"} for name in ("field", "problem", "expected", "value")},
            },
        },
    },
}


def openapi(app: FastAPI, routers: Iterable[Router]) -> dict[str, Any]:
    """OpenAPI 3.1; every operation may also answer with problem+json."""
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    models = {route.body for router in routers for route in router.routes if route.body is not None}
    inputs = [(model, "validation") for model in sorted(models, key=lambda model: model.__name__)]
    _, schemas = models_json_schema(inputs, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]  # it takes Literal pairs
    components = document.setdefault("components", {})
    components["schemas"] = dict(sorted({**schemas.get("$defs", {}), "Problem": _PROBLEM}.items()))
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for operations in document["paths"].values():
        for operation in operations.values():
            _mend(operation["responses"])
    return document


def _mend(responses: dict[str, Any]) -> None:
    responses.pop("422", None)
    reference = {"schema": {"$ref": "#/components/schemas/Problem"}}
    responses["default"] = {
        "description": "没有成功：说明了哪个字段、什么问题、应当怎样",
        "content": {MEDIA_TYPE: reference},
    }
