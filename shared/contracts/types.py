"""Which family each stored type belongs to: what a site below sends is held against it.

The services register the same in their `stored_events`, which a test compares.
"""

from __future__ import annotations

from typing import Final

_TYPES: Final[dict[str, str]] = {
    "members.site": "site-established.v1",
    "members.branch": "branch-committee-formed.v1 branch-established.v1 party-group-formed.v1",
    "members.branch_amendment": (
        "branch-business-line-assigned.v1 branch-committee-corrected.v1 branch-committee-dissolved.v1 "
        "branch-committee-undone.v1 branch-corrected.v1 branch-undone.v1 party-group-corrected.v1 "
        "party-group-dissolved.v1 party-group-undone.v1"
    ),
    "members.membership": "membership-recorded.v1",
    "members.membership_amendment": "membership-corrected.v1 membership-ended.v1 membership-undone.v1",
    "members.person": (
        "person-details-corrected.v1 person-identifiers-recorded.v1 person-registered.v1 person-undone.v1"
    ),
    "members.post": "post-assigned.v1 post-vacated.v1",
    "members.forgetting": "person-forgetting-requested.v1 person-forgetting-withdrawn.v1 person-forgotten.v1",
    "members.link": (
        "epoch-accepted.v1 invitation-withdrawn.v1 link-resumed.v1 link-revoked.v1 link-suspended.v1 "
        "signing-key-replaced.v1 signing-key-revoked.v1 site-invited.v1 site-joined.v1"
    ),
    "members.signing_key": "reporting-key-changed.v1 signing-key-changed.v1",
    "members.epoch": "epoch-opened.v1",
    "activities.activity": (
        "activity-held.v1 activity-held.v2 activity-planned.v1 activity-planned.v2 activity-recorded.v1"
    ),
    "activities.activity_amendment": "activity-cancelled.v1 activity-corrected.v1 activity-corrected.v2",
    "activities.explanation": "obligation-explained.v1",
    "activities.explanation_amendment": "obligation-explanation-withdrawn.v1",
    "activities.attendance": "attendance-corrected.v1 attendance-recorded.v1",
    "activities.minutes": "minutes-corrected.v1 minutes-recorded.v1",
    "activities.outside_person": (
        "outside-person-forgetting-requested.v1 outside-person-forgetting-withdrawn.v1 "
        "outside-person-forgotten.v1 outside-person-registered.v1"
    ),
    "activities.explanation_text": "explanation-noted.v1",
    "activities.partner": "partner-registered.v1",
    "activities.partner_amendment": (
        "partner-alias-released.v1 partner-alias-taken.v1 partner-corrected.v1 partner-merged.v1 "
        "partner-separated.v1 partner-undone.v1"
    ),
    "activities.joint_agreement": "joint-agreement-proposed.v1 joint-agreement-signed.v1",
    "activities.joint_agreement_amendment": (
        "joint-agreement-corrected.v1 joint-agreement-ended.v1 joint-agreement-resumed.v1 joint-agreement-undone.v1"
    ),
    "activities.joint_agreement_details": ("joint-agreement-details-corrected.v1 joint-agreement-details-recorded.v1"),
    "activities.joint_problem": "joint-problem-raised.v1 joint-problem-solved.v1",
    "activities.joint_problem_amendment": (
        "joint-problem-corrected.v1 joint-problem-reopened.v1 joint-problem-undone.v1"
    ),
    "activities.joint_problem_note": "joint-problem-noted.v1",
    "activities.participants": "participants-listed.v1",
    "activities.brand": (
        "brand-evidence-recorded.v1 brand-goal-set.v1 brand-registered.v1 brand-step-completed.v1 main-brand-taken.v1"
    ),
    "activities.brand_amendment": (
        "brand-corrected.v1 brand-evidence-withdrawn.v1 brand-goal-withdrawn.v1 brand-returned.v1 "
        "brand-revoked.v1 brand-step-corrected.v1 brand-undone.v1 main-brand-released.v1"
    ),
    "activities.project": (
        "party-plus-project-completed.v1 party-plus-project-started.v1 party-plus-project-work-done.v1 "
        "party-plus-project-work-listed.v1"
    ),
    "activities.project_amendment": (
        "party-plus-project-corrected.v1 party-plus-project-undone.v1 party-plus-project-work-withdrawn.v1"
    ),
    "activities.campaign": "campaign-opened.v1",
    "activities.campaign_amendment": "campaign-corrected.v1 campaign-undone.v1",
    "activities.honour": "honour-awarded.v1 honour-proposed.v1",
    "activities.honour_amendment": "honour-corrected.v1 honour-revoked.v1 honour-undone.v1",
    "activities.brand_note": "brand-description-recorded.v1 brand-evidence-noted.v1 brand-step-noted.v1",
    "activities.project_note": "party-plus-project-outcome-noted.v1",
    "activities.period": "period-locked.v1 period-reopened.v1 period-submitted.v1 period-unlocked.v1",
    "activities.cross_court": (
        "duplicate-confirmed.v1 duplicate-rejected.v1 duplicate-withdrawn.v1 partner-claim-withdrawn.v1 "
        "partner-claimed.v1"
    ),
    "activities.signing_key": "signing-key-changed.v1",
    "activities.epoch": "epoch-opened.v1",
}
"""By family its types, without the service that both names begin with."""

FAMILY_OF: Final[dict[str, str]] = {
    f"{family.partition('.')[0]}.{name}": family for family, names in _TYPES.items() for name in names.split()
}
"""The family of every stored type, by its full name."""
