"""The stored names of `members`: a file format, never edited once released (docs/decisions/0001)."""

from __future__ import annotations

from typing import Final

from services.members.domain.identifiers import PersonIdentifiersRecorded
from services.members.domain.person import PersonDetailsCorrected, PersonRegistered
from shared.codec import Codec, StoredType
from shared.contracts import families, forgetting, links, members

PERSON_REGISTERED: Final = "members.person-registered.v1"
PERSON_DETAILS_CORRECTED: Final = "members.person-details-corrected.v1"
PERSON_IDENTIFIERS_RECORDED: Final = "members.person-identifiers-recorded.v1"

CODEC: Final = Codec(
    [
        StoredType(members.SITE_ESTABLISHED, members.SiteEstablished, families.SITE),
        StoredType(members.BRANCH_ESTABLISHED, members.BranchEstablished, families.BRANCH),
        StoredType(members.BRANCH_CORRECTED, members.BranchCorrected, families.BRANCH_AMENDMENT),
        StoredType(
            members.BRANCH_BUSINESS_LINE_ASSIGNED, members.BranchBusinessLineAssigned, families.BRANCH_AMENDMENT
        ),
        StoredType(members.BRANCH_COMMITTEE_FORMED, members.BranchCommitteeFormed, families.BRANCH),
        StoredType(members.BRANCH_COMMITTEE_CORRECTED, members.BranchCommitteeCorrected, families.BRANCH_AMENDMENT),
        StoredType(members.BRANCH_COMMITTEE_DISSOLVED, members.BranchCommitteeDissolved, families.BRANCH_AMENDMENT),
        StoredType(members.PARTY_GROUP_FORMED, members.PartyGroupFormed, families.BRANCH),
        StoredType(members.PARTY_GROUP_CORRECTED, members.PartyGroupCorrected, families.BRANCH_AMENDMENT),
        StoredType(members.PARTY_GROUP_DISSOLVED, members.PartyGroupDissolved, families.BRANCH_AMENDMENT),
        StoredType(members.BRANCH_UNDONE, members.BranchUndone, families.BRANCH_AMENDMENT),
        StoredType(members.BRANCH_COMMITTEE_UNDONE, members.BranchCommitteeUndone, families.BRANCH_AMENDMENT),
        StoredType(members.PARTY_GROUP_UNDONE, members.PartyGroupUndone, families.BRANCH_AMENDMENT),
        StoredType(members.MEMBERSHIP_RECORDED, members.MembershipRecorded, families.MEMBERSHIP),
        StoredType(members.MEMBERSHIP_CORRECTED, members.MembershipCorrected, families.MEMBERSHIP_AMENDMENT),
        StoredType(members.MEMBERSHIP_ENDED, members.MembershipEnded, families.MEMBERSHIP_AMENDMENT),
        StoredType(members.MEMBERSHIP_UNDONE, members.MembershipUndone, families.MEMBERSHIP_AMENDMENT),
        StoredType(members.PERSON_UNDONE, members.PersonUndone, families.PERSON),
        StoredType(members.POST_ASSIGNED, members.PostAssigned, families.POST),
        StoredType(members.POST_VACATED, members.PostVacated, families.POST),
        StoredType(PERSON_REGISTERED, PersonRegistered, families.PERSON),
        StoredType(PERSON_DETAILS_CORRECTED, PersonDetailsCorrected, families.PERSON),
        StoredType(PERSON_IDENTIFIERS_RECORDED, PersonIdentifiersRecorded, families.PERSON),
        StoredType(forgetting.FORGETTING_REQUESTED, forgetting.PersonForgettingRequested, families.FORGETTING),
        StoredType(forgetting.FORGETTING_WITHDRAWN, forgetting.PersonForgettingWithdrawn, families.FORGETTING),
        StoredType(forgetting.PERSON_FORGOTTEN, forgetting.PersonForgotten, families.FORGETTING),
        StoredType(links.SITE_INVITED, links.SiteInvited, families.LINK),
        StoredType(links.INVITATION_WITHDRAWN, links.InvitationWithdrawn, families.LINK),
        StoredType(links.SITE_JOINED, links.SiteJoined, families.LINK),
        StoredType(links.LINK_SUSPENDED, links.LinkSuspended, families.LINK),
        StoredType(links.LINK_RESUMED, links.LinkResumed, families.LINK),
        StoredType(links.LINK_REVOKED, links.LinkRevoked, families.LINK),
        StoredType(links.EPOCH_ACCEPTED, links.EpochAccepted, families.LINK),
        StoredType(links.SIGNING_KEY_REVOKED, links.SigningKeyRevoked, families.LINK),
        StoredType(links.SIGNING_KEY_REPLACED, links.SigningKeyReplaced, families.LINK),
        StoredType(links.REPORTING_KEY_CHANGED, links.ReportingKeyChanged, families.MEMBERS_KEY),
        StoredType(links.KEY_CHANGED["members"], links.SigningKeyChanged, families.MEMBERS_KEY),
        StoredType(links.EPOCH_OPENED["members"], links.EpochOpened, families.MEMBERS_EPOCH),
    ]
)
