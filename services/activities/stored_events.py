"""The stored names of `activities`: a file format, never edited once released (docs/decisions/0001)."""

from __future__ import annotations

from typing import Final

from services.activities.domain.brand_state import BrandDescriptionRecorded, BrandEvidenceNoted, BrandStepNoted
from services.activities.domain.explanation import ExplanationNoted
from services.activities.domain.facts import (
    AttendanceCorrected,
    AttendanceRecorded,
    MinutesCorrected,
    MinutesRecorded,
)
from services.activities.domain.joint import ParticipantsListed
from services.activities.domain.joint_agreement import JointAgreementDetailsCorrected, JointAgreementDetailsRecorded
from services.activities.domain.joint_problem import JointProblemNoted
from services.activities.domain.outside_person import (
    OutsidePersonForgettingRequested,
    OutsidePersonForgettingWithdrawn,
    OutsidePersonForgotten,
    OutsidePersonRegistered,
)
from services.activities.domain.party_plus_project import ProjectOutcomeNoted
from shared.codec import Codec, Data, StoredType, Upcaster
from shared.contracts import activities, brands, cross_court, families, honours, joint, links, periods
from shared.contracts.forgetting import (
    OUTSIDE_FORGETTING_REQUESTED,
    OUTSIDE_FORGETTING_WITHDRAWN,
    OUTSIDE_PERSON_FORGOTTEN,
)

ATTENDANCE_RECORDED: Final = "activities.attendance-recorded.v1"
ATTENDANCE_CORRECTED: Final = "activities.attendance-corrected.v1"
MINUTES_RECORDED: Final = "activities.minutes-recorded.v1"
MINUTES_CORRECTED: Final = "activities.minutes-corrected.v1"
OUTSIDE_PERSON_REGISTERED: Final = "activities.outside-person-registered.v1"
EXPLANATION_NOTED: Final = "activities.explanation-noted.v1"
PARTICIPANTS_LISTED: Final = "activities.participants-listed.v1"
JOINT_AGREEMENT_DETAILS_RECORDED: Final = "activities.joint-agreement-details-recorded.v1"
JOINT_AGREEMENT_DETAILS_CORRECTED: Final = "activities.joint-agreement-details-corrected.v1"
JOINT_PROBLEM_NOTED: Final = "activities.joint-problem-noted.v1"
BRAND_STEP_NOTED: Final = "activities.brand-step-noted.v1"
BRAND_DESCRIPTION_RECORDED: Final = "activities.brand-description-recorded.v1"
BRAND_EVIDENCE_NOTED: Final = "activities.brand-evidence-noted.v1"
PROJECT_OUTCOME_NOTED: Final = "activities.party-plus-project-outcome-noted.v1"


def _with_several_campaigns(data: Data) -> Data:
    """v1 knew one campaign, no 活动编号 and no participations."""
    facts = dict(data["facts"])
    campaign = facts.pop("campaign", None)
    facts |= {"campaigns": [] if campaign is None else [campaign], "number": None, "joint": None}
    changed = ["campaigns" if name == "campaign" else name for name in data.get("changed", ())]
    return {**data, "facts": facts} | ({"changed": changed} if "changed" in data else {})


_JOINT: Final = (
    StoredType(joint.PARTNER_REGISTERED, joint.PartnerRegistered, families.PARTNER),
    StoredType(joint.PARTNER_CORRECTED, joint.PartnerCorrected, families.PARTNER_AMENDMENT),
    StoredType(joint.PARTNER_MERGED, joint.PartnerMerged, families.PARTNER_AMENDMENT),
    StoredType(joint.PARTNER_SEPARATED, joint.PartnerSeparated, families.PARTNER_AMENDMENT),
    StoredType(joint.PARTNER_ALIAS_TAKEN, joint.PartnerAliasTaken, families.PARTNER_AMENDMENT),
    StoredType(joint.PARTNER_ALIAS_RELEASED, joint.PartnerAliasReleased, families.PARTNER_AMENDMENT),
    StoredType(joint.PARTNER_UNDONE, joint.PartnerUndone, families.PARTNER_AMENDMENT),
    StoredType(joint.JOINT_AGREEMENT_PROPOSED, joint.JointAgreementProposed, families.JOINT_AGREEMENT),
    StoredType(joint.JOINT_AGREEMENT_SIGNED, joint.JointAgreementSigned, families.JOINT_AGREEMENT),
    StoredType(joint.JOINT_AGREEMENT_CORRECTED, joint.JointAgreementCorrected, families.JOINT_AGREEMENT_AMENDMENT),
    StoredType(joint.JOINT_AGREEMENT_ENDED, joint.JointAgreementEnded, families.JOINT_AGREEMENT_AMENDMENT),
    StoredType(joint.JOINT_AGREEMENT_RESUMED, joint.JointAgreementResumed, families.JOINT_AGREEMENT_AMENDMENT),
    StoredType(joint.JOINT_AGREEMENT_UNDONE, joint.JointAgreementUndone, families.JOINT_AGREEMENT_AMENDMENT),
    StoredType(JOINT_AGREEMENT_DETAILS_RECORDED, JointAgreementDetailsRecorded, families.JOINT_AGREEMENT_DETAILS),
    StoredType(JOINT_AGREEMENT_DETAILS_CORRECTED, JointAgreementDetailsCorrected, families.JOINT_AGREEMENT_DETAILS),
    StoredType(joint.JOINT_PROBLEM_RAISED, joint.JointProblemRaised, families.JOINT_PROBLEM),
    StoredType(joint.JOINT_PROBLEM_CORRECTED, joint.JointProblemCorrected, families.JOINT_PROBLEM_AMENDMENT),
    StoredType(joint.JOINT_PROBLEM_SOLVED, joint.JointProblemSolved, families.JOINT_PROBLEM),
    StoredType(joint.JOINT_PROBLEM_REOPENED, joint.JointProblemReopened, families.JOINT_PROBLEM_AMENDMENT),
    StoredType(joint.JOINT_PROBLEM_UNDONE, joint.JointProblemUndone, families.JOINT_PROBLEM_AMENDMENT),
    StoredType(JOINT_PROBLEM_NOTED, JointProblemNoted, families.JOINT_PROBLEM_NOTE),
    StoredType(PARTICIPANTS_LISTED, ParticipantsListed, families.PARTICIPANTS),
)

