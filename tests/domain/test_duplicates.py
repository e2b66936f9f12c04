"""Which records of two courts look like one joint activity."""

from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.duplicates import (
    SIMILAR,
    Groups,
    Part,
    Recorded,
    Suspicion,
    merged_parts,
    similarity,
    suspicion,
    suspicions,
)

A, B, C = ("shan1", "a1"), ("yun2", "b1"), ("hai3", "c1")
DAY = date(2024, 5, 16)


def record(
    key: tuple[str, str],
    *others: tuple[str, str],
    title: str = "巡回审判进社区联合主题党日",
    day: date = DAY,
    own: str = "first",
) -> Recorded:
    return Recorded(key, title, day, day, frozenset({(key[0], own)}), frozenset(others))


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ("巡回审判进社区", "巡回审判进社区", Fraction(1)),
        ("「巡回审判」进社区", "巡回审判进社区。", Fraction(1)),
        ("Ａ２党课", "a2党课", Fraction(1)),
        ("巡回审判进社区联合主题党日", "联合开展巡回审判进社区主题党日活动", Fraction(5, 9)),
        ("执行会商", "党纪学习", Fraction(0)),
        ("会", "会", Fraction(1)),
        ("……", "党课", Fraction(0)),
        ("", "", Fraction(0)),
    ],
)
def test_names_are_compared_by_their_pairs_of_letters(one: str, other: str, share: Fraction) -> None:
    assert similarity(one, other) == similarity(other, one) == share


def test_mirrored_parties_a_day_apart_and_a_similar_name_are_suspected_with_the_reasons() -> None:
    here = record(A, ("yun2", "second"))
    there = record(
        B, ("shan1", "first"), own="second", day=DAY + timedelta(1), title="联合开展巡回审判进社区主题党日活动"
    )
    assert suspicion(there, here) == Suspicion(A, B, (("shan1", "first"), ("yun2", "second")), 1, Fraction(5, 9))


def test_a_house_without_a_branch_mirrors_any_of_its_units() -> None:
    found = suspicion(record(A, ("yun2", "")), record(B, ("shan1", "")))
    assert found is not None
    assert found.mirrored == (("shan1", "first"), ("yun2", "first"))


@pytest.mark.parametrize(
    "other",
    [
        record(B, ("shan1", "first"), day=DAY + timedelta(2)),
        record(B, ("shan1", "first"), day=DAY - timedelta(2)),
        record(B, ("shan1", "first"), title="执行联动会商"),
        record(B, ("hai3", "first")),
        record(B, ("shan1", "third")),
        record(B, ("shan1", "first"), own="third"),
        record(("shan1", "a2"), ("yun2", "first")),
    ],
)
def test_what_differs_in_one_of_the_three_is_not_suspected(other: Recorded) -> None:
    assert suspicion(record(A, ("yun2", "first")), record(B, ("shan1", "first"))) is not None
    assert suspicion(record(A, ("yun2", "first")), other) is None


def test_a_month_without_a_day_is_apart_from_nothing_within_it() -> None:
    month = Recorded(A, "巡回审判", date(2024, 5, 1), date(2024, 5, 31), frozenset({A}), frozenset({("yun2", "")}))
    near, far = (record(B, ("shan1", ""), title="巡回审判", day=date(2024, 6, day)) for day in (1, 2))
    assert (suspicion(month, near), suspicion(month, far)) == (
        Suspicion(A, B, (A, ("yun2", "first")), 1, Fraction(1)),
        None,
    )


def test_a_month_is_found_behind_days_that_are_over() -> None:
    theirs = frozenset({("yun2", "first")}), frozenset({("shan1", "")})
    month = Recorded(B, "巡回审判", date(2024, 5, 1), date(2024, 5, 31), *theirs)
    over = Recorded(("yun2", "b2"), "巡回审判", date(2024, 5, 2), date(2024, 5, 2), *theirs)
    here = record(A, ("yun2", ""), title="巡回审判", day=date(2024, 5, 20))
    assert [(one.first, one.second) for one in suspicions([over, here, month])] == [(A, B)]


def test_of_two_that_fit_the_better_is_asked_about() -> None:
    here = record(A, ("yun2", ""))
    near, exact = record(B, ("shan1", ""), title="巡回审判进社区"), record(("yun2", "b2"), ("shan1", ""))
    assert [(one.first, one.second) for one in suspicions([near, here, exact])] == [(A, ("yun2", "b2"))]


