"""Brands and party-plus projects as others may read them; the stored names of campaigns and honours as well."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from shared.contracts.honours import (
    CampaignCorrected,
    CampaignOpened,
    CampaignUndone,
    HonourAwarded,
    HonourCorrected,
    HonourProposed,
    HonourRevoked,
    HonourUndone,
)
from shared.contracts.joint import Party
from shared.contracts.values import Count, Day, Id, LongText, LowerBound, PartialDate, ShortText, Value

BRAND_REGISTERED: Final = "activities.brand-registered.v1"
BRAND_CORRECTED: Final = "activities.brand-corrected.v1"
BRAND_STEP_COMPLETED: Final = "activities.brand-step-completed.v1"
BRAND_STEP_CORRECTED: Final = "activities.brand-step-corrected.v1"
BRAND_RETURNED: Final = "activities.brand-returned.v1"
BRAND_REVOKED: Final = "activities.brand-revoked.v1"
BRAND_GOAL_SET: Final = "activities.brand-goal-set.v1"
BRAND_GOAL_WITHDRAWN: Final = "activities.brand-goal-withdrawn.v1"
BRAND_EVIDENCE_RECORDED: Final = "activities.brand-evidence-recorded.v1"
BRAND_EVIDENCE_WITHDRAWN: Final = "activities.brand-evidence-withdrawn.v1"
BRAND_UNDONE: Final = "activities.brand-undone.v1"
MAIN_BRAND_TAKEN: Final = "activities.main-brand-taken.v1"
MAIN_BRAND_RELEASED: Final = "activities.main-brand-released.v1"
PROJECT_STARTED: Final = "activities.party-plus-project-started.v1"
PROJECT_CORRECTED: Final = "activities.party-plus-project-corrected.v1"
PROJECT_WORK_LISTED: Final = "activities.party-plus-project-work-listed.v1"
PROJECT_WORK_DONE: Final = "activities.party-plus-project-work-done.v1"
PROJECT_WORK_WITHDRAWN: Final = "activities.party-plus-project-work-withdrawn.v1"
PROJECT_COMPLETED: Final = "activities.party-plus-project-completed.v1"
PROJECT_UNDONE: Final = "activities.party-plus-project-undone.v1"
CAMPAIGN_OPENED: Final = "activities.campaign-opened.v1"
CAMPAIGN_CORRECTED: Final = "activities.campaign-corrected.v1"
CAMPAIGN_UNDONE: Final = "activities.campaign-undone.v1"
HONOUR_PROPOSED: Final = "activities.honour-proposed.v1"
HONOUR_AWARDED: Final = "activities.honour-awarded.v1"
HONOUR_REVOKED: Final = "activities.honour-revoked.v1"
HONOUR_CORRECTED: Final = "activities.honour-corrected.v1"
HONOUR_UNDONE: Final = "activities.honour-undone.v1"

BrandStep = Literal["submit", "recognise", "cultivate", "publicise", "designate_exemplar"]
BRAND_STEPS: Final[dict[BrandStep, str]] = {
    "submit": "申报",
    "recognise": "认定",
    "cultivate": "培育",
    "publicise": "宣传",
    "designate_exemplar": "选树",
}
"""In their only order."""

BrandField = Literal["name", "slogan", "concept"]


class BrandFacts(Value):
    """A brand. `unknown` names the fields that the office marked `**`: they are None, yet not left empty.

    `owners` are one unit, or several (品牌联创); the brand counts once. `main`: the one main brand of each own owner.
    """

    name: ShortText | None = None
    owners: Annotated[tuple[Party, ...], Field(min_length=1, max_length=50)]
    main: bool = True
    parent_id: Id | None = None
    slogan: ShortText | None = None
    concept: LongText | None = None
    pillars: tuple[ShortText, ...] = Field(default=(), max_length=50)
    unknown: tuple[BrandField, ...] = ()


class BrandGoal(Value):
    """What a brand sets out to reach, as an indicator with a number: `target` in `measure` (次, 人, 件)."""

    goal_id: Id
    indicator: ShortText
    target: Count | None = None
    measure: ShortText | None = None
    due: Day | None = None


class BrandEvidence(Value):
    """That something was reached on a day; `reached` counts towards the goal it names, if any."""

    evidence_id: Id
    date: PartialDate
    goal_id: Id | None = None
    reached: Count | None = None


class ProjectFacts(Value):
    """党建+项目; a breakthrough project is 攻关项目."""

    name: ShortText
    unit_id: Id
    breakthrough: bool = False
    brand_id: Id | None = None
    partners: tuple[Party, ...] = Field(default=(), max_length=50)
    place: ShortText | None = None
    start: PartialDate | None = None
    due: Day | None = None


class WorkItem(Value):
    """One line of a work list (清单)."""

    item_id: Id
    title: ShortText
    due: Day | None = None


class BrandRegistered(Value):
    """`activities.brand-registered.v1`: known, no step taken yet."""

    facts: BrandFacts


class BrandCorrected(Value):
    """`activities.brand-corrected.v1`: `facts` as they are now; `changed` names the fields that differ."""

    facts: BrandFacts
    changed: tuple[ShortText, ...]


class BrandStepCompleted(Value):
    """`activities.brand-step-completed.v1`: `date` None where the office marked it unknown."""

    step: BrandStep
    date: PartialDate | None


class BrandStepCorrected(Value):
    """`activities.brand-step-corrected.v1`: a completed step was on another day."""

    step: BrandStep
    date: PartialDate | None


class BrandReturned(Value):
    """`activities.brand-returned.v1`: back to before `step`, which has to be taken again.

    `date` is None where nobody returned it: the step had been entered by mistake.
    """

    step: BrandStep
    date: PartialDate | None


class BrandRevoked(Value):
    """`activities.brand-revoked.v1`."""

    date: PartialDate


class BrandGoalSet(Value):
    """`activities.brand-goal-set.v1`: a new goal, or a known one as it is now."""

    goal: BrandGoal


class BrandGoalWithdrawn(Value):
    """`activities.brand-goal-withdrawn.v1`."""

    goal_id: Id


class BrandEvidenceRecorded(Value):
    """`activities.brand-evidence-recorded.v1`."""

    evidence: BrandEvidence


class BrandEvidenceWithdrawn(Value):
    """`activities.brand-evidence-withdrawn.v1`."""

    evidence_id: Id


class BrandUndone(Value):
    """`activities.brand-undone.v1`: entered by mistake, counts as absent until it is stated again."""


class MainBrandTaken(Value):
    """`activities.main-brand-taken.v1`, in the stream of a unit: this brand is its main brand now."""

    brand_id: Id


class MainBrandReleased(Value):
    """`activities.main-brand-released.v1`: the unit has no main brand now."""

    brand_id: Id


class ProjectStarted(Value):
    """`activities.party-plus-project-started.v1`."""

    facts: ProjectFacts


class ProjectCorrected(Value):
    """`activities.party-plus-project-corrected.v1`: `facts` as they are now; `changed` names what differs."""

    facts: ProjectFacts
    changed: tuple[ShortText, ...]


class ProjectWorkListed(Value):
    """`activities.party-plus-project-work-listed.v1`: a new line, or a known one as it is now."""

    item: WorkItem


class ProjectWorkDone(Value):
    """`activities.party-plus-project-work-done.v1`."""

    item_id: Id
    date: PartialDate


class ProjectWorkWithdrawn(Value):
    """`activities.party-plus-project-work-withdrawn.v1`."""

    item_id: Id


class ProjectCompleted(Value):
    """`activities.party-plus-project-completed.v1`: `outcome` as a number known from below, in the office's words."""

    date: PartialDate
    outcome: LowerBound | None = None


