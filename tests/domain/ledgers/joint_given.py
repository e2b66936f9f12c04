"""One row of 联建协议, 联建活动 or 品牌台账, with some cells written otherwise."""

from __future__ import annotations

from typing import Any

from services.activities.imports.agreements import AgreementDraft, read_agreement
from services.activities.imports.brands import BrandDraft, read_brand
from services.activities.imports.joint_activities import Agreements, JointDraft, read_joint_activity
from services.activities.imports.parties import Parties
from shared.contracts.joint import PartnerFacts
from shared.ledgers.row_reading import Findings
from tests.domain.ledgers.given import SITE, known_units, ledger_of

COURT = "青岚市中级人民法院"
COUNTY = PartnerFacts(organisation="青岚市云溪县人民法院", branch="第一党支部", level="basic")
AGREEMENT = {
    "协议编号": "联建〔2024〕1号",
    "甲方支部": "第一党支部",
    "甲方法院": COURT,
    "甲方级别": None,
    "乙方支部": "第一党支部",
    "乙方单位": "青岚市云溪县人民法院",
    "乙方级别": "基层法院",
    "共建目标": "共建共促",
    "共建内容": None,
    "双方职责": None,
    "四联类型": "思路联谋、品牌联创",
    "年度活动计划(次)": 2,
    "联系人": None,
    "签订日期": "2024.03.01",
    "期限(年)": 3,
    "状态": "履行中",
    "评估": None,
    "备注": None,
}
ACTIVITY = {
    "活动编号": "LJ2024-001",
    "协议编号": None,
    "名称": "联建活动",
    "日期": "2024-05-10",
    "牵头支部": "第一党支部",
    "参加单位及人数": "第一党支部（7人）、青岚市云溪县人民法院第一党支部（9人）",
    "层级关系": None,
    "四联类型": "问题联解",
    "议题": None,
    "问题清单": None,
    "解决情况": None,
    "成果": None,
    "地点": None,
    "备注": None,
}
BRAND = {
    "品牌名称": "青岚红帆",
    "支部": "第一党支部",
    "总品牌": None,
    "内涵": "**",
    "口号": None,
    "申报日期": "2023-03-01",
    "认定日期": "2023-04-01",
    "培育日期": None,
    "宣传日期": None,
    "选树日期": None,
    "载体": None,
    "项目清单": None,
    "成效": None,
    "荣誉": None,
    "最近更新": None,
    "备注": None,
}


def parties() -> Parties:
    return Parties(SITE, COURT, known_units(), {"a0000000-0000-4000-8000-000000000001": COUNTY})


def findings_of(title: str, row: dict[str, Any]) -> Findings:
    return Findings(ledger_of(title, tuple(row), tuple(row.values())))


def agreement(**cells: Any) -> tuple[AgreementDraft | None, Findings]:
    findings = findings_of("联建协议（2024年）", AGREEMENT | cells)
    (row,) = findings.ledger.rows
    return read_agreement(findings, parties(), row, "2026-06-30"), findings


def activity(**cells: Any) -> tuple[JointDraft | None, Findings]:
    findings = findings_of("联建活动（2024年）", ACTIVITY | cells)
    (row,) = findings.ledger.rows
    return read_joint_activity(findings, parties(), Agreements({}, {}, {}), row, "2026-06-30"), findings


def brand(**cells: Any) -> tuple[BrandDraft | None, Findings]:
    findings = findings_of("品牌台账（2024年）", BRAND | cells)
    (row,) = findings.ledger.rows
    return read_brand(findings, parties(), row, "2026-06-30"), findings


def refused(found: Findings) -> list[tuple[str | None, str]]:
    return [(error.column, error.code) for error in found.errors]


def remarked(found: Findings) -> list[tuple[str | None, str]]:
    return [(remark.column, remark.code) for remark in found.remarks]
