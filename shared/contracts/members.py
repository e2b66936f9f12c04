"""What other services and sites may read of `members`: the shared families, by stored name."""

from __future__ import annotations

from typing import Final, Literal

from shared.contracts.values import Day, Id, Level, ShortText, Value

SITE_ESTABLISHED: Final = "members.site-established.v1"
BRANCH_ESTABLISHED: Final = "members.branch-established.v1"
BRANCH_COMMITTEE_FORMED: Final = "members.branch-committee-formed.v1"
BRANCH_COMMITTEE_DISSOLVED: Final = "members.branch-committee-dissolved.v1"
PARTY_GROUP_FORMED: Final = "members.party-group-formed.v1"
PARTY_GROUP_DISSOLVED: Final = "members.party-group-dissolved.v1"
MEMBERSHIP_RECORDED: Final = "members.membership-recorded.v1"
MEMBERSHIP_CORRECTED: Final = "members.membership-corrected.v1"
POST_ASSIGNED: Final = "members.post-assigned.v1"
POST_VACATED: Final = "members.post-vacated.v1"

BranchKind = Literal["in_service", "retired"]
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
    """Where a person's membership lies: ids only, no personal field. `standing` 党籍状态 as the office writes it."""

    person_id: Id
    branch_id: Id
    group_id: Id | None
    member_kind: MemberKind
    standing: ShortText
    effective_from: Day


class PostFacts(Value):
    """A post in a branch, held from `effective_from` on."""

    person_id: Id
    branch_id: Id
    post: Post
    effective_from: Day
