"""Names and lists of absences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ledgers.people import (
    Absence,
    CountedAbsence,
    NamedAbsence,
    WrittenName,
    absences,
    reasons_given,
    written_name,
)


def named(name: str, reason: str | None, department: str | None = None, shared: bool = False) -> NamedAbsence:
    return NamedAbsence(WrittenName(name, department), reason, shared)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("曹某（开庭）；蒋某（出差）", [named("曹某", "开庭"), named("蒋某", "出差")]),
        ("曹某(开庭)、蒋某(出差)", [named("曹某", "开庭"), named("蒋某", "出差")]),
        ("曹某（开庭） 蒋某（出差）", [named("曹某", "开庭"), named("蒋某", "出差")]),
        ("曹某（开庭）\n蒋某（出差）", [named("曹某", "开庭"), named("蒋某", "出差")]),
        ("曹某：开庭，蒋某-出差", [named("曹某", "开庭"), named("蒋某", "出差")]),
        ("曹 某（开庭）", [named("曹某", "开庭")]),
        ("张红（刑一庭）（开庭）", [named("张红", "开庭", "刑一庭")]),
        ("张红（刑一庭，开庭）", [named("张红", "开庭", "刑一庭")]),
        ("张红（刑一庭）：开庭", [named("张红", "开庭", "刑一庭")]),
        ("曹某、蒋某（出差）", [named("曹某", "出差", shared=True), named("蒋某", "出差")]),
        ("曹某；蒋某（出差）", [named("曹某", None), named("蒋某", "出差")]),
        ("开庭2人", [CountedAbsence(2, "开庭")]),
        ("2人出差、1人请假", [CountedAbsence(2, "出差"), CountedAbsence(1, "请假")]),
        ("两人请假", [CountedAbsence(2, "请假")]),
        ("开庭（2人）", [CountedAbsence(2, "开庭")]),
        ("开庭", [CountedAbsence(1, "开庭")]),
        ("王五出差", [named("王五", "出差")]),
        (
            "王五、赵六、钱七因开庭未参加",
            [named(n, "因开庭未参加", shared=n != "钱七") for n in ("王五", "赵六", "钱七")],
        ),
        ("王五，赵六均因开庭请假", [named("王五", "因开庭请假", shared=True), named("赵六", "因开庭请假")]),
        ("王五、赵六2人因开庭请假。", [named("王五", "因开庭请假", shared=True), named("赵六", "因开庭请假")]),
        (
            "王五、赵六等4人因开庭未参加",
            [
                *(named(n, "因开庭未参加", shared=n == "王五") for n in ("王五", "赵六")),
                CountedAbsence(2, "因开庭未参加"),
            ],
        ),
        ("王五（刑一庭）外出学习", [named("王五", "外出学习", "刑一庭")]),
        ("王五同志因病缺席", [named("王五", "因病缺席")]),
        ("无", []),
        ("无缺席", []),
        ("全勤", []),
        ("", []),
    ],
)
def test_a_list_of_absences_is_taken_apart(text: str, expected: list[Absence]) -> None:
    assert absences(text) == expected


@pytest.mark.parametrize(
    ("text", "reasons"), [("曹某（开庭）；蒋某", 1), ("开庭2人；蒋某（出差）", 3), ("曹某；蒋某", 0), ("3人", 0)]
)
def test_only_absences_with_a_reason_count_as_explained(text: str, reasons: int) -> None:
    assert reasons_given(absences(text)) == reasons


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("张红", WrittenName("张红")),
        ("张红（刑一庭）", WrittenName("张红", "刑一庭")),
        ("张　红", WrittenName("张红")),
        ("张红、李青", WrittenName("张红")),
        ("阿依古丽·买买提", WrittenName("阿依古丽·买买提")),
        ("/", None),
    ],
)
def test_a_chair_is_one_person(text: str, expected: WrittenName | None) -> None:
    assert written_name(text) == expected


_NAMES = st.text(alphabet="赵钱孙李周吴郑王文博思源", min_size=2, max_size=4)
_REASONS = st.sampled_from(["开庭", "出差", "请假", "因公外出", "参加上级会议"])


@given(
    st.lists(st.tuples(_NAMES, _REASONS), min_size=1, max_size=12),
    st.sampled_from(["；", ";", "、", "，", ",", " ", "\n", "； "]),
    st.sampled_from(["（{}）", "({})", "：{}"]),
)
def test_every_separator_gives_the_same_people(people: list[tuple[str, str]], separator: str, form: str) -> None:
    text = separator.join(name + form.format(reason) for name, reason in people)
    assert absences(text) == [named(name, reason) for name, reason in people]


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_absences(text: str) -> None:
    assert reasons_given(absences(text)) >= 0
