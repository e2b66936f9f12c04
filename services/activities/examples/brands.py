"""Examples of brands, party-plus projects, campaigns and honours. Everybody and everything is invented."""

from __future__ import annotations

from typing import Final

from services.activities import stored_events
from services.activities.domain.brand_state import (
    BrandDescriptionRecorded,
    BrandEvidenceNoted,
    BrandStepNoted,
    Description,
    StepNote,
)
from services.activities.domain.party_plus_project import ProjectOutcomeNoted
from shared.contracts import brands as b
from shared.contracts import honours as h
from shared.contracts.joint import Party
from shared.contracts.values import LowerBound, Value

BRAND_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d11"
PARENT_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d12"
PROJECT_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d13"
CAMPAIGN_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d14"
HONOUR_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d15"
GOAL_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d16"
EVIDENCE_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d17"
ITEM_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d18"
BRANCH_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7c03"
PARTNER_ID: Final = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d04"

OWN: Final = Party(party_kind="own_unit", party_id=BRANCH_ID)
OUTSIDE: Final = Party(party_kind="partner", party_id=PARTNER_ID)
BRAND_FACTS: Final = b.BrandFacts(
    name="星火助执",
    owners=(OWN, OUTSIDE),
    parent_id=PARENT_ID,
    slogan="一枚党徽，一份担当",
    pillars=("联学", "联调", "联执"),
    unknown=("concept",),
)
GOAL: Final = b.BrandGoal(goal_id=GOAL_ID, indicator="巡回宣讲", target=12, measure="次", due="2024-12-31")
EVIDENCE: Final = b.BrandEvidence(evidence_id=EVIDENCE_ID, date="2024-05-16", goal_id=GOAL_ID, reached=3)
NOTE: Final = StepNote(materials=("申报表", "工作方案"), opinion="主题鲜明，同意申报。")
DESCRIPTION: Final = Description(carriers="执行工作室、巡回宣讲队", results="宣讲3场，调解一批邻里纠纷。")
PROJECT_FACTS: Final = b.ProjectFacts(
    name="党建+涉民生案件集中执行",
    unit_id=BRANCH_ID,
    breakthrough=True,
    brand_id=BRAND_ID,
    partners=(OUTSIDE,),
    place="青云社区共享法庭",
    start="2024-03",
    due="2024-11-30",
)
WORK: Final = b.WorkItem(item_id=ITEM_ID, title="排查涉民生案件", due="2024-04-30")
CAMPAIGN_FACTS: Final = h.CampaignFacts(
    name="党纪学习教育", issuer="直属机关工委", start="2024-04-01", end="2024-07-31", unit_ids=(BRANCH_ID,)
)
HONOUR_FACTS: Final = h.HonourFacts(
    title="先进基层党组织",
    subject_kind="unit",
    subject_id=BRANCH_ID,
    granted_by="直属机关工委",
    honour_level="municipal",
    date="2024-07-01",
    document_no="直工〔2024〕7号",
)

_BRAND, _PROJECT = f"brand-{BRAND_ID}", f"party_plus_project-{PROJECT_ID}"
_MAIN, _CAMPAIGN, _HONOUR = f"main_brand-{BRANCH_ID}", f"campaign-{CAMPAIGN_ID}", f"honour-{HONOUR_ID}"

