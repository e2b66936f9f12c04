"""Which ledgers there are and by which words offices head their columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from shared.ledgers.words import simplified

LedgerKind = Literal["member_roster", "meeting_records", "theme_days"]


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
        return self._by_heading.get(simplified(heading))

    @property
    def _by_heading(self) -> dict[str, str]:
        return {simplified(word): field for field, words in self.columns.items() for word in words}


_NUMBER: Final = ("序号", "编号", "No.")
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
}

NOT_TAKEN: Final[dict[LedgerKind, tuple[str, ...]]] = {
    "member_roster": ("native_place", "degree", "moved_in", "former_branch", "mobile"),
    "meeting_records": (),
    "theme_days": (),
}
"""Known columns that no field takes: their contents are left out with a remark.

Left out without one are running numbers and signatures, 党龄 (it follows from 入党时间), and on purpose 公民身份号码,
联系电话 and 月党费基数.
"""

# Ledgers that later issues take in: said by name, so that nobody takes the refusal for a broken file.
NOT_YET: Final[dict[str, tuple[str, ...]]] = {
    "联建协议": ("协议编号", "甲方支部", "乙方支部", "签订日期"),
    "联建活动": ("活动编号", "协议编号", "牵头支部", "参加单位及人数"),
    "品牌台账": ("品牌名称", "总品牌", "申报日期", "认定日期"),
}

SERVICE_OF: Final[dict[LedgerKind, str]] = {
    "member_roster": "members",
    "meeting_records": "activities",
    "theme_days": "activities",
}
"""The service that owns the facts of a ledger."""
