"""A joint agreement: proposed, signed, corrected, ended, resumed, undone; a ledger states it with its state at once."""

import pytest
from pydantic import ValidationError

from services.activities.domain.agreement_facts import JointAgreementDetails
from services.activities.domain.joint_agreement import (
    JOINT_AGREEMENT,
    CorrectJointAgreement,
    EndJointAgreement,
    JointAgreementCommand,
    JointAgreementDetailsCorrected,
    JointAgreementDetailsRecorded,
    JointAgreementEvent,
    ProposeJointAgreement,
    RecordJointAgreement,
    ResumeJointAgreement,
    SignJointAgreement,
    UndoJointAgreement,
)
from services.activities.examples.joint import AGREEMENT_FACTS, DETAILS, OTHER_OWN, OUTSIDE, OWN
from shared.contracts.ids import joint_agreement_id
from shared.contracts.joint import (
    JointAgreementCorrected,
    JointAgreementEnded,
    JointAgreementFacts,
    JointAgreementProposed,
    JointAgreementResumed,
    JointAgreementSigned,
    JointAgreementUndone,
)
from shared.testing.given import given

TODAY = "2024-12-31"
UNSIGNED = AGREEMENT_FACTS.model_copy(update={"signed": None})
PROPOSAL = ProposeJointAgreement(facts=UNSIGNED, details=DETAILS)
RECORD = RecordJointAgreement(facts=AGREEMENT_FACTS, details=DETAILS, today=TODAY)
NOTED = JointAgreementDetailsRecorded(details=DETAILS)
PROPOSED = (JointAgreementProposed(facts=UNSIGNED), NOTED)
SIGNED = (JointAgreementSigned(facts=AGREEMENT_FACTS), NOTED)
EXPIRED = JointAgreementEnded(cause="expired", effective_to="2024-11")
ENDED = (*SIGNED, EXPIRED)
UNDONE = (*SIGNED, JointAgreementUndone())


def facts(**changes: object) -> JointAgreementFacts:
    return AGREEMENT_FACTS.model_copy(update=changes)


def record(**changes: object) -> RecordJointAgreement:
    return RECORD.model_copy(update=changes)


def correct(**changes: object) -> CorrectJointAgreement:
    return CorrectJointAgreement(facts=facts(**changes), today=TODAY)


def test_an_agreement_is_proposed_signed_ended_and_resumed() -> None:
    given(JOINT_AGREEMENT).when(PROPOSAL).then(*PROPOSED)
    given(JOINT_AGREEMENT, *PROPOSED).when(SignJointAgreement(signed="2024-02-20", today=TODAY)).then(
        JointAgreementSigned(facts=AGREEMENT_FACTS)
    )
    end = EndJointAgreement(cause="expired", effective_to="2024-11")
    given(JOINT_AGREEMENT, *SIGNED).when(end).then(EXPIRED)
    given(JOINT_AGREEMENT, *ENDED).when(ResumeJointAgreement()).then(JointAgreementResumed())


@pytest.mark.parametrize(
    ("history", "command"),
    [
        (PROPOSED, PROPOSAL),
        (SIGNED, SignJointAgreement(signed="2024-02-20", today=TODAY)),
        (ENDED, EndJointAgreement(cause="expired", effective_to="2024-11")),
        (SIGNED, ResumeJointAgreement()),
        (SIGNED, RECORD),
        (ENDED, record(ended="expired", effective_to="2024-11")),
        (PROPOSED, record(facts=UNSIGNED, signed=False)),
        (SIGNED, correct()),
    ],
)
def test_what_is_said_again_changes_nothing(
    history: tuple[JointAgreementEvent, ...], command: JointAgreementCommand
) -> None:
    given(JOINT_AGREEMENT, *history).when(command).then()


