"""What component tests begin with: a branch, its groups, an activity, by way of the interface itself."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx

from tests.component.court import Court

SOME_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def problem(answer: httpx.Response) -> tuple[int, str, list[str]]:
    """Status, code and named fields of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    return answer.status_code, body["type"].removeprefix("urn:lianjian:problem:"), [e["field"] for e in body["errors"]]


def a_branch(**changed: Any) -> dict[str, Any]:
    return {
        "name": f"第{uuid4().hex[:6]}党支部",
        "branch_kind": "in_service",
        "official_order": 1,
        "effective_from": "2024-01-01",
    } | changed


async def branch(court: Court) -> tuple[str, str]:
    """The id of a new branch that `activities` knows of, and the position of its event."""
    answer = await court.members.post("/branches", json=a_branch())
    assert answer.status_code == 201, answer.text
    position = int(answer.headers["position"].partition("@")[2])
    # Not by `After`, which gives up after two seconds: a busy machine may need longer.
    while (await court.services["activities"].parts.reached("members", 1)) < position:  # noqa: ASYNC110 - over SQL
        await asyncio.sleep(0.01)
    return answer.json()["branch_id"], answer.headers["position"]


def facts(branch_id: str, **changed: Any) -> dict[str, Any]:
    """What may be said of a branch assembly."""
    return {
        "unit_kind": "branch",
        "unit_id": branch_id,
        "branch_id": branch_id,
        "kind": "branch_assembly",
        "title": "党员大会",
        "date": "2024-02-20",
        "expected": 12,
        "present": 12,
    } | changed


async def planned(court: Court) -> tuple[str, str, str]:
    """A planned activity: its id, its branch, and where it stands in the log."""
    branch_id, after = await branch(court)
    answer = await court.activities.post("/activities", json={"facts": facts(branch_id)}, headers={"After": after})
    assert answer.status_code == 201, answer.text
    return answer.json()["activity_id"], branch_id, answer.headers["position"]
