"""Three courts linked as `make run` links them: figures above are those below, and what is missing is said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy.local.__main__ import DEMO
from deploy.local.asking import add, take_away
from deploy.local.court import Wanted
from deploy.local.places import Places
from tests.e2e.conftest import RunningCourt, until

pytestmark = pytest.mark.timeout(900)
"""Three courts share the machine with other tests: how long one test waits says nothing about the program."""


def jurisdiction(linked: RunningCourt) -> dict[str, dict[str, Any]]:
    """What the high court shows of each court."""
    said = linked.lianjian("--court", "shi00", "report", "--year", "2025", "--subtree", "--json")
    return {court["site"]: court for court in json.loads(said)["courts"]}


def links(linked: RunningCourt, court: str, *, expected: int = 0) -> dict[str, dict[str, Any]]:
    said = linked.lianjian("--court", court, "link", "status", "--json", expected=expected)
    return {link["peer"]: link for link in json.loads(said)}


def all_is_above(linked: RunningCourt) -> bool:
    shown = jurisdiction(linked)
    return shown.keys() == {"shi00", "shi04", "ji0401"} and all(court["complete"] for court in shown.values())


def claims(linked: RunningCourt) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(linked.lianjian("--court", "shi00", "partners", "claims", "--json"))
    return found


def test_both_sides_of_a_link_show_the_same_fingerprint_over_tls(linked: RunningCourt) -> None:
    until(lambda: all_is_above(linked), "the high court has everything")
    above, middle, below = (links(linked, court) for court in ("shi00", "shi04", "ji0401"))
    assert [set(one) for one in (above, middle, below)] == [{"shi04"}, {"shi00", "ji0401"}, {"shi04"}]
    assert above["shi04"]["fingerprint"] == middle["shi00"]["fingerprint"]
    assert middle["ji0401"]["fingerprint"] == below["shi04"]["fingerprint"] != middle["shi00"]["fingerprint"]
    for court, upper in (("shi04", "shi00"), ("ji0401", "shi04")):
        access = json.loads((linked.var / court / "keys" / "links" / f"{upper}.link.json").read_text("utf-8"))
        assert access["address"].startswith("amqps://")


@pytest.mark.parametrize("court", ["shi04", "ji0401"])
def test_the_figures_above_are_those_that_the_court_shows_itself(linked: RunningCourt, court: str) -> None:
    until(lambda: all_is_above(linked), "the high court has everything")
    own = json.loads(linked.lianjian("--court", court, "report", "--year", "2025", "--json"))
    above = jurisdiction(linked)[court]["figures"]
    assert own["members"] > 50
    assert {key: above[key] for key in own} == own | {"missing": len(own["missing"])}


def test_who_has_submitted_and_who_has_not(linked: RunningCourt) -> None:
    until(lambda: all_is_above(linked), "the high court has everything")
    shown = jurisdiction(linked)
    assert [site for site, court in shown.items() if court["submitted"]] == ["ji0401"]


def test_one_activity_of_two_courts_waits_to_be_confirmed_and_another_day_in_common_does_not(
    linked: RunningCourt,
) -> None:
    until(lambda: all_is_above(linked), "the high court has everything")
    found = json.loads(linked.lianjian("--court", "shi00", "duplicates", "list", "--year", "2025", "--json"))
    pairs = [(one["first"]["title"], one["second"]["title"]) for one in found["suspected"]]
    assert pairs == [("联合开展巡回审判进白鹭乡村主题党日活动", "巡回审判进白鹭乡村联合主题党日")]
    assert found["figures"]["suspected"] == 1


def test_partners_that_are_courts_of_the_demonstration_are_claimed_but_two(linked: RunningCourt) -> None:
    until(lambda: all_is_above(linked), "the high court has everything")
    waiting = [
        ("shi04", "云岭省高级人民法院第六党支部"),
        ("ji0401", "青岚市中级人民法院第五党支部"),
    ]
    # The claims stand in the high court's own log, which it counts a moment after they were made.
    until(lambda: [(one["recorded_by"], one["name"]) for one in claims(linked)["suggested"]] == waiting, "two wait")
    assert {(one["recorded_by"], one["court"]) for one in claims(linked)["claimed"]} == {
        ("shi00", "shi04"),
        ("shi04", "shi00"),
        ("shi04", "ji0401"),
        ("ji0401", "shi04"),
    }


def test_a_court_that_stops_is_missed_by_its_upper_court_and_comes_back(linked: RunningCourt) -> None:
    places = Places(linked.var)
    assert take_away(Wanted("ji0401"), places) == 0
    until(lambda: not jurisdiction(linked)["ji0401"]["connected"], "the high court misses it")
    assert jurisdiction(linked)["ji0401"]["figures"]["members"] > 50
    assert add(Wanted("ji0401"), places, DEMO) == 0
    until(lambda: jurisdiction(linked)["ji0401"]["connected"], "it is there again")
