"""Forgetting a person of the roster: asked for by one, confirmed by another, and not while the record must be kept."""

from __future__ import annotations

from typing import Final, TypeAlias, assert_never

from shared.contracts.forgetting import (
    EVEN_IF_KEPT,
    ForgettingRequest,
    PersonForgettingRequested,
    PersonForgettingWithdrawn,
    PersonForgotten,
    refuse_confirmation,
    refuse_late_withdrawal,
    refuse_second_request,
)
from shared.contracts.values import Day, ShortText, Value
from shared.rejection import Rejected


class RequestForgetting(Value):
    """Ask that the person be forgotten."""

    request: ForgettingRequest
    today: Day


class WithdrawForgetting(Value):
    """Take the request back; without one, nothing happens."""


class ConfirmForgetting(Value):
    """Forget the person; `confirmed_by` is the subject who confirms, another than who asked."""

    confirmed_by: ShortText
    today: Day


ForgettingCommand: TypeAlias = RequestForgetting | WithdrawForgetting | ConfirmForgetting
ForgettingEvent: TypeAlias = PersonForgettingRequested | PersonForgettingWithdrawn | PersonForgotten

FORGETTING_COMMANDS: Final = (RequestForgetting, WithdrawForgetting, ConfirmForgetting)


class Forgetting(Value):
    """Whether a request stands, and whether it was carried out."""

    request: ForgettingRequest | None = None
    done: bool = False


def decide_forgetting(
    command: ForgettingCommand, state: Forgetting, person_id: str, kept: str | None
) -> list[ForgettingEvent]:
    """`kept` says what the person still is and must be kept for (组织关系, 支部职务), None for nothing."""
    if isinstance(command, WithdrawForgetting):
        refuse_late_withdrawal(state.done, person_id)
    if state.done:
        return []
    match command:
        case RequestForgetting(request=request):
            refuse_second_request(state.request, request)
            _refuse_kept(request, kept)
            return [] if state.request else [PersonForgettingRequested(person_id=person_id, request=request)]
        case WithdrawForgetting():
            return [PersonForgettingWithdrawn(person_id=person_id)] if state.request else []
        case ConfirmForgetting():
            request = refuse_confirmation(state.request, command.confirmed_by)
            _refuse_kept(request, kept)
            return [PersonForgotten(person_id=person_id, reason=request.reason)]
        case _:
            assert_never(command)


def _refuse_kept(request: ForgettingRequest, kept: str | None) -> None:
    """《个人信息保护法》第四十七条第二款: what the law has kept is kept."""
    if kept is not None and request.reason not in EVEN_IF_KEPT:
        raise Rejected(
            "must_be_kept",
            "reason",
            f"此人现有{kept}，党员档案依规必须保存，不能删除",
            "先记录组织关系终止、免去职务；违法处理的个人信息不受此限",
            value=request.reason,
        )
