"""The words that pages and the command line use for what is stored as identifiers."""

from __future__ import annotations

from typing import Final

from shared.contracts.brands import BRAND_STEPS
from shared.contracts.kinds import JOINT_MODES
from shared.rules.joint import ARROWS as ARROWS
from shared.rules.joint import Direction

LEVELS: Final[dict[str, str]] = {
    "supreme": "最高法院",
    "high": "高级法院",
    "intermediate": "中级法院",
    "specialised": "专门法院",
    "basic": "基层法院",
    "outside": "法院以外",
}
DIRECTION_WORDS: Final[dict[Direction, str]] = {
    "upper": "上级法院",
    "lower": "下级法院",
    "peer": "同级法院",
    "outside": "法院以外",
}
MODES: Final[dict[str, str]] = {mode: words for words, mode in JOINT_MODES.items()} | {"unstated": "未注明"}
PROBLEM_STATES: Final = {"solved": "已解决", "open": "推进中", "overdue": "已超期"}
STEPS: Final = BRAND_STEPS
HONOUR_LEVELS: Final[dict[str, str]] = {
    "national": "国家级",
    "provincial": "省级",
    "municipal": "市级",
    "county": "县级",
    "court": "本院",
}
HONOUR_STATES: Final = {"proposed": "拟", "awarded": "获", "revoked": "撤"}
REMARKS: Final = {
    "before_signing": "早于协议签订",
    "party_outside_agreement": "有协议以外的单位",
    "after_ending": "晚于协议终止",
}
