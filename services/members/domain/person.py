"""A person of the roster: details, where the membership lies, posts held."""

from __future__ import annotations

from typing import Final, TypeAlias, assert_never

from services.members.domain.forgetting import (
    FORGETTING_COMMANDS,
    Forgetting,
    ForgettingCommand,
    ForgettingEvent,
    WithdrawForgetting,
    decide_forgetting,
)
from services.members.domain.identifiers import (
    PersonIdentifiers,
    PersonIdentifiersRecorded,
    RecordIdentifiers,
    identifiers_led_back,
    record_identifiers,
)
from services.members.domain.memberships import memberships_led_back, record_membership, with_stated
from services.members.domain.posts import (
    AssignPost,
    EndedPost,
    Posts,
    VacatePost,
    assign,
    led_back,
    vacate,
    with_assigned,
    with_ended,
)
from shared.contracts.forgetting import (
    PersonForgettingRequested,
    PersonForgettingWithdrawn,
    PersonForgotten,
    refuse_forgotten,
)
from shared.contracts.members import (
    MembershipCorrected,
    MembershipEnded,
    MembershipFacts,
    MembershipRecorded,
    MembershipUndone,
    PersonUndone,
    PostAssigned,
    PostFacts,
    PostVacated,
)
from shared.contracts.personal import Personal
from shared.contracts.values import Day, Id, LongText, PartialDate, ShortText, Value, differing
from shared.decider import Decider
from shared.rejection import Rejected


class PersonDetails(Value):
    """What the roster says of a person; all of it but the id is encrypted under the person's key.

    `standing` is 党籍状态 in the office's words where it is not normal. ID number, telephone and dues base
    stand apart: see `PersonIdentifiers`.
    """

    person_id: Id
    name: Personal[ShortText]
    gender: Personal[ShortText | None] = None
    ethnicity: Personal[ShortText | None] = None
    birth: Personal[PartialDate | None] = None
    education: Personal[ShortText | None] = None
    work_started: Personal[PartialDate | None] = None
    department_post: Personal[ShortText | None] = None
    joined_on: Personal[PartialDate | None] = None
    confirmed_on: Personal[PartialDate | None] = None
    standing: Personal[ShortText | None] = None
    remark: Personal[LongText | None] = None


class PersonRegistered(Value):
    """`members.person-registered.v1`."""

    details: PersonDetails


class PersonDetailsCorrected(Value):
    """`members.person-details-corrected.v1`: `details` as they are now; `changed` names the fields that differ."""

    details: PersonDetails
    changed: tuple[ShortText, ...]


PersonEvent: TypeAlias = (
    PersonRegistered
    | PersonDetailsCorrected
    | PersonIdentifiersRecorded
    | MembershipRecorded
    | MembershipCorrected
    | MembershipEnded
    | MembershipUndone
    | PersonUndone
    | PostAssigned
    | PostVacated
    | ForgettingEvent
)


class RegisterPerson(Value):
    """State who the person is; other details than before are a correction."""

    details: PersonDetails


class CorrectPersonDetails(Value):
    """As `RegisterPerson`, for a person who must be known already."""

    details: PersonDetails


class RecordMembership(Value):
    """State where the membership lies from a day on: a new entry, or the correction of the entry of that day."""

    facts: MembershipFacts


class EndMembership(Value):
    """State that the membership in force on `effective_to` ended with that day: moved away, died, left the Party."""

    effective_to: Day


class PersonState(Value):
    """`memberships` in the order of their days, one a day; `posts` are those held now.

    `person_id` stays when an undone import has taken the details away: the log holds them, and may have to forget.
    """

    person_id: Id | None = None
    details: PersonDetails | None = None
    identifiers: PersonIdentifiers | None = None
    forgetting: Forgetting = Forgetting()
    memberships: tuple[MembershipFacts, ...] = ()
    membership_ends: tuple[Day, ...] = ()
    posts: tuple[PostFacts, ...] = ()
    ended_posts: tuple[EndedPost, ...] = ()


class UndoPerson(Value):
    """Back to `before`, an earlier state; without it, the person was entered by mistake."""

    before: PersonState = PersonState()


PersonCommand: TypeAlias = (
    RegisterPerson
    | CorrectPersonDetails
    | RecordIdentifiers
    | RecordMembership
    | EndMembership
    | AssignPost
    | VacatePost
    | ForgettingCommand
    | UndoPerson
)


def evolve(state: PersonState, event: PersonEvent) -> PersonState:
    match event:
        case PersonRegistered(details=details) | PersonDetailsCorrected(details=details):
            return state.model_copy(update={"details": details, "person_id": details.person_id})
        case MembershipRecorded() | MembershipCorrected() | MembershipUndone():
            return state.model_copy(update={"memberships": with_stated(state.memberships, event)})
        case MembershipEnded(effective_to=day):
            return state.model_copy(update={"membership_ends": (*state.membership_ends, day)})
        case PersonUndone():
            return state.model_copy(update={"details": None, "identifiers": None})
        case PostAssigned() | PostVacated():
            posts = _posts(state)
            now = with_assigned(posts, event.facts) if isinstance(event, PostAssigned) else with_ended(posts, event)
            return state.model_copy(update={"posts": now.held, "ended_posts": now.ended})
        case PersonIdentifiersRecorded(identifiers=identifiers):
            return state.model_copy(update={"identifiers": identifiers})
        case PersonForgettingRequested(request=request):
            return state.model_copy(update={"forgetting": Forgetting(request=request)})
        case PersonForgettingWithdrawn():
            return state.model_copy(update={"forgetting": Forgetting()})
        case PersonForgotten():
            return state.model_copy(update={"forgetting": Forgetting(done=True)})
        case _:
            assert_never(event)


