"""Rosters of several years, handed in again and out of order."""

from tests.integration.imports.given import ROSTER, Court, events_of, person, workbook


async def test_the_rosters_of_two_years_again_in_turn_add_nothing(court: Court) -> None:
    earlier = workbook("名册（2024年）", ROSTER, person("张红", "第一党支部", 党内职务="书记"))
    later = workbook("名册（2025年）", ROSTER, person("张红", "第一党支部"))
    await court.take(earlier)
    await court.take(later)
    kinds = [kind for kind, _ in await events_of(court.members)]
    assert [kind for kind in kinds if kind.startswith("post")] == ["post-assigned", "post-vacated"]
    for book in (earlier, later, earlier, later):
        await court.take(book)
    assert [kind for kind, _ in await events_of(court.members)] == kinds