def test_a_ledger_states_an_agreement_with_its_state() -> None:
    given(JOINT_AGREEMENT).when(RECORD).then(*SIGNED)
    given(JOINT_AGREEMENT).when(record(facts=UNSIGNED)).then(JointAgreementSigned(facts=UNSIGNED), NOTED)
    given(JOINT_AGREEMENT).when(record(facts=UNSIGNED, signed=False)).then(*PROPOSED)
    given(JOINT_AGREEMENT).when(record(ended="terminated")).then(*SIGNED, JointAgreementEnded(cause="terminated"))


def test_a_ledger_that_says_something_else_corrects() -> None:
    given(JOINT_AGREEMENT, *SIGNED).when(record(facts=facts(planned_a_year=6))).then(
        JointAgreementCorrected(facts=facts(planned_a_year=6), changed=("planned_a_year",))
    )
    silent = DETAILS.model_copy(update={"evaluation": None})
    given(JOINT_AGREEMENT, *SIGNED).when(record(details=silent)).then(
        JointAgreementDetailsCorrected(details=silent, changed=("evaluation",))
    )
    given(JOINT_AGREEMENT, *PROPOSED).when(RECORD).then(JointAgreementSigned(facts=AGREEMENT_FACTS))
    given(JOINT_AGREEMENT, *SIGNED).when(record(ended="expired", effective_to="2024-11")).then(EXPIRED)
    given(JOINT_AGREEMENT, *ENDED).when(RECORD).then(JointAgreementResumed())
    given(JOINT_AGREEMENT, *ENDED).when(record(ended="terminated")).then(JointAgreementEnded(cause="terminated"))
    given(JOINT_AGREEMENT, *SIGNED).when(record(facts=UNSIGNED, signed=False)).then(JointAgreementUndone(), *PROPOSED)


def test_an_undone_agreement_counts_as_absent() -> None:
    given(JOINT_AGREEMENT, *SIGNED).when(UndoJointAgreement()).then(JointAgreementUndone())
    given(JOINT_AGREEMENT, *UNDONE).when(RECORD).then(*SIGNED)
    given(JOINT_AGREEMENT, *UNDONE).when(PROPOSAL).then(*PROPOSED)
    ended = record(ended="expired", effective_to="2024-11")
    given(JOINT_AGREEMENT, *ENDED, JointAgreementUndone()).when(ended).then(*ENDED)


def test_undoing_leads_back_to_the_state_before() -> None:
    for before, after, events in (
        (SIGNED, (JointAgreementCorrected(facts=facts(planned_a_year=6), changed=("planned_a_year",)),), None),
        (SIGNED, (EXPIRED,), (JointAgreementResumed(),)),
        (ENDED, (JointAgreementResumed(),), (EXPIRED,)),
        (PROPOSED, (JointAgreementSigned(facts=AGREEMENT_FACTS),), (JointAgreementUndone(), *PROPOSED)),
        (UNDONE, SIGNED, (JointAgreementUndone(),)),
    ):
        back = (JointAgreementCorrected(facts=AGREEMENT_FACTS, changed=("planned_a_year",)),)
        state = JOINT_AGREEMENT.fold(before)
        given(JOINT_AGREEMENT, *before, *after).when(UndoJointAgreement(before=state)).then(*(events or back))


def test_a_correction_leaves_alone_what_it_does_not_name() -> None:
    other = JointAgreementDetails(goals="共建共促")
    given(JOINT_AGREEMENT, *SIGNED).when(CorrectJointAgreement(details=other, today=TODAY)).then(
        JointAgreementDetailsCorrected(details=other, changed=("duties", "evaluation", "contact_id"))
    )
    given(JOINT_AGREEMENT, *ENDED).when(correct(joint_modes=())).then(
        JointAgreementCorrected(facts=facts(joint_modes=()), changed=("joint_modes",))
    )


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"parties": (OUTSIDE, OWN)}, "proposer_among_parties", "facts.parties.1"),
        ({"parties": (OUTSIDE, OTHER_OWN, OUTSIDE)}, "party_named_twice", "facts.parties.2"),
        (
            {"proposer": OUTSIDE, "parties": (OUTSIDE.model_copy(update={"party_id": OTHER_OWN.party_id}),)},
            "no_own_unit",
            "facts.proposer",
        ),
        ({"signed": "2025-01-01"}, "date_in_the_future", "facts.signed"),
        ({"signed": "2025"}, "date_in_the_future", "facts.signed"),
    ],
)
def test_an_impossible_agreement_is_refused(changes: dict[str, object], code: str, field: str) -> None:
    given(JOINT_AGREEMENT).when(record(facts=facts(**changes))).then_rejected(code, field)
    given(JOINT_AGREEMENT, *SIGNED).when(correct(**changes)).then_rejected(code, field)


