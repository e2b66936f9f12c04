"""When a person is forgotten: asked for by one, confirmed by another, and never while the record must be kept."""

import pytest

from services.activities.domain import outside_person as outside
from services.activities.examples import OUTSIDE_PERSON_ID
from services.members.domain.forgetting import ConfirmForgetting, RequestForgetting, WithdrawForgetting
from services.members.domain.identifiers import PersonIdentifiers, RecordIdentifiers, masked
from services.members.domain.person import (
    PERSON,
    CorrectPersonDetails,
    EndMembership,
    PersonCommand,
    PersonEvent,
    PersonRegistered,
    RecordMembership,
    RegisterPerson,
)
from services.members.domain.posts import VacatePost
from services.members.examples import BRANCH_ID, DETAILS, MEMBERSHIP_FACTS, PERSON_ID, POST_FACTS
from shared.contracts.forgetting import (
    GROUNDS,
    ForgettingRequest,
    LawfulReason,
    PersonForgettingRequested,
    PersonForgettingWithdrawn,
    PersonForgotten,
)
from shared.contracts.members import MembershipEnded, MembershipRecorded, PersonUndone, PostAssigned, PostVacated
from shared.contracts.personal import FORGOTTEN
from shared.rejection import Rejected
from shared.testing.given import given

TODAY = "2026-06-30"
KNOWN = PersonRegistered(details=DETAILS)
MEMBER = MembershipRecorded(facts=MEMBERSHIP_FACTS)
LEFT = MembershipEnded(person_id=PERSON_ID, branch_id=BRANCH_ID, effective_to="2024-12-31")
OVER = ForgettingRequest(reason="retention_over", requested_by="office")
ASK, CONFIRM = RequestForgetting(request=OVER, today=TODAY), ConfirmForgetting(confirmed_by="operator", today=TODAY)
ASKED = PersonForgettingRequested(person_id=PERSON_ID, request=OVER)
GONE = PersonForgotten(person_id=PERSON_ID, reason="retention_over")


def asking(reason: LawfulReason) -> RequestForgetting:
    return RequestForgetting(request=ForgettingRequest(reason=reason, requested_by="office"), today=TODAY)


def test_somebody_who_has_left_is_asked_for_and_forgotten() -> None:
    given(PERSON, KNOWN, MEMBER, LEFT).when(ASK).then(ASKED)
    given(PERSON, KNOWN, MEMBER, LEFT, ASKED).when(CONFIRM).then(GONE)


def test_whom_an_undone_import_took_away_is_still_in_the_log_and_can_be_forgotten() -> None:
    undone = PersonUndone(person_id=PERSON_ID)
    given(PERSON, KNOWN, undone).when(ASK).then(ASKED)
    given(PERSON, KNOWN, undone, ASKED).when(CONFIRM).then(GONE)
    with pytest.raises(Rejected, match="person_forgotten"):
        PERSON.decide(RegisterPerson(details=DETAILS), PERSON.fold((KNOWN, undone, ASKED, GONE)))


def test_what_is_said_again_changes_nothing() -> None:
    given(PERSON, KNOWN, ASKED).when(ASK).then()
    given(PERSON, KNOWN, ASKED, GONE).when(CONFIRM).then()
    given(PERSON, KNOWN, ASKED, GONE).when(ASK).then()
    given(PERSON, KNOWN).when(WithdrawForgetting()).then()


