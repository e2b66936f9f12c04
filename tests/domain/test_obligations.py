from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from shared.calendar import load_calendar
from shared.rules import Branch, Explanation, Held, Obligation, PartyGroup, Units, load_rules, obligations

START = date(2024, 1, 1)
BRANCH = Branch("b1", "第一党支部", 1, "in_service", (START, None), committees=((START, None),))
BARE = Branch("b9", "第九党支部", 9, "in_service", (START, None))
GROUP = PartyGroup("g1", "b1", "第一党支部第一党小组", 1, ((START, None),))
UNITS = Units((BARE, BRANCH), (GROUP,))
AFTER = date(2025, 2, 1)
MONTHS = [f"2024-{month:02d}" for month in range(1, 13)]


def seen(
    *held: Held, explained: Sequence[Explanation] = (), units: Units = UNITS, year: int = 2024, as_of: date = AFTER
) -> list[Obligation]:
    return obligations((held, explained), load_rules(), load_calendar(), units, year, as_of)


def periods(found: list[Obligation], unit: str, obligation: str, state: str) -> list[str]:
    return [o.period for o in found if (o.unit_id, o.obligation, o.state) == (unit, obligation, state)]


def held(kind: str, day: str, unit: str = "b1", *also: str, activity_id: str = "a1") -> Held:
    return Held(activity_id, unit, frozenset({kind, *also}), day)


def test_with_nothing_held_everything_the_rules_ask_for_is_missing() -> None:
    found = seen()
    assert periods(found, "b1", "branch_assembly", "missing") == ["2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"]
    assert periods(found, "b1", "branch_committee_meeting", "missing") == MONTHS
    assert periods(found, "g1", "party_group_meeting", "missing") == MONTHS
    assert periods(found, "b1", "theme_party_day", "missing") == MONTHS
    assert periods(found, "b1", "party_lesson", "missing") == ["2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"]


def test_two_meetings_in_january_do_not_cover_february() -> None:
    found = seen(
        held("branch_committee_meeting", "2024-01-10"),
        held("branch_committee_meeting", "2024-01-25", activity_id="a2"),
    )
    assert periods(found, "b1", "branch_committee_meeting", "done") == ["2024-01"]
    assert periods(found, "b1", "branch_committee_meeting", "missing") == MONTHS[1:]


def test_all_activities_that_fulfil_a_period_are_named_in_order_of_their_dates() -> None:
    found = seen(
        held("branch_committee_meeting", "2024-01-25", activity_id="a1"),
        held("branch_committee_meeting", "2024-01-10", activity_id="a2"),
    )
    assert [o.fulfilled_by for o in found if o.state == "done"] == [("a2", "a1")]


def test_an_activity_outside_the_period_never_fulfils_it() -> None:
    found = seen(held("branch_assembly", "2024-04-01"))
    assert periods(found, "b1", "branch_assembly", "done") == ["2024-Q2"]


def test_no_committee_and_no_groups_is_not_applicable_once_a_branch_and_kind() -> None:
    found = seen()
    assert periods(found, "b9", "branch_committee_meeting", "not_applicable") == ["2024"]
    assert periods(found, "b9", "party_group_meeting", "not_applicable") == ["2024"]
    assert periods(found, "b9", "branch_committee_meeting", "missing") == []


def test_a_month_fulfils_a_month_and_a_quarter_but_a_year_fulfils_neither() -> None:
    month = seen(held("theme_party_day", "2024-03", "b1", "branch_assembly"))
    assert periods(month, "b1", "theme_party_day", "done") == ["2024-03"]
    assert periods(month, "b1", "branch_assembly", "done") == ["2024-Q1"]
    assert [o for o in seen(held("theme_party_day", "2024", "b1", "branch_assembly")) if o.state == "done"] == []


def test_what_an_activity_also_serves_is_fulfilled_by_it() -> None:
    found = seen(held("theme_party_day", "2024-06-28", "b1", "thematic_lesson"))
    assert periods(found, "b1", "party_lesson", "done") == ["2024-Q2"]


def test_one_unit_never_fulfils_the_obligation_of_another() -> None:
    found = seen(held("party_group_meeting", "2024-05-09", "b1"), held("theme_party_day", "2024-05-09", "g1"))
    assert [o for o in found if o.state == "done"] == []


def test_a_period_that_has_not_ended_is_not_missing_yet() -> None:
    found = seen(held("theme_party_day", "2024-03-08"), as_of=date(2024, 3, 31))
    assert periods(found, "b1", "theme_party_day", "missing") == ["2024-01", "2024-02"]
    assert periods(found, "b1", "theme_party_day", "done") == ["2024-03"]
    assert periods(found, "b1", "branch_assembly", "missing") == []
    later = seen(held("theme_party_day", "2024-03-08"), as_of=date(2024, 4, 1))
    assert periods(later, "b1", "branch_assembly", "missing") == ["2024-Q1"]


