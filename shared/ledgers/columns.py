"""Which ledgers there are and by which words offices head their columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from shared.ledgers.words import simplified

LedgerKind = Literal["member_roster", "meeting_records", "theme_days", "joint_agreements", "joint_activities", "brands"]


RECORD_ID: Final = "系统编号"
"""The heading of the hidden column by which a ledger that was exported finds its records again."""


@dataclass(frozen=True)
class Layout:
    """One kind of ledger: its columns with every accepted heading, the first being the usual one."""

    name: str
    columns: dict[str, tuple[str, ...]]
    required: tuple[str, ...]

    def heading(self, field: str) -> str:
        return self.columns[field][0]

    def field_of(self, heading: str) -> str | None:
        """The column that a heading names, in simplified or traditional characters."""
        words = simplified(heading)
        return "record_id" if words == RECORD_ID else self._by_heading.get(words)

    @property
    def _by_heading(self) -> dict[str, str]:
        return {simplified(word): field for field, words in self.columns.items() for word in words}


_NUMBER: Final = ("序号", "编号", "No.")
_INDEX: Final = ("序号", "No.")
_UNIT: Final = ("支部名称", "党支部名称", "支部", "党支部", "所在支部", "所在党支部", "单位")
_DATE: Final = ("日期", "时间", "会议日期", "活动日期", "召开日期", "开展日期", "会议时间", "活动时间")
_NOTE: Final = ("备注", "备 注", "说明")
_EXPECTED: Final = ("应到", "应到人数", "应参加人数", "应到党员")
_PRESENT: Final = ("实到", "实到人数", "参加人数", "实际参加人数", "到会人数", "实到党员")

LAYOUTS: Final[dict[LedgerKind, Layout]] = {
    "member_roster": Layout(
        "党员名册",
        {
            "number": _NUMBER,
            "name": ("姓名", "党员姓名"),
            "sex": ("性别",),
            "ethnicity": ("民族",),
            "birth": ("出生年月", "出生日期", "出生时间", "出生年月日"),
            "id_number": ("公民身份号码", "身份证号", "身份证号码", "公民身份证号码"),
            "native_place": ("籍贯",),
            "education": ("学历", "文化程度"),
            "degree": ("学位",),
            "work_began": ("参加工作时间", "参加工作日期", "工作时间"),
            "department": ("部门及职务", "部门职务", "工作部门及职务", "部门", "所在部门", "职务"),
            "post": ("党内职务", "党内任职"),
            "member_kind": ("党员类型", "党员类别", "人员类别"),
            "joined": ("入党时间", "入党日期", "加入党组织日期"),
            "confirmed": ("转正时间", "转正日期", "转为正式党员日期"),
            "branch": ("所在支部", "所在党支部", "支部名称", "党支部名称", "党支部", "支部"),
            "group": ("所在党小组", "党小组", "党小组名称"),
            "moved_in": ("转入时间/方式", "转入时间", "转入时间、方式", "转入方式"),
            "former_branch": ("原支部", "原所在支部"),
            "phone": ("联系电话", "电话", "手机号码", "手机", "联系方式"),
            "standing": ("党籍状态", "党籍"),
            "mobile": ("是否流动", "是否流动党员"),
            "party_standing": ("党龄",),
            "dues_base": ("月党费基数", "党费基数", "党费计算基数"),
            "note": _NOTE,
        },
        ("name", "member_kind", "branch"),
    ),
    "meeting_records": Layout(
        "三会一课记录",
        {
            "number": _NUMBER,
            "branch": _UNIT,
            "group": ("党小组", "党小组名称", "所在党小组"),
            "kind": ("会议类型", "类型", "会议类别", "活动类型", "会议种类"),
            "title": ("会议名称", "名称", "会议主题", "活动名称"),
            "date": _DATE,
            "start": ("开始时间", "起始时间", "开始"),
            "end": ("结束时间", "终止时间", "结束"),
            "place": ("地点", "会议地点", "活动地点"),
            "chair": ("主持人", "会议主持人"),
            "recorder": ("记录人", "会议记录人", "记录"),
            "expected": _EXPECTED,
            "present": _PRESENT,
            "absences": ("缺席人员及原因", "缺席人员", "缺席原因", "缺席情况", "请假人员及原因", "未到人员及原因"),
            "non_voting": ("列席人员", "列席"),
            "agenda": ("议题", "会议议题", "主要议题"),
            "speeches": ("发言要点", "发言摘要"),
            "resolutions": ("决议事项", "决议", "议定事项"),
            "votes": ("表决(同意/反对/弃权)", "表决", "表决情况", "表决结果"),
            "evidence": ("附件", "佐证材料"),
            "chair_signature": ("主持人签字", "主持人签名"),
            "recorder_signature": ("记录人签字", "记录人签名"),
            "note": _NOTE,
        },
        ("branch", "kind", "title", "date"),
    ),
    "theme_days": Layout(
        "主题党日台账",
        {
            "number": _NUMBER,
            "month": ("年月", "月份", "所属年月"),
            "branch": _UNIT,
            "title": ("主题", "活动主题", "主题名称", "主题党日主题"),
            "date": _DATE,
            "place": ("地点", "活动地点"),
            "form": ("形式", "活动形式", "活动方式"),
            "chair": ("主持人", "活动主持人"),
            "expected": _EXPECTED,
            "present": _PRESENT,
            "absences": ("缺席原因", "缺席人员及原因", "缺席情况", "缺席人员"),
            "content": ("内容", "活动内容", "主要内容"),
            "outcome": ("成效", "活动成效", "成果"),
            "evidence": ("照片", "附件", "佐证材料"),
            "partners": ("联合开展单位", "联合单位", "共建单位", "联建单位"),
            "joint_modes": ("四联类型", "四联"),
            "note": _NOTE,
        },
        ("month", "branch", "title", "date"),
    ),
    "joint_agreements": Layout(
        "联建协议",
        {
            "index": _INDEX,
            "number": ("协议编号", "协议号", "协议文号", "文号"),
            "branch": ("甲方支部", "甲方党支部", "甲方", "牵头支部"),
            "court": ("甲方法院", "甲方单位"),
            "court_level": ("甲方级别", "甲方层级"),
            "partner_branch": ("乙方支部", "乙方党支部"),
            "partner": ("乙方单位", "乙方法院", "乙方", "共建单位", "联建单位"),
            "partner_level": ("乙方级别", "乙方层级", "级别", "层级"),
            "goals": ("共建目标", "联建目标", "目标"),
            "contents": ("共建内容", "联建内容", "内容"),
            "duties": ("双方职责", "各方职责", "职责"),
            "joint_modes": ("四联类型", "四联"),
            "planned": ("年度活动计划(次)", "年度活动计划", "年度活动计划(≥次)", "年度计划活动(次)", "年计划活动次数"),
            "contact": ("联系人", "联络人", "联络员"),
            "signed": ("签订日期", "签订时间", "签署日期", "签约日期"),
            "term": ("期限(年)", "期限", "协议期限", "协议期限(年)", "有效期(年)", "有效期"),
            "state": ("状态", "协议状态", "履行状态"),
            "assessment": ("评估", "评估情况", "评估结果"),
            "note": _NOTE,
        },
        ("number", "branch", "partner", "signed"),
    ),
    "joint_activities": Layout(
        "联建活动",
        {
            "index": _INDEX,
            "number": ("活动编号", "联建活动编号"),
            "agreement": ("协议编号", "所属协议", "协议号", "联建协议编号"),
            "title": ("名称", "活动名称", "活动主题", "主题", "联建活动名称"),
            "date": _DATE,
            "lead": ("牵头支部", "牵头单位", "牵头党支部", "主办支部"),
            "participants": (
                *("参加单位及人数", "参加支部及人数", "参加支部", "参加单位", "参加支部(各自人数)", "参与单位及人数"),
                *("参与支部及人数", "参加党支部及人数"),
            ),
            "relation": ("层级关系", "层级"),
            "joint_modes": ("四联类型", "四联"),
            "agenda": ("议题", "活动议题", "活动内容", "内容"),
            "problems": ("问题清单", "议题/问题清单", "联解问题", "问题"),
            "solving": ("解决情况", "问题解决情况", "办理情况"),
            "outcome": ("成果", "活动成果", "成效", "活动成效"),
            "place": ("地点", "活动地点"),
            "note": _NOTE,
        },
        ("number", "title", "date", "lead", "participants"),
    ),
    "brands": Layout(
        "品牌台账",
        {
            "index": _INDEX,
            "name": ("品牌名称", "党建品牌", "品牌", "党建品牌名称"),
            "branch": ("支部", "支部名称", "党支部", "党支部名称", "所属支部", "单位"),
            "parent": ("总品牌", "所属总品牌", "上级品牌", "母品牌"),
            "concept": ("内涵", "品牌内涵", "内涵释义"),
            "slogan": ("口号", "品牌口号"),
            "submit": ("申报日期", "申报时间", "申报"),
            "recognise": ("认定日期", "认定时间", "认定"),
            "cultivate": ("培育日期", "培育时间", "培育"),
            "publicise": ("宣传日期", "宣传时间", "宣传"),
            "designate_exemplar": ("选树日期", "选树时间", "选树"),
            "carriers": ("载体", "品牌载体"),
            "projects": ("项目清单", "项目"),
            "outcome": ("成效", "品牌成效"),
            "honours": ("荣誉", "所获荣誉", "获得荣誉"),
            "updated": ("最近更新", "最近更新日期", "更新日期", "最近更新时间"),
            "note": _NOTE,
        },
        ("name", "branch", "submit"),
    ),
}

NOT_TAKEN: Final[dict[LedgerKind, tuple[str, ...]]] = {
    "member_roster": ("native_place", "degree", "moved_in", "former_branch", "mobile"),
    "meeting_records": (),
    "theme_days": (),
    "joint_agreements": (),
    "joint_activities": (),
    "brands": (),
}
"""Known columns that no field takes: their contents are left out with a remark.

Left out without one are running numbers and signatures, 党龄 (it follows from 入党时间), 甲方级别 and 层级关系 (they
follow from the parties), and on purpose 公民身份号码, 联系电话 and 月党费基数.
"""

IDENTIFIERS: Final = {"id": "id_number", "phone": "phone", "dues": "dues_base"}
"""What `--with` calls the columns of identifiers; they are stored only where it names them."""


def identifier_columns(named: str) -> frozenset[str]:
    """The columns of `id,phone`; none for an empty text. Raises `KeyError` for another word."""
    return frozenset(IDENTIFIERS[word] for word in named.split(",") if word)


SERVICE_OF: Final[dict[LedgerKind, str]] = {
    "member_roster": "members",
    "meeting_records": "activities",
    "theme_days": "activities",
    "joint_agreements": "activities",
    "joint_activities": "activities",
    "brands": "activities",
}
"""The service that owns the facts of a ledger."""
