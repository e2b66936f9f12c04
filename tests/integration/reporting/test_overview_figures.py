"""The figures of many courts by one question: what each court's own report says, and how they come together."""

from datetime import date

import asyncpg
import pytest

from services.reporting.queries.court_figures import Asked, figures_by_court, people_of
from services.reporting.queries.figures import figures_of
from tests.integration.reporting.jurisdiction import at_random, received


@pytest.mark.parametrize("as_of", [date(2025, 3, 1), date(2024, 9, 10)])
@pytest.mark.parametrize("first", [0, 6])
async def test_figures_of_many_courts_are_those_of_each_courts_own_report(
    reporting_pool: asyncpg.Pool, first: int, as_of: date
) -> None:
    courts = [at_random(f"court{n}", f"第{n}人民法院", n) for n in range(first, first + 6)]
    await received(reporting_pool, courts)
    sites = [court.site for court in courts]
    async with reporting_pool.acquire() as connection:
        asked = Asked("2024", as_of)
        found = await figures_by_court(connection, sites, asked)
        people = await people_of(connection, {site: [site] for site in sites}, sites, asked.day)
        for site in sites:
            report = {**found[site].report(), "members": people[site]}
            assert report == await figures_of(connection, site, 2024, as_of)
            assert list(report["by_kind"]) == list((await figures_of(connection, site, 2024, as_of))["by_kind"])
