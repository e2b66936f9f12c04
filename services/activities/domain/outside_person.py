"""A person outside the roster: a chair, a guest, somebody a ledger names and the roster does not know."""

from __future__ import annotations

from typing import Final, TypeAlias, assert_never

from shared.contracts.forgetting import (
    ForgettingRequest,
    LawfulReason,
    refuse_confirmation,
    refuse_forgotten,
    refuse_late_withdrawal,
    refuse_second_request,
)
from shared.contracts.personal import Personal
from shared.contracts.values import Id, ShortText, Value
from shared.decider import Decider
from shared.rejection import Rejected


class OutsidePersonRegistered(Value):
    """`activities.outside-person-registered.v1`."""

    person_id: Id
    name: Personal[ShortText]


class OutsidePersonForgettingRequested(Value):
    """`activities.outside-person-forgetting-requested.v1`."""

    person_id: Id
    request: ForgettingRequest


class OutsidePersonForgettingWithdrawn(Value):
    """`activities.outside-person-forgetting-withdrawn.v1`: the request no longer stands."""

    person_id: Id


class OutsidePersonForgotten(Value):
    """`activities.outside-person-forgotten.v1`: the key of this person is deleted, for good."""

    person_id: Id
    reason: LawfulReason


OutsidePersonEvent: TypeAlias = (
    OutsidePersonRegistered
    | OutsidePersonForgettingRequested
    | OutsidePersonForgettingWithdrawn
    | OutsidePersonForgotten
)


class RegisterOutsidePerson(Value):
    """Keep somebody's name under an id; repeating it changes nothing."""

    person_id: Id
    name: ShortText


class RequestForgetting(Value):
    """Ask that the person be forgotten; no record of theirs has to be kept."""

    request: ForgettingRequest


class WithdrawForgetting(Value):
    """Take the request back; without one, nothing happens."""


class ConfirmForgetting(Value):
    """Forget the person; `confirmed_by` is the subject who confirms, another than who asked."""

    confirmed_by: ShortText


OutsidePersonCommand: TypeAlias = RegisterOutsidePerson | RequestForgetting | WithdrawForgetting | ConfirmForgetting


class OutsidePersonState(Value):
    person: OutsidePersonRegistered | None = None
    request: ForgettingRequest | None = None
    forgotten: bool = False


def evolve(state: OutsidePersonState, event: OutsidePersonEvent) -> OutsidePersonState:
    match event:
        case OutsidePersonRegistered():
            return OutsidePersonState(person=event)
        case OutsidePersonForgettingRequested(request=request):
            return state.model_copy(update={"request": request})
        case OutsidePersonForgettingWithdrawn():
            return state.model_copy(update={"request": None})
        case OutsidePersonForgotten():
            return state.model_copy(update={"request": None, "forgotten": True})
        case _:
            assert_never(event)


def decide(command: OutsidePersonCommand, state: OutsidePersonState) -> list[OutsidePersonEvent]:
    if isinstance(command, RegisterOutsidePerson):
        return _register(command, state)
    if state.person is None:
        raise Rejected("unknown_person", "person_id", "没有这个名册之外的人", "已登记的名册外人员的编号")
    if isinstance(command, WithdrawForgetting):
        refuse_late_withdrawal(state.forgotten, state.person.person_id)
    if state.forgotten:
        return []
    person_id = state.person.person_id
    match command:
        case RequestForgetting(request=request):
            refuse_second_request(state.request, request)
            requested = OutsidePersonForgettingRequested(person_id=person_id, request=request)
            return [] if state.request else [requested]
        case WithdrawForgetting():
            return [OutsidePersonForgettingWithdrawn(person_id=person_id)] if state.request else []
        case ConfirmForgetting():
            request = refuse_confirmation(state.request, command.confirmed_by)
            return [OutsidePersonForgotten(person_id=person_id, reason=request.reason)]
        case _:
            assert_never(command)


def _register(command: RegisterOutsidePerson, state: OutsidePersonState) -> list[OutsidePersonEvent]:
    registered = OutsidePersonRegistered(person_id=command.person_id, name=command.name)
    refuse_forgotten(state.forgotten, command.person_id)
    if state.person is None:
        return [registered]
    if state.person != registered:
        raise Rejected("other_person", "person_id", "这个编号已属于另一人", "使用新的人员编号", value=command.person_id)
    return []


OUTSIDE_PERSON: Final[Decider[OutsidePersonCommand, OutsidePersonState, OutsidePersonEvent]] = Decider(
    "outside_person", OutsidePersonState(), decide, evolve
)
