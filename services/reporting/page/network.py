"""The network of joint construction as a drawing: courts as hulls in rows by level, branches in them as nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from services.reporting.page.strips import list_link
from services.reporting.page.words import LEVELS
from services.reporting.queries.joint import Partner
from services.reporting.queries.joint_view import JointView, Partnership
from shared.rules.joint import ARROWS, Direction, ordinal

WIDTH: Final = 1200
MARGIN: Final = 96
_NODE: Final = 48
_SIDE: Final = 20
_LETTERS: Final = 10
_LETTER: Final = 12
_LINE: Final = 15
_MOST_LETTERS: Final = 3
_BETWEEN_HULLS: Final = 12
_BETWEEN_LINES: Final = 20
BETWEEN_ROWS: Final = 52
WIDEST: Final = 6.0
_AROUND: Final[tuple[Direction | None, ...]] = ("upper", "peer", None, "lower", "outside")


@dataclass
class Node:
    """A branch; `x`, `y` its middle, `label` a few letters, `count` the joint activities it took part in."""

    id: str
    name: str
    label: str
    count: int
    x: float = 0.0
    y: float = 0.0


@dataclass
class Hull:
    """A court with its branches; `lines` is its name, folded."""

    name: str
    lines: list[str]
    nodes: list[Node]
    x: float = 0.0
    y: float = 0.0

    @property
    def width(self) -> float:
        letters = max(len(line) for line in self.lines)
        return max(len(self.nodes) * _NODE, letters * _LETTER + 4) + _SIDE

    @property
    def height(self) -> float:
        return (52.0 if self.nodes else 12.0) + _LINE * len(self.lines)

    def put(self, x: float, y: float) -> None:
        """Place the hull and its nodes."""
        self.x, self.y = x, y
        first = x + self.width / 2 - (len(self.nodes) - 1) * _NODE / 2
        for place, node in enumerate(self.nodes):
            node.x, node.y = first + place * _NODE, y + _LINE * len(self.lines) + 22


@dataclass(frozen=True)
class Band:
    """A row of the drawing: its words at the left, and where they stand."""

    words: tuple[str, str]
    y: float


@dataclass(frozen=True)
class Edge:
    """A partnership or a contact as a curve; `look` is bound, dormant or met."""

    path: str
    width: float
    look: str
    title: str
    link: str


@dataclass(frozen=True)
class Drawing:
    """All of it, ready to be written."""

    width: float
    height: float
    bands: list[Band]
    hulls: list[Hull]
    edges: list[Edge]


def network(view: JointView, court: str, year: int) -> Drawing | None:
    """Upper courts above, this court in the middle, lower and outside ones below; None where nobody is joined."""
    if not view.pairs:
        return None
    tied = {pair.partner_id for pair in view.pairs}
    partners = [partner for partner in view.found.partners.values() if partner.id in tied]
    own = _own(view, court)
    places = {node.id: place for place, node in enumerate(own.nodes)}
    bands: list[Band] = []
    hulls: list[Hull] = []
    y, width = 8.0, max(WIDTH, MARGIN + own.width)
    for which in _AROUND:
        if which is None:
            rows = [(("本院", ""), [own])]
        else:
            rows = _rows([one for one in partners if one.direction == which], view.pairs, places)
        for words, row in rows:
            bands.append(Band(words, y + 24))
            y = put_row(row, y, width) + BETWEEN_ROWS
            hulls += row
    nodes = {node.id: (node, hull) for hull in hulls for node in hull.nodes}
    edges = [_edge(pair, *nodes[pair.unit_id], *nodes[pair.partner_id], year) for pair in view.pairs
             if pair.unit_id in nodes]  # fmt: skip
    return Drawing(width, y - BETWEEN_ROWS + 8, bands, hulls, edges)


def _own(view: JointView, court: str) -> Hull:
    tied = {pair.unit_id for pair in view.pairs}
    count = Counter(unit for meeting in view.found.meetings for unit in meeting.meeting.own_units)
    nodes = [
        Node(unit, name, short(name), count[unit])
        for unit, name in view.names.items()
        if unit in tied or unit in view.branches
    ]
    return Hull(court, [court], nodes)


def _rows(
    partners: Sequence[Partner], pairs: Iterable[Partnership], places: dict[str, int]
) -> list[tuple[tuple[str, str], list[Hull]]]:
    """One row a level, its courts as near as can be to the own branches that they are joined with."""
    pull: dict[str, list[int]] = {}
    count: Counter[str] = Counter()
    for pair in pairs:
        pull.setdefault(pair.partner_id, []).append(places.get(pair.unit_id, 0))
        count[pair.partner_id] += pair.activities
    rows = []
    for level, words in LEVELS.items():
        courts: dict[str, list[Partner]] = {}
        for partner in partners:
            if partner.level == level:
                courts.setdefault(partner.organisation, []).append(partner)
        if courts:
            hulls = [_hull(name, members, count) for name, members in courts.items()]
            drawn = dict(zip(map(id, hulls), courts.values(), strict=True))
            hulls.sort(key=lambda hull: _mean(pull, [one.id for one in drawn[id(hull)]]))
            rows.append(((f"{ARROWS[partners[0].direction]} {words}".strip(), f"{len(courts)} 家"), hulls))
    return rows


def _hull(name: str, members: list[Partner], count: Counter[str]) -> Hull:
    members = sorted(members, key=lambda one: ordinal(one.branch))
    nodes = [Node(one.id, one.name, short(one.branch or ""), count[one.id]) for one in members]
    return Hull(name, folded(name, letters_over(len(nodes))), nodes)


def letters_over(nodes: int) -> int:
    """How many letters of a court's name stand in a line above so many branches."""
    return max(_LETTERS, (nodes * _NODE) // _LETTER)


def folded(name: str, letters: int) -> list[str]:
    """A name in lines of about the same length, none longer than `letters`."""
    lines = -(-len(name) // letters)
    each = -(-len(name) // lines)
    return [name[start : start + each] for start in range(0, len(name), each)]


def _mean(pull: dict[str, list[int]], ids: list[str]) -> float:
    places = [place for one in ids for place in pull.get(one, [])]
    return sum(places) / len(places) if places else 0.0


def put_row(hulls: list[Hull], y: float, width: float, between: float = _BETWEEN_LINES) -> float:
    """Place a row from `y` down in as many lines as it needs, each in the middle; returns where it ends."""
    lines: list[list[Hull]] = [[]]
    for hull in hulls:
        if lines[-1] and _length([*lines[-1], hull]) > width - MARGIN:
            lines.append([])
        lines[-1].append(hull)
    for line in lines:
        x = MARGIN + max(0.0, (width - MARGIN - _length(line)) / 2)
        for hull in line:
            hull.put(x, y)
            x += hull.width + _BETWEEN_HULLS
        y += max(hull.height for hull in line) + between
    return y - between


def _length(hulls: list[Hull]) -> float:
    return sum(hull.width for hull in hulls) + _BETWEEN_HULLS * (len(hulls) - 1)


def _edge(pair: Partnership, node: Node, hull: Hull, other: Node, court: Hull, year: int) -> Edge:
    above = court.y < hull.y
    y1 = hull.y if above else hull.y + hull.height
    y2 = court.y + court.height if above else court.y
    middle = (y1 + y2) / 2
    look = "dormant" if pair.dormant else "bound" if pair.agreements else "met"
    said = {"dormant": "沉睡", "bound": "有协议", "met": "没有协议"}[look]
    title = f"{node.name} — {other.name}：{said}，联建活动 {pair.activities} 次"
    link = list_link(period=str(year), kind="joint_activity", party=pair.unit_id, partner=pair.partner_id)
    path = f"M{node.x:.0f} {y1:.0f}C{node.x:.0f} {middle:.0f} {other.x:.0f} {middle:.0f} {other.x:.0f} {y2:.0f}"
    return Edge(path, min(1.0 + pair.activities, WIDEST), look, title, link)


def short(name: str) -> str:
    """A branch in a few letters: 第三党支部 is 三; where there is no branch, a dot."""
    bare = name.removesuffix("支部").removesuffix("党").removeprefix("第")
    return (bare if len(bare) <= _MOST_LETTERS else bare[:2]) or "·"
