"""A person of the roster: details, where the membership lies, posts held."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Final, TypeAlias, assert_never

from shared.contracts.members import (
    MembershipCorrected,
    MembershipFacts,
    MembershipRecorded,
    Post,
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
    are not kept.
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
    PersonRegistered | PersonDetailsCorrected | MembershipRecorded | MembershipCorrected | PostAssigned | PostVacated
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


class AssignPost(Value):
    """Give the person a post in a branch of which they are a member that day."""

    facts: PostFacts


class VacatePost(Value):
    """`effective_to` is the last day in the post."""

    branch_id: Id
    post: Post
    effective_to: Day


PersonCommand: TypeAlias = RegisterPerson | CorrectPersonDetails | RecordMembership | AssignPost | VacatePost


class EndedPost(Value):
    """A time in a post that is over; `effective_to` before its first day: it was stated by mistake."""

    facts: PostFacts
    effective_to: Day


class PersonState(Value):
    """`memberships` in the order of their days, one a day; `posts` are those held now."""

    details: PersonDetails | None = None
    memberships: tuple[MembershipFacts, ...] = ()
    posts: tuple[PostFacts, ...] = ()
    ended_posts: tuple[EndedPost, ...] = ()


def evolve(state: PersonState, event: PersonEvent) -> PersonState:
    match event:
        case PersonRegistered(details=details) | PersonDetailsCorrected(details=details):
            return state.model_copy(update={"details": details})
        case MembershipRecorded(facts=facts) | MembershipCorrected(facts=facts):
            others = [entry for entry in state.memberships if entry.effective_from != facts.effective_from]
            entries = sorted([*others, facts], key=lambda entry: entry.effective_from)
            return state.model_copy(update={"memberships": tuple(entries)})
        case PostAssigned(facts=post):
            return state.model_copy(update={"posts": (*state.posts, post)})
        case PostVacated(effective_to=day):
            ended = [post for post in _held(state, event) if _begun_by(post, day)]
            kept = tuple(post for post in state.posts if post not in ended)
            over = tuple(EndedPost(facts=post, effective_to=day) for post in ended)
            return state.model_copy(update={"posts": kept, "ended_posts": (*state.ended_posts, *over)})
        case _:
            assert_never(event)


def decide(command: PersonCommand, state: PersonState) -> list[PersonEvent]:
    if isinstance(command, RegisterPerson):
        return _register(command, state)
    if state.details is None:
        raise Rejected("unknown_person", "person_id", "名册里没有这个人", "先登记此人，或选择名册中的人")
    match command:
        case CorrectPersonDetails():
            return _correct(command.details, state.details)
        case RecordMembership():
            return _record_membership(command.facts, state, state.details.person_id)
        case AssignPost():
            return _assign(command.facts, state, state.details.person_id)
        case VacatePost():
            return _vacate(command, state, state.details.person_id)
        case _:
            assert_never(command)


def membership_on(state: PersonState, day: str) -> MembershipFacts | None:
    """The membership in force on a day."""
    begun = [entry for entry in state.memberships if entry.effective_from <= day]
    return begun[-1] if begun else None


def odd_details(details: PersonDetails, membership: MembershipFacts | None) -> tuple[str, ...]:
    """Codes of what looks odd and is kept as written: a clerk decides, not the program."""
    dates = [day for day in (details.birth, details.joined_on, details.confirmed_on) if isinstance(day, str)]
    kind = None if membership is None else membership.member_kind
    oddities = {
        "dates_out_of_order": any(_surely_after(first, second) for first, second in pairwise(dates)),
        "probationary_but_confirmed": kind == "probationary_member" and details.confirmed_on is not None,
        "full_without_confirmation": kind == "full_member" and details.confirmed_on is None,
    }
    return tuple(code for code, odd in oddities.items() if odd)


def _surely_after(first: str, second: str) -> bool:
    length = min(len(first), len(second))
    return first[:length] > second[:length]


def _register(command: RegisterPerson, state: PersonState) -> list[PersonEvent]:
    if state.details is None:
        return [PersonRegistered(details=command.details)]
    return _correct(command.details, state.details)


def _correct(details: PersonDetails, known: PersonDetails) -> list[PersonEvent]:
    _same_person(details.person_id, known.person_id, "details.person_id")
    changed = differing(known, details)
    return [PersonDetailsCorrected(details=details, changed=changed)] if changed else []


def _record_membership(facts: MembershipFacts, state: PersonState, person_id: str) -> list[PersonEvent]:
    _same_person(facts.person_id, person_id, "facts.person_id")
    in_force = membership_on(state, facts.effective_from)
    if in_force is None:
        return [MembershipRecorded(facts=facts)]
    changed = differing(in_force, facts)
    if set(changed) <= {"effective_from"}:
        return []
    if "effective_from" in changed:
        return [MembershipRecorded(facts=facts)]
    return [MembershipCorrected(facts=facts, changed=changed)]


def _assign(facts: PostFacts, state: PersonState, person_id: str) -> list[PersonEvent]:
    _same_person(facts.person_id, person_id, "facts.person_id")
    membership = membership_on(state, facts.effective_from)
    if membership is None or membership.branch_id != facts.branch_id:
        raise Rejected(
            "not_a_member_of_the_branch",
            "facts.branch_id",
            f"{facts.effective_from} 时此人的组织关系不在该党支部",
            "先记录此人在该党支部的组织关系，再任职",
            value=facts.branch_id,
        )
    day = facts.effective_from
    held = any(post.effective_from <= day for post in _held(state, facts))
    # An older roster states posts that have ended since: they were held that day, and stay ended.
    was_held = any(
        (ended.facts.branch_id, ended.facts.post) == (facts.branch_id, facts.post)
        and ended.facts.effective_from <= day <= ended.effective_to
        for ended in state.ended_posts
    )
    return [] if held or was_held else [PostAssigned(facts=facts)]


def _vacate(command: VacatePost, state: PersonState, person_id: str) -> list[PersonEvent]:
    held, day = _held(state, command), command.effective_to
    if not held or _ended_on(state, command):
        return []
    if not any(_begun_by(post, day) for post in held):
        earliest = min(post.effective_from for post in held)
        raise Rejected(
            "before_beginning",
            "effective_to",
            f"免职的日期 {day} 早于任职的日期 {earliest}",
            f"填写不早于 {earliest} 的日期；误记的任职填写前一天",
            value=day,
        )
    return [
        PostVacated(
            person_id=person_id, branch_id=command.branch_id, post=command.post, effective_to=command.effective_to
        )
    ]


def _held(state: PersonState, named: PostFacts | VacatePost | PostVacated) -> list[PostFacts]:
    return [post for post in state.posts if (post.branch_id, post.post) == (named.branch_id, named.post)]


def _ended_on(state: PersonState, command: VacatePost) -> bool:
    """Whether a time in this post is over since that very day: said again, it does not touch a later one."""
    named = (command.branch_id, command.post, command.effective_to)
    return any((ended.facts.branch_id, ended.facts.post, ended.effective_to) == named for ended in state.ended_posts)


def _begun_by(post: PostFacts, last_day: str) -> bool:
    """Whether a time in a post may end on `last_day`: at the earliest the day before it began."""
    return date.fromisoformat(post.effective_from) <= date.fromisoformat(last_day) + timedelta(days=1)


def _same_person(given: str, expected: str, field: str) -> None:
    if given != expected:
        raise Rejected("other_person", field, "人员编号与记录不符", "使用本记录的人员编号", value=given)


PERSON: Final[Decider[PersonCommand, PersonState, PersonEvent]] = Decider("person", PersonState(), decide, evolve)
