"""A reporting period of this court: submitted (报送), reopened, locked with its figures (定稿), unlocked."""

from __future__ import annotations

from typing import Final, TypeAlias, assert_never
from uuid import UUID

from pydantic import Field

from shared.contracts.ids import natural_id
from shared.contracts.periods import (
    Period,
    PeriodLocked,
    PeriodReopened,
    PeriodSubmitted,
    PeriodUnlocked,
    period_span,
)
from shared.contracts.values import Day, ShortText, Value
from shared.decider import Decider
from shared.rejection import Rejected

PeriodEvent: TypeAlias = PeriodSubmitted | PeriodReopened | PeriodLocked | PeriodUnlocked


class SubmitPeriod(Value):
    """`day` is the day of the command: a period may be submitted from the day after its last one."""

    period: Period
    day: Day
    remark: ShortText | None = None


class ReopenPeriod(Value):
    period: Period
    reason: ShortText


class LockPeriod(Value):
    """`locked` is what stays; `day` as for submitting."""

    locked: PeriodLocked
    day: Day

    @property
    def period(self) -> str:
        """The period of the figures."""
        return self.locked.period


class UnlockPeriod(Value):
    period: Period
    reason: ShortText


PeriodCommand: TypeAlias = SubmitPeriod | ReopenPeriod | LockPeriod | UnlockPeriod


class PeriodState(Value):
    """`period` is None before the first event; `locked` while the figures stand."""

    period: Period | None = None
    submitted: bool = False
    remark: ShortText | None = None
    reopened: ShortText | None = Field(default=None, description="why it was reopened last")
    locked: PeriodLocked | None = None


def period_id(site: str, period: str) -> UUID:
    """The id of the stream `period-<uuid>`."""
    return natural_id(site, "period", period)


def evolve(state: PeriodState, event: PeriodEvent) -> PeriodState:
    match event:
        case PeriodSubmitted(period=period, remark=remark):
            return PeriodState(period=period, submitted=True, remark=remark, locked=state.locked)
        case PeriodReopened(reason=reason):
            return state.model_copy(update={"submitted": False, "remark": None, "reopened": reason})
        case PeriodLocked(period=period):
            return state.model_copy(update={"period": period, "locked": event})
        case PeriodUnlocked():
            return state.model_copy(update={"locked": None})
        case _:
            assert_never(event)


def decide(command: PeriodCommand, state: PeriodState) -> list[PeriodEvent]:
    if state.period is not None and state.period != command.period:
        raise Rejected(
            "other_period", "period", "此记录属于另一个期间", f"使用期间 {state.period}", value=command.period
        )
    match command:
        case SubmitPeriod(period=period, day=day, remark=remark):
            _refuse_unfinished(period, day, "报送")
            return [] if state.submitted else [PeriodSubmitted(period=period, remark=remark)]
        case ReopenPeriod(period=period, reason=reason):
            return [PeriodReopened(period=period, reason=reason)] if state.submitted else []
        case LockPeriod(locked=locked, day=day):
            _refuse_unfinished(locked.period, day, "定稿")
            return _lock(locked, state)
        case UnlockPeriod(period=period, reason=reason):
            return [PeriodUnlocked(period=period, reason=reason)] if state.locked else []
        case _:
            assert_never(command)


def _lock(locked: PeriodLocked, state: PeriodState) -> list[PeriodEvent]:
    for index, court in enumerate(locked.courts):
        if court.site in [other.site for other in locked.courts[:index]]:
            field = f"courts.{index}.site"
            raise Rejected("court_named_twice", field, "同一法院写了两次", "每个法院写一次", value=court.site)
    if state.locked is None:
        return [locked]
    if state.locked != locked:
        problem = f"这个期间已按 {state.locked.as_of} 的数字定稿，与此不同"
        raise Rejected("period_locked", "period", problem, "先解除定稿并写明原因，再重新定稿", value=locked.period)
    return []


def _refuse_unfinished(period: str, day: str, what: str) -> None:
    last = period_span(period)[1].isoformat()
    if day <= last:
        problem, expected = f"期间到 {last} 才结束，今天是 {day}", f"{last} 之后再{what}，或写一个已结束的期间"
        raise Rejected("period_not_over", "period", problem, expected, value=period)


PERIOD: Final[Decider[PeriodCommand, PeriodState, PeriodEvent]] = Decider("period", PeriodState(), decide, evolve)
