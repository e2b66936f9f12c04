"""The jurisdiction in a period (辖区总览): every court with its lights and figures, and what they come to together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.reporting.queries.brand_scope import brands_once
from services.reporting.queries.court_figures import Asked, CourtFigures, Sessions, by_kind, figures_by_court, people_of
from services.reporting.queries.court_standing import CourtStanding, court_standings
from services.reporting.queries.court_tree import CourtBelow, CourtTree
from services.reporting.queries.duplicates import JointFigures, duplicates_of
from services.reporting.queries.late_entries import late_entries
from services.reporting.queries.period_states import Submission, submissions
from shared.projection.schema import Connection

FEW: Final = 5
"""Below so many people a number may show a person: another court sees only that they are fewer."""

SUMMED: Final = (
    "branches",
    "groups",
    "agreements",
    "joint",
    "participations",
    "seats",
    "problems",
    "solved",
    "brands",
    "unknown_brands",
)
NOT_SUMMED: Final = {
    "partners": "各院登记的共建单位可能是同一家，不相加",
    "partner_levels": "各院登记的共建单位可能是同一家，不相加",
}


@dataclass(frozen=True)
class CourtView:
    """One court; `together` are the figures of its subtree, None where nobody is below it."""

    court: CourtBelow
    standing: CourtStanding
    submission: Submission | None
    late: int
    figures: Mapping[str, Any]
    found: CourtFigures
    together: Mapping[str, Any] | None

    @property
    def is_submitted(self) -> bool:
        return self.submission is not None and self.submission.is_submitted


@dataclass(frozen=True)
class Overview:
    """`views` in official order, the court itself first; `levels` the lower courts of each level together.

    Of several courts together `members_leave_out` names those whose members are too few to be told, and are not in
    `members`.
    """

    asked: Asked
    tree: CourtTree
    views: tuple[CourtView, ...]
    together: Mapping[str, Any]
    levels: Mapping[str, Mapping[str, Any]]

    def of(self, sites: Iterable[str]) -> list[CourtView]:
        """These courts, in official order."""
        wanted = set(sites)
        return [view for view in self.views if view.court.site in wanted]

    @property
    def lower(self) -> tuple[CourtView, ...]:
        return self.views[1:]


async def overview_of(
    connection: Connection, tree: CourtTree, asked: Asked, now: datetime, head_max_age_seconds: float
) -> Overview:
    """Everything of the courts of `tree`; a fixed number of questions, however many they are."""
    sites = tree.sites
    subtrees = {court.site: tree.subtree(court.site) for court in tree.courts}
    levels = {level: [court.site for court in tree.lower if court.level == level] for level in _levels(tree)}
    bundles = {f"subtree {site}": below for site, below in subtrees.items()}
    bundles |= {f"level {level}": of_level for level, of_level in levels.items()}
    found = await figures_by_court(connection, sites, asked)
    people = await _people(connection, tree, bundles, asked)
    standings = await court_standings(connection, tree, now, head_max_age_seconds)
    states = await submissions(connection, sites, asked.period)
    guards = {site: state.guard for site, state in states.items() if state.is_submitted}
    late = Counter(entry.site for entry in await late_entries(connection, guards, *asked.span)) if guards else Counter()
    twice = await duplicates_of(connection, sites, asked.period, asked.as_of)
    brands = await brands_once(connection, sites, asked.day, twice.partners)
    together = {
        name: counted_once(rolled_up([found[site] for site in bundle], people[name]), twice.figures(bundle))
        | {"brands": len(frozenset().union(*(brands[site] for site in bundle))), **_leave_out(bundle, people)}
        for name, bundle in bundles.items()
        if len(bundle) > 1 or name.startswith("level")
    }
    views = tuple(
        CourtView(
            court, standings[court.site], states.get(court.site), late[court.site],
            _shown(found[court.site], people[court.site]), found[court.site],
            together.get(f"subtree {court.site}"),
        )
        for court in tree.courts
    )  # fmt: skip
    return Overview(
        asked, tree, views, together.get(f"subtree {sites[0]}") or _alone(views[0], people),
        {level: {"courts": len(of_level), **together[f"level {level}"]} for level, of_level in levels.items()},
    )  # fmt: skip


async def _people(
    connection: Connection, tree: CourtTree, bundles: Mapping[str, Sequence[str]], asked: Asked
) -> dict[str, int | None]:
    """Members of each court and each bundle; None where they are few.

    A bundle is told without its courts of a few: theirs would be what is left when the others are taken off.
    """
    each = await people_of(connection, {site: [site] for site in tree.sites}, tree.sites, asked.day)
    few = {court.site for court in tree.courts if court.link != "own" and is_few(each[court.site])}
    told = {name: [site for site in bundle if site not in few] for name, bundle in bundles.items()}
    together = await people_of(connection, told, tree.sites, asked.day)
    return {
        **{site: None if site in few else number for site, number in each.items()},
        **{name: number if told[name] else None for name, number in together.items()},
    }


def _leave_out(bundle: Sequence[str], people: Mapping[str, int | None]) -> dict[str, list[str]]:
    return {"members_leave_out": [site for site in bundle if people[site] is None]}


def _alone(view: CourtView, people: Mapping[str, int | None]) -> dict[str, Any]:
    """What is told of several courts together, of one below which there is none."""
    return {**view.figures, "suspected": 0, **_leave_out([view.court.site], people)}


def rolled_up(courts: Sequence[CourtFigures], people: int | None) -> dict[str, Any]:
    """The figures of several courts together; lower bounds add in words, what must not be added is None."""
    kinds: dict[str, Sessions] = {}
    for court in courts:
        for kind, sessions in court.kinds.items():
            before = kinds.get(kind, Sessions())
            kinds[kind] = Sessions(
                before.exact + sessions.exact, before.at_least + sessions.at_least, before.words + sessions.words
            )
    return {
        "members": people,
        **{key: sum(court.plain[key] for court in courts) for key in SUMMED},
        **by_kind(kinds),
        "activities": sum(court.activities for court in courts),
        "missing": sum(len(court.missing) for court in courts),
        **dict.fromkeys(NOT_SUMMED),
    }


def counted_once(figures: dict[str, Any], joint: JointFigures) -> dict[str, Any]:
    """The same where an activity that two courts recorded counts once; `suspected`: so many fewer it may be."""
    fewer = figures["joint"] - joint.joint
    once = {"joint": joint.joint, "participations": joint.participations, "seats": joint.seats}
    return {**figures, **once, "activities": figures["activities"] - fewer, "suspected": joint.suspected}


def flat(figures: Mapping[str, Any]) -> dict[str, int]:
    """The figures that are locked: every number by one key, kinds under their own names."""
    plain = {key: value for key, value in figures.items() if isinstance(value, int)}
    return {**plain, **figures["by_kind"]}


def _shown(found: CourtFigures, people: int | None) -> dict[str, Any]:
    return {
        **rolled_up([found], people),
        "partners": found.plain["partners"],
        "partner_levels": found.partner_levels,
    }


def is_few(people: int) -> bool:
    """Whether a number of people would show who they are."""
    return 0 < people < FEW


def _levels(tree: CourtTree) -> list[str]:
    return list(dict.fromkeys(court.level for court in tree.lower if court.level is not None))
