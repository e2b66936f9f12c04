"""Reporting periods and the overview over HTTP, as one court without lower courts sees them."""

import httpx
import pytest

from deploy.cli.periods import locked_figures
from tests.component.court import Court
from tests.component.given import branch, facts, problem

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def posted(court: Court, path: str, **body: object) -> httpx.Response:
    return await court.activities.post(f"/periods/{path}", json=body)


async def test_a_period_is_submitted_once_and_reopened_with_a_reason(court: Court) -> None:
    first = await posted(court, "2019-H1/submission", remark="已核对")
    again = await posted(court, "2019-H1/submission")
    assert (first.status_code, first.json()["version"], again.json()["version"]) == (200, 1, 1)
    found = await court.activities.get("/periods/2019-H1")
    assert (found.json()["submitted"], found.json()["remark"], found.headers["etag"]) == (True, "已核对", '"1"')
    reopened = await posted(court, "2019-H1/reopening", reason="补录")
    assert reopened.json()["version"] == 2
    assert (await court.activities.get("/periods/2019-H1")).json()["submitted"] is False


async def test_a_period_of_which_nobody_spoke_is_not_submitted(court: Court) -> None:
    found = (await court.activities.get("/periods/1999-Q4")).json()
    assert (found["period"], found["submitted"], found["locked"]) == ("1999-Q4", False, None)


async def test_a_period_that_is_not_over_is_refused(court: Court) -> None:
    assert problem(await posted(court, "2199/submission")) == (409, "period_not_over", ["period"])


@pytest.mark.parametrize("period", ["2019-H3", "2019-13", "19", "2019-q1", "all"])
async def test_what_is_no_period_is_named(court: Court, period: str) -> None:
    assert problem(await posted(court, f"{period}/submission"))[2] == ["period"]
    assert problem(await court.reporting.get(f"/overview?period={period}")) == (422, "invalid_fields", ["period"])


async def test_a_reason_is_asked_for_where_something_is_taken_back(court: Court) -> None:
    for what in ("reopening", "unlocking"):
        assert problem(await posted(court, f"2019/{what}"))[2] == ["reason"]


async def test_the_figures_of_reporting_are_locked_as_they_are(court: Court) -> None:
    branch_id, after = await branch(court)
    recorded = await court.activities.post(
        "/activities/record", json={"facts": facts(branch_id, date="2018-05-06")}, headers={"After": after}
    )
    assert recorded.status_code == 201, recorded.text
    told = await court.reporting.get("/overview?period=2018", headers={"After": recorded.headers["position"]})
    assert "x-stale" not in told.headers
    body = locked_figures(told.json())
    assert body["courts"][0]["figures"]["branch_assembly"] == 1
    assert {origin["origin"].split("/")[1] for origin in body["origins"]} == {"activities", "members"}
    first = await court.activities.post("/periods/2018/lock", json=body)
    assert first.status_code == 200, first.text
    body["courts"][0]["figures"]["branch_assembly"] = 2
    assert problem(await court.activities.post("/periods/2018/lock", json=body))[1] == "period_locked"
    assert (await posted(court, "2018/unlocking", reason="更正")).status_code == 200
    assert (await court.activities.post("/periods/2018/lock", json=body)).status_code == 200


async def test_a_court_outside_of_the_jurisdiction_is_not_there(court: Court) -> None:
    for path in ("/overview/xian9", "/overview/xian9/branches", "/view/overview/court", "/view/overview/late"):
        asked = f"{path}?period=2018" + ("&site=xian9" if path.startswith("/view") else "")
        assert problem(await court.reporting.get(asked)) == (404, "not_found", ["site"])


async def test_the_court_itself_is_of_its_jurisdiction(court: Court) -> None:
    found = (await court.reporting.get(f"/overview/{court.site}?period=2018")).json()
    assert [(one["site"], one["link"]) for one in found["courts"]] == [(court.site, "own")]
    branches = await court.reporting.get(f"/overview/{court.site}/branches?period=2018")
    assert branches.json()["site"] == court.site


@pytest.mark.parametrize(
    "path",
    [
        "", "?year=2018", "?period=2018-H1", "/court?period=2018&site={site}", "/late?period=2018&site={site}",
        "/activities?period=2018&site={site}&kind=branch_assembly", "/compare?period=2018", "/export?period=2018",
    ],
)  # fmt: skip
async def test_every_page_of_the_overview_is_there_and_closed_to_strangers(court: Court, path: str) -> None:
    address = "/view/overview" + path.format(site=court.site)
    assert (await court.reporting.get(address)).status_code == 200
    transport = court.reporting._transport
    async with httpx.AsyncClient(transport=transport, base_url=court.reporting.base_url) as stranger:
        page = await stranger.get(address)
    assert page.status_code == 401
    assert "lianjian open" in page.text
