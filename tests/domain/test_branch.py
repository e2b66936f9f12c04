"""A branch, its committee and its groups: stated, stated again, corrected, ended."""

from services.members.domain.branch import (
    BRANCH,
    AssignBusinessLine,
    DissolveBranchCommittee,
    DissolvePartyGroup,
    EstablishBranch,
    FormBranchCommittee,
    FormPartyGroup,
)
from services.members.domain.site import SITE, EstablishSite
from services.members.examples import BRANCH_FACTS, GROUP_FACTS, GROUP_ID, SITE_FACTS
from shared.contracts.members import (
    BranchBusinessLineAssigned,
    BranchCommitteeCorrected,
    BranchCommitteeDissolved,
    BranchCommitteeFormed,
    BranchCorrected,
    BranchEstablished,
    PartyGroupCorrected,
    PartyGroupDissolved,
    PartyGroupFormed,
    SiteEstablished,
)
from shared.testing.given import given

ESTABLISHED = BranchEstablished(facts=BRANCH_FACTS)
FORMED = PartyGroupFormed(facts=GROUP_FACTS)
COMMITTEE = BranchCommitteeFormed(effective_from="2024-01-01")


def test_a_site_is_established() -> None:
    given(SITE).when(EstablishSite(facts=SITE_FACTS)).then(SiteEstablished(facts=SITE_FACTS))


def test_a_site_is_established_once() -> None:
    given(SITE, SiteEstablished(facts=SITE_FACTS)).when(EstablishSite(facts=SITE_FACTS)).then()


def test_a_site_is_not_established_as_another_court() -> None:
    other = SITE_FACTS.model_copy(update={"name": "白溪县人民法院"})
    given(SITE, SiteEstablished(facts=SITE_FACTS)).when(EstablishSite(facts=other)).then_rejected(
        "site_already_established", "facts.name"
    )


def test_a_branch_is_established() -> None:
    given(BRANCH).when(EstablishBranch(facts=BRANCH_FACTS)).then(ESTABLISHED)


def test_stating_a_branch_again_changes_nothing() -> None:
    given(BRANCH, ESTABLISHED).when(EstablishBranch(facts=BRANCH_FACTS)).then()


def test_a_roster_of_a_later_year_does_not_move_the_beginning_of_a_branch() -> None:
    later = BRANCH_FACTS.model_copy(update={"effective_from": "2025-01-01"})
    given(BRANCH, ESTABLISHED).when(EstablishBranch(facts=later)).then()


def test_a_roster_of_an_earlier_year_corrects_the_beginning_of_a_branch() -> None:
    earlier = BRANCH_FACTS.model_copy(update={"effective_from": "2023-01-01"})
    given(BRANCH, ESTABLISHED).when(EstablishBranch(facts=earlier)).then(
        BranchCorrected(facts=earlier, changed=("effective_from",))
    )


def test_another_order_is_a_correction_that_keeps_the_beginning() -> None:
    stated = BRANCH_FACTS.model_copy(update={"official_order": 3, "effective_from": "2025-01-01"})
    given(BRANCH, ESTABLISHED).when(EstablishBranch(facts=stated)).then(
        BranchCorrected(facts=BRANCH_FACTS.model_copy(update={"official_order": 3}), changed=("official_order",))
    )


def test_a_branch_has_one_business_line_or_none() -> None:
    executes = BranchBusinessLineAssigned(business_line="执行")
    none = BranchBusinessLineAssigned(business_line=None)
    given(BRANCH).when(AssignBusinessLine(business_line="执行")).then_rejected("unknown_branch", "branch_id")
    given(BRANCH, ESTABLISHED).when(AssignBusinessLine(business_line=None)).then()
    given(BRANCH, ESTABLISHED).when(AssignBusinessLine(business_line="执行")).then(executes)
    given(BRANCH, ESTABLISHED, executes).when(AssignBusinessLine(business_line="执行")).then()
    given(BRANCH, ESTABLISHED, executes).when(AssignBusinessLine(business_line=None)).then(none)


def test_a_committee_is_formed_in_a_known_branch_only() -> None:
    given(BRANCH).when(FormBranchCommittee(effective_from="2024-01-01")).then_rejected("unknown_branch", "branch_id")
    given(BRANCH, ESTABLISHED).when(FormBranchCommittee(effective_from="2024-01-01")).then(COMMITTEE)


