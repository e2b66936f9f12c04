"""From one snapshot of the projections to a page of HTML."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

import asyncpg

from services.reporting.page.frame import frame, templates
from services.reporting.page.periods import period_words
from services.reporting.page.prose import prose
from services.reporting.page.strips import branch_strips, list_link
from services.reporting.page.words import MODES
from services.reporting.queries.activities import Filter, activities_of, page_of
from services.reporting.queries.answers import snapshot
from services.reporting.queries.campaigns import campaigns_on
from services.reporting.queries.figures import figures_of, years_of
from services.reporting.queries.joint import partner_names
from services.reporting.queries.obligations import in_official_order, names_of, obligations_of
from services.reporting.queries.units import counting_day, court_of, existing, members_by_unit, units_of
from shared.contracts.kinds import LABELS
from shared.projection.schema import Connection
from shared.rules import Obligation, Units, load_rules

_RULES: Final = {rule.id: rule for rule in load_rules()}


async def year_page(
    pool: asyncpg.Pool, site: str, site_name: str, year: int | None, as_of: date, now: datetime
) -> bytes:
    """The figures of `year`, by default the latest of which something is known; `now` only for the age of the link."""
    async with snapshot(pool) as connection:
        years = await years_of(connection, site)
        chosen = year or (years[0] if years else as_of.year)
        content = await _year(connection, site, chosen, as_of)
        shared = await frame(connection, site, site_name, as_of, now)
    years = sorted({*years, chosen}, reverse=True)
    report = content["figures"]
    nothing = not any(report[key] for key in ("by_kind", "theme_days", "lower_bounds", "joint", "agreements", "brands"))
    empty = nothing and (not content["figures"]["branches"] or chosen > as_of.year)
    template = templates().get_template("year.html")
    told = prose(shared["court"], chosen, content["day"].isoformat(), {**report, "missing": []})
    return template.render(
        **shared, **content, section="year", year=chosen, years=years, empty=empty, prose=told
    ).encode()  # fmt: skip


async def activities_page(
    pool: asyncpg.Pool, site: str, site_name: str, asked: Filter, as_of: date, now: datetime
) -> bytes:
    """The activities a number counts; raises `ValueError` for a filter that cannot be read."""
    async with snapshot(pool) as connection:
        rows = await activities_of(connection, site, asked)
        names = names_of(await units_of(connection, site))
        partners = await partner_names(connection, site)
        court = await court_of(connection, site)
        shared = await frame(connection, site, site_name, as_of, now)
    if court is not None:
        names[court.party_committee_id] = "机关党委"
    names |= partners
    shown, following = page_of(rows, asked)
    filters = {"period": asked.period, "kind": asked.kind, "serves": asked.serves, "unit": asked.unit,
               "branch": asked.branch, "campaign": asked.campaign, "state": asked.state,
               "party": asked.party, "partner": asked.partner, "agreement": asked.agreement,
               "mode": asked.mode}  # fmt: skip
    template = templates().get_template("activities.html")
    return template.render(
        **shared,
        section="joint" if asked.kind == "joint_activity" else "year",
        year=int(asked.period[:4]),
        rows=shown,
        names=names,
        asked=asked,
        said=_said(asked, names),
        following=None if following is None else list_link(**filters, after=following),
    ).encode()


def _said(asked: Filter, names: dict[str, str]) -> str:
    words = {str(kind): word for kind, word in LABELS.items()}
    parts = [
        period_words(asked.period),
        names.get(asked.unit or asked.branch or asked.party or ""),
        names.get(asked.partner or ""),
        MODES.get(asked.mode or ""),
        words.get(asked.kind or asked.serves or ""),
        asked.campaign,
    ]
    return "　".join(part for part in parts if part)


async def _year(connection: Connection, site: str, year: int, as_of: date) -> dict[str, Any]:
    units, found = await obligations_of(connection, site, year, as_of)
    report = await figures_of(connection, site, year, as_of)
    day = counting_day(year, as_of)
    here = existing(units, day)
    members = await members_by_unit(connection, site, day)
    return {
        "figures": report,
        "day": day,
        "campaigns": await campaigns_on(connection, site, year, as_of),
        "open": _open(units, found),
        "strips": branch_strips(units, found, load_rules(), year),
        "branches": [_branch(branch, here, members) for branch in here.branches],
    }


def _open(units: Units, found: list[Obligation]) -> dict[str, list[dict[str, Any]]]:
    """What was due and not done, by layer."""
    names = names_of(units)
    layers: dict[str, list[dict[str, Any]]] = {"national": [], "own": []}
    for one in in_official_order(units, found):
        if one.state in ("missing", "explained"):
            layers.setdefault(one.layer, []).append(
                {"unit": names[one.unit_id], "obligation": LABELS[one.obligation], "period": one.period,
                 "state": one.state, "due": one.due, "rule": _RULES[one.rule_id]}
            )  # fmt: skip
    return layers


def _branch(branch: Any, here: Units, members: dict[tuple[str, str | None], int]) -> dict[str, Any]:
    groups = [
        {"name": group.name.removeprefix(branch.name) or group.name, "members": members.get((branch.id, group.id), 0)}
        for group in here.groups
        if group.branch_id == branch.id
    ]
    people = sum(number for (branch_id, _), number in members.items() if branch_id == branch.id)
    return {"id": branch.id, "name": branch.name, "members": people, "groups": groups}
