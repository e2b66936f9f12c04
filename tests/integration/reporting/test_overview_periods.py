"""Periods as an upper court sees them: who has submitted, what came afterwards."""

from typing import Any

import asyncpg

from shared.testing.journal import facts_of
from tests.integration.reporting.jurisdiction import (
    asked,
    cancelled,
    corrected,
    of,
    received,
    reopened,
    six_below,
    submitted,
)


async def late_of(pool: asyncpg.Pool, period: str = "2024-H1") -> int:
    return int(of(await asked(pool, period), "xian9")["late"])


async def test_what_comes_after_the_submission_is_counted_as_late(reporting_pool: asyncpg.Pool) -> None:
    top, lower = six_below()
    court = lower[0]
    branch = court.branch(1, "第一党支部")

    def lecture(day: str, title: str) -> tuple[Any, str]:
        facts = facts_of("branch", branch, branch, "lecture", day, title=title)
        return facts, court.activity(facts)

    (_, stays), (first, right), (_, gone), (moved, away) = (
        lecture("2024-03-01", title) for title in ("不变", "更正", "取消", "改期")
    )
    submitted(court, "2024-H1")
    corrected(court, right, first.model_copy(update={"title": "更正后"}), "title")
    cancelled(court, gone)
    corrected(court, away, moved.model_copy(update={"date": "2024-09-01"}), "date")
    lecture("2024-05-05", "补录")
    lecture("2024-08-08", "下半年")
    await received(reporting_pool, [top, *lower])
    assert stays
    assert await late_of(reporting_pool) == 4
    assert await late_of(reporting_pool, "2024") == 0


async def test_what_was_changed_before_the_submission_or_since_reopening_is_not_late(
    reporting_pool: asyncpg.Pool,
) -> None:
    top, lower = six_below()
    court = lower[0]
    branch = court.branch(1, "第一党支部")
    facts = facts_of("branch", branch, branch, "lecture", "2024-03-01")
    stream = court.activity(facts)
    submitted(court, "2024-H1")
    corrected(court, stream, facts.model_copy(update={"title": "更正后"}), "title")
    reopened(court, "2024-H1", "更正")
    submitted(court, "2024-H1")
    await received(reporting_pool, [top, *lower])
    assert await late_of(reporting_pool) == 0


async def test_five_of_six_have_submitted_and_the_sixth_is_named(reporting_pool: asyncpg.Pool) -> None:
    top, lower = six_below()
    for court in lower[:5]:
        submitted(court, "2024")
    reopened(lower[1], "2024", "补录五月党课")
    submitted(lower[1], "2024")
    await received(reporting_pool, [top, *lower])
    found = await asked(reporting_pool)
    assert found["lights"]["submitted"] == {"courts": 5, "missing": ["xian4"]}
    assert found["lights"]["complete"] == {"courts": 6, "missing": []}
    assert (await asked(reporting_pool, "2024-H1"))["lights"]["submitted"]["courts"] == 0


async def test_a_reopened_period_is_not_submitted_and_says_why(reporting_pool: asyncpg.Pool) -> None:
    top, lower = six_below()
    submitted(lower[0], "2024")
    reopened(lower[0], "2024", "补录五月党课")
    await received(reporting_pool, [top, *lower])
    court = of(await asked(reporting_pool), "xian9")
    assert (court["submitted"], court["submission"]["state"], court["submission"]["reason"]) == (
        False, "reopened", "补录五月党课",
    )  # fmt: skip
