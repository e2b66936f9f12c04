"""What requests to `activities` hold; today's date and how an entry counts are not theirs to say."""

from __future__ import annotations

from services.activities.domain.facts import Attendance, Minutes
from shared.contracts.activities import ActivityFacts, CancellationCause, ObligationKey
from shared.contracts.values import LongText, Value


class Facts(Value):
    """The shared facts of the activity: whose, what, when, how many."""

    facts: ActivityFacts


class Record(Value):
    """All that is known of an activity that took place."""

    facts: ActivityFacts
    attendance: Attendance = Attendance()
    minutes: Minutes = Minutes()


class Correction(Value):
    """A part that is absent or null stays as it is."""

    facts: ActivityFacts | None = None
    attendance: Attendance | None = None
    minutes: Minutes | None = None


class Cancellation(Value):
    cause: CancellationCause


class Explanation(Value):
    """Why an obligation was not fulfilled."""

    key: ObligationKey
    text: LongText


class Withdrawal(Value):
    key: ObligationKey
