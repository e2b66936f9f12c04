"""Joint construction (联建) as others may read it: partners, agreements, problems; a joint activity is an activity."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from shared.contracts.kinds import JointMode
from shared.contracts.values import Count, Day, Id, PartialDate, ShortText, Value

PARTNER_REGISTERED: Final = "activities.partner-registered.v1"
PARTNER_CORRECTED: Final = "activities.partner-corrected.v1"
PARTNER_MERGED: Final = "activities.partner-merged.v1"
PARTNER_SEPARATED: Final = "activities.partner-separated.v1"
PARTNER_ALIAS_TAKEN: Final = "activities.partner-alias-taken.v1"
PARTNER_ALIAS_RELEASED: Final = "activities.partner-alias-released.v1"
PARTNER_UNDONE: Final = "activities.partner-undone.v1"
JOINT_AGREEMENT_PROPOSED: Final = "activities.joint-agreement-proposed.v1"
JOINT_AGREEMENT_SIGNED: Final = "activities.joint-agreement-signed.v1"
JOINT_AGREEMENT_CORRECTED: Final = "activities.joint-agreement-corrected.v1"
JOINT_AGREEMENT_ENDED: Final = "activities.joint-agreement-ended.v1"
JOINT_AGREEMENT_RESUMED: Final = "activities.joint-agreement-resumed.v1"
JOINT_AGREEMENT_UNDONE: Final = "activities.joint-agreement-undone.v1"
JOINT_PROBLEM_RAISED: Final = "activities.joint-problem-raised.v1"
JOINT_PROBLEM_CORRECTED: Final = "activities.joint-problem-corrected.v1"
JOINT_PROBLEM_SOLVED: Final = "activities.joint-problem-solved.v1"
JOINT_PROBLEM_REOPENED: Final = "activities.joint-problem-reopened.v1"
JOINT_PROBLEM_UNDONE: Final = "activities.joint-problem-undone.v1"

PartnerLevel = Literal["supreme", "high", "intermediate", "basic", "specialised", "outside"]
EndingCause = Literal["expired", "terminated", "completed"]


class Party(Value):
    """Who takes part: a unit of this court (branch or party committee), or a registered partner."""

    party_kind: Literal["own_unit", "partner"]
    party_id: Id


class Participation(Value):
    """One party's part in a joint activity; `seats` 人次, None where the office does not say."""

    party: Party
    seats: Count | None = None


class JointPart(Value):
    """What makes an activity a joint one: who led it, under which agreement, who took part, each party once."""

    lead: Party
    agreement_id: Id | None = None
    participations: Annotated[tuple[Participation, ...], Field(min_length=1, max_length=100)]


class PartnerFacts(Value):
    """A branch of another court, or a partner outside the courts; `branch` None where only the house is known."""

    organisation: ShortText
    branch: ShortText | None = None
    level: PartnerLevel
    business_line: ShortText | None = None


class JointAgreementFacts(Value):
    """An agreement; `parties` are those beside the proposer. `agreement_term_months` runs from `signed`."""

    number: ShortText | None = None
    proposer: Party
    parties: Annotated[tuple[Party, ...], Field(min_length=1, max_length=100)]
    joint_modes: tuple[JointMode, ...] = ()
    planned_a_year: Count | None = None
    signed: PartialDate | None = None
    agreement_term_months: Annotated[int, Field(ge=1, le=1200)] | None = None


class JointProblemFacts(Value):
    """A problem to be solved together (问题联解); `owner` is who has to solve it."""

    subject: ShortText
    activity_id: Id | None = None
    agreement_id: Id | None = None
    raised_by: Party | None = None
    owner: Party | None = None
    raised_on: PartialDate
    due: Day | None = None


class PartnerRegistered(Value):
    """`activities.partner-registered.v1`; the partner is the stream's id, here and in every event of a partner."""

    facts: PartnerFacts


class PartnerCorrected(Value):
    """`activities.partner-corrected.v1`: `facts` as they are now; `changed` names the fields that differ."""

    facts: PartnerFacts
    changed: tuple[ShortText, ...]


