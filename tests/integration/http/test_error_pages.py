"""What a browser is shown where a program is told problem+json."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import Query

from services.reporting.http.browser import closed
from shared.http.application import application
from shared.http.problems import not_found
from shared.http.replies import Reply
from shared.http.routing import Router
from shared.identity.access import Requirement
from tests.integration.http.toy import Parts, Progress, authenticate, fields

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
router = Router()


@router.get("/page", requires=Requirement("read_activities", "unit"), strangers=closed, summary="x")
async def page(year: Annotated[int, Query(ge=1950)] = 2024, court: str | None = None) -> Reply:
    if court is not None:
        raise not_found("court", court, "辖区内的法院")
    return Reply(str(year // (year - 2000)).encode())


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    app = application("t", [router], parts=Parts(), authenticate=authenticate, progress=Progress(), hosts=["lian.test"])
    headers = {"Authorization": "Bearer office"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://lian.test", headers=headers
    ) as opened:
        yield opened


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/page?court=x", 404, "没有这个辖区内的法院。"),
        ("/page?year=1", 422, "地址有误。year：数值过小。不小于 1950。"),
        ("/page?year=%3Cb%3E", 422, "地址有误。year：类型不对。应为整数。"),
        ("/nowhere", 404, "没有这个地址。"),
        ("/page?year=2000", 500, "请求未完成。"),
    ],
)
async def test_a_wrong_address_is_answered_to_a_browser_by_a_page_that_leads_back(
    browser: httpx.AsyncClient, address: str, status: int, said: str
) -> None:
    answer = await browser.get(address, headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert f"<p>{said}" in answer.text
    assert '<a href="/">' in answer.text
    assert "lianjian open" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


async def test_a_program_is_told_of_the_same_address_in_json(browser: httpx.AsyncClient) -> None:
    assert fields(await browser.get("/page?court=x")) == ["court"]
    assert fields(await browser.get("/page?year=1")) == ["year"]
    assert fields(await browser.get("/nowhere")) == ["path"]


async def test_whoever_has_no_session_is_told_how_to_come_in_whatever_he_accepts(browser: httpx.AsyncClient) -> None:
    for accept in (BROWSER, {}):
        answer = await browser.get("/page", headers={"Authorization": "", **accept})
        assert (answer.status_code, "lianjian open" in answer.text) == (401, True)


async def test_what_is_said_on_such_a_page_is_text() -> None:
    assert b"&lt;b&gt;" in closed("<b>", 422).body
