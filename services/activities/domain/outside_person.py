"""A person outside the roster: a chair, a guest, somebody a ledger names and the roster does not know."""

from __future__ import annotations

from typing import Final

from shared.contracts.personal import Personal
from shared.contracts.values import Id, ShortText, Value
from shared.decider import Decider
from shared.rejection import Rejected


class OutsidePersonRegistered(Value):
    """`activities.outside-person-registered.v1`."""

    person_id: Id
    name: Personal[ShortText]


class RegisterOutsidePerson(Value):
    """Keep somebody's name under an id; repeating it changes nothing."""

    person_id: Id
    name: ShortText


class OutsidePersonState(Value):
    person: OutsidePersonRegistered | None = None


def evolve(_: OutsidePersonState, event: OutsidePersonRegistered) -> OutsidePersonState:
    return OutsidePersonState(person=event)


def decide(command: RegisterOutsidePerson, state: OutsidePersonState) -> list[OutsidePersonRegistered]:
    registered = OutsidePersonRegistered(person_id=command.person_id, name=command.name)
    if state.person is None:
        return [registered]
    if state.person != registered:
        raise Rejected("other_person", "person_id", "这个编号已属于另一人", "使用新的人员编号", value=command.person_id)
    return []


OUTSIDE_PERSON: Final[Decider[RegisterOutsidePerson, OutsidePersonState, OutsidePersonRegistered]] = Decider(
    "outside_person", OutsidePersonState(), decide, evolve
)