_BRANDS: Final = (
    StoredType(brands.BRAND_REGISTERED, brands.BrandRegistered, families.BRAND),
    StoredType(brands.BRAND_CORRECTED, brands.BrandCorrected, families.BRAND_AMENDMENT),
    StoredType(brands.BRAND_STEP_COMPLETED, brands.BrandStepCompleted, families.BRAND),
    StoredType(brands.BRAND_STEP_CORRECTED, brands.BrandStepCorrected, families.BRAND_AMENDMENT),
    StoredType(brands.BRAND_RETURNED, brands.BrandReturned, families.BRAND_AMENDMENT),
    StoredType(brands.BRAND_REVOKED, brands.BrandRevoked, families.BRAND_AMENDMENT),
    StoredType(brands.BRAND_GOAL_SET, brands.BrandGoalSet, families.BRAND),
    StoredType(brands.BRAND_GOAL_WITHDRAWN, brands.BrandGoalWithdrawn, families.BRAND_AMENDMENT),
    StoredType(brands.BRAND_EVIDENCE_RECORDED, brands.BrandEvidenceRecorded, families.BRAND),
    StoredType(brands.BRAND_EVIDENCE_WITHDRAWN, brands.BrandEvidenceWithdrawn, families.BRAND_AMENDMENT),
    StoredType(brands.BRAND_UNDONE, brands.BrandUndone, families.BRAND_AMENDMENT),
    StoredType(brands.MAIN_BRAND_TAKEN, brands.MainBrandTaken, families.BRAND),
    StoredType(brands.MAIN_BRAND_RELEASED, brands.MainBrandReleased, families.BRAND_AMENDMENT),
    StoredType(brands.PROJECT_STARTED, brands.ProjectStarted, families.PROJECT),
    StoredType(brands.PROJECT_CORRECTED, brands.ProjectCorrected, families.PROJECT_AMENDMENT),
    StoredType(brands.PROJECT_WORK_LISTED, brands.ProjectWorkListed, families.PROJECT),
    StoredType(brands.PROJECT_WORK_DONE, brands.ProjectWorkDone, families.PROJECT),
    StoredType(brands.PROJECT_WORK_WITHDRAWN, brands.ProjectWorkWithdrawn, families.PROJECT_AMENDMENT),
    StoredType(brands.PROJECT_COMPLETED, brands.ProjectCompleted, families.PROJECT),
    StoredType(brands.PROJECT_UNDONE, brands.ProjectUndone, families.PROJECT_AMENDMENT),
    StoredType(brands.CAMPAIGN_OPENED, honours.CampaignOpened, families.CAMPAIGN),
    StoredType(brands.CAMPAIGN_CORRECTED, honours.CampaignCorrected, families.CAMPAIGN_AMENDMENT),
    StoredType(brands.CAMPAIGN_UNDONE, honours.CampaignUndone, families.CAMPAIGN_AMENDMENT),
    StoredType(brands.HONOUR_PROPOSED, honours.HonourProposed, families.HONOUR),
    StoredType(brands.HONOUR_AWARDED, honours.HonourAwarded, families.HONOUR),
    StoredType(brands.HONOUR_REVOKED, honours.HonourRevoked, families.HONOUR_AMENDMENT),
    StoredType(brands.HONOUR_CORRECTED, honours.HonourCorrected, families.HONOUR_AMENDMENT),
    StoredType(brands.HONOUR_UNDONE, honours.HonourUndone, families.HONOUR_AMENDMENT),
    StoredType(BRAND_STEP_NOTED, BrandStepNoted, families.BRAND_NOTE),
    StoredType(BRAND_DESCRIPTION_RECORDED, BrandDescriptionRecorded, families.BRAND_NOTE),
    StoredType(BRAND_EVIDENCE_NOTED, BrandEvidenceNoted, families.BRAND_NOTE),
    StoredType(PROJECT_OUTCOME_NOTED, ProjectOutcomeNoted, families.PROJECT_NOTE),
)