_OF_BRANDS: Final[dict[str, Value]] = {
    b.BRAND_REGISTERED: b.BrandRegistered(facts=BRAND_FACTS),
    b.BRAND_CORRECTED: b.BrandCorrected(
        facts=b.BrandFacts(owners=(OWN,), main=False, unknown=("name",)), changed=("name", "owners", "main", "unknown")
    ),
    b.BRAND_STEP_COMPLETED: b.BrandStepCompleted(step="submit", date="2024-02-20"),
    b.BRAND_STEP_CORRECTED: b.BrandStepCorrected(step="submit", date=None),
    b.BRAND_RETURNED: b.BrandReturned(step="recognise", date="2024-04"),
    b.BRAND_REVOKED: b.BrandRevoked(date="2024-12-31"),
    b.BRAND_GOAL_SET: b.BrandGoalSet(goal=GOAL),
    b.BRAND_GOAL_WITHDRAWN: b.BrandGoalWithdrawn(goal_id=GOAL_ID),
    b.BRAND_EVIDENCE_RECORDED: b.BrandEvidenceRecorded(evidence=EVIDENCE),
    b.BRAND_EVIDENCE_WITHDRAWN: b.BrandEvidenceWithdrawn(evidence_id=EVIDENCE_ID),
    b.BRAND_UNDONE: b.BrandUndone(),
    stored_events.BRAND_STEP_NOTED: BrandStepNoted(step="submit", note=NOTE),
    stored_events.BRAND_DESCRIPTION_RECORDED: BrandDescriptionRecorded(description=DESCRIPTION),
    stored_events.BRAND_EVIDENCE_NOTED: BrandEvidenceNoted(evidence_id=EVIDENCE_ID, text="第二季度宣讲3场，有签到表。"),
}
_OF_MAIN_BRANDS: Final[dict[str, Value]] = {
    b.MAIN_BRAND_TAKEN: b.MainBrandTaken(brand_id=BRAND_ID),
    b.MAIN_BRAND_RELEASED: b.MainBrandReleased(brand_id=BRAND_ID),
}
_OF_PROJECTS: Final[dict[str, Value]] = {
    b.PROJECT_STARTED: b.ProjectStarted(facts=PROJECT_FACTS),
    b.PROJECT_CORRECTED: b.ProjectCorrected(
        facts=b.ProjectFacts(name="党建+集中执行", unit_id=BRANCH_ID), changed=("name", "breakthrough", "brand_id")
    ),
    b.PROJECT_WORK_LISTED: b.ProjectWorkListed(item=WORK),
    b.PROJECT_WORK_DONE: b.ProjectWorkDone(item_id=ITEM_ID, date="2024-04-28"),
    b.PROJECT_WORK_WITHDRAWN: b.ProjectWorkWithdrawn(item_id=ITEM_ID),
    b.PROJECT_COMPLETED: b.ProjectCompleted(date="2024-11-20", outcome=LowerBound(at_least=60, words="60余件")),
    b.PROJECT_UNDONE: b.ProjectUndone(),
    stored_events.PROJECT_OUTCOME_NOTED: ProjectOutcomeNoted(text="执结涉民生案件60余件。"),
}
_OF_CAMPAIGNS: Final[dict[str, Value]] = {
    b.CAMPAIGN_OPENED: h.CampaignOpened(facts=CAMPAIGN_FACTS),
    b.CAMPAIGN_CORRECTED: h.CampaignCorrected(
        facts=h.CampaignFacts(name="党纪学习教育", start="2024-04-01"), changed=("issuer", "end", "unit_ids")
    ),
    b.CAMPAIGN_UNDONE: h.CampaignUndone(),
}
_OF_HONOURS: Final[dict[str, Value]] = {
    b.HONOUR_PROPOSED: h.HonourProposed(facts=HONOUR_FACTS.model_copy(update={"date": "2024-06", "document_no": None})),
    b.HONOUR_AWARDED: h.HonourAwarded(facts=HONOUR_FACTS),
    b.HONOUR_REVOKED: h.HonourRevoked(date="2025"),
    b.HONOUR_CORRECTED: h.HonourCorrected(
        facts=h.HonourFacts(title="先进基层党组织", subject_kind="court", date="2024"),
        changed=("subject_kind", "subject_id", "granted_by", "honour_level", "date", "document_no"),
    ),
    b.HONOUR_UNDONE: h.HonourUndone(),
}

EXAMPLES: Final[dict[str, tuple[str, Value]]] = {
    name: (stream, event)
    for stream, events in (
        (_BRAND, _OF_BRANDS),
        (_MAIN, _OF_MAIN_BRANDS),
        (_PROJECT, _OF_PROJECTS),
        (_CAMPAIGN, _OF_CAMPAIGNS),
        (_HONOUR, _OF_HONOURS),
    )
    for name, event in events.items()
}
"""By stored name: the stream and the event."""
