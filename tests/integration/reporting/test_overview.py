"""The jurisdiction: which courts there are, what they come to together."""

from typing import Any

import asyncpg
import orjson
import pytest

from services.reporting import queries
from services.reporting.queries.court_branches import hidden_cells
from services.reporting.queries.court_figures import Asked
from services.reporting.queries.overview_answers import NotOfJurisdiction, Viewer
from shared.contracts.ids import natural_id
from shared.contracts.members import MEMBERSHIP_RECORDED, MembershipFacts, MembershipRecorded
from shared.contracts.values import LowerBound
from shared.testing.journal import Court, facts_of
from tests.integration.reporting.joint_court import met, other, own, partner
from tests.integration.reporting.jurisdiction import (
    DAY,
    NAMES,
    NOW,
    VIEWER,
    asked,
    at_random,
    joined,
    of,
    received,
    revoked,
    six_below,
    submitted,
)


async def test_courts_stand_in_official_order_each_followed_by_those_below_it(reporting_pool: asyncpg.Pool) -> None:
    top, east, west, below = Court("sheng"), Court("shi2"), Court("shi1"), Court("xian1")
    joined(top, west, 2, "西市中级人民法院", "intermediate")
    joined(top, east, 1, "东市中级人民法院", "intermediate")
    joined(east, below, 1, "东县人民法院")
    await received(reporting_pool, [top, west, east, below])
    found = await asked(reporting_pool, viewer=Viewer("sheng", "海角省高级人民法院", NOW, 120))
    assert [(court["site"], court["upper"], court["depth"]) for court in found["courts"]] == [
        ("sheng", None, 0), ("shi2", "sheng", 1), ("xian1", "shi2", 2), ("shi1", "sheng", 1),
    ]  # fmt: skip
    part = await asked(reporting_pool, root="shi2", viewer=Viewer("sheng", "海角省高级人民法院", NOW, 120))
    assert [court["site"] for court in part["courts"]] == ["shi2", "xian1"]


async def test_a_court_that_changed_its_upper_court_stands_below_the_one_it_has_now(
    reporting_pool: asyncpg.Pool,
) -> None:
    top, former, latter, moved = Court("sheng"), Court("shi1"), Court("shi2"), Court("xian1")
    for order, court in enumerate((former, latter), 1):
        joined(top, court, order, court.site, "intermediate")
    joined(former, moved, 1, "移县人民法院")
    revoked(former, "xian1", "区划调整")
    joined(latter, moved, 1, "移县人民法院")
    await received(reporting_pool, [top, former, latter, moved])
    found = await asked(reporting_pool, viewer=Viewer("sheng", "海角省高级人民法院", NOW, 120))
    assert [(court["site"], court["upper"]) for court in found["courts"]][1:] == [
        ("shi1", "sheng"), ("shi2", "sheng"), ("xian1", "shi2"),
    ]  # fmt: skip


async def test_nobody_but_courts_of_the_jurisdiction_is_told_of(reporting_pool: asyncpg.Pool) -> None:
    top, lower = six_below()
    await received(reporting_pool, [top, *lower])
    with pytest.raises(NotOfJurisdiction):
        await asked(reporting_pool, root="xian1")
    with pytest.raises(NotOfJurisdiction):
        await queries.branches(reporting_pool, VIEWER, Asked("2024", DAY), "xian1")


