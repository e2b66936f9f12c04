"""What requests to `activities` hold; today's date and how an entry counts are not theirs to say."""

from __future__ import annotations

from services.activities.domain.agreement_facts import JointAgreementDetails
from services.activities.domain.facts import Attendance, Minutes
from services.activities.domain.joint import Participants
from shared.contracts.activities import ActivityFacts, CancellationCause, ObligationKey
from shared.contracts.joint import EndingCause, JointAgreementFacts, JointProblemFacts, PartnerFacts
from shared.contracts.values import Id, LongText, PartialDate, Value


class Facts(Value):
    """The shared facts of the activity: whose, what, when, how many."""

    facts: ActivityFacts


class Record(Value):
    """All that is known of an activity that took place; lists that are absent or null stay as they are."""

    facts: ActivityFacts
    attendance: Attendance = Attendance()
    minutes: Minutes = Minutes()
    participants: Participants | None = None


class Correction(Value):
    """A part that is absent or null stays as it is."""

    facts: ActivityFacts | None = None
    attendance: Attendance | None = None
    minutes: Minutes | None = None
    participants: Participants | None = None


class Cancellation(Value):
    cause: CancellationCause


class Explanation(Value):
    """Why an obligation was not fulfilled."""

    key: ObligationKey
    text: LongText


class Withdrawal(Value):
    key: ObligationKey


class Partner(Value):
    """A branch of another court, or somebody outside the courts."""

    facts: PartnerFacts


class Merging(Value):
    """The partner that counts."""

    into: Id


class Agreement(Value):
    """An agreement that is not signed yet."""

    facts: JointAgreementFacts
    details: JointAgreementDetails = JointAgreementDetails()


class Ending(Value):
    """`effective_to` is the last day in force."""

    cause: EndingCause
    effective_to: PartialDate | None = None


class SignedAgreement(Value):
    """An agreement that is in force since `facts.signed`, or is over."""

    facts: JointAgreementFacts
    details: JointAgreementDetails = JointAgreementDetails()
    ended: Ending | None = None


class AgreementCorrection(Value):
    """A part that is absent or null stays as it is."""

    facts: JointAgreementFacts | None = None
    details: JointAgreementDetails | None = None


class Signing(Value):
    signed: PartialDate


class JointProblem(Value):
    """`note` says how it stands; it stays in the court."""

    facts: JointProblemFacts
    note: LongText | None = None


class ProblemCorrection(Value):
    """A part that is absent or null stays as it is; `without_note` empties the note."""

    facts: JointProblemFacts | None = None
    note: LongText | None = None
    without_note: bool = False


class Solution(Value):
    """`solved_on` is null where nobody says when; a note that is absent or null stays as it is."""

    solved_on: PartialDate | None = None
    note: LongText | None = None
