"""The access table: what it grants, and that no role and no action is forgotten in it."""

from typing import get_args

import pytest

from shared.identity.access import ACTIONS, RELATIONS, ROLES, TABLE, Action, Relation, Requirement, as_json, covers
from shared.identity.access import granted as widest
from shared.meta import Actor, Role

SECRETARY = Actor(subject="s1", role="branch_secretary", organisation="shi04.b1")


def test_every_role_action_and_relation_has_words_for_users() -> None:
    assert set(ROLES) == set(get_args(Role))
    assert set(ACTIONS) == set(get_args(Action))
    assert set(RELATIONS) == set(get_args(Relation))


def test_the_operator_may_do_all_but_ask_for_a_forgetting_in_the_whole_court_and_by_the_table_alone() -> None:
    granted = {grant.action for grant in TABLE if (grant.role, grant.relation) == ("operator", "site")}
    assert granted == set(ACTIONS) - {"request_forgetting"}


def test_no_role_may_both_ask_for_a_forgetting_and_confirm_it() -> None:
    asking = {grant.role for grant in TABLE if grant.action == "request_forgetting"}
    confirming = {grant.role for grant in TABLE if grant.action == "confirm_forgetting"}
    assert (asking, confirming) == ({"party_office"}, {"operator"})


@pytest.mark.parametrize(
    ("role", "action", "at_route", "relation"),
    [
        ("operator", "import_ledger", "site", "site"),
        ("party_office", "import_ledger", "site", "site"),
        ("party_office", "open_browser", "site", None),
        ("branch_secretary", "record_activity", "unit", "unit"),
        ("branch_secretary", "record_activity", "site", None),
        ("branch_secretary", "import_ledger", "unit", None),
        ("branch_secretary", "manage_joint", "unit", "unit"),
        ("branch_secretary", "manage_joint", "site", None),
        ("member", "read_names", "self", "self"),
        ("member", "read_names", "unit", None),
        ("member", "record_activity", "self", None),
        ("service", "read_branches", "site", "site"),
        ("system", "read_branches", "self", None),
    ],
)
def test_a_role_has_what_the_table_says(role: Role, action: Action, at_route: Relation, relation: Relation) -> None:
    assert widest(role, Requirement(action, at_route)) == relation


def test_one_s_own_unit_covers_itself_and_what_lies_below() -> None:
    assert covers(SECRETARY, "unit", "shi04.b1")
    assert covers(SECRETARY, "unit", "shi04.b1.g2")


def test_one_s_own_unit_covers_neither_another_nor_one_whose_name_begins_alike_nor_the_court() -> None:
    assert not covers(SECRETARY, "unit", "shi04.b2")
    assert not covers(SECRETARY, "unit", "shi04.b10")
    assert not covers(SECRETARY, "unit", "shi04")


def test_the_whole_court_is_one_court() -> None:
    assert covers(SECRETARY, "site", "shi04.b9")
    assert not covers(SECRETARY, "site", "shi05.b1")


def test_self_is_nobody_else() -> None:
    assert covers(SECRETARY, "self", "s1")
    assert not covers(SECRETARY, "self", "s2")


def test_a_requirement_that_is_not_in_the_table_cannot_be_written_down() -> None:
    with pytest.raises(TypeError, match="no such requirement"):
        Requirement("delete_everything", "site")  # type: ignore[arg-type]  # what a typing mistake would do


def test_the_page_shows_every_role_with_every_action() -> None:
    shown = {
        (row["role"], entry["action"]): entry["relation"] for row in as_json()["roles"] for entry in row["actions"]
    }
    assert len(shown) == len(ROLES) * len(ACTIONS)
    assert shown["branch_secretary", "record_activity"] == "unit"
    assert shown["branch_secretary", "import_ledger"] is None
