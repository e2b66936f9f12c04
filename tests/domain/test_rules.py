from datetime import date

from shared.rules import Period, load_rules, periods_of, span_of


def test_the_national_layer_and_the_own_agreement_say_what_is_due_how_often() -> None:
    said = [(rule.id, rule.layer, rule.obligation, rule.period, rule.fulfilled_by) for rule in load_rules()]
    assert said == [
        ("B1", "national", "branch_assembly", "quarter", ("branch_assembly",)),
        ("B2", "national", "branch_committee_meeting", "month", ("branch_committee_meeting",)),
        ("B3", "national", "party_group_meeting", "month", ("party_group_meeting",)),
        ("B5", "national", "theme_party_day", "month", ("theme_party_day",)),
        ("B4", "own", "party_lesson", "quarter", ("party_lesson", "thematic_lesson")),
    ]


def test_an_article_that_was_not_verified_is_said_to_be_unverified() -> None:
    cited = {rule.id: rule.cited() for rule in load_rules()}
    assert cited["B1"] == "《中国共产党支部工作条例（试行）》（条号待核）（规则 B1）"
    assert cited["B4"] == "本院约定（规则 B4）"


def test_a_rule_holds_only_for_periods_wholly_inside_its_effective_dates() -> None:
    rule = load_rules()[0].model_copy(update={"effective_from": date(2024, 2, 1), "effective_to": date(2024, 9, 30)})
    quarters = [period.name for period in periods_of(2024, "quarter") if rule.effective(period.first, period.last)]
    assert quarters == ["2024-Q2", "2024-Q3"]


def test_periods_cover_the_year_without_gap() -> None:
    assert periods_of(2024, "quarter")[2] == Period("2024-Q3", date(2024, 7, 1), date(2024, 9, 30))
    assert periods_of(2024, "month")[1] == Period("2024-02", date(2024, 2, 1), date(2024, 2, 29))
    assert periods_of(2024, "year") == (Period("2024", date(2024, 1, 1), date(2024, 12, 31)),)


def test_a_date_of_reduced_precision_spans_all_its_days() -> None:
    assert span_of("2024") == (date(2024, 1, 1), date(2024, 12, 31))
    assert span_of("2023-02") == (date(2023, 2, 1), date(2023, 2, 28))
    assert span_of("2024-02-20") == (date(2024, 2, 20), date(2024, 2, 20))