class PartnerMerged(Value):
    """`activities.partner-merged.v1`: this partner is another name of `into`, and counts as it.

    `into` may be merged itself later on: who follows comes to an end, for only partners that count are merged.
    """

    into: Id


class PartnerSeparated(Value):
    """`activities.partner-separated.v1`: the merging was a mistake; the partner counts for itself again."""


class PartnerAliasTaken(Value):
    """`activities.partner-alias-taken.v1`: in the stream of the partner that counts, together with the merging."""

    alias: Id


class PartnerAliasReleased(Value):
    """`activities.partner-alias-released.v1`."""

    alias: Id


class PartnerUndone(Value):
    """`activities.partner-undone.v1`: entered by mistake, counts as absent until it is stated again."""


class JointAgreementProposed(Value):
    """`activities.joint-agreement-proposed.v1`: not signed yet."""

    facts: JointAgreementFacts


class JointAgreementSigned(Value):
    """`activities.joint-agreement-signed.v1`: in force from `facts.signed` on; the first event if nobody proposed it.

    `facts.signed` is None where the office does not say since when.
    """

    facts: JointAgreementFacts


class JointAgreementCorrected(Value):
    """`activities.joint-agreement-corrected.v1`: `facts` as they are now; `changed` names the fields that differ."""

    facts: JointAgreementFacts
    changed: tuple[ShortText, ...]


class JointAgreementEnded(Value):
    """`activities.joint-agreement-ended.v1`: `effective_to` is the last day in force, None where nobody says.

    A later one says it anew.
    """

    cause: EndingCause
    effective_to: PartialDate | None = None


class JointAgreementResumed(Value):
    """`activities.joint-agreement-resumed.v1`: the ending was a mistake; the agreement is in force as before."""


class JointAgreementUndone(Value):
    """`activities.joint-agreement-undone.v1`: entered by mistake, counts as absent until it is stated again."""


class JointProblemRaised(Value):
    """`activities.joint-problem-raised.v1`."""

    facts: JointProblemFacts


class JointProblemCorrected(Value):
    """`activities.joint-problem-corrected.v1`: `facts` as they are now; `changed` names the fields that differ."""

    facts: JointProblemFacts
    changed: tuple[ShortText, ...]


class JointProblemSolved(Value):
    """`activities.joint-problem-solved.v1`: `solved_on` None where the office only says that it is solved.

    A later one says it anew.
    """

    solved_on: PartialDate | None = None


class JointProblemReopened(Value):
    """`activities.joint-problem-reopened.v1`."""


class JointProblemUndone(Value):
    """`activities.joint-problem-undone.v1`: entered by mistake, counts as absent until it is stated again."""


EVENTS: Final[dict[str, type[Value]]] = {
    PARTNER_REGISTERED: PartnerRegistered,
    PARTNER_CORRECTED: PartnerCorrected,
    PARTNER_MERGED: PartnerMerged,
    PARTNER_SEPARATED: PartnerSeparated,
    PARTNER_ALIAS_TAKEN: PartnerAliasTaken,
    PARTNER_ALIAS_RELEASED: PartnerAliasReleased,
    PARTNER_UNDONE: PartnerUndone,
    JOINT_AGREEMENT_PROPOSED: JointAgreementProposed,
    JOINT_AGREEMENT_SIGNED: JointAgreementSigned,
    JOINT_AGREEMENT_CORRECTED: JointAgreementCorrected,
    JOINT_AGREEMENT_ENDED: JointAgreementEnded,
    JOINT_AGREEMENT_RESUMED: JointAgreementResumed,
    JOINT_AGREEMENT_UNDONE: JointAgreementUndone,
    JOINT_PROBLEM_RAISED: JointProblemRaised,
    JOINT_PROBLEM_CORRECTED: JointProblemCorrected,
    JOINT_PROBLEM_SOLVED: JointProblemSolved,
    JOINT_PROBLEM_REOPENED: JointProblemReopened,
    JOINT_PROBLEM_UNDONE: JointProblemUndone,
}
"""The shape of `data` by stored name."""
