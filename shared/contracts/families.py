"""Families of stored events: what may leave a site is decided by family, never by event (design §3)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """`shared`: travels between sites unless an agreed policy withholds it; private ones are always withheld there.

    `withholdable`: a policy may list it. False for families whose types change a shared figure.
    """

    name: str
    shared: bool
    withholdable: bool = True


SITE = Family("members.site", shared=True, withholdable=False)
BRANCH = Family("members.branch", shared=True)
BRANCH_AMENDMENT = Family("members.branch_amendment", shared=True, withholdable=False)
MEMBERSHIP = Family("members.membership", shared=True)
MEMBERSHIP_AMENDMENT = Family("members.membership_amendment", shared=True, withholdable=False)
POST = Family("members.post", shared=True)
PERSON = Family("members.person", shared=False)
# Never withheld: whoever holds something under a person's id has to hear that the person is to be forgotten.
FORGETTING = Family("members.forgetting", shared=True, withholdable=False)

ACTIVITY = Family("activities.activity", shared=True)
ACTIVITY_AMENDMENT = Family("activities.activity_amendment", shared=True, withholdable=False)
ATTENDANCE = Family("activities.attendance", shared=False)
MINUTES = Family("activities.minutes", shared=False)
OUTSIDE_PERSON = Family("activities.outside_person", shared=False)
EXPLANATION = Family("activities.explanation", shared=True)
EXPLANATION_AMENDMENT = Family("activities.explanation_amendment", shared=True, withholdable=False)
EXPLANATION_TEXT = Family("activities.explanation_text", shared=False)
PARTICIPANTS = Family("activities.participants", shared=False)

PARTNER = Family("activities.partner", shared=True)
PARTNER_AMENDMENT = Family("activities.partner_amendment", shared=True, withholdable=False)
JOINT_AGREEMENT = Family("activities.joint_agreement", shared=True)
JOINT_AGREEMENT_AMENDMENT = Family("activities.joint_agreement_amendment", shared=True, withholdable=False)
JOINT_AGREEMENT_DETAILS = Family("activities.joint_agreement_details", shared=False)
JOINT_PROBLEM = Family("activities.joint_problem", shared=True)
JOINT_PROBLEM_AMENDMENT = Family("activities.joint_problem_amendment", shared=True, withholdable=False)
JOINT_PROBLEM_NOTE = Family("activities.joint_problem_note", shared=False)

BRAND = Family("activities.brand", shared=True)
BRAND_AMENDMENT = Family("activities.brand_amendment", shared=True, withholdable=False)
BRAND_NOTE = Family("activities.brand_note", shared=False)
PROJECT = Family("activities.project", shared=True)
PROJECT_AMENDMENT = Family("activities.project_amendment", shared=True, withholdable=False)
PROJECT_NOTE = Family("activities.project_note", shared=False)
CAMPAIGN = Family("activities.campaign", shared=True)
CAMPAIGN_AMENDMENT = Family("activities.campaign_amendment", shared=True, withholdable=False)
HONOUR = Family("activities.honour", shared=True)
HONOUR_AMENDMENT = Family("activities.honour_amendment", shared=True, withholdable=False)

# Links, keys and epochs: what an upper site decides by, so never withheld.
LINK = Family("members.link", shared=True, withholdable=False)
MEMBERS_KEY = Family("members.signing_key", shared=True, withholdable=False)
ACTIVITIES_KEY = Family("activities.signing_key", shared=True, withholdable=False)
MEMBERS_EPOCH = Family("members.epoch", shared=True, withholdable=False)
ACTIVITIES_EPOCH = Family("activities.epoch", shared=True, withholdable=False)
PERIOD = Family("activities.period", shared=True, withholdable=False)
CROSS_COURT = Family("activities.cross_court", shared=True, withholdable=False)

FAMILIES: dict[str, Family] = {found.name: found for found in list(globals().values()) if isinstance(found, Family)}
"""Every family this program knows, by name."""
