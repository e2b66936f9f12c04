"""Reporting periods of this court: submitted and reopened, locked and unlocked."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from services.activities.domain.period import (
    PERIOD,
    LockPeriod,
    PeriodCommand,
    ReopenPeriod,
    SubmitPeriod,
    UnlockPeriod,
    period_id,
)
from services.activities.http.parts import Parts
from shared.business_day import today
from shared.command_path import execute, load_state
from shared.contracts.periods import LockedCourt, LockedOrigin, Period, PeriodLocked
from shared.contracts.values import Day, ShortText, Value
from shared.http.calls import Call
from shared.http.commands import accepted, context
from shared.http.preconditions import etag
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Requirement

SUBMIT: Final = Requirement("submit_period", "site")
LOCK: Final = Requirement("lock_period", "site")
router = Router()


class PeriodSubmission(Value):
    remark: ShortText | None = None


class PeriodReason(Value):
    """Why it is reopened or unlocked: others read it."""

    reason: ShortText


class LockedFigures(Value):
    """The figures as `GET /overview` of reporting tells them, court by court, and how far they were read."""

    as_of: Day
    courts: Annotated[tuple[LockedCourt, ...], Field(min_length=1, max_length=500)]
    origins: Annotated[tuple[LockedOrigin, ...], Field(max_length=2000)]


@router.post("/periods/{period}/submission", requires=SUBMIT, conditional=True, summary="报送一个期间")
async def submit_period(call: Call, parts: Parts, body: PeriodSubmission, period: Period) -> Reply:
    """What is entered for it afterwards counts as entered after submission."""
    return await _carried_out(call, parts, SubmitPeriod(period=period, day=today().isoformat(), remark=body.remark))


@router.post("/periods/{period}/reopening", requires=SUBMIT, conditional=True, summary="重开已报送的期间")
async def reopen_period(call: Call, parts: Parts, body: PeriodReason, period: Period) -> Reply:
    return await _carried_out(call, parts, ReopenPeriod(period=period, reason=body.reason))


@router.post("/periods/{period}/lock", requires=LOCK, conditional=True, summary="定稿一个期间")
async def lock_period(call: Call, parts: Parts, body: LockedFigures, period: Period) -> Reply:
    """Nothing is locked against entries: the figures stay beside those of later days."""
    locked = PeriodLocked(period=period, as_of=body.as_of, courts=body.courts, origins=body.origins)
    return await _carried_out(call, parts, LockPeriod(locked=locked, day=today().isoformat()))


@router.post("/periods/{period}/unlocking", requires=LOCK, conditional=True, summary="解除定稿")
async def unlock_period(call: Call, parts: Parts, body: PeriodReason, period: Period) -> Reply:
    return await _carried_out(call, parts, UnlockPeriod(period=period, reason=body.reason))


@router.get("/periods/{period}", requires=Requirement("read_figures", "site"), summary="一个期间的报送与定稿")
async def read_period(call: Call, parts: Parts, period: Period) -> Reply:
    """Read from the period's own stream: always current. A period nobody spoke of is not submitted."""
    call.actor_on(parts.site)
    state, version = await load_state(parts.deps, PERIOD, period_id(parts.site, period))
    return json_reply({**state.model_dump(mode="json"), "period": period}, etag=etag(version))


async def _carried_out(call: Call, parts: Parts, command: PeriodCommand) -> Reply:
    actor = call.actor_on(parts.site)
    stream = period_id(parts.site, command.period)
    outcome = await execute(
        parts.deps, context(call, actor), PERIOD, stream, command, expected_version=call.expected_version
    )
    return await accepted(parts.deps, "activities", outcome, {"period": command.period})
