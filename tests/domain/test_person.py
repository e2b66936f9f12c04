"""A person of the roster: details, membership from day to day, posts."""

import pytest
from pydantic import ValidationError

from services.members.domain.oddities import odd_details
from services.members.domain.person import (
    PERSON,
    CorrectPersonDetails,
    PersonDetailsCorrected,
    PersonRegistered,
    RecordMembership,
    RegisterPerson,
)
from services.members.domain.posts import AssignPost, VacatePost
from services.members.examples import BRANCH_ID, DETAILS, GROUP_ID, MEMBERSHIP_FACTS, POST_FACTS, SITE_ID
from shared.contracts.members import MembershipCorrected, MembershipFacts, MembershipRecorded, PostAssigned, PostVacated
from shared.contracts.personal import FORGOTTEN
from shared.testing.given import given

REGISTERED = PersonRegistered(details=DETAILS)
MEMBER = MembershipRecorded(facts=MEMBERSHIP_FACTS)
ASSIGNED = PostAssigned(facts=POST_FACTS)


def test_a_person_is_registered_and_stating_it_again_changes_nothing() -> None:
    given(PERSON).when(RegisterPerson(details=DETAILS)).then(REGISTERED)
    given(PERSON, REGISTERED).when(RegisterPerson(details=DETAILS)).then()


def test_other_details_are_a_correction_naming_what_differs() -> None:
    stated = DETAILS.model_copy(update={"education": "大学", "remark": "借调一年"})
    corrected = PersonDetailsCorrected(details=stated, changed=("education", "remark"))
    given(PERSON, REGISTERED).when(RegisterPerson(details=stated)).then(corrected)
    given(PERSON, REGISTERED).when(CorrectPersonDetails(details=stated)).then(corrected)
    given(PERSON, REGISTERED, corrected).when(RegisterPerson(details=stated)).then()


def test_an_unknown_person_has_nothing_to_correct() -> None:
    given(PERSON).when(CorrectPersonDetails(details=DETAILS)).then_rejected("unknown_person", "person_id")


def test_details_of_another_person_are_refused() -> None:
    given(PERSON, REGISTERED).when(
        RegisterPerson(details=DETAILS.model_copy(update={"person_id": SITE_ID}))
    ).then_rejected("other_person", "details.person_id")


def test_a_forgotten_detail_does_not_hinder_the_next_command() -> None:
    forgotten = PersonRegistered(details=DETAILS.model_copy(update={"name": FORGOTTEN, "birth": FORGOTTEN}))
    given(PERSON, forgotten).when(RecordMembership(facts=MEMBERSHIP_FACTS)).then(MEMBER)


def test_a_membership_is_recorded_once() -> None:
    given(PERSON, REGISTERED).when(RecordMembership(facts=MEMBERSHIP_FACTS)).then(MEMBER)
    given(PERSON, REGISTERED, MEMBER).when(RecordMembership(facts=MEMBERSHIP_FACTS)).then()


def test_a_membership_that_a_later_roster_repeats_is_not_recorded_again() -> None:
    later = MEMBERSHIP_FACTS.model_copy(update={"effective_from": "2025-01-01"})
    given(PERSON, REGISTERED, MEMBER).when(RecordMembership(facts=later)).then()


def test_another_group_from_the_same_day_is_a_correction() -> None:
    stated = MEMBERSHIP_FACTS.model_copy(update={"group_id": None})
    given(PERSON, REGISTERED, MEMBER).when(RecordMembership(facts=stated)).then(
        MembershipCorrected(facts=stated, changed=("group_id",))
    )


def test_another_branch_from_a_later_day_is_a_new_entry_and_the_old_one_stays_true() -> None:
    moved = MEMBERSHIP_FACTS.model_copy(update={"branch_id": SITE_ID, "effective_from": "2025-01-01"})
    entry = MembershipRecorded(facts=moved)
    given(PERSON, REGISTERED, MEMBER).when(RecordMembership(facts=moved)).then(entry)
    given(PERSON, REGISTERED, MEMBER, entry).when(RecordMembership(facts=MEMBERSHIP_FACTS)).then()
    given(PERSON, REGISTERED, MEMBER, entry).when(RecordMembership(facts=moved)).then()


def test_an_earlier_membership_is_recorded_beside_the_present_one() -> None:
    earlier = MEMBERSHIP_FACTS.model_copy(update={"member_kind": "probationary_member", "effective_from": "2023-01-01"})
    given(PERSON, REGISTERED, MEMBER).when(RecordMembership(facts=earlier)).then(MembershipRecorded(facts=earlier))


def test_a_post_needs_a_membership_in_that_branch_on_that_day() -> None:
    given(PERSON, REGISTERED).when(AssignPost(facts=POST_FACTS)).then_rejected(
        "not_a_member_of_the_branch", "facts.branch_id"
    )
    elsewhere = POST_FACTS.model_copy(update={"branch_id": SITE_ID})
    given(PERSON, REGISTERED, MEMBER).when(AssignPost(facts=elsewhere)).then_rejected(
        "not_a_member_of_the_branch", "facts.branch_id"
    )
    before = POST_FACTS.model_copy(update={"effective_from": "2023-12-31"})
    given(PERSON, REGISTERED, MEMBER).when(AssignPost(facts=before)).then_rejected(
        "not_a_member_of_the_branch", "facts.branch_id"
    )
    given(PERSON, REGISTERED, MEMBER).when(AssignPost(facts=POST_FACTS)).then(ASSIGNED)


