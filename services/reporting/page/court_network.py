"""The network of joint construction across courts as a drawing: a row a level, from the top down."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from services.reporting.page.network import (
    BETWEEN_ROWS,
    WIDEST,
    WIDTH,
    Band,
    Drawing,
    Edge,
    Hull,
    Node,
    folded,
    letters_over,
    put_row,
    short,
)
from services.reporting.page.strips import view_link
from services.reporting.page.words import LEVELS
from services.reporting.queries.joint_scope import JointScope, Tie
from shared.rules.duplicates import Unit

MOST_COURTS: Final = 16
MOST_BRANCHES: Final = 120
"""With more courts or branches than that, only courts are drawn."""

_ARC: Final = 30.0


@dataclass(frozen=True)
class Place:
    """Where an edge begins: a branch in its court, or the court."""

    x: float
    hull: Hull


def is_detailed(scope: JointScope) -> bool:
    """Whether branches are drawn, or courts alone."""
    return len(scope.courts) <= MOST_COURTS and sum(map(len, scope.branches.values())) <= MOST_BRANCHES


def court_network(scope: JointScope, year: int) -> Drawing | None:
    """Upper courts above, lower ones below, each with its branches if they are not too many; None without ties."""
    linked = [tie for tie in scope.ties if all(site in scope.branches for site, _ in tie.ends)]
    if not linked:
        return None
    detailed = is_detailed(scope)
    hulls = _hulls(scope, detailed)
    bands: list[Band] = []
    y = 8.0
    for level, words in LEVELS.items():
        row = [hulls[court.site] for court in scope.courts if (court.level or "outside") == level]
        if row:
            bands.append(Band((words, f"{len(row)} 家"), y + 24))
            y = put_row(row, y, WIDTH, BETWEEN_ROWS if detailed else _ARC) + BETWEEN_ROWS
    edges = _branch_edges(scope, linked, hulls, year) if detailed else _court_edges(linked, hulls, year)
    return Drawing(WIDTH, y - BETWEEN_ROWS + 8 + _ARC, bands, list(hulls.values()), edges)


def _hulls(scope: JointScope, detailed: bool) -> dict[str, Hull]:
    count = Counter(part.counts_as for one in scope.activities for part in one.parts)
    tied = {end for tie in scope.ties for end in tie.ends}
    hulls = {}
    for court in scope.courts:
        nodes = []
        if detailed:
            branches = scope.branches[court.site]
            others = sorted(one for site, one in tied if site == court.site and one and one not in branches)
            nodes = [
                Node(one, scope.name((court.site, one)), short(scope.name((court.site, one))), count[court.site, one])
                for one in (*branches, *others)
            ]
        hulls[court.site] = Hull(court.name, folded(court.name, letters_over(len(nodes))), nodes)
    return hulls


def _branch_edges(scope: JointScope, ties: Iterable[Tie], hulls: dict[str, Hull], year: int) -> list[Edge]:
    places = {(site, node.id): Place(node.x, hull) for site, hull in hulls.items() for node in hull.nodes}
    edges = []
    for tie in ties:
        one, other = (places.get(end) or _middle(hulls[end[0]]) for end in tie.ends)
        look, said = _look([tie])
        names = " — ".join(hulls[end[0]].name + scope.name(end) for end in tie.ends)
        title = f"{names}：{said}，联建活动 {len(tie.activities)} 次"
        link = pairs_link(year, tie.ends[0][0], tie.ends[1][0])
        edges.append(Edge(_path(one, other), min(1.0 + len(tie.activities), WIDEST), look, title, link))
    return edges


def _court_edges(ties: Iterable[Tie], hulls: dict[str, Hull], year: int) -> list[Edge]:
    together: defaultdict[tuple[str, str], list[Tie]] = defaultdict(list)
    for tie in ties:
        together[tie.ends[0][0], tie.ends[1][0]].append(tie)
    edges = []
    for (site, other), between in together.items():
        look, _ = _look(between)
        bound, met = sum(bool(tie.agreements) for tie in between), len({a for tie in between for a in tie.activities})
        title = f"{hulls[site].name} — {hulls[other].name}：结对 {bound} 对，联建活动 {met} 次"
        path = _path(_middle(hulls[site]), _middle(hulls[other]))
        edges.append(Edge(path, min(1.0 + bound, WIDEST), look, title, pairs_link(year, site, other)))
    return edges


def _look(ties: Iterable[Tie]) -> tuple[str, str]:
    bound = [tie for tie in ties if tie.agreements]
    if not bound:
        return "met", "没有协议"
    return ("dormant", "沉睡") if all(tie.dormant for tie in bound) else ("bound", "有协议")


def pairs_link(year: int, one: str, other: str) -> str:
    """Where the pairs of two courts are listed."""
    return view_link("joint/courts/pairs", year=year, one=one, other=other)


def _middle(hull: Hull) -> Place:
    return Place(hull.x + hull.width / 2, hull)


def _path(one: Place, other: Place) -> str:
    """From the lower edge of the upper court to the upper edge of the lower one; within a line as an arc below it."""
    high, low = sorted((one, other), key=lambda place: (place.hull.y, place.x))
    y1, y2 = high.hull.y + high.hull.height, low.hull.y
    if high.hull.y == low.hull.y:
        y2 = low.hull.y + low.hull.height
        deep = max(y1, y2) + _ARC
        return f"M{high.x:.0f} {y1:.0f}C{high.x:.0f} {deep:.0f} {low.x:.0f} {deep:.0f} {low.x:.0f} {y2:.0f}"
    middle = (y1 + y2) / 2
    return f"M{high.x:.0f} {y1:.0f}C{high.x:.0f} {middle:.0f} {low.x:.0f} {middle:.0f} {low.x:.0f} {y2:.0f}"


def end_words(scope: JointScope, end: Unit) -> str:
    """A unit with its court."""
    return scope.court_names.get(end[0], end[0]) + scope.name(end) if end[0] else end[1]
