"""Who there is in the invented court: branches, groups, committees and members."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from deploy.demo.profiles import CITY_COURT, MAIN, Profile, profile_of

COURT_NAME: Final = CITY_COURT
OUTSIDE_SPEAKER: Final = "澹台明远"
"""Chairs one lesson and stands in no roster."""

_SEED: Final = 20_261_122
_NUMERALS: Final = (*"一二三四五六七八九十", "十一", "十二")
_POSTS: Final = ("书记", "副书记", "组织委员", "宣传委员", "纪检委员")
_SURNAMES: Final = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN: Final = (
    *("文博", "思源", "雨桐", "建国", "秀兰", "志远", "晓燕", "海涛", "丽华", "明哲", "欣怡", "国栋", "春梅"),
    *("俊杰", "若兰", "永强", "静", "磊", "敏", "涛", "婷", "勇", "芳", "浩", "洁"),
)
_OFFICES: Final = ("庭长", "副庭长", "审判员", "法官助理", "书记员", "司法警察")
_PEOPLES: Final = ("汉族", "汉族", "汉族", "苗族", "壮族", "布依族")


@dataclass(frozen=True)
class Member:
    """One row of the roster. `born` is exact; whether the ledger says so is the ledger's affair."""

    name: str
    branch: str
    group: str | None
    post: str | None
    sex: str
    people: str
    born: date
    education: str
    office: str
    joined: date
    probationary: bool
    number: int


@dataclass(frozen=True)
class Branch:
    name: str
    groups: tuple[str, ...]
    members: tuple[Member, ...]

    @property
    def committee(self) -> tuple[Member, ...]:
        """Nobody where only a secretary is named."""
        posts = tuple(member for member in self.members if member.post)
        return posts if len(posts) > 1 else ()

    @property
    def secretary(self) -> Member:
        return next(member for member in self.members if member.post == "书记")

    @property
    def recorder(self) -> Member:
        return next((m for m in self.members if m.post == "组织委员"), self.members[1])

    def of_group(self, group: str) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.group == group)


@dataclass(frozen=True)
class Court:
    profile: Profile
    year: int
    branches: tuple[Branch, ...]
    chance: random.Random = field(compare=False)


def invent_court(year: int, profile: Profile | None = None) -> Court:
    """The same court for the same year; the main one of the demonstration unless another is named."""
    profile = profile or profile_of(MAIN, COURT_NAME, "intermediate")
    chance = random.Random(seed(_SEED, profile, year))  # noqa: S311 - the same names every time is the point
    names = _names(chance, profile.sizes)
    branches, taken = [], 0
    for index, size in enumerate(profile.sizes):
        name = f"第{_NUMERALS[index]}党支部"
        groups = tuple(f"{name}第{_NUMERALS[number]}党小组" for number in range(profile.groups[index]))
        members = [
            _member(chance, year, names[taken + place], name, groups, place, taken + place) for place in range(size)
        ]
        branches.append(Branch(name, groups, tuple(members)))
        taken += size
    return Court(profile, year, tuple(branches), chance)


def seed(start: int, profile: Profile, year: int) -> int:
    """Another one for each court and year."""
    return start + year + 10_000 * profile.seed


def _names(chance: random.Random, sizes: Sequence[int]) -> list[str]:
    every = sorted({surname + given for surname in _SURNAMES for given in _GIVEN})
    names = chance.sample(every, sum(sizes))
    # Two members of one name, in the first branch and in the sixth.
    names[sizes[0] - 1] = names[sum(sizes[:6]) - 1]
    return names


def _member(
    chance: random.Random, year: int, name: str, branch: str, groups: tuple[str, ...], place: int, number: int
) -> Member:
    probationary = place == 7 and number % 3 == 0
    born = date(year - chance.randint(26, 58), 1, 1) + timedelta(days=chance.randrange(365))
    joined = date(year - 1, 3, 1) if probationary else date(born.year + chance.randint(20, 25), 1, 1)
    return Member(
        name=name,
        branch=branch,
        group=groups[place % len(groups)] if groups else None,
        post=_POSTS[place] if groups and place < len(_POSTS) else ("书记" if place == 0 else None),
        sex=chance.choice("男女"),
        people=chance.choice(_PEOPLES),
        born=born,
        education=chance.choice(("大专", "大学", "大学", "研究生")),
        office=chance.choice(_OFFICES),
        joined=joined + timedelta(days=chance.randrange(300)),
        probationary=probationary,
        number=number + 1,
    )
