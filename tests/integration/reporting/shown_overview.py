"""An invented jurisdiction as its page shows it."""

import asyncpg

from services.reporting.page.overview import overview_page
from shared.testing.journal import Court, facts_of
from tests.integration.reporting.jurisdiction import DAY, VIEWER, joined

LONG = "白水布依族苗族自治县人民法院"


def two_below() -> tuple[Court, Court, Court]:
    """An intermediate court and two basic ones; the first has a branch with five lectures and two theme days."""
    top, first, second = Court(), Court("xian1", LONG), Court("xian2", "<b>青岚县</b>人民法院")
    joined(top, first, 1, LONG)
    joined(top, second, 2, "青岚县人民法院")
    branch = first.branch(1, "第一党支部")
    for number in range(7):
        first.member(number, branch)
    for month in range(1, 6):
        first.activity(facts_of("branch", branch, branch, "lecture", f"2024-{month:02d}-10", present=6, expected=7))
    for month in (1, 2):
        first.activity(facts_of("branch", branch, branch, "theme_party_day", f"2024-{month:02d}-05"))
    return top, first, second


async def page_of(pool: asyncpg.Pool, period: str | None = "2024", opened: str | None = None) -> str:
    return (await overview_page(pool, VIEWER, period, DAY, opened)).decode()


def line(page: str, site: str) -> str:
    return page.partition(f'id="c-{site}"')[2].partition("</tr>")[0]


def bundle(page: str, site: str) -> str:
    """What the court and those below it come to."""
    return page.partition(f'id="b-{site}"')[2].partition("</tr>")[0]