def test_a_term_is_at_least_a_month() -> None:
    for months in (0, -12):
        with pytest.raises(ValidationError, match="agreement_term_months"):
            JointAgreementFacts(proposer=OWN, parties=(OUTSIDE,), agreement_term_months=months)


def test_an_agreement_does_not_end_before_it_is_signed() -> None:
    for effective_to in ("2024-02-19", "2024-01", "2023"):
        end = EndJointAgreement(cause="terminated", effective_to=effective_to)
        given(JOINT_AGREEMENT, *SIGNED).when(end).then_rejected("ended_before_signed", "effective_to")
        stated = record(ended="terminated", effective_to=effective_to)
        given(JOINT_AGREEMENT).when(stated).then_rejected("ended_before_signed", "effective_to")
    for effective_to in ("2024-02-20", "2024-02", "2024"):
        end = EndJointAgreement(cause="terminated", effective_to=effective_to)
        given(JOINT_AGREEMENT, *SIGNED).when(end).then(
            JointAgreementEnded(cause="terminated", effective_to=effective_to)
        )
    given(JOINT_AGREEMENT, *ENDED).when(correct(signed="2024-12-01")).then_rejected(
        "ended_before_signed", "effective_to"
    )


def test_a_proposal_has_no_day_of_signing() -> None:
    given(JOINT_AGREEMENT).when(ProposeJointAgreement(facts=AGREEMENT_FACTS)).then_rejected(
        "not_signed_yet", "facts.signed"
    )
    given(JOINT_AGREEMENT).when(record(signed=False)).then_rejected("not_signed_yet", "facts.signed")
    given(JOINT_AGREEMENT, *PROPOSED).when(correct()).then_rejected("not_signed_yet", "facts.signed")


@pytest.mark.parametrize(
    ("history", "command", "code", "field"),
    [
        (PROPOSED, SignJointAgreement(signed="2025-01-01", today=TODAY), "date_in_the_future", "signed"),
        (SIGNED, SignJointAgreement(signed="2024-02-21", today=TODAY), "agreement_already_signed", "signed"),
        (PROPOSED, EndJointAgreement(cause="expired"), "not_signed_yet", "agreement_id"),
        (PROPOSED, ResumeJointAgreement(), "not_signed_yet", "agreement_id"),
        (SIGNED, PROPOSAL, "agreement_already_recorded", "facts"),
        (UNDONE, UndoJointAgreement(), "undone_already", "agreement_id"),
        *(
            (history, command, "unknown_agreement", "agreement_id")
            for history in ((), UNDONE)
            for command in (
                SignJointAgreement(signed="2024-02-20", today=TODAY),
                EndJointAgreement(cause="expired"),
                ResumeJointAgreement(),
                correct(),
            )
        ),
        ((), UndoJointAgreement(), "unknown_agreement", "agreement_id"),
    ],
)
def test_what_the_state_does_not_allow_is_refused(
    history: tuple[JointAgreementEvent, ...], command: JointAgreementCommand, code: str, field: str
) -> None:
    given(JOINT_AGREEMENT, *history).when(command).then_rejected(code, field)


def test_an_agreement_is_found_again_by_its_number() -> None:
    assert joint_agreement_id("shi04", "青04联建〔2024〕１号") == joint_agreement_id("shi04", " 青04联建〔2024〕1号")
    assert joint_agreement_id("shi04", "青04联建〔2024〕1号") != joint_agreement_id("shi05", "青04联建〔2024〕1号")
