"""A small application with a route for everything that can happen around routes."""

from typing import Annotated, Any

import httpx
from fastapi import Query
from starlette.requests import Request

from shared.acts import ActsRejected, PreconditionFailed, RejectedAct
from shared.broker.lookups import LookupDenied, Unavailable
from shared.contracts.personal import Personal
from shared.contracts.values import Count, Id, ShortText, Value
from shared.eventstore import CommandIdReused, VersionConflict
from shared.http.calls import Call
from shared.http.positions import Position
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Requirement
from shared.meta import Actor
from shared.rejection import Rejected

RECORD = Requirement("record_activity", "unit")
ACTORS = {
    "office": Actor(subject="office", role="party_office", organisation="shi04"),
    "secretary": Actor(subject="s1", role="branch_secretary", organisation="shi04.b1"),
    "member": Actor(subject="m1", role="member", organisation="shi04.b1"),
}
RAISED: dict[str, Exception] = {
    "rejected": Rejected("already_cancelled", "kind", "已经撤销", "另记一次", value="x"),
    "unknown": Rejected("unknown_branch", "branch_id", "没有这个支部", "已有支部的编号"),
    "gone": Rejected("unknown_activity", "what", "没有这项活动", "已有活动的编号"),
    "several": ActsRejected([RejectedAct(2, Rejected("x", "facts.end", "不行", "改掉"))]),
    "conflict": PreconditionFailed("activity-1", 3, 5),
    "contended": VersionConflict("activity-1", 3, 5),
    "reused": CommandIdReused("k"),
    "away": ConnectionRefusedError(111, "refused"),
    "look_up": Unavailable("no answer"),
    "denied": LookupDenied("not_allowed"),
    "defect": KeyError("张三"),
}


class Planned(Value):
    title: ShortText
    present: Count
    tags: tuple[ShortText, ...] = ()
    chair: Personal[ShortText | None] = None


class Parts:
    head = 7


router = Router()


@router.post("/activities/{activity_id}", requires=RECORD, summary="x", status=201, conditional=True)
async def plan(call: Call, body: Planned, activity_id: Id) -> Reply:
    actor = call.actor_on("shi04.b1")
    return json_reply(
        {"title": body.title, "subject": actor.subject, "id": activity_id, "if": call.expected_version},
        status=201,
        positions=(Position("activities", 1, 8),),
        etag='"1"',
    )


@router.post("/elsewhere", requires=RECORD, summary="x")
async def elsewhere(call: Call) -> Reply:
    return json_reply(call.actor_on("shi04.b2").subject)


@router.get("/raise/{what}", public="a test", summary="x")
async def raising(what: str) -> Reply:
    raise RAISED[what]


@router.get("/read", requires=Requirement("read_activities", "unit"), summary="x")
async def read(
    parts: Parts, year: Annotated[int, Query(ge=1900, le=2200)] = 2024, campaign: str | None = None
) -> Reply:
    return json_reply({"head": parts.head, "year": year}, etag=f'"{parts.head}"')


@router.post("/raw", requires=RECORD, summary="x", raw_body="application/octet-stream")
async def raw(call: Call) -> Reply:
    return json_reply(len(await call.body(10)))


class Progress:
    async def reached(self, service: str, epoch: int) -> int | None:
        return 7 if (service, epoch) == ("activities", 1) else None


async def authenticate(request: Request) -> Actor | None:
    return ACTORS.get(request.headers.get("authorization", "").removeprefix("Bearer "))


ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
GOOD: dict[str, Any] = {"title": "党课", "present": 12}


def fields(answer: httpx.Response) -> list[str]:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "errors"}
    assert problem["status"] == answer.status_code
    return [error["field"] for error in problem["errors"]]
