"""One canonical example of every event of `members`, shared by tests and documents. All people are invented."""

from __future__ import annotations

from typing import Final

from services.members import stored_events
from services.members.domain.identifiers import PersonIdentifiers, PersonIdentifiersRecorded
from services.members.domain.person import PersonDetails, PersonDetailsCorrected, PersonRegistered
from services.members.examples import links
from shared.contracts import forgetting as f
from shared.contracts import members as m
from shared.contracts.values import Value

SITE_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7c01"
PARTY_COMMITTEE_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7c02"
BRANCH_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7c03"
GROUP_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7c04"
PERSON_ID: Final = "0b6f7c52-6d0e-4d39-8a35-9c1f20e4a101"

SITE_FACTS: Final = m.SiteFacts(
    site="demo1",
    name="青岚市中级人民法院",
    level="intermediate",
    court_code="青岚",
    party_committee_id=PARTY_COMMITTEE_ID,
    signing_keys=(
        m.SigningKey(
            service="members",
            key_id="66687aadf862bd77",
            public_key="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        ),
    ),
)
BRANCH_FACTS: Final = m.BranchFacts(
    name="第一党支部", branch_kind="in_service", official_order=1, effective_from="2024-01-01"
)
GROUP_FACTS: Final = m.PartyGroupFacts(
    group_id=GROUP_ID, name="第一党支部第一党小组", official_order=1, effective_from="2024-01-01"
)
DETAILS: Final = PersonDetails(
    person_id=PERSON_ID,
    name="顾青禾",
    gender="女",
    ethnicity="汉族",
    birth="1985-06",
    education="研究生",
    work_started="2010-07",
    department_post="民二庭副庭长",
    joined_on="2008-05-20",
    confirmed_on="2009-05-20",
    standing=None,
    remark=None,
)
MEMBERSHIP_FACTS: Final = m.MembershipFacts(
    person_id=PERSON_ID,
    branch_id=BRANCH_ID,
    group_id=GROUP_ID,
    member_kind="full_member",
    standing="normal",
    effective_from="2024-01-01",
)
POST_FACTS: Final = m.PostFacts(
    person_id=PERSON_ID, branch_id=BRANCH_ID, post="organisation_commissioner", effective_from="2024-01-01"
)

REQUEST: Final = f.ForgettingRequest(reason="retention_over", requested_by="party_office")

_SITE, _BRANCH, _PERSON = f"site-{SITE_ID}", f"branch-{BRANCH_ID}", f"person-{PERSON_ID}"

EXAMPLES: Final[dict[str, tuple[str, Value]]] = {
    m.SITE_ESTABLISHED: (_SITE, m.SiteEstablished(facts=SITE_FACTS)),
    m.BRANCH_ESTABLISHED: (_BRANCH, m.BranchEstablished(facts=BRANCH_FACTS)),
    m.BRANCH_CORRECTED: (
        _BRANCH,
        m.BranchCorrected(facts=BRANCH_FACTS.model_copy(update={"official_order": 2}), changed=("official_order",)),
    ),
    m.BRANCH_BUSINESS_LINE_ASSIGNED: (_BRANCH, m.BranchBusinessLineAssigned(business_line="执行")),
    m.BRANCH_COMMITTEE_FORMED: (_BRANCH, m.BranchCommitteeFormed(effective_from="2024-01-01")),
    m.BRANCH_COMMITTEE_CORRECTED: (_BRANCH, m.BranchCommitteeCorrected(effective_from="2023-01-01")),
    m.BRANCH_COMMITTEE_DISSOLVED: (_BRANCH, m.BranchCommitteeDissolved(effective_to="2024-12-31")),
    m.PARTY_GROUP_FORMED: (_BRANCH, m.PartyGroupFormed(facts=GROUP_FACTS)),
    m.PARTY_GROUP_CORRECTED: (
        _BRANCH,
        m.PartyGroupCorrected(facts=GROUP_FACTS.model_copy(update={"name": "审判第一党小组"}), changed=("name",)),
    ),
    m.PARTY_GROUP_DISSOLVED: (_BRANCH, m.PartyGroupDissolved(group_id=GROUP_ID, effective_to="2024-12-31")),
    m.BRANCH_UNDONE: (_BRANCH, m.BranchUndone()),
    m.BRANCH_COMMITTEE_UNDONE: (_BRANCH, m.BranchCommitteeUndone()),
    m.PARTY_GROUP_UNDONE: (_BRANCH, m.PartyGroupUndone(group_id=GROUP_ID)),
    m.MEMBERSHIP_RECORDED: (_PERSON, m.MembershipRecorded(facts=MEMBERSHIP_FACTS)),
    m.MEMBERSHIP_CORRECTED: (
        _PERSON,
        m.MembershipCorrected(facts=MEMBERSHIP_FACTS.model_copy(update={"group_id": None}), changed=("group_id",)),
    ),
    m.MEMBERSHIP_ENDED: (
        _PERSON,
        m.MembershipEnded(person_id=PERSON_ID, branch_id=BRANCH_ID, effective_to="2024-09-30"),
    ),
    m.MEMBERSHIP_UNDONE: (_PERSON, m.MembershipUndone(person_id=PERSON_ID, effective_from="2024-01-01")),
    m.PERSON_UNDONE: (_PERSON, m.PersonUndone(person_id=PERSON_ID)),
    m.POST_ASSIGNED: (_PERSON, m.PostAssigned(facts=POST_FACTS)),
    m.POST_VACATED: (
        _PERSON,
        m.PostVacated(
            person_id=PERSON_ID, branch_id=BRANCH_ID, post="organisation_commissioner", effective_to="2024-12-31"
        ),
    ),
    stored_events.PERSON_REGISTERED: (_PERSON, PersonRegistered(details=DETAILS)),
    stored_events.PERSON_DETAILS_CORRECTED: (
        _PERSON,
        PersonDetailsCorrected(
            details=DETAILS.model_copy(update={"standing": "停止党籍", "remark": "借调一年"}),
            changed=("standing", "remark"),
        ),
    ),
    stored_events.PERSON_IDENTIFIERS_RECORDED: (
        _PERSON,
        PersonIdentifiersRecorded(
            identifiers=PersonIdentifiers(
                person_id=PERSON_ID, id_number="990101198506150022", phone="10000000001", dues_base_fen=823_500
            ),
            changed=("id_number", "phone", "dues_base_fen"),
        ),
    ),
    f.FORGETTING_REQUESTED: (_PERSON, f.PersonForgettingRequested(person_id=PERSON_ID, request=REQUEST)),
    f.FORGETTING_WITHDRAWN: (_PERSON, f.PersonForgettingWithdrawn(person_id=PERSON_ID)),
    f.PERSON_FORGOTTEN: (_PERSON, f.PersonForgotten(person_id=PERSON_ID, reason="retention_over")),
    **links.EXAMPLES,
}
"""By stored name: the stream and the event."""
