"""What other services and sites may read of `members`: the shared families, by stored name."""

from __future__ import annotations

from typing import Final, Literal

from shared.contracts import forgetting
from shared.contracts.values import Day, Id, Level, ShortText, Value

SITE_ESTABLISHED: Final = "members.site-established.v1"
BRANCH_ESTABLISHED: Final = "members.branch-established.v1"
BRANCH_CORRECTED: Final = "members.branch-corrected.v1"
BRANCH_BUSINESS_LINE_ASSIGNED: Final = "members.branch-business-line-assigned.v1"
BRANCH_COMMITTEE_FORMED: Final = "members.branch-committee-formed.v1"
BRANCH_COMMITTEE_CORRECTED: Final = "members.branch-committee-corrected.v1"
BRANCH_COMMITTEE_DISSOLVED: Final = "members.branch-committee-dissolved.v1"
PARTY_GROUP_FORMED: Final = "members.party-group-formed.v1"
PARTY_GROUP_CORRECTED: Final = "members.party-group-corrected.v1"
PARTY_GROUP_DISSOLVED: Final = "members.party-group-dissolved.v1"
BRANCH_UNDONE: Final = "members.branch-undone.v1"
BRANCH_COMMITTEE_UNDONE: Final = "members.branch-committee-undone.v1"
PARTY_GROUP_UNDONE: Final = "members.party-group-undone.v1"
MEMBERSHIP_RECORDED: Final = "members.membership-recorded.v1"
MEMBERSHIP_CORRECTED: Final = "members.membership-corrected.v1"
MEMBERSHIP_ENDED: Final = "members.membership-ended.v1"
MEMBERSHIP_UNDONE: Final = "members.membership-undone.v1"
PERSON_UNDONE: Final = "members.person-undone.v1"
POST_ASSIGNED: Final = "members.post-assigned.v1"
POST_VACATED: Final = "members.post-vacated.v1"

BranchKind = Literal["in_service", "retired"]
Standing = Literal["normal", "other"]
MemberKind = Literal["full_member", "probationary_member"]
Post = Literal[
    "secretary",
    "deputy_secretary",
    "organisation_commissioner",
    "publicity_commissioner",
    "discipline_commissioner",
    "youth_commissioner",
    "group_leader",
]

POSTS: Final[dict[str, Post]] = {
    "书记": "secretary",
    "党支部书记": "secretary",
    "支部书记": "secretary",
    "副书记": "deputy_secretary",
    "党支部副书记": "deputy_secretary",
    "支部副书记": "deputy_secretary",
    "组织委员": "organisation_commissioner",
    "宣传委员": "publicity_commissioner",
    "纪检委员": "discipline_commissioner",
    "青年委员": "youth_commissioner",
    "党小组组长": "group_leader",
    "组长": "group_leader",
}


class SigningKey(Value):
    """A service's public signing key: raw Ed25519 bytes as base64; `key_id` as in design §4."""

    service: ShortText
    key_id: ShortText
    public_key: ShortText


class SiteFacts(Value):
    """The court whose deployment this is. Every aggregate of its log begins here."""

    site: ShortText
    name: ShortText
    level: Level
    court_code: ShortText | None
    party_committee_id: Id
    signing_keys: tuple[SigningKey, ...]


class BranchFacts(Value):
    """A branch; `official_order` is 建制序, from 1."""

    name: ShortText
    branch_kind: BranchKind
    official_order: int
    effective_from: Day


class PartyGroupFacts(Value):
    """A party group of the branch in whose stream the event stands."""

    group_id: Id
    name: ShortText
    official_order: int
    effective_from: Day


class MembershipFacts(Value):
    """Where a person's membership lies: ids only, no personal field. `standing` 党籍状态: the office's words for
    another one than normal are personal and stand in the person's details."""

    person_id: Id
    branch_id: Id
    group_id: Id | None
    member_kind: MemberKind
    standing: Standing
    effective_from: Day


class PostFacts(Value):
    """A post in a branch, held from `effective_from` on."""

    person_id: Id
    branch_id: Id
    post: Post
    effective_from: Day


class SiteEstablished(Value):
    """`members.site-established.v1`, the first event of a site."""

    facts: SiteFacts


class BranchEstablished(Value):
    """`members.branch-established.v1`; the branch is the stream's id, here and in every event of a branch."""

    facts: BranchFacts