def test_three_courts_with_one_activity_are_two_questions() -> None:
    three = [record(key, *((site, "") for site, _ in (A, B, C) if site != key[0])) for key in (A, B, C)]
    assert len(suspicions(three)) == 2
    assert len(suspicions(three, confirmed=[(A, B)])) == 1
    assert suspicions(three, confirmed=[(A, B), (B, C)]) == []


def test_what_was_found_to_be_two_is_asked_no_more_neither_by_a_detour() -> None:
    three = [record(key, *((site, "") for site, _ in (A, B, C) if site != key[0])) for key in (A, B, C)]
    asked = suspicions(three, rejected=[(B, A)])
    assert len(asked) == 1
    assert asked[0].first == C or asked[0].second == C
    assert suspicions(three[:2], rejected=[(B, A)]) == []


def test_what_is_confirmed_with_one_record_of_a_court_is_not_another_of_it() -> None:
    here, there = record(A, ("yun2", "")), [record(("yun2", one), ("shan1", "")) for one in ("b1", "b2")]
    assert suspicions([here, *there], confirmed=[(("yun2", "b2"), A)]) == []


def part(site: str, unit: str, seats: int | None, own: bool = False) -> Part:
    return Part((site, unit), seats, own, (site, unit))


def test_of_an_activity_with_several_records_a_court_says_itself_who_of_it_took_part() -> None:
    here = part("shan1", "first", 5, own=True), part("yun2", "third", 9), part("hai3", "", 4), part("", "街道", None)
    there = part("yun2", "second", 7, own=True), part("shan1", "", 8), part("hai3", "first", 6), part("", "街道", 3)
    assert merged_parts([("shan1", here), ("yun2", there)]) == (
        part("shan1", "first", 5, own=True),
        part("yun2", "second", 7, own=True),
        part("", "街道", 3),
        part("hai3", "first", 6),
    )


SITES = st.sampled_from(["shan1", "yun2", "hai3"])
UNITS = st.tuples(SITES, st.sampled_from(["", "first", "second"]))
RECORDS = st.builds(
    lambda site, number, title, day, days, own, others: Recorded(
        (site, str(number)), title, DAY + timedelta(day), DAY + timedelta(day + days), frozenset({(site, own)}),
        frozenset(other for other in others if other[0] != site),
    ),
    SITES, st.integers(0, 99), st.sampled_from(["巡回审判进社区", "巡回审判进乡村", "执行会商", "联合主题党日"]),
    st.integers(0, 3), st.sampled_from([0, 0, 2]), st.sampled_from(["first", "second"]),
    st.sets(UNITS, min_size=1, max_size=4),
)  # fmt: skip
MANY = st.lists(RECORDS, max_size=14, unique_by=lambda one: one.key)
PAIRS = st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13)), max_size=4)


@given(one=RECORDS, other=RECORDS)
def test_it_is_the_same_from_either_side(one: Recorded, other: Recorded) -> None:
    assert suspicion(one, other) == suspicion(other, one)


@given(records=MANY, drawn=PAIRS)
def test_a_record_is_in_one_pair_with_a_court_every_pair_holds_by_itself_and_no_order_matters(
    records: list[Recorded], drawn: list[tuple[int, int]]
) -> None:
    keys = [one.key for one in records]
    rejected = [(keys[a], keys[b]) for a, b in drawn if a < len(keys) and b < len(keys)]
    found = suspicions(records, rejected=rejected)
    sides = [side for one in found for side in ((one.first, one.second[0]), (one.second, one.first[0]))]
    assert len(sides) == len(set(sides))
    by_key = {one.key: one for one in records}
    assert all(suspicion(by_key[one.first], by_key[one.second]) == one for one in found)
    assert all(one.similarity >= SIMILAR for one in found)
    assert suspicions(list(reversed(records)), rejected=[(b, a) for a, b in rejected]) == found
    groups = Groups((one.first, one.second) for one in found)
    assert len({groups.of(key) for key in keys}) == len(keys) - len(found)
    assert not any(b in groups.of(a) for a, b in rejected if a != b)


@given(records=MANY, drawn=PAIRS)
def test_nothing_that_looks_like_one_is_passed_over(records: list[Recorded], drawn: list[tuple[int, int]]) -> None:
    keys = [one.key for one in records]
    rejected = {frozenset((keys[a], keys[b])) for a, b in drawn if a < len(keys) and b < len(keys) and a != b}
    found = suspicions(records, rejected=[(a, b) for a, b in map(sorted, rejected)])
    groups = Groups((one.first, one.second) for one in found)
    alike = (pair for pair in combinations(records, 2) if suspicion(*pair) is not None)
    assert not [pair for pair in alike if groups.may_join(pair[0].key, pair[1].key, rejected)]
