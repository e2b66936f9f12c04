"""`reporting` over HTTP: figures as fresh as asked for, and how a browser comes in."""

import re

import httpx
import pytest

from tests.component.court import Court
from tests.component.given import branch, facts, planned, problem

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_recorded_activity_counts_in_the_report_after_its_position(court: Court) -> None:
    branch_id, after = await branch(court)
    before = (await court.reporting.get("/report?year=2021", headers={"After": after})).json()["report"]
    recorded = await court.activities.post(
        "/activities/record", json={"facts": facts(branch_id, date="2021-05-06")}, headers={"After": after}
    )
    answer = await court.reporting.get("/report?year=2021", headers={"After": recorded.headers["position"]})
    assert "x-stale" not in answer.headers
    counted = answer.json()["report"]["by_kind"]["branch_assembly"]
    assert counted == before["by_kind"].get("branch_assembly", 0) + 1


async def test_an_answer_behind_says_which_position_it_lacks(court: Court) -> None:
    answer = await court.reporting.get("/counts?year=2024", headers={"After": "members.1@1, activities.1@999999"})
    assert answer.status_code == 200
    assert re.fullmatch(r"activities\.1@\d+<999999", answer.headers["x-stale"])


async def test_the_first_position_of_the_next_epoch_is_waited_for(court: Court) -> None:
    answer = await court.reporting.get("/counts?year=2024", headers={"After": "activities.2@1"})
    assert (answer.status_code, answer.headers["x-stale"]) == (200, "activities.2@0<1")


@pytest.mark.parametrize("after", ["activities.3@1", "reporting.1@1", "activities.1@x", "nobody.1@1"])
async def test_a_position_of_no_log_is_refused(court: Court, after: str) -> None:
    answer = await court.reporting.get("/counts?year=2024", headers={"After": after})
    assert problem(answer) == (400, "malformed_request", ["After"])


@pytest.mark.parametrize("path", ["/report", "/counts", "/obligations", "/units", "/joint", "/brands", "/campaigns"])
async def test_every_answer_has_a_validator_that_holds_until_something_changes(court: Court, path: str) -> None:
    first = await court.reporting.get(f"{path}?year=1999")
    again = await court.reporting.get(f"{path}?year=1999", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/report", "year"),
        ("/report?year=abc", "year"),
        ("/report?year=1700", "year"),
        ("/report?year=2024&as_of=yesterday", "as_of"),
        ("/activities?period=2024-13", "period"),
        ("/activities?period=2024&kind=party", "kind"),
        ("/activities?period=2024&limit=0", "limit"),
        ("/activities?period=2024&after=nowhere", "after"),
        ("/activities?period=2024&partner=nobody", "partner"),
        ("/activities?period=2024&mode=fun", "mode"),
        ("/joint", "year"),
        ("/view/partners?year=2024&level=galactic", "level"),
        ("/view/problems?year=2024&state=bad", "state"),
        ("/view/brands?which=best", "which"),
    ],
)
async def test_a_wrong_question_is_named(court: Court, path: str, field: str) -> None:
    assert problem(await court.reporting.get(path)) == (422, "invalid_fields", [field])


async def test_a_planned_activity_is_listed_where_plans_are_asked_for(court: Court) -> None:
    activity_id, branch_id, after = await planned(court)
    path = f"/activities?period=2024&branch={branch_id}"
    assert (await court.reporting.get(path, headers={"After": after})).json()["activities"] == []
    listed = (await court.reporting.get(path + "&state=planned")).json()["activities"]
    assert [one["activity_id"] for one in listed] == [activity_id]


async def test_a_ticket_opens_one_browser_once_and_a_session_only_reads(court: Court) -> None:
    url = (await court.reporting.post("/open-tickets")).json()["url"]
    path = url.removeprefix("http://127.0.0.1:8710")
    async with a_browser(court) as browser:
        assert (await browser.get("/report?year=2024")).status_code == 401
        opened = await browser.get(path)
        assert (opened.status_code, opened.headers["location"]) == (303, "/")
        cookie = opened.headers["set-cookie"]
        assert all(part in cookie for part in ("HttpOnly", "SameSite=Strict", "Max-Age=43200", "Path=/"))
        assert (await browser.get("/report?year=2024")).status_code == 200
        page = await browser.get("/")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "script-src" not in page.headers["content-security-policy"]
        for which in ("activities?period=2024", "joint", "brands", "honours?year=2024", "partners?year=2024"):
            assert (await browser.get(f"/view/{which}")).status_code == 200
        assert (await browser.post("/open-tickets")).status_code == 401
    async with a_browser(court) as other:
        assert (await other.get(path)).status_code == 403


async def test_whoever_comes_without_a_session_reads_how_to_come_in(court: Court) -> None:
    async with a_browser(court) as browser:
        for path in ("/", "/view/activities?period=2024", "/view/joint", "/view/brands", "/view/problems?year=2024"):
            page = await browser.get(path)
            assert page.status_code == 401
            assert "lianjian open" in page.text


async def test_neither_ticket_nor_session_lies_in_the_database(court: Court) -> None:
    url = (await court.reporting.post("/open-tickets")).json()["url"]
    ticket = url.partition("ticket=")[2]
    pool = court.services["reporting"].parts.pool
    assert await pool.fetchval("select count(*) from browser_tickets where ticket_hash = $1", ticket.encode()) == 0
    assert court.token not in str(await pool.fetch("select * from access_tokens"))


def a_browser(court: Court) -> httpx.AsyncClient:
    """A client of reporting without the operator's token."""
    transport = court.reporting._transport
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")
