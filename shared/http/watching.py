"""What every service shows of itself: alive, ready, measured, and who may do what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import orjson

from shared.http.calls import Call
from shared.http.positions import Position
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity import access
from shared.identity.access import Requirement
from shared.telemetry.health import Check, Health, found_by, readiness
from shared.telemetry.metrics import CONTENT_TYPE, Reading, Readings, exposed


async def _no_log() -> Position | None:
    return None


async def _nothing() -> list[Reading]:
    return []


@dataclass
class Watched:
    """What a service process knows about its own state.

    `checks` are vital: without PostgreSQL nothing can be answered. `concerns` are told and leave the process ready:
    while the broker is away commands and reads go on. `head` is where the service's own log ends, if it has one.
    """

    service: str
    site: str
    health: Health = field(default_factory=Health)
    checks: Mapping[str, Check] = field(default_factory=dict)
    concerns: Mapping[str, Check] = field(default_factory=dict)
    readings: Readings = _nothing
    head: Callable[[], Awaitable[Position | None]] = _no_log


class HasWatched(Protocol):
    """What these routes need of a service's parts."""

    @property
    def watched(self) -> Watched: ...


router = Router()


@router.get("/health/live", public="says only that the process answers", summary="进程是否存活")
async def live() -> Reply:
    return json_reply({"alive": True})


@router.get("/health/ready", public="asked by supervisors; names roles and engines only", summary="是否就绪")
async def ready(parts: HasWatched) -> Reply:
    watched = parts.watched
    wrong = await readiness(watched.health, watched.checks)
    concerns = await found_by(watched.concerns)
    return json_reply({"ready": not wrong, "wrong": wrong, "concerns": concerns}, status=503 if wrong else 200)


@router.get("/metrics", public="counts and ages only, scraped without a token", summary="Prometheus 指标")
async def metrics(parts: HasWatched) -> Reply:
    return Reply(exposed(await parts.watched.readings()), media_type=CONTENT_TYPE)


@router.get("/status", requires=Requirement("read_status", "site"), summary="各角色的状态，各序列的位置与滞后")
async def status(call: Call, parts: HasWatched) -> Reply:
    watched = parts.watched
    call.actor_on(watched.site)
    readings = [
        {"stage": r.stage, "origin": r.origin, "reached": r.reached, "head": r.head, "lag": r.lag}
        for r in await watched.readings()
    ]
    head = await watched.head()
    return json_reply(
        {
            "service": watched.service,
            "roles": watched.health.as_json(),
            "readings": readings,
            "wrong": await readiness(watched.health, watched.checks),
            "concerns": await found_by(watched.concerns),
        },
        positions=() if head is None else (head,),
    )


@router.get("/access", requires=Requirement("read_access", "self"), summary="谁可以做什么")
async def access_table() -> Reply:
    return Reply(orjson.dumps(access.as_json()))


@router.get("/openapi.json", public="describes the interface, holds no data", summary="接口说明（OpenAPI）")
async def openapi_document(call: Call) -> Reply:
    return Reply(orjson.dumps(call.request.app.state.openapi()))
