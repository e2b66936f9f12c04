"""The same joint activity recorded by two courts (重复登记): confirmed, found to be two, or decided by mistake."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, assert_never
from uuid import UUID

from shared.contracts import ids
from shared.contracts.cross_court import (
    DuplicateConfirmed,
    DuplicateRejected,
    DuplicateWithdrawn,
    RecordedActivity,
)
from shared.contracts.values import Value
from shared.decider import Decider
from shared.rejection import Rejected

DuplicateEvent: TypeAlias = DuplicateConfirmed | DuplicateRejected | DuplicateWithdrawn


class ConfirmDuplicate(Value):
    """Both are one activity; `first` is the record that counts. Confirmed again with another first, that one counts."""

    first: RecordedActivity
    second: RecordedActivity


class RejectDuplicate(Value):
    first: RecordedActivity
    second: RecordedActivity


class WithdrawDuplicate(Value):
    """What was decided about the two was a mistake; they may be proposed again."""

    first: RecordedActivity
    second: RecordedActivity


DuplicateCommand: TypeAlias = ConfirmDuplicate | RejectDuplicate | WithdrawDuplicate


class DuplicateState(Value):
    """`first` as it was decided; `decision` is None before the first and after a withdrawn one."""

    decision: Literal["confirmed", "rejected"] | None = None
    first: RecordedActivity | None = None


def duplicate_id(first: RecordedActivity, second: RecordedActivity) -> UUID:
    """The id of the stream `duplicate-<uuid>`: the same for both orders of the two."""
    return ids.duplicate_id((first.site, first.activity_id), (second.site, second.activity_id))


def evolve(state: DuplicateState, event: DuplicateEvent) -> DuplicateState:
    match event:
        case DuplicateConfirmed(first=first):
            return state.model_copy(update={"decision": "confirmed", "first": first})
        case DuplicateRejected(first=first):
            return state.model_copy(update={"decision": "rejected", "first": first})
        case DuplicateWithdrawn():
            return state.model_copy(update={"decision": None, "first": None})
        case _:
            assert_never(event)


def decide(command: DuplicateCommand, state: DuplicateState) -> list[DuplicateEvent]:
    _refuse_one_court(command.first, command.second)
    match command:
        case ConfirmDuplicate(first=first, second=second):
            _refuse_decided(state, "rejected", "已认定这是两次活动")
            same = state.decision == "confirmed" and state.first == first
            return [] if same else [DuplicateConfirmed(first=first, second=second)]
        case RejectDuplicate(first=first, second=second):
            _refuse_decided(state, "confirmed", "已确认这是同一次活动")
            return [] if state.decision == "rejected" else [DuplicateRejected(first=first, second=second)]
        case WithdrawDuplicate(first=first, second=second):
            return [DuplicateWithdrawn(first=first, second=second)] if state.decision else []
        case _:
            assert_never(command)


def _refuse_one_court(first: RecordedActivity, second: RecordedActivity) -> None:
    if first.site == second.site:
        expected = "两个法院各自的一条记录；本院自己登记了两次的，撤销其中一条，原因写“重复”"
        raise Rejected("one_court", "second.site", "两条记录属于同一个法院", expected, value=second.site)


def _refuse_decided(state: DuplicateState, otherwise: str, problem: str) -> None:
    if state.decision == otherwise:
        raise Rejected("decided_otherwise", "first", problem, "先撤回原来的决定，再重新决定")


DUPLICATE: Final[Decider[DuplicateCommand, DuplicateState, DuplicateEvent]] = Decider(
    "duplicate", DuplicateState(), decide, evolve
)
