"""The invented courts of the demonstration: how large each is, whom it builds with, what its year left out.

No province, city or county of the country has one of these names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from zlib import crc32

Unit = tuple[str, str, str]
"""A partner: house, branch, level as ledgers say it."""

CITY: Final = "青岚市"
HIGH_COURT: Final = "云岭省高级人民法院"
CITY_COURT: Final = "青岚市中级人民法院"
COUNTY_COURT: Final = "青岚市白鹭县人民法院"
_OUTSIDE: Final = "院外单位"
_FIRST: Final = ("第一党支部", "第二党支部", "第三党支部")


@dataclass(frozen=True)
class Shared:
    """A joint activity that another court of the demonstration records too, or one on the same day that it does not.

    `branch` and `beside` are the own branch and the other's; `month`, `day` as this court writes them.
    """

    title: str
    month: int
    day: int
    branch: str
    beside: tuple[str, str]


@dataclass(frozen=True)
class Gaps:
    """What did not take place: national obligations that the reports have to name as missing."""

    assembly: frozenset[tuple[str, int]]
    committee: frozenset[tuple[str, int]]
    group: frozenset[tuple[str, int]]
    theme_day: frozenset[tuple[str, int]]


@dataclass(frozen=True)
class Profile:
    """`sizes` and `groups` of each branch; `seed` makes names and days this court's own.

    `above` is the brand of the court above, under which its own ones hang, and that court's name.

    `short` begins the numbers of its agreements, `mark` those of its activities; `rank` is 省, 市 or 县.
    """

    site: str
    name: str
    level: str
    short: str
    mark: str
    rank: str
    seed: int
    sizes: tuple[int, ...]
    groups: tuple[int, ...]
    partners: tuple[Unit, ...]
    agreements: int
    joint_activities: int
    joint_title: str
    umbrella: str
    umbrella_concept: str
    brands: tuple[str | None, ...]
    lines: tuple[str, ...]
    theme_partner: str
    place: str
    gaps: Gaps
    shared: tuple[Shared, ...] = ()
    above: tuple[str, str] | None = None
    submits: bool = False

    @property
    def issuer(self) -> str:
        """Who issues its campaigns and grants its honours."""
        return f"{self.short}{self.rank}直机关工委"


def _units(house: str, level: str, branches: tuple[str, ...] = _FIRST) -> tuple[Unit, ...]:
    return tuple((house, branch, level) for branch in branches)


_INTERMEDIATE: Final = Profile(
    site="shi04",
    name=CITY_COURT,
    level="intermediate",
    short="青岚",
    mark="QL",
    rank="市",
    seed=0,
    sizes=(16, 15, 15, 14, 13, 13, 12, 12, 12, 6),
    groups=(3, 3, 3, 2, 2, 2, 2, 2, 2, 0),
    partners=(
        *_units("国家澄明法院", "最高法院", ("第一党支部", "第三党支部")),
        *_units(HIGH_COURT, "高级法院", ("第一党支部", "第二党支部", "第四党支部", "第五党支部")),
        ("岚山市中级人民法院", "第二党支部", "中级法院"),
        *_units("青岚市云溪县人民法院", "基层法院"),
        *_units("青岚市石桥区人民法院", "基层法院"),
        *_units(COUNTY_COURT, "基层法院"),
        ("青岚市枫林区人民法院", "第一党支部", "基层法院"),
        ("青岚市枫叶社区", "党支部", _OUTSIDE),
        ("青岚市司法局", "机关党支部", _OUTSIDE),
        ("岚江电力有限公司", "第一党支部", _OUTSIDE),
    ),
    agreements=24,
    joint_activities=38,
    joint_title="联建活动第{number}次",
    umbrella="青岚红帆",
    umbrella_concept="扬帆护航，司法为民",
    brands=("立案先锋", "护航企业", None, "枫桥夜话", "数智执行", None, "清风廉岸", "少年同行", None, "银发余晖"),
    lines=(
        *("立案诉讼服务", "商事审判", "刑事审判", "民事审判", "执行", "行政审判", "综合管理", "少年审判", "审判管理"),
    ),
    theme_partner="青岚市枫叶社区党委",
    place="青岚市石桥区",
    gaps=Gaps(
        assembly=frozenset({("第四党支部", 3)}),
        committee=frozenset({("第二党支部", 2), ("第五党支部", 8), ("第九党支部", 11)}),
        group=frozenset({("第三党支部第二党小组", 5), ("第七党支部第一党小组", 10)}),
        theme_day=frozenset({("第三党支部", 4), ("第十党支部", 9)}),
    ),
    shared=(
        Shared("巡回审判进白鹭乡村联合主题党日", 6, 12, "第四党支部", (COUNTY_COURT, "第二党支部")),
        Shared("执行难案件会商", 9, 18, "第五党支部", (HIGH_COURT, "第五党支部")),
    ),
    above=("云岭红盾", HIGH_COURT),
)

_HIGH: Final = Profile(
    site="shi00",
    name=HIGH_COURT,
    level="high",
    short="云岭",
    mark="YL",
    rank="省",
    seed=11,
    sizes=(18, 17, 16, 16, 15, 15, 14, 14, 13, 12, 12, 8),
    groups=(3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 0),
    partners=(
        *_units("国家澄明法院", "最高法院", ("第二党支部", "第五党支部")),
        *_units(CITY_COURT, "中级法院", ("第一党支部", "第二党支部", "第五党支部", "第八党支部")),
        *_units("岚山市中级人民法院", "中级法院"),
        *_units("雁回市中级人民法院", "中级法院", ("第一党支部", "第四党支部")),
        ("云岭省人民检察院", "第三党支部", _OUTSIDE),
        ("云岭省司法厅", "机关党支部", _OUTSIDE),
        ("云岭师范学院法学院", "教工第一党支部", _OUTSIDE),
    ),
    agreements=16,
    joint_activities=22,
    joint_title="结对联学第{number}期",
    umbrella="云岭红盾",
    umbrella_concept="铸盾护法，为民司法",
    brands=(
        *("立案暖阳", "商事护航", "公正之尺", None, "执行铁军", "行政和鸣", "清廉云岭", "护苗工程", None),
        *("数说审判", "后勤先行", None),
    ),
    lines=(
        *("立案诉讼服务", "商事审判", "刑事审判", "民事审判", "执行", "行政审判", "综合管理", "少年审判", "审判管理"),
        *("环境资源审判", "知识产权审判"),
    ),
    theme_partner="云岭师范学院法学院教工第一党支部",
    place="云岭省澄江新区",
    gaps=Gaps(
        assembly=frozenset({("第六党支部", 2)}),
        committee=frozenset({("第三党支部", 7), ("第八党支部", 8)}),
        group=frozenset({("第四党支部第二党小组", 8)}),
        theme_day=frozenset({("第十二党支部", 7)}),
    ),
    shared=(Shared("党纪学习教育专题报告", 9, 18, "第五党支部", (CITY_COURT, "第五党支部")),),
)

_BASIC: Final = Profile(
    site="ji0401",
    name=COUNTY_COURT,
    level="basic",
    short="白鹭",
    mark="BL",
    rank="县",
    seed=23,
    sizes=(11, 10, 9, 9, 8, 8, 7, 5),
    groups=(2, 2, 2, 2, 2, 0, 0, 0),
    partners=(
        *_units(CITY_COURT, "中级法院", ("第一党支部", "第四党支部", "第五党支部")),
        *_units("青岚市云溪县人民法院", "基层法院", ("第一党支部", "第二党支部")),
        ("青岚市白鹭县栖霞镇", "机关党支部", _OUTSIDE),
        ("白鹭县第一中学", "第二党支部", _OUTSIDE),
        ("白鹭县柳湾村", "党支部", _OUTSIDE),
    ),
    agreements=11,
    joint_activities=15,
    joint_title="乡村共建第{number}回",
    umbrella="白鹭先锋",
    umbrella_concept="法润乡村，情系万家",
    brands=("马上就办", "柳湾调解", "护农之盾", "乡音法庭", "雷霆执行", None, "青苗课堂", None),
    lines=("立案诉讼服务", "民事审判", "刑事审判", "人民法庭", "执行", "行政审判", "综合管理", "审判管理"),
    theme_partner="白鹭县柳湾村党支部",
    place="白鹭县柳湾村",
    gaps=Gaps(
        assembly=frozenset({("第三党支部", 1), ("第八党支部", 4)}),
        committee=frozenset({("第一党支部", 6), ("第四党支部", 9), ("第五党支部", 2), ("第五党支部", 3)}),
        group=frozenset({("第二党支部第一党小组", 7)}),
        theme_day=frozenset({("第六党支部", 2), ("第六党支部", 8), ("第八党支部", 11)}),
    ),
    shared=(Shared("联合开展巡回审判进白鹭乡村主题党日活动", 6, 13, "第二党支部", (CITY_COURT, "第四党支部")),),
    above=("青岚红帆", CITY_COURT),
    submits=True,
)

PROFILES: Final = (_HIGH, _INTERMEDIATE, _BASIC)
MAIN: Final = _INTERMEDIATE.site
UPPERS: Final = {"shi04": "shi00", "ji0401": "shi04"}
_IMAGES: Final = (
    "松涛",
    "朝露",
    "青峰",
    "丹霞",
    "翠竹",
    "江畔",
    "春雨",
    "磐石",
    "晨曦",
    "星火",
    "归燕",
    "长堤",
    "金穗",
)
_DEEDS: Final = ("护航", "先行", "同心", "守望", "为民", "暖心", "和鸣")


def profile_of(site: str, name: str, level: str) -> Profile:
    """That of a court of the demonstration, or one for a court that is added to it."""
    known = next((one for one in PROFILES if one.site == site), None)
    return known or _added(site, name, level)


def _added(site: str, name: str, level: str) -> Profile:
    """A court of seven branches that builds with the courts of the demonstration."""
    number = crc32(site.encode())
    return replace(
        _BASIC,
        site=site,
        name=name,
        level=level,
        short=name.removesuffix("人民法院").removeprefix(CITY),
        mark=site.upper(),
        seed=100 + number % 1000,
        sizes=(10, 9, 8, 8, 7, 6, 5),
        groups=(2, 2, 2, 2, 0, 0, 0),
        partners=(
            *_units(CITY_COURT, "中级法院", ("第三党支部", "第六党支部")),
            *_units(COUNTY_COURT, "基层法院", ("第三党支部", "第四党支部")),
            ("云岭师范学院法学院", "教工第二党支部", _OUTSIDE),
        ),
        agreements=8,
        joint_activities=11,
        joint_title="邻里共学第{number}场",
        umbrella=_IMAGES[(number >> 8) % len(_IMAGES)] + _DEEDS[number % len(_DEEDS)],
        brands=("便民之窗", "案结事了", None, "法治邻里", "执行有力", None, "青苗课堂"),
        gaps=Gaps(frozenset({("第二党支部", 2)}), frozenset({("第一党支部", 4)}), frozenset(), frozenset()),
        shared=(),
        submits=True,
    )