def test_a_committee_that_exists_is_not_formed_again() -> None:
    given(BRANCH, ESTABLISHED, COMMITTEE).when(FormBranchCommittee(effective_from="2025-01-01")).then()


def test_a_committee_known_to_be_older_is_corrected() -> None:
    history = (
        BranchEstablished(facts=BRANCH_FACTS.model_copy(update={"effective_from": "2022-01-01"})),
        COMMITTEE,
    )
    given(BRANCH, *history).when(FormBranchCommittee(effective_from="2023-01-01")).then(
        BranchCommitteeCorrected(effective_from="2023-01-01")
    )


def test_a_committee_is_not_older_than_its_branch() -> None:
    given(BRANCH, ESTABLISHED).when(FormBranchCommittee(effective_from="2023-12-31")).then_rejected(
        "before_beginning", "effective_from"
    )


def test_a_dissolved_committee_may_be_formed_anew_and_only_later() -> None:
    ended = (ESTABLISHED, COMMITTEE, BranchCommitteeDissolved(effective_to="2024-06-30"))
    given(BRANCH, *ended).when(FormBranchCommittee(effective_from="2024-07-01")).then(
        BranchCommitteeFormed(effective_from="2024-07-01")
    )
    given(BRANCH, *ended).when(FormBranchCommittee(effective_from="2024-06-30")).then()


def test_a_committee_is_dissolved_once_and_not_before_it_began() -> None:
    dissolve = DissolveBranchCommittee(effective_to="2024-06-30")
    given(BRANCH, ESTABLISHED).when(dissolve).then_rejected("no_branch_committee", "effective_to")
    given(BRANCH, ESTABLISHED, COMMITTEE).when(dissolve).then(BranchCommitteeDissolved(effective_to="2024-06-30"))
    given(BRANCH, ESTABLISHED, COMMITTEE).when(dissolve, dissolve).then()
    given(BRANCH, ESTABLISHED, COMMITTEE).when(DissolveBranchCommittee(effective_to="2023-06-30")).then_rejected(
        "before_beginning", "effective_to"
    )


def test_a_group_is_formed_and_stating_it_again_changes_nothing() -> None:
    given(BRANCH, ESTABLISHED).when(FormPartyGroup(facts=GROUP_FACTS)).then(FORMED)
    given(BRANCH, ESTABLISHED, FORMED).when(FormPartyGroup(facts=GROUP_FACTS)).then()
    later = GROUP_FACTS.model_copy(update={"effective_from": "2025-01-01"})
    given(BRANCH, ESTABLISHED, FORMED).when(FormPartyGroup(facts=later)).then()


def test_another_name_of_a_group_is_a_correction() -> None:
    renamed = GROUP_FACTS.model_copy(update={"name": "审判第一党小组"})
    given(BRANCH, ESTABLISHED, FORMED).when(FormPartyGroup(facts=renamed)).then(
        PartyGroupCorrected(facts=renamed, changed=("name",))
    )


def test_a_group_is_not_older_than_its_branch() -> None:
    early = GROUP_FACTS.model_copy(update={"effective_from": "2020-01-01"})
    given(BRANCH, ESTABLISHED).when(FormPartyGroup(facts=early)).then_rejected(
        "before_beginning", "facts.effective_from"
    )


def test_a_group_is_dissolved_once_and_formed_anew_only_later() -> None:
    dissolve = DissolvePartyGroup(group_id=GROUP_ID, effective_to="2024-12-31")
    ended = PartyGroupDissolved(group_id=GROUP_ID, effective_to="2024-12-31")
    given(BRANCH, ESTABLISHED).when(dissolve).then_rejected("unknown_party_group", "group_id")
    given(BRANCH, ESTABLISHED, FORMED).when(dissolve).then(ended)
    given(BRANCH, ESTABLISHED, FORMED, ended).when(dissolve).then()
    given(BRANCH, ESTABLISHED, FORMED, ended).when(FormPartyGroup(facts=GROUP_FACTS)).then()
    again = GROUP_FACTS.model_copy(update={"effective_from": "2025-03-01"})
    given(BRANCH, ESTABLISHED, FORMED, ended).when(FormPartyGroup(facts=again)).then(PartyGroupFormed(facts=again))
