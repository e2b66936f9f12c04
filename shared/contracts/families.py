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

ACTIVITY = Family("activities.activity", shared=True)
ACTIVITY_AMENDMENT = Family("activities.activity_amendment", shared=True, withholdable=False)
ATTENDANCE = Family("activities.attendance", shared=False)
MINUTES = Family("activities.minutes", shared=False)
OUTSIDE_PERSON = Family("activities.outside_person", shared=False)
EXPLANATION = Family("activities.explanation", shared=True)
EXPLANATION_AMENDMENT = Family("activities.explanation_amendment", shared=True, withholdable=False)
EXPLANATION_TEXT = Family("activities.explanation_text", shared=False)