def decide(command: PersonCommand, state: PersonState) -> list[PersonEvent]:
    if isinstance(command, RegisterPerson):
        return _register(command, state)
    if isinstance(command, FORGETTING_COMMANDS) and state.person_id is not None:
        return [*decide_forgetting(command, state.forgetting, state.person_id, _kept(state, command))]
    if state.details is None or isinstance(command, FORGETTING_COMMANDS):
        raise Rejected("unknown_person", "person_id", "名册里没有这个人", "先登记此人，或选择名册中的人")
    match command:
        case EndMembership(effective_to=day):
            return _end_membership(day, state, state.details.person_id)
        case VacatePost():
            return [*vacate(command, _posts(state), state.details.person_id)]
        case UndoPerson(before=before):
            return _undo(before, state, state.details)
        case _:
            refuse_forgotten(state.forgetting.done, state.details.person_id)
            return _decide_on_known(command, state, state.details)


def _decide_on_known(
    command: CorrectPersonDetails | RecordIdentifiers | RecordMembership | AssignPost,
    state: PersonState,
    details: PersonDetails,
) -> list[PersonEvent]:
    match command:
        case CorrectPersonDetails():
            return _correct(command.details, details)
        case RecordIdentifiers(identifiers=identifiers):
            _same_person(identifiers.person_id, details.person_id, "identifiers.person_id")
            return [*record_identifiers(identifiers, state.identifiers)]
        case RecordMembership():
            _same_person(command.facts.person_id, details.person_id, "facts.person_id")
            return [*record_membership(command.facts, membership_on(state, command.facts.effective_from))]
        case AssignPost():
            _same_person(command.facts.person_id, details.person_id, "facts.person_id")
            membership = membership_on(state, command.facts.effective_from)
            return [*assign(command.facts, _posts(state), membership)]
        case _:
            assert_never(command)


def membership_on(state: PersonState, day: str) -> MembershipFacts | None:
    """The membership in force on a day."""
    begun = [entry for entry in state.memberships if entry.effective_from <= day]
    if not begun or any(begun[-1].effective_from <= end < day for end in state.membership_ends):
        return None
    return begun[-1]


def _kept(state: PersonState, command: ForgettingCommand) -> str | None:
    """What the record of this person must be kept for."""
    if state.posts:
        return "支部职务"
    if not isinstance(command, WithdrawForgetting) and membership_on(state, command.today) is not None:
        return "组织关系"
    return None


def _register(command: RegisterPerson, state: PersonState) -> list[PersonEvent]:
    refuse_forgotten(state.forgetting.done, command.details.person_id)
    if state.details is None:
        return [PersonRegistered(details=command.details)]
    return _correct(command.details, state.details)


def _correct(details: PersonDetails, known: PersonDetails) -> list[PersonEvent]:
    _same_person(details.person_id, known.person_id, "details.person_id")
    changed = differing(known, details)
    return [PersonDetailsCorrected(details=details, changed=changed)] if changed else []


def _end_membership(day: str, state: PersonState, person_id: str) -> list[PersonEvent]:
    if day in state.membership_ends:
        return []
    in_force = membership_on(state, day)
    if in_force is None:
        raise Rejected(
            "no_membership", "effective_to", f"{day} 时此人没有组织关系", "填写组织关系存续期间的日期", value=day
        )
    return [MembershipEnded(person_id=person_id, branch_id=in_force.branch_id, effective_to=day)]


def _undo(before: PersonState, state: PersonState, details: PersonDetails) -> list[PersonEvent]:
    if (before.membership_ends, before.forgetting) != (state.membership_ends, state.forgetting):
        problem, expected = "组织关系已经结束，或此人已被遗忘", "由人工更正此人的记录"
        raise Rejected("undo_not_possible", "person_id", problem, expected)
    person_id = details.person_id
    events: list[PersonEvent] = [*led_back(_posts(before), _posts(state))]
    events += memberships_led_back(before.memberships, state.memberships)
    if before.details is None:
        return [*events, PersonUndone(person_id=person_id)]
    events += identifiers_led_back(before.identifiers, state.identifiers)
    return [*events, *_correct(before.details, details)]


def _posts(state: PersonState) -> Posts:
    return Posts(held=state.posts, ended=state.ended_posts)


def _same_person(given: str, expected: str, field: str) -> None:
    if given != expected:
        raise Rejected("other_person", field, "人员编号与记录不符", "使用本记录的人员编号", value=given)


PERSON: Final[Decider[PersonCommand, PersonState, PersonEvent]] = Decider("person", PersonState(), decide, evolve)