def test_what_happens_after_the_day_we_look_from_has_not_happened() -> None:
    assert (
        periods(seen(held("branch_assembly", "2024-06-20"), as_of=date(2024, 5, 1)), "b1", "branch_assembly", "done")
        == []
    )


def test_an_explanation_stands_until_the_meeting_is_entered() -> None:
    note = Explanation("b1", "theme_party_day", "2024-02")
    assert periods(seen(explained=[note]), "b1", "theme_party_day", "explained") == ["2024-02"]
    found = seen(held("theme_party_day", "2024-02-16"), explained=[note])
    assert periods(found, "b1", "theme_party_day", "done") == ["2024-02"]
    assert periods(found, "b1", "theme_party_day", "explained") == []


def test_a_unit_owes_the_periods_it_existed_for_the_whole_of() -> None:
    lived = (date(2024, 2, 10), date(2024, 11, 29))
    late = Branch("b2", "第二党支部", 2, "in_service", lived, committees=((date(2024, 5, 1), None),))
    found = seen(units=Units((late,), ()))
    assert periods(found, "b2", "branch_assembly", "missing") == ["2024-Q2", "2024-Q3"]
    assert periods(found, "b2", "theme_party_day", "missing") == MONTHS[2:10]
    assert periods(found, "b2", "branch_committee_meeting", "missing") == MONTHS[4:]
    assert seen(units=Units((late,), ()), year=2025) == []
    assert seen(units=Units((late,), ()), year=2023) == []


def test_units_come_in_official_order_under_each_rule() -> None:
    order = [(o.rule_id, o.unit_id) for o in seen() if o.period in ("2024-Q1", "2024-01", "2024")]
    assert order == [
        ("B1", "b1"), ("B1", "b9"), ("B2", "b1"), ("B2", "b9"), ("B3", "g1"), ("B3", "b9"),
        ("B5", "b1"), ("B5", "b9"), ("B4", "b1"), ("B4", "b9"),
    ]  # fmt: skip


def test_an_obligation_names_its_rule_its_last_day_and_its_last_workday() -> None:
    first = seen()[1]
    assert (first.rule_id, first.rule_version, first.layer, first.period) == ("B1", 1, "national", "2024-Q2")
    assert (first.due, first.last_workday) == (date(2024, 6, 30), date(2024, 6, 28))


DAYS = st.dates(date(2023, 11, 1), date(2025, 2, 28))
DATES = st.one_of(
    DAYS.map(date.isoformat), DAYS.map(lambda day: day.isoformat()[:7]), DAYS.map(lambda day: str(day.year))
)
ACTIVITIES = st.lists(
    st.builds(
        Held,
        st.uuids().map(str),
        st.sampled_from(["b1", "b9", "g1"]),
        st.sets(
            st.sampled_from(["branch_assembly", "branch_committee_meeting", "theme_party_day", "party_lesson"])
        ).map(frozenset),
        DATES,
    ),
    max_size=30,
)


@given(ACTIVITIES, st.randoms())
def test_the_order_of_the_facts_changes_nothing(activities: list[Held], random: Random) -> None:
    shuffled = list(activities)
    random.shuffle(shuffled)
    assert seen(*activities) == seen(*shuffled)


@given(ACTIVITIES, st.dates(date(2024, 1, 1), date(2025, 1, 31)))
def test_each_unit_rule_and_period_has_one_state_and_done_names_a_day_inside_it(
    activities: list[Held], as_of: date
) -> None:
    found = seen(*activities, as_of=as_of)
    keys = [(o.unit_id, o.obligation, o.period) for o in found]
    assert len(keys) == len(set(keys))
    dates = {activity.activity_id: activity.date for activity in activities}
    for obligation in found:
        assert (obligation.state == "done") == bool(obligation.fulfilled_by)
        assert all(dates[activity_id].startswith("2024-") for activity_id in obligation.fulfilled_by)
        if obligation.state == "missing":
            assert obligation.due < as_of


@given(ACTIVITIES, ACTIVITIES)
def test_one_activity_more_never_makes_anything_missing(before: list[Held], more: list[Held]) -> None:
    was = {(o.unit_id, o.obligation, o.period) for o in seen(*before) if o.state == "missing"}
    now = {(o.unit_id, o.obligation, o.period) for o in seen(*before, *more) if o.state == "missing"}
    assert now <= was


@given(ACTIVITIES, st.dates(date(2024, 1, 1), date(2025, 1, 31)))
def test_what_is_missing_today_was_not_missing_before_its_period_ended(activities: list[Held], as_of: date) -> None:
    earlier = {(o.unit_id, o.obligation, o.period): o for o in seen(*activities, as_of=as_of - timedelta(days=1))}
    for obligation in seen(*activities, as_of=as_of):
        if obligation.state == "missing":
            before = earlier.get((obligation.unit_id, obligation.obligation, obligation.period))
            assert before is not None or obligation.due == as_of - timedelta(days=1)