async def test_figures_add_up_but_people_are_counted_anew_and_partners_not_at_all(
    reporting_pool: asyncpg.Pool,
) -> None:
    top, lower = six_below()
    for court in (top, *lower[:2]):
        branch = court.branch(1, "第一党支部")
        for number in range(6):
            court.member(number, branch)
        met(court, "2024-05-06", (own(branch), 8), (other(partner(court, "青岚街道", None, "outside")), 4))
        court.activity(facts_of("branch", branch, branch, "lecture", "2024-06-06"))
    stays = str(natural_id("hai2", "person", 0))
    facts = MembershipFacts(
        person_id=stays, branch_id=branch, group_id=None, member_kind="full_member", standing="normal",
        effective_from="2024-02-01",
    )  # fmt: skip
    lower[1].members.event(f"person-{stays}", MEMBERSHIP_RECORDED, MembershipRecorded(facts=facts))
    await received(reporting_pool, [top, *lower])
    found = await asked(reporting_pool)
    together = found["figures"]
    assert [of(found, site)["figures"]["members"] for site in ("hai2", "xian9", "xian8")] == [6, 6, 7]
    assert together["members"] == 18
    assert (together["branches"], together["activities"], together["by_kind"]) == (3, 6, {"lecture": 3})
    assert (together["joint"], together["participations"], together["seats"]) == (3, 6, 36)
    assert (together["partners"], together["partner_levels"]) == (None, None)
    assert set(found["not_summed"]) == {"partners", "partner_levels"}
    assert found["levels"]["intermediate"]["courts"] == 6
    assert found["levels"]["intermediate"]["members"] == 13


async def test_lower_bounds_of_several_courts_add_in_words(reporting_pool: asyncpg.Pool) -> None:
    top, lower = six_below()
    for court, words in ((lower[0], 20), (lower[1], 30)):
        branch = court.branch(1, "第一党支部")
        bound = LowerBound(at_least=words, words=f"{words}余次")
        court.activity(facts_of("branch", branch, branch, "legal_outreach", "2024", occurrences=bound))
    court = lower[1]
    court.activity(facts_of("branch", branch, branch, "legal_outreach", "2024-05-06"))
    await received(reporting_pool, [top, *lower])
    found = await asked(reporting_pool)
    assert of(found, "xian9")["figures"]["lower_bounds"] == {"legal_outreach": "20余次"}
    assert of(found, "xian8")["figures"]["lower_bounds"] == {"legal_outreach": "不少于31次"}
    assert found["figures"]["lower_bounds"] == {"legal_outreach": "不少于51次"}


async def test_figures_of_a_shorter_period_count_what_lies_inside_it(reporting_pool: asyncpg.Pool) -> None:
    top, lower = six_below()
    branch = lower[0].branch(1, "第一党支部")
    for day in ("2024-03-31", "2024-04", "2024-06-30", "2024", "2024-07-01"):
        lower[0].activity(facts_of("branch", branch, branch, "theme_party_day", day))
    await received(reporting_pool, [top, *lower])
    counted = {
        period: of(await asked(reporting_pool, period), "xian9")["figures"]["theme_days"]
        for period in ("2024", "2024-H1", "2024-H2", "2024-Q1", "2024-Q2", "2024-04", "2024-05")
    }
    assert counted == {
        "2024": 5, "2024-H1": 3, "2024-H2": 1, "2024-Q1": 1, "2024-Q2": 2, "2024-04": 1, "2024-05": 0,
    }  # fmt: skip
    missing = of(await asked(reporting_pool, "2024-Q2"), "xian9")["figures"]["missing"]
    # A branch assembly, three committee meetings, and the theme day of May: those of April and June were held.
    assert missing == 5


async def test_the_same_joint_activity_of_two_courts_is_suspected_until_a_person_confirms(
    reporting_pool: asyncpg.Pool,
) -> None:
    top, lower = six_below()
    first, second = lower[0], lower[1]
    for court, there in ((first, NAMES[1]), (second, NAMES[0])):
        branch = court.branch(1, "第一党支部")
        met(
            court, "2024-05-06", (own(branch), 8), (other(partner(court, there, "第一党支部", "basic")), 7),
            title="执行联席会",
        )  # fmt: skip
    await received(reporting_pool, [top, *lower])
    together = (await asked(reporting_pool))["figures"]
    assert (together["joint"], together["suspected"]) == (2, 1)


async def test_few_members_of_a_lower_court_are_not_told_and_cannot_be_reckoned(
    reporting_pool: asyncpg.Pool,
) -> None:
    top, lower = six_below()
    for court in (top, lower[0]):
        sizes = [court.branch(1, "第一党支部")] * 3 + [court.branch(2, "第二党支部")] * 9
        sizes += [court.branch(3, "第三党支部")] * 12
        for number, branch in enumerate(sizes):
            court.member(number, branch)
    await received(reporting_pool, [top, *lower])
    told = {}
    for site in ("hai2", "xian9"):
        found = orjson.loads((await queries.branches(reporting_pool, VIEWER, Asked("2024", DAY), site)).body)
        told[site] = [(branch["members"], branch["hidden"]) for branch in found["branches"]]
    assert told["hai2"] == [(3, None), (9, None), (12, None)]
    assert told["xian9"] == [(None, "few"), (None, "kept"), (12, None)]


