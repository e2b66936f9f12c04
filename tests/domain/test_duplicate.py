"""Records of two courts: one joint activity or two, decided by a person; a partner that is a linked court."""

from uuid import UUID

from services.activities.domain.duplicate import (
    DUPLICATE,
    ConfirmDuplicate,
    RejectDuplicate,
    WithdrawDuplicate,
    duplicate_id,
)
from services.activities.domain.partner_claim import (
    PARTNER_CLAIM,
    ClaimPartner,
    WithdrawPartnerClaim,
    partner_claim_id,
)
from shared.contracts.cross_court import (
    DuplicateConfirmed,
    DuplicateRejected,
    DuplicateWithdrawn,
    PartnerClaimed,
    PartnerClaimWithdrawn,
    RecordedActivity,
)
from shared.testing.given import given

HERE = RecordedActivity(site="demo1", activity_id="5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d01")
THERE = RecordedActivity(site="demo2", activity_id="5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d09")
CONFIRM = ConfirmDuplicate(first=HERE, second=THERE)
CONFIRMED = DuplicateConfirmed(first=HERE, second=THERE)
REJECT = RejectDuplicate(first=HERE, second=THERE)
REJECTED = DuplicateRejected(first=HERE, second=THERE)
WITHDRAW = WithdrawDuplicate(first=HERE, second=THERE)
WITHDRAWN = DuplicateWithdrawn(first=HERE, second=THERE)

PARTNER = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7e05"
BRANCH = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7e06"
CLAIM = ClaimPartner(recorded_by="demo1", partner_id=PARTNER, court="demo2")
CLAIMED = PartnerClaimed(recorded_by="demo1", partner_id=PARTNER, court="demo2", branch_id=None)
GIVE_UP = WithdrawPartnerClaim(recorded_by="demo1", partner_id=PARTNER, reason="同名的另一个法庭")
GIVEN_UP = PartnerClaimWithdrawn(recorded_by="demo1", partner_id=PARTNER, reason="同名的另一个法庭")


def test_two_records_are_confirmed_once_and_the_one_that_counts_may_be_changed() -> None:
    given(DUPLICATE).when(CONFIRM).then(CONFIRMED)
    given(DUPLICATE, CONFIRMED).when(CONFIRM).then()
    turned = {"first": THERE, "second": HERE}
    given(DUPLICATE, CONFIRMED).when(ConfirmDuplicate(**turned)).then(DuplicateConfirmed(**turned))


def test_two_records_are_found_to_be_two_once_whichever_comes_first() -> None:
    given(DUPLICATE).when(REJECT).then(REJECTED)
    given(DUPLICATE, REJECTED).when(RejectDuplicate(first=THERE, second=HERE)).then()


def test_the_opposite_is_decided_only_after_withdrawing() -> None:
    given(DUPLICATE, CONFIRMED).when(REJECT).then_rejected("decided_otherwise", "first")
    given(DUPLICATE, REJECTED).when(CONFIRM).then_rejected("decided_otherwise", "first")
    given(DUPLICATE, CONFIRMED).when(WITHDRAW).then(WITHDRAWN)
    given(DUPLICATE, CONFIRMED, WITHDRAWN).when(REJECT).then(REJECTED)


def test_what_was_not_decided_is_not_withdrawn() -> None:
    given(DUPLICATE).when(WITHDRAW).then()
    given(DUPLICATE, REJECTED, WITHDRAWN).when(WITHDRAW).then()


def test_two_records_of_one_court_are_its_own_affair() -> None:
    other = HERE.model_copy(update={"activity_id": THERE.activity_id})
    for command in (ConfirmDuplicate, RejectDuplicate, WithdrawDuplicate):
        given(DUPLICATE).when(command(first=HERE, second=other)).then_rejected("one_court", "second.site")


def test_a_pair_has_one_stream_in_either_order() -> None:
    assert duplicate_id(HERE, THERE) == duplicate_id(THERE, HERE) == UUID("c4baeafa-3d65-5625-9ca0-4083bb2d4c75")


def test_a_partner_is_claimed_once_and_its_branch_may_be_named_later() -> None:
    given(PARTNER_CLAIM).when(CLAIM).then(CLAIMED)
    given(PARTNER_CLAIM, CLAIMED).when(CLAIM).then()
    branch = CLAIM.model_copy(update={"branch_id": BRANCH})
    given(PARTNER_CLAIM, CLAIMED).when(branch).then(CLAIMED.model_copy(update={"branch_id": BRANCH}))


def test_a_claimed_partner_is_another_courts_only_after_withdrawing() -> None:
    other = CLAIM.model_copy(update={"court": "demo3"})
    given(PARTNER_CLAIM, CLAIMED).when(other).then_rejected("partner_claimed", "court")
    given(PARTNER_CLAIM, CLAIMED).when(GIVE_UP).then(GIVEN_UP)
    given(PARTNER_CLAIM, CLAIMED, GIVEN_UP).when(other).then(CLAIMED.model_copy(update={"court": "demo3"}))
    given(PARTNER_CLAIM).when(GIVE_UP).then()


def test_no_partner_is_the_court_that_recorded_it() -> None:
    own = CLAIM.model_copy(update={"court": "demo1"})
    given(PARTNER_CLAIM).when(own).then_rejected("own_partner", "court")


def test_a_claim_has_one_stream_a_partner() -> None:
    assert partner_claim_id("demo1", PARTNER) == UUID("32cc3d93-39d7-50f1-8842-d11c8e4f6200")
    assert partner_claim_id("demo1", PARTNER) != partner_claim_id("demo2", PARTNER)
