"""The page of what a person decides: records side by side with the command to type, partners to be claimed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import asyncpg

from services.reporting.page.all_here import all_here
from services.reporting.page.frame import frame, templates
from services.reporting.page.words import MODES
from services.reporting.queries.answers import snapshot
from services.reporting.queries.duplicate_answers import AskedAbout, asked_about
from services.reporting.queries.duplicates import JointRecord
from services.reporting.queries.figures import years_of
from services.reporting.queries.overview_answers import Viewer
from shared.rules.duplicates import Key

MOST_PAIRS: Final = 100
"""So many are shown at once, the most similar first; `lianjian duplicates list` shows all."""


@dataclass(frozen=True)
class Written:
    """What a court wrote: lines of a word and its value, in the same order for every record."""

    court: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Pair:
    """Records side by side, why they are here, and what to type; `other` where there is a second answer."""

    records: tuple[Written, ...]
    reasons: str
    confirm: str | None
    other: str | None


@dataclass(frozen=True)
class ToClaim:
    """A partner and the unit it is or seems to be, with what to type."""

    recorded_by: str
    name: str
    unit: str
    command: str


async def duplicates_page(pool: asyncpg.Pool, viewer: Viewer, year: int | None, as_of: date) -> bytes:
    """What is to be decided, and what was, about the records of `year`."""
    async with snapshot(pool) as connection:
        years = await years_of(connection, viewer.site)
        year = year or (years[0] if years else as_of.year)
        asked = await asked_about(connection, viewer.site, viewer.site_name, str(year), as_of)
        here = await all_here(connection, viewer, asked.tree, asked.tree.sites)
        shared = await frame(connection, viewer.site, viewer.site_name, as_of, viewer.now)
    found, confirmed = asked.found, asked.found.confirmed
    rejected = [pair for pair in found.decisions.rejected if all(key in found.records for key in pair)]
    return templates().get_template("duplicates.html").render(
        **shared,
        section="joint",
        here=here,
        year=year,
        years=sorted({*years, year}, reverse=True),
        figures=found.figures(asked.tree.sites),
        suspected=[
            Pair(
                (_written(asked, found.records[one.first]), _written(asked, found.records[one.second])),
                _reasons(asked, one.mirrored, one.days_apart, round(100 * one.similarity)),
                command("confirm", one.first, one.second), command("reject", one.first, one.second),
            )
            for one in found.suspected[:MOST_PAIRS]
        ],
        all_suspected=len(found.suspected),
        confirmed=[_decided(asked, [record.key for record in one.records]) for one in confirmed[:MOST_PAIRS]],
        rejected=[_decided(asked, list(pair)) for pair in rejected[:MOST_PAIRS]],
        suggested=[
            ToClaim(asked.court(one.key[0]), one.name, asked.unit(one.named), claim_command(one.key, one.named))
            for one in asked.suggested[:MOST_PAIRS]
            if one.named
        ],
        all_suggested=len(asked.suggested),
        claimed=[
            ToClaim(asked.court(one.key[0]), one.name, asked.unit(one.claimed), withdraw_claim_command(one.key))
            for one in asked.partners
            if one.claimed
        ],
    ).encode()  # fmt: skip


def command(act: str, first: Key, second: Key) -> str:
    """What is typed about two records."""
    return f"lianjian duplicates {act} {_typed(first)} {_typed(second)}"


def claim_command(partner: Key, unit: Key) -> str:
    """What is typed to say which unit of a linked court a partner is."""
    court, branch = unit
    return f"lianjian partners claim {_typed(partner)} --as {court}" + (f"/{branch}" if branch else "")


def withdraw_claim_command(partner: Key) -> str:
    """What is typed to take it back."""
    return f"lianjian partners claim {_typed(partner)} --withdraw 原因"


def _typed(key: Key) -> str:
    return f"{key[0]}/{key[1]}"


def _reasons(asked: AskedAbout, mirrored: tuple[Key, ...], days_apart: int, percent: int) -> str:
    parties = "、".join(asked.unit(unit) for unit in mirrored)
    day = "日期相同" if days_apart == 0 else f"日期相差 {days_apart} 天"
    return f"各方相互登记（{parties}）；{day}；名称相似 {percent}%"


def _decided(asked: AskedAbout, keys: list[Key]) -> Pair:
    by = {asked.court(who) for pair, who in asked.found.decisions.by.items() if pair <= set(keys)}
    records = tuple(_written(asked, asked.found.records[key]) for key in keys)
    undo = command("withdraw", keys[0], keys[1])
    return Pair(records, "决定：" + "、".join(sorted(by)), None, undo)


def _written(asked: AskedAbout, record: JointRecord) -> Written:
    site = record.key[0]
    parties = [
        asked.party(site, one["party"]) + (" 人数未注明" if one.get("seats") is None else f" {one['seats']} 人次")
        for one in record.written
    ]
    return Written(
        asked.court(site),
        (
            ("名称", record.title),
            ("日期", record.when),
            ("参加", "；".join(parties)),
            ("四联", "、".join(MODES[mode] for mode in record.modes) or "未注明"),
            ("活动编号", record.number or "无"),
        ),
    )
