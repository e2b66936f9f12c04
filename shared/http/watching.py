"""What every service shows of itself: alive, ready, measured, and who may do what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import orjson

from shared.http.calls import Call
from shared.http.failures import DATABASE_AWAY
from shared.http.positions import Position
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity import access
from shared.identity.access import Requirement
from shared.telemetry.health import Check, Health, found_by, readiness
from shared.telemetry.metrics import CONTENT_TYPE, Amount, Reading, Readings, exposed
from shared.telemetry.roles import DEAD_ENDS


async def _no_log() -> Position | None:
    return None


async def _nothing() -> tuple[list[Reading], list[Amount]]:
    return [], []


@dataclass
class Watched:
    """What a service process knows about its own state; `instance` is the mark its starter gave it.

    `checks` are vital: without PostgreSQL nothing can be answered. `concerns` are told and leave the process ready,
    for while the broker is away commands and reads go on; but a task that stands still though nothing keeps it
    (`DEAD_ENDS`) makes it unready: no waiting mends that. `head` is where the service's own log ends, if it has one.
    """

    service: str
    site: str
    instance: str | None = None
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


async def _findings(watched: Watched) -> tuple[dict[str, str], dict[str, str]]:
    """What makes the process unready, and what is only told."""
    wrong = await readiness(watched.health, watched.checks)
    told = await found_by(watched.concerns)
    dead = {name: what for name, what in told.items() if what in DEAD_ENDS}
    return wrong | dead, {name: what for name, what in told.items() if name not in dead}


@router.get("/health/live", public="says only that the process answers", summary="进程是否存活")
async def live() -> Reply:
    return json_reply({"alive": True})


@router.get("/health/ready", public="asked by supervisors; names roles and engines only", summary="是否就绪")
async def ready(parts: HasWatched) -> Reply:
    watched = parts.watched
    wrong, concerns = await _findings(watched)
    who = {"site": watched.site, "service": watched.service, "instance": watched.instance}
    return json_reply({**who, "ready": not wrong, "wrong": wrong, "concerns": concerns}, status=503 if wrong else 200)


@router.get("/metrics", public="counts and ages only, scraped without a token", summary="Prometheus 指标")
async def metrics(parts: HasWatched) -> Reply:
    try:
        found = exposed(*await parts.watched.readings())
    except DATABASE_AWAY:
        # Just then somebody wants to see the rest.
        found = exposed((), database=False)
    return Reply(found, media_type=CONTENT_TYPE)


@router.get("/status", requires=Requirement("read_status", "site"), summary="各角色的状态，各序列的位置与滞后")
async def status(call: Call, parts: HasWatched) -> Reply:
    watched = parts.watched
    call.actor_on(watched.site)
    found, amounts = await watched.readings()
    readings = [
        {"stage": r.stage, "origin": r.origin, "reached": r.reached, "head": r.head, "lag": r.lag} for r in found
    ]
    head = await watched.head()
    wrong, concerns = await _findings(watched)
    return json_reply(
        {
            "service": watched.service,
            "roles": watched.health.as_json(),
            "readings": readings,
            "amounts": [amount.as_json() for amount in amounts],
            "wrong": wrong,
            "concerns": concerns,
        },
        positions=() if head is None else (head,),
    )


@router.get("/access", requires=Requirement("read_access", "self"), summary="谁可以做什么")
async def access_table() -> Reply:
    return Reply(orjson.dumps(access.as_json()))


@router.get("/openapi.json", public="describes the interface, holds no data", summary="接口说明（OpenAPI）")
async def openapi_document(call: Call) -> Reply:
    return Reply(orjson.dumps(call.request.app.state.openapi()))