class ProjectUndone(Value):
    """`activities.party-plus-project-undone.v1`: entered by mistake, counts as absent."""


EVENTS: Final[dict[str, type[Value]]] = {
    BRAND_REGISTERED: BrandRegistered,
    BRAND_CORRECTED: BrandCorrected,
    BRAND_STEP_COMPLETED: BrandStepCompleted,
    BRAND_STEP_CORRECTED: BrandStepCorrected,
    BRAND_RETURNED: BrandReturned,
    BRAND_REVOKED: BrandRevoked,
    BRAND_GOAL_SET: BrandGoalSet,
    BRAND_GOAL_WITHDRAWN: BrandGoalWithdrawn,
    BRAND_EVIDENCE_RECORDED: BrandEvidenceRecorded,
    BRAND_EVIDENCE_WITHDRAWN: BrandEvidenceWithdrawn,
    BRAND_UNDONE: BrandUndone,
    MAIN_BRAND_TAKEN: MainBrandTaken,
    MAIN_BRAND_RELEASED: MainBrandReleased,
    PROJECT_STARTED: ProjectStarted,
    PROJECT_CORRECTED: ProjectCorrected,
    PROJECT_WORK_LISTED: ProjectWorkListed,
    PROJECT_WORK_DONE: ProjectWorkDone,
    PROJECT_WORK_WITHDRAWN: ProjectWorkWithdrawn,
    PROJECT_COMPLETED: ProjectCompleted,
    PROJECT_UNDONE: ProjectUndone,
    CAMPAIGN_OPENED: CampaignOpened,
    CAMPAIGN_CORRECTED: CampaignCorrected,
    CAMPAIGN_UNDONE: CampaignUndone,
    HONOUR_PROPOSED: HonourProposed,
    HONOUR_AWARDED: HonourAwarded,
    HONOUR_REVOKED: HonourRevoked,
    HONOUR_CORRECTED: HonourCorrected,
    HONOUR_UNDONE: HonourUndone,
}
"""The shape of `data` by stored name."""