class BranchCorrected(Value):
    """`members.branch-corrected.v1`: `facts` as they are now; `changed` names the fields that differ."""

    facts: BranchFacts
    changed: tuple[ShortText, ...]


class BranchBusinessLineAssigned(Value):
    """`members.branch-business-line-assigned.v1`: the 条线 (刑事, 民事, 执行 …) of the branch's work, None for none."""

    business_line: ShortText | None


class BranchCommitteeFormed(Value):
    """`members.branch-committee-formed.v1`: from this day the branch has a 支委会."""

    effective_from: Day


class BranchCommitteeCorrected(Value):
    """`members.branch-committee-corrected.v1`: the present 支委会 began on another day than was stated."""

    effective_from: Day


class BranchCommitteeDissolved(Value):
    """`members.branch-committee-dissolved.v1`: the last day on which the branch had a 支委会."""

    effective_to: Day


class PartyGroupFormed(Value):
    """`members.party-group-formed.v1`."""

    facts: PartyGroupFacts


class PartyGroupCorrected(Value):
    """`members.party-group-corrected.v1`: `facts` as they are now; `changed` names the fields that differ."""

    facts: PartyGroupFacts
    changed: tuple[ShortText, ...]


class PartyGroupDissolved(Value):
    """`members.party-group-dissolved.v1`: the last day on which the group existed."""

    group_id: Id
    effective_to: Day


class BranchUndone(Value):
    """`members.branch-undone.v1`: entered by mistake, counts as absent until it is stated again."""


class BranchCommitteeUndone(Value):
    """`members.branch-committee-undone.v1`: the present 支委会 was entered by mistake."""


class PartyGroupUndone(Value):
    """`members.party-group-undone.v1`: the present time of the group was entered by mistake."""

    group_id: Id


class MembershipRecorded(Value):
    """`members.membership-recorded.v1`: where the membership lies from `facts.effective_from` on."""

    facts: MembershipFacts


class MembershipCorrected(Value):
    """`members.membership-corrected.v1`: replaces what was recorded from the same `facts.effective_from` on."""

    facts: MembershipFacts
    changed: tuple[ShortText, ...]


class MembershipEnded(Value):
    """`members.membership-ended.v1`: the last day of the membership in the branch; nothing is said of why."""

    person_id: Id
    branch_id: Id
    effective_to: Day


class MembershipUndone(Value):
    """`members.membership-undone.v1`: what was recorded from `effective_from` on was entered by mistake."""

    person_id: Id
    effective_from: Day


class PersonUndone(Value):
    """`members.person-undone.v1`, in a private family: the person was entered by mistake, and stands in no roster."""

    person_id: Id


class PostAssigned(Value):
    """`members.post-assigned.v1`."""

    facts: PostFacts


class PostVacated(Value):
    """`members.post-vacated.v1`: `effective_to` is the last day in the post."""

    person_id: Id
    branch_id: Id
    post: Post
    effective_to: Day


EVENTS: Final[dict[str, type[Value]]] = {
    SITE_ESTABLISHED: SiteEstablished,
    BRANCH_ESTABLISHED: BranchEstablished,
    BRANCH_CORRECTED: BranchCorrected,
    BRANCH_BUSINESS_LINE_ASSIGNED: BranchBusinessLineAssigned,
    BRANCH_COMMITTEE_FORMED: BranchCommitteeFormed,
    BRANCH_COMMITTEE_CORRECTED: BranchCommitteeCorrected,
    BRANCH_COMMITTEE_DISSOLVED: BranchCommitteeDissolved,
    PARTY_GROUP_FORMED: PartyGroupFormed,
    PARTY_GROUP_CORRECTED: PartyGroupCorrected,
    PARTY_GROUP_DISSOLVED: PartyGroupDissolved,
    BRANCH_UNDONE: BranchUndone,
    BRANCH_COMMITTEE_UNDONE: BranchCommitteeUndone,
    PARTY_GROUP_UNDONE: PartyGroupUndone,
    MEMBERSHIP_RECORDED: MembershipRecorded,
    MEMBERSHIP_CORRECTED: MembershipCorrected,
    MEMBERSHIP_ENDED: MembershipEnded,
    MEMBERSHIP_UNDONE: MembershipUndone,
    POST_ASSIGNED: PostAssigned,
    POST_VACATED: PostVacated,
    **forgetting.EVENTS,
}
"""The shape of `data` by stored name: what a reader outside `members` decodes."""
