"""Examples of partners, agreements, problems and lists of participants. Everybody and everything is invented."""

from __future__ import annotations

from typing import Final

from services.activities import stored_events
from services.activities.domain.agreement_facts import JointAgreementDetails
from services.activities.domain.joint import ParticipantList, ParticipantsListed
from services.activities.domain.joint_agreement import JointAgreementDetailsCorrected, JointAgreementDetailsRecorded
from services.activities.domain.joint_problem import JointProblemNoted
from shared.contracts import joint as j
from shared.contracts.values import Value

ACTIVITY_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d01"
AGREEMENT_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d03"
PARTNER_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d04"
PROBLEM_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d05"
ALIAS_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d06"
BRANCH_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7c03"
OTHER_BRANCH_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7c04"
CONTACT_ID: Final = "0b6f7c52-6d0e-4d39-8a35-9c1f20e4a104"
GUEST_ID: Final = "0b6f7c52-6d0e-4d39-8a35-9c1f20e4a105"

OWN: Final = j.Party(party_kind="own_unit", party_id=BRANCH_ID)
OTHER_OWN: Final = j.Party(party_kind="own_unit", party_id=OTHER_BRANCH_ID)
OUTSIDE: Final = j.Party(party_kind="partner", party_id=PARTNER_ID)
COURT: Final = "青岚市中级人民法院"
PARTNER_FACTS: Final = j.PartnerFacts(
    organisation="青岚市云溪区人民法院", branch="第二党支部", level="basic", business_line="执行"
)
AGREEMENT_FACTS: Final = j.JointAgreementFacts(
    number="青04联建〔2024〕1号",
    proposer=OWN,
    parties=(OUTSIDE,),
    joint_modes=("planning", "problem_solving"),
    planned_a_year=4,
    signed="2024-02-20",
    agreement_term_months=36,
)
DETAILS: Final = JointAgreementDetails(
    goals="共建共促", duties="轮流承办，共享师资。", evaluation="履行良好", remark=None, contact_id=CONTACT_ID
)
PROBLEM_FACTS: Final = j.JointProblemFacts(
    subject="诉前调解衔接",
    activity_id=ACTIVITY_ID,
    agreement_id=AGREEMENT_ID,
    raised_by=OUTSIDE,
    owner=OWN,
    raised_on="2024-03-08",
    due="2024-06-30",
)
LISTS: Final = (
    ParticipantList(party=OWN, person_ids=(CONTACT_ID,)),
    ParticipantList(party=OUTSIDE, person_ids=(GUEST_ID, CONTACT_ID)),
)

_PARTNER, _ALIAS = f"partner-{PARTNER_ID}", f"partner-{ALIAS_ID}"
_AGREEMENT, _PROBLEM = f"joint_agreement-{AGREEMENT_ID}", f"joint_problem-{PROBLEM_ID}"

EXAMPLES: Final[dict[str, tuple[str, Value]]] = {
    j.PARTNER_REGISTERED: (_PARTNER, j.PartnerRegistered(facts=PARTNER_FACTS)),
    j.PARTNER_CORRECTED: (
        _PARTNER,
        j.PartnerCorrected(
            facts=PARTNER_FACTS.model_copy(update={"branch": None, "business_line": None}),
            changed=("branch", "business_line"),
        ),
    ),
    j.PARTNER_MERGED: (_ALIAS, j.PartnerMerged(into=PARTNER_ID)),
    j.PARTNER_SEPARATED: (_ALIAS, j.PartnerSeparated()),
    j.PARTNER_ALIAS_TAKEN: (_PARTNER, j.PartnerAliasTaken(alias=ALIAS_ID)),
    j.PARTNER_ALIAS_RELEASED: (_PARTNER, j.PartnerAliasReleased(alias=ALIAS_ID)),
    j.PARTNER_UNDONE: (_PARTNER, j.PartnerUndone()),
    j.JOINT_AGREEMENT_PROPOSED: (
        _AGREEMENT,
        j.JointAgreementProposed(facts=AGREEMENT_FACTS.model_copy(update={"signed": None})),
    ),
    j.JOINT_AGREEMENT_SIGNED: (_AGREEMENT, j.JointAgreementSigned(facts=AGREEMENT_FACTS)),
    j.JOINT_AGREEMENT_CORRECTED: (
        _AGREEMENT,
        j.JointAgreementCorrected(
            facts=j.JointAgreementFacts(proposer=OUTSIDE, parties=(OWN, OTHER_OWN)),
            changed=("proposer", "parties"),
        ),
    ),
    j.JOINT_AGREEMENT_ENDED: (_AGREEMENT, j.JointAgreementEnded(cause="expired", effective_to="2027-02")),
    j.JOINT_AGREEMENT_RESUMED: (_AGREEMENT, j.JointAgreementResumed()),
    j.JOINT_AGREEMENT_UNDONE: (_AGREEMENT, j.JointAgreementUndone()),
    j.JOINT_PROBLEM_RAISED: (_PROBLEM, j.JointProblemRaised(facts=PROBLEM_FACTS)),
    j.JOINT_PROBLEM_CORRECTED: (
        _PROBLEM,
        j.JointProblemCorrected(
            facts=j.JointProblemFacts(subject="执行难案件会商", raised_on="2024-03"), changed=("subject", "raised_on")
        ),
    ),
    j.JOINT_PROBLEM_SOLVED: (_PROBLEM, j.JointProblemSolved(solved_on="2024-05-16")),
    j.JOINT_PROBLEM_REOPENED: (_PROBLEM, j.JointProblemReopened()),
    j.JOINT_PROBLEM_UNDONE: (_PROBLEM, j.JointProblemUndone()),
    stored_events.JOINT_AGREEMENT_DETAILS_RECORDED: (_AGREEMENT, JointAgreementDetailsRecorded(details=DETAILS)),
    stored_events.JOINT_AGREEMENT_DETAILS_CORRECTED: (
        _AGREEMENT,
        JointAgreementDetailsCorrected(
            details=DETAILS.model_copy(update={"remark": "联系人已调整"}), changed=("remark",)
        ),
    ),
    stored_events.JOINT_PROBLEM_NOTED: (_PROBLEM, JointProblemNoted(note="已与诉讼服务中心会商，正在推进。")),
    stored_events.PARTICIPANTS_LISTED: (f"activity-{ACTIVITY_ID}", ParticipantsListed(lists=LISTS)),
}
"""By stored name: the stream and the event."""
