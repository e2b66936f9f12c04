"""The catalogue of activity kinds, by glossary identifier, and the words offices use for them."""

from __future__ import annotations

from typing import Final, Literal, get_args

Kind = Literal[
    "branch_assembly",
    "branch_committee_meeting",
    "party_group_meeting",
    "party_lesson",
    "thematic_lesson",
    "micro_lesson",
    "theme_party_day",
    "organisational_life_meeting",
    "democratic_appraisal",
    "heart_to_heart_talk",
    "study_seminar",
    "cautionary_education",
    "case_commentary",
    "lecture",
    "reading_circle",
    "weekly_meeting",
    "dual_registration",
    "volunteering",
    "legal_outreach",
    "site_visit",
    "joint_activity",
]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

LABELS: Final[dict[Kind, str]] = {
    "branch_assembly": "支部党员大会",
    "branch_committee_meeting": "支委会",
    "party_group_meeting": "党小组会",
    "party_lesson": "党课",
    "thematic_lesson": "专题党课",
    "micro_lesson": "微党课",
    "theme_party_day": "主题党日",
    "organisational_life_meeting": "组织生活会",
    "democratic_appraisal": "民主评议",
    "heart_to_heart_talk": "谈心谈话",
    "study_seminar": "集中研讨",
    "cautionary_education": "警示教育",
    "case_commentary": "案件讲评会",
    "lecture": "讲堂",
    "reading_circle": "读书会",
    "weekly_meeting": "每周例会",
    "dual_registration": "双报到",
    "volunteering": "志愿服务",
    "legal_outreach": "普法宣传",
    "site_visit": "参观教育基地",
    "joint_activity": "联建活动",
}

_ALIASES: Final[dict[str, Kind]] = {
    "党员大会": "branch_assembly",
    "支部大会": "branch_assembly",
    "支部委员会": "branch_committee_meeting",
    "支部委员会会议": "branch_committee_meeting",
    "党小组会议": "party_group_meeting",
    "民主评议党员": "democratic_appraisal",
    "案件讲评": "case_commentary",
    "志愿者服务": "volunteering",
    "联建": "joint_activity",
}

BY_WORD: Final[dict[str, Kind]] = {label: kind for kind, label in LABELS.items()} | _ALIASES

JointMode = Literal["planning", "problem_solving", "branding", "forces"]

JOINT_MODES: Final[dict[str, JointMode]] = {
    "思路联谋": "planning",
    "问题联解": "problem_solving",
    "品牌联创": "branding",
    "力量联合": "forces",
}