async def test_no_sum_tells_how_many_a_court_of_a_few_has(reporting_pool: asyncpg.Pool) -> None:
    top, middle, small, large = (
        Court("sheng"),
        Court("shi1"),
        Court("xian1", level="specialised"),
        Court("qu1", level="basic"),
    )
    joined(top, middle, 1, "东市中级人民法院", "intermediate")
    joined(middle, small, 1, "东县人民法院", "specialised")
    joined(middle, large, 2, "东区人民法院")
    for court, number in ((top, 2), (middle, 6), (small, 3), (large, 7)):
        branch = court.branch(1, "第一党支部")
        for person in range(number):
            court.member(person, branch)
    courts = [top, middle, small, large]
    await received(reporting_pool, courts)
    viewer = Viewer("sheng", "海角省高级人民法院", NOW, 120)
    found = await asked(reporting_pool, viewer=viewer)
    assert {court["site"]: court["figures"]["members"] for court in found["courts"]} == {
        "sheng": 2, "shi1": 6, "xian1": None, "qu1": 7,
    }  # fmt: skip
    assert found["figures"]["members"] == 15
    assert of(found, "shi1")["together"]["members"] == 13
    told = {level: figures["members"] for level, figures in found["levels"].items()}
    assert told == {"intermediate": 6, "specialised": None, "basic": 7}
    below = await asked(reporting_pool, root="shi1", viewer=viewer)
    assert below["figures"]["members"] == 13
    for figures in (found["figures"], of(found, "shi1")["together"], below["figures"]):
        assert figures["members_leave_out"] == ["xian1"]
    told = {level: figures["members_leave_out"] for level, figures in found["levels"].items()}
    assert told == {"intermediate": [], "specialised": ["xian1"], "basic": []}
    alone = await asked(reporting_pool, root="xian1", viewer=viewer)
    assert (alone["figures"]["members"], alone["figures"]["members_leave_out"]) == (None, ["xian1"])


@pytest.mark.parametrize(
    ("people", "hidden"),
    [
        ({"a": 5, "b": 9}, {}),
        ({"a": 4, "b": 9, "c": 7}, {"a": "few", "c": "kept"}),
        ({"a": 4, "b": 1, "c": 7}, {"a": "few", "b": "few"}),
        ({"a": 4}, {"a": "few"}),
        ({"a": 0, "b": 9}, {}),
    ],
)
def test_one_small_number_hides_the_next_one_too(people: dict[str, int], hidden: dict[str, str]) -> None:
    assert hidden_cells(people) == hidden


async def test_the_number_of_questions_does_not_grow_with_the_courts(reporting_pool: asyncpg.Pool) -> None:
    top, lower = six_below()
    more = [at_random(f"court{n}", f"第{n}人民法院", n, activities=8) for n in range(8)]
    for order, court in enumerate(more, 7):
        joined(top, court, order, f"第{order}人民法院")
    for court in (*lower, *more):
        submitted(court, "2024")
    await received(reporting_pool, [top, *lower, *more])
    counted = []
    async with reporting_pool.acquire() as connection:
        # What the driver asks about types it asks once.
        await queries.overview(_Only(connection), VIEWER, Asked("2024", DAY))  # type: ignore[arg-type]
        for root in ("court3", None):
            asked_for: list[str] = []
            with connection.query_logger(lambda query, into=asked_for: into.append(query.query)):
                await queries.overview(_Only(connection), VIEWER, Asked("2024", DAY), root)  # type: ignore[arg-type]
            counted.append(len(asked_for))
    assert counted[0] == counted[1]
    assert counted[0] > 10


class _Only:
    """A pool of one connection, the one that is listened to."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def acquire(self) -> "_Only":
        return self

    async def __aenter__(self) -> Any:
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        return None
