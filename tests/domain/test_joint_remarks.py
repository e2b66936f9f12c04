"""What is odd about a joint activity beside its agreement: before the signing, after the end, somebody from outside."""

import pytest

from services.activities.domain.joint import joint_remarks
from services.activities.domain.joint_agreement import JOINT_AGREEMENT, JointAgreementState
from services.activities.examples.joint import (
    AGREEMENT_FACTS,
    AGREEMENT_ID,
    ALIAS_ID,
    BRANCH_ID,
    OTHER_OWN,
    OUTSIDE,
    OWN,
    PARTNER_ID,
)
from shared.contracts.activities import ActivityFacts
from shared.contracts.joint import (
    JointAgreementEnded,
    JointAgreementProposed,
    JointAgreementSigned,
    JointAgreementUndone,
    JointPart,
    Participation,
)

BOTH = (Participation(party=OWN, seats=2), Participation(party=OUTSIDE, seats=9))
FACTS = ActivityFacts(
    unit_kind="branch",
    unit_id=BRANCH_ID,
    branch_id=BRANCH_ID,
    kind="joint_activity",
    title="联学共建",
    date="2024-03-08",
    joint=JointPart(lead=OWN, agreement_id=AGREEMENT_ID, participations=BOTH),
)


def facts(**changes: object) -> ActivityFacts:
    return FACTS.model_copy(update=changes)


def with_parties(*participations: Participation) -> ActivityFacts:
    return facts(joint=JointPart(lead=OWN, agreement_id=AGREEMENT_ID, participations=participations))


SIGNED = JOINT_AGREEMENT.fold([JointAgreementSigned(facts=AGREEMENT_FACTS)])
ENDED = JOINT_AGREEMENT.fold(
    [JointAgreementSigned(facts=AGREEMENT_FACTS), JointAgreementEnded(cause="expired", effective_to="2024-06-30")]
)
PROPOSED = JOINT_AGREEMENT.fold([JointAgreementProposed(facts=AGREEMENT_FACTS.model_copy(update={"signed": None}))])
UNDONE = JOINT_AGREEMENT.fold([JointAgreementSigned(facts=AGREEMENT_FACTS), JointAgreementUndone()])
THIRD = with_parties(*BOTH, Participation(party=OTHER_OWN, seats=7))


@pytest.mark.parametrize(
    ("stated", "agreement", "remarks"),
    [
        (FACTS, SIGNED, ()),
        (FACTS, None, ()),
        (facts(joint=None, date="2023"), SIGNED, ()),
        (facts(date="2024-02-19"), SIGNED, ("before_signing",)),
        (facts(date="2024-01"), SIGNED, ("before_signing",)),
        (facts(date="2024-02-20"), SIGNED, ()),
        (facts(date="2024-02"), SIGNED, ()),
        (facts(date="2024"), SIGNED, ()),
        (FACTS, PROPOSED, ("before_signing",)),
        (THIRD, SIGNED, ("party_outside_agreement",)),
        (facts(date="2024-07-01"), ENDED, ("after_ending",)),
        (facts(date="2024-06-30"), ENDED, ()),
        (facts(date="2024-06"), ENDED, ()),
        (
            THIRD.model_copy(update={"date": "2024-01-25"}),
            SIGNED,
            ("before_signing", "party_outside_agreement"),
        ),
        (facts(date="2023-01-01"), UNDONE, ()),
    ],
)
def test_what_is_odd_beside_the_agreement_is_told_by_a_code(
    stated: ActivityFacts, agreement: JointAgreementState | None, remarks: tuple[str, ...]
) -> None:
    assert joint_remarks(stated, agreement, {}) == remarks


def test_a_merged_partner_is_the_one_it_counts_as_also_by_steps() -> None:
    other = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d07"
    alias = Participation(party=OUTSIDE.model_copy(update={"party_id": ALIAS_ID}))
    stated = with_parties(BOTH[0], alias)
    assert joint_remarks(stated, SIGNED, {}) == ("party_outside_agreement",)
    assert joint_remarks(stated, SIGNED, {ALIAS_ID: PARTNER_ID}) == ()
    assert joint_remarks(stated, SIGNED, {ALIAS_ID: other, PARTNER_ID: other}) == ()
    assert joint_remarks(stated, SIGNED, {ALIAS_ID: other, other: PARTNER_ID}) == ()