_LINKED: Final = (
    StoredType(periods.PERIOD_SUBMITTED, periods.PeriodSubmitted, families.PERIOD),
    StoredType(periods.PERIOD_REOPENED, periods.PeriodReopened, families.PERIOD),
    StoredType(periods.PERIOD_LOCKED, periods.PeriodLocked, families.PERIOD),
    StoredType(periods.PERIOD_UNLOCKED, periods.PeriodUnlocked, families.PERIOD),
    StoredType(cross_court.DUPLICATE_CONFIRMED, cross_court.DuplicateConfirmed, families.CROSS_COURT),
    StoredType(cross_court.DUPLICATE_REJECTED, cross_court.DuplicateRejected, families.CROSS_COURT),
    StoredType(cross_court.DUPLICATE_WITHDRAWN, cross_court.DuplicateWithdrawn, families.CROSS_COURT),
    StoredType(cross_court.PARTNER_CLAIMED, cross_court.PartnerClaimed, families.CROSS_COURT),
    StoredType(cross_court.PARTNER_CLAIM_WITHDRAWN, cross_court.PartnerClaimWithdrawn, families.CROSS_COURT),
    StoredType(links.KEY_CHANGED["activities"], links.SigningKeyChanged, families.ACTIVITIES_KEY),
    StoredType(links.EPOCH_OPENED["activities"], links.EpochOpened, families.ACTIVITIES_EPOCH),
)

CODEC: Final = Codec(
    [
        StoredType(activities.ACTIVITY_PLANNED, activities.ActivityPlanned, families.ACTIVITY),
        StoredType(activities.ACTIVITY_HELD, activities.ActivityHeld, families.ACTIVITY),
        StoredType(activities.ACTIVITY_RECORDED, activities.ActivityRecorded, families.ACTIVITY),
        StoredType(activities.ACTIVITY_CORRECTED, activities.ActivityCorrected, families.ACTIVITY_AMENDMENT),
        StoredType(activities.ACTIVITY_CANCELLED, activities.ActivityCancelled, families.ACTIVITY_AMENDMENT),
        StoredType(activities.OBLIGATION_EXPLAINED, activities.ObligationExplained, families.EXPLANATION),
        StoredType(
            activities.OBLIGATION_EXPLANATION_WITHDRAWN,
            activities.ObligationExplanationWithdrawn,
            families.EXPLANATION_AMENDMENT,
        ),
        StoredType(ATTENDANCE_RECORDED, AttendanceRecorded, families.ATTENDANCE),
        StoredType(ATTENDANCE_CORRECTED, AttendanceCorrected, families.ATTENDANCE),
        StoredType(MINUTES_RECORDED, MinutesRecorded, families.MINUTES),
        StoredType(MINUTES_CORRECTED, MinutesCorrected, families.MINUTES),
        StoredType(OUTSIDE_PERSON_REGISTERED, OutsidePersonRegistered, families.OUTSIDE_PERSON),
        StoredType(OUTSIDE_FORGETTING_REQUESTED, OutsidePersonForgettingRequested, families.OUTSIDE_PERSON),
        StoredType(OUTSIDE_FORGETTING_WITHDRAWN, OutsidePersonForgettingWithdrawn, families.OUTSIDE_PERSON),
        StoredType(OUTSIDE_PERSON_FORGOTTEN, OutsidePersonForgotten, families.OUTSIDE_PERSON),
        StoredType(EXPLANATION_NOTED, ExplanationNoted, families.EXPLANATION_TEXT),
        *_JOINT,
        *_BRANDS,
        *_LINKED,
    ],
    [
        Upcaster(activities.ACTIVITY_PLANNED_V1, activities.ACTIVITY_PLANNED, _with_several_campaigns),
        Upcaster(activities.ACTIVITY_HELD_V1, activities.ACTIVITY_HELD, _with_several_campaigns),
        Upcaster(activities.ACTIVITY_CORRECTED_V1, activities.ACTIVITY_CORRECTED, _with_several_campaigns),
    ],
)
