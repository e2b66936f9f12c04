"""The year in prose with every number a link to what it counts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from services.reporting.page.paragraph import paragraphs
from services.reporting.page.strips import list_link, view_link

# Of the private use area: no office writes them.
_OPEN, _BETWEEN, _CLOSE = "\ue000", "\ue001", "\ue002"
_LINKED: Final = re.compile(f"{_OPEN}(.*?){_BETWEEN}(.*?){_CLOSE}")


@dataclass(frozen=True)
class Piece:
    """A run of text; `link` where it is a number."""

    text: str
    link: str | None = None


class _Counted(int):
    """A figure that says in a text where it is counted."""

    link: str

    @classmethod
    def at(cls, number: int, link: str) -> Self:
        made = cls(number)
        made.link = link
        return made

    def __format__(self, spec: str) -> str:
        return f"{_OPEN}{self.link}{_BETWEEN}{int(self):{spec}}{_CLOSE}"


def prose(court: str, year: int, until: str, report: Mapping[str, Any]) -> list[list[Piece]]:
    """The paragraphs of the year in pieces."""
    return [list(_pieces(one)) for one in paragraphs(court, year, until, _counted(report, year))]


def _counted(report: Mapping[str, Any], year: int) -> dict[str, Any]:
    """The same report, of which every number knows its list."""
    period = str(year)
    joint = list_link(period=period, kind="joint_activity")
    links = {
        **dict.fromkeys(("members", "branches", "groups"), "#branches"),
        "theme_days": list_link(period=period, kind="theme_party_day"),
        **dict.fromkeys(("joint", "participations", "seats"), joint),
        "agreements": view_link("agreements", year=year),
        "partners": view_link("partners", year=year),
        "problems": view_link("problems", year=year),
        "solved": view_link("problems", year=year, state="solved"),
        "brands": view_link("brands", year=year),
        "unknown_brands": view_link("brands", year=year, which="unknown"),
    }
    counted = {key: _Counted.at(report[key], link) for key, link in links.items()}
    levels = {
        level: _Counted.at(number, view_link("partners", year=year, level=level))
        for level, number in report["partner_levels"].items()
    }
    kinds = {
        kind: _Counted.at(number, list_link(period=period, kind=kind)) for kind, number in report["by_kind"].items()
    }
    return {**report, **counted, "partner_levels": levels, "by_kind": kinds}


def _pieces(text: str) -> Iterator[Piece]:
    end = 0
    for found in _LINKED.finditer(text):
        if found.start() > end:
            yield Piece(text[end : found.start()])
        yield Piece(found[2], found[1])
        end = found.end()
    if end < len(text):
        yield Piece(text[end:])