def test_a_post_that_is_held_is_not_assigned_again() -> None:
    later = POST_FACTS.model_copy(update={"effective_from": "2025-01-01"})
    given(PERSON, REGISTERED, MEMBER, ASSIGNED).when(AssignPost(facts=later)).then()


def vacating(day: str) -> VacatePost:
    return VacatePost(branch_id=BRANCH_ID, post="organisation_commissioner", effective_to=day)


def vacated(day: str) -> PostVacated:
    return PostVacated(
        person_id=DETAILS.person_id, branch_id=BRANCH_ID, post="organisation_commissioner", effective_to=day
    )


def assigned(day: str) -> PostAssigned:
    return PostAssigned(facts=POST_FACTS.model_copy(update={"effective_from": day}))


def test_a_post_is_vacated_once_and_may_be_assigned_again() -> None:
    past = (REGISTERED, MEMBER, ASSIGNED, vacated("2024-12-31"))
    given(PERSON, REGISTERED, MEMBER, ASSIGNED).when(vacating("2024-12-31")).then(vacated("2024-12-31"))
    given(PERSON, *past).when(vacating("2024-12-31")).then()
    given(PERSON, *past).when(AssignPost(facts=assigned("2025-01-01").facts)).then(assigned("2025-01-01"))


def test_a_post_that_was_held_on_a_day_and_has_ended_is_not_revived_by_stating_it_for_that_day() -> None:
    past = (REGISTERED, MEMBER, ASSIGNED, vacated("2024-12-31"))
    given(PERSON, *past).when(AssignPost(facts=POST_FACTS)).then()
    given(PERSON, *past).when(AssignPost(facts=assigned("2024-12-31").facts)).then()
    held_again = (*past, assigned("2026-01-01"))
    given(PERSON, *held_again).when(AssignPost(facts=POST_FACTS), vacating("2024-12-31")).then()


def test_a_post_stated_by_mistake_ends_before_its_first_day_and_may_be_stated_anew() -> None:
    past = (REGISTERED, MEMBER, ASSIGNED, vacated("2023-12-31"))
    given(PERSON, REGISTERED, MEMBER, ASSIGNED).when(vacating("2023-12-31")).then(vacated("2023-12-31"))
    given(PERSON, *past).when(AssignPost(facts=POST_FACTS)).then(ASSIGNED)


def test_an_earlier_time_in_a_post_ends_without_the_later_one() -> None:
    past = (REGISTERED, MEMBER, assigned("2026-01-01"), ASSIGNED, vacated("2024-12-31"))
    given(PERSON, *past).when(AssignPost(facts=assigned("2026-01-01").facts)).then()
    given(PERSON, *past).when(AssignPost(facts=POST_FACTS)).then()
    given(PERSON, *past).when(vacating("2026-12-31")).then(vacated("2026-12-31"))


def test_an_earlier_time_in_a_post_that_has_ended_is_not_ended_again_beside_a_later_one() -> None:
    history = (REGISTERED, MEMBER, assigned("2026-01-01"), assigned("2024-01-01"), vacated("2024-12-31"))
    given(PERSON, *history).when(vacating("2024-12-31")).then()


def test_a_post_does_not_end_before_it_began() -> None:
    given(PERSON, REGISTERED, MEMBER, ASSIGNED).when(vacating("2023-12-30")).then_rejected(
        "before_beginning", "effective_to"
    )


def test_odd_details_are_named_and_not_refused() -> None:
    assert odd_details(DETAILS, MEMBERSHIP_FACTS) == ()
    backwards = DETAILS.model_copy(update={"joined_on": "1984", "confirmed_on": None})
    assert odd_details(backwards, MEMBERSHIP_FACTS) == ("dates_out_of_order", "full_without_confirmation")
    probationary = MEMBERSHIP_FACTS.model_copy(update={"member_kind": "probationary_member", "group_id": GROUP_ID})
    assert odd_details(DETAILS, probationary) == ("probationary_but_confirmed",)
    given(PERSON).when(RegisterPerson(details=backwards)).then(PersonRegistered(details=backwards))


def test_dates_of_lesser_precision_are_compared_as_far_as_they_are_known() -> None:
    same_year = DETAILS.model_copy(update={"joined_on": "2009", "confirmed_on": "2009-05"})
    assert odd_details(same_year, MEMBERSHIP_FACTS) == ()


def test_what_a_membership_shares_of_the_standing_is_only_whether_it_is_normal() -> None:
    other = {**MEMBERSHIP_FACTS.model_dump(), "standing": "other"}
    assert MembershipFacts.model_validate(other).standing == "other"
    with pytest.raises(ValidationError, match="standing"):
        MembershipFacts.model_validate({**other, "standing": "停止党籍"})