@pytest.mark.parametrize(
    ("history", "command", "code"),
    [
        ((), ASK, "unknown_person"),
        ((KNOWN,), CONFIRM, "no_request"),
        ((KNOWN, ASKED), ConfirmForgetting(confirmed_by="office", today=TODAY), "same_subject"),
        ((KNOWN, ASKED), asking("other_law"), "already_requested"),
        ((KNOWN, MEMBER), ASK, "must_be_kept"),
        ((KNOWN, MEMBER, LEFT, PostAssigned(facts=POST_FACTS)), ASK, "must_be_kept"),
        ((KNOWN, ASKED, MEMBER), CONFIRM, "must_be_kept"),
        ((KNOWN, ASKED, PersonForgettingWithdrawn(person_id=PERSON_ID)), CONFIRM, "no_request"),
        ((KNOWN, ASKED, GONE), WithdrawForgetting(), "already_forgotten"),
        ((KNOWN, GONE), RegisterPerson(details=DETAILS), "person_forgotten"),
        ((KNOWN, GONE), CorrectPersonDetails(details=DETAILS), "person_forgotten"),
        ((KNOWN, GONE), RecordMembership(facts=MEMBERSHIP_FACTS), "person_forgotten"),
        (
            (KNOWN, GONE),
            RecordIdentifiers(identifiers=PersonIdentifiers(person_id=PERSON_ID, phone="10000000001")),
            "person_forgotten",
        ),
    ],
)
def test_what_may_not_be_is_refused(history: tuple[PersonEvent, ...], command: PersonCommand, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        PERSON.decide(command, PERSON.fold(history))
    assert refused.value.code == code


@pytest.mark.parametrize("reason", sorted(set(GROUNDS) - {"unlawful_processing"}))
def test_a_member_is_kept_whatever_the_reason(reason: LawfulReason) -> None:
    with pytest.raises(Rejected, match="must_be_kept"):
        PERSON.decide(asking(reason), PERSON.fold((KNOWN, MEMBER)))


def test_what_was_processed_against_the_law_is_deleted_also_of_a_member_who_can_still_leave() -> None:
    asked = PersonForgettingRequested(person_id=PERSON_ID, request=asking("unlawful_processing").request)
    gone = PersonForgotten(person_id=PERSON_ID, reason="unlawful_processing")
    post = PostAssigned(facts=POST_FACTS)
    given(PERSON, KNOWN, MEMBER, post).when(asking("unlawful_processing")).then(asked)
    given(PERSON, KNOWN, MEMBER, post, asked).when(CONFIRM).then(gone)
    given(PERSON, KNOWN, MEMBER, asked, gone).when(EndMembership(effective_to="2024-12-31")).then(LEFT)
    vacated = PostVacated(person_id=PERSON_ID, branch_id=BRANCH_ID, post=POST_FACTS.post, effective_to="2024-12-31")
    vacate = VacatePost(branch_id=BRANCH_ID, post=POST_FACTS.post, effective_to="2024-12-31")
    given(PERSON, KNOWN, MEMBER, post, asked, gone).when(vacate).then(vacated)


def test_a_membership_ends_once_and_may_begin_again() -> None:
    given(PERSON, KNOWN, MEMBER).when(EndMembership(effective_to="2024-12-31")).then(LEFT)
    given(PERSON, KNOWN, MEMBER, LEFT).when(EndMembership(effective_to="2024-12-31")).then()
    again = MEMBERSHIP_FACTS.model_copy(update={"effective_from": "2026-01-01"})
    given(PERSON, KNOWN, MEMBER, LEFT).when(RecordMembership(facts=again)).then(MembershipRecorded(facts=again))
    given(PERSON, KNOWN, MEMBER, LEFT).when(RecordMembership(facts=MEMBERSHIP_FACTS)).then()
    for day in ("2023-12-31", "2025-01-01"):
        with pytest.raises(Rejected, match="no_membership"):
            PERSON.decide(EndMembership(effective_to=day), PERSON.fold((KNOWN, MEMBER, LEFT)))


def test_identifiers_are_added_to_and_never_emptied_by_what_is_not_said() -> None:
    first = PersonIdentifiers(person_id=PERSON_ID, id_number="990101198506150022", dues_base_fen=823_500)
    state = PERSON.fold((KNOWN, *PERSON.decide(RecordIdentifiers(identifiers=first), PERSON.fold((KNOWN,)))))
    second = PersonIdentifiers(person_id=PERSON_ID, phone="10000000001", dues_base_fen=823_500)
    (event,) = PERSON.decide(RecordIdentifiers(identifiers=second), state)
    assert event.changed == ("phone",)  # type: ignore[union-attr]  # it is the one event there can be
    assert event.identifiers == first.model_copy(update={"phone": "10000000001"})  # type: ignore[union-attr]  # likewise
    nothing = RecordIdentifiers(identifiers=PersonIdentifiers(person_id=PERSON_ID))
    assert PERSON.decide(nothing, PERSON.fold((KNOWN,))) == []


def test_identifiers_are_shown_without_their_middle_and_a_dues_base_not_at_all() -> None:
    shown = masked(
        PersonIdentifiers(
            person_id=PERSON_ID, id_number="110101199001011234", phone="13800008000", dues_base_fen=823_500
        )
    )
    assert shown == {
        "person_id": PERSON_ID,
        "id_number": "110101********1234",
        "phone": "138****8000",
        "dues_base_fen": "****",
    }
    odd = masked(PersonIdentifiers(person_id=PERSON_ID, id_number="1234567", phone=FORGOTTEN))
    assert (odd["id_number"], odd["phone"], odd["dues_base_fen"]) == ("*******", {"forgotten": True}, None)


def test_somebody_outside_the_roster_is_forgotten_by_the_same_two() -> None:
    registered = outside.OutsidePersonRegistered(person_id=OUTSIDE_PERSON_ID, name="程远山")
    asked = outside.OutsidePersonForgettingRequested(person_id=OUTSIDE_PERSON_ID, request=OVER)
    withdrawn = outside.OutsidePersonForgettingWithdrawn(person_id=OUTSIDE_PERSON_ID)
    gone = outside.OutsidePersonForgotten(person_id=OUTSIDE_PERSON_ID, reason="retention_over")
    person, confirm = outside.OUTSIDE_PERSON, outside.ConfirmForgetting(confirmed_by="operator")
    given(person, registered).when(outside.RequestForgetting(request=OVER)).then(asked)
    given(person, registered, asked).when(confirm).then(gone)
    given(person, registered, asked).when(outside.WithdrawForgetting()).then(withdrawn)
    given(person, registered, asked, gone).when(confirm).then()
    again = outside.RegisterOutsidePerson(person_id=OUTSIDE_PERSON_ID, name="程远山")
    refused: tuple[tuple[tuple[outside.OutsidePersonEvent, ...], outside.OutsidePersonCommand, str], ...] = (
        ((registered,), confirm, "no_request"),
        ((registered, asked), outside.ConfirmForgetting(confirmed_by="office"), "same_subject"),
        ((registered, asked, gone), again, "person_forgotten"),
        ((registered, asked, gone), outside.WithdrawForgetting(), "already_forgotten"),
        ((), confirm, "unknown_person"),
    )
    for history, command, code in refused:
        with pytest.raises(Rejected, match=code):
            person.decide(command, person.fold(history))
