"""Figures of joint construction that need no database."""

from datetime import date

import pytest

from shared.rules.joint import (
    Agreement,
    Meeting,
    contacts,
    counting_as,
    direction,
    dormant,
    partnerships,
    per_branch,
    suggestions,
)


def both(own: str, partners: str) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(own), frozenset(partners)


@pytest.mark.parametrize(
    ("total", "branches", "words"),
    [(24, 9, "2.67"), (25, 9, "2.78"), (1, 8, "0.13"), (0, 9, "0.00"), (5, 0, None)],
)
def test_an_average_has_two_places_half_up(total: int, branches: int, words: str | None) -> None:
    assert per_branch(total, branches) == words


def test_a_pair_bound_twice_is_one_partnership_and_a_pair_that_met_twice_one_contact() -> None:
    bound = [Agreement("1", *both("a", "xy")), Agreement("2", *both("ab", "x"))]
    assert partnerships(bound) == {("a", "x"), ("a", "y"), ("b", "x")}
    met = [Meeting("1", date(2024, 5, 1), *both("ab", "x")), Meeting("2", date(2024, 6, 1), *both("a", "x"))]
    assert contacts(met) == {("a", "x"): 2, ("b", "x"): 1}


def test_own_branches_among_themselves_make_no_contact() -> None:
    assert contacts([Meeting("1", date(2024, 5, 1), *both("abcd", ""))]) == {}


@pytest.mark.parametrize(
    ("own", "other", "found"),
    [
        ("intermediate", "supreme", "upper"),
        ("intermediate", "basic", "lower"),
        ("intermediate", "intermediate", "peer"),
        ("specialised", "intermediate", "peer"),
        ("basic", "outside", "outside"),
        (None, "basic", "outside"),
    ],
)
def test_a_partner_stands_above_below_or_beside_this_court(own: str | None, other: str, found: str) -> None:
    assert direction(own, other) == found


def test_aliases_count_as_the_last_of_their_chain() -> None:
    assert counting_as({"a": "b", "b": "c", "c": None, "d": "gone"}) == {"a": "c", "b": "c", "c": "c", "d": "d"}


def test_a_circle_of_aliases_loses_nobody() -> None:
    assert counting_as({"a": "b", "b": "c", "c": "b"}) == {"a": "b", "b": "b", "c": "b"}


@pytest.mark.parametrize(("day", "asleep"), [(date(2024, 6, 28), False), (date(2024, 6, 29), True)])
def test_a_partnership_sleeps_once_180_days_have_passed(day: date, asleep: bool) -> None:
    met = [Meeting("1", date(2024, 1, 1), *both("a", "x"))]
    assert (dormant([("a", "x")], met, day) == {("a", "x")}) is asleep


def test_a_meeting_after_the_day_wakes_nobody() -> None:
    met = [Meeting("1", date(2024, 7, 1), *both("a", "x"))]
    assert dormant([("a", "x")], met, date(2024, 6, 30)) == {("a", "x")}


def test_the_line_assigned_to_a_branch_goes_before_the_lines_of_its_partners() -> None:
    lines = {"x": "刑事", "y": "刑事", "z": "执行", "n": None}
    assert suggestions([("a", "x")], lines, {}) == {"a": ["y"]}
    assert suggestions([("a", "x")], lines, {"a": "执行", "b": "刑事"}) == {"a": ["z"], "b": ["y"]}
