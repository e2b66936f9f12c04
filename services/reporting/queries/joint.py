"""Joint construction as it stood in a year: agreements in force, who met, what was to be solved."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import orjson

from services.reporting.queries.units import counting_day
from shared.projection.schema import Connection
from shared.rules.joint import DORMANT_DAYS, Agreement, Direction, Meeting, Pair, counting_as, direction

LEVELS: Final = ("supreme", "high", "intermediate", "specialised", "basic", "outside")

# In force: signed, and not over by its own end or its term. Nobody says since when: since ever. Nobody says when it
# ended: with its term, else with the year in which it was signed, and without that year it is in force in none.
_AGREEMENTS: Final = """
select * from (
  select agreement_id, number, proposer, parties, joint_modes, planned_a_year, signed, signed_day, state,
         case state when 'ended' then coalesce(ended_day, term_to, (date_trunc('year', signed_day)
                                               + interval '1 year - 1 day')::date) else term_to end as in_force_to
    from proj_joint.agreements
   where site = $1 and facts_at > 0 and state in ('signed', 'ended') and coalesce(signed_day, $3) <= $3) as known
 where in_force_to >= $2 or (in_force_to is null and state = 'signed')
 order by signed_day nulls last, number, agreement_id
"""

_PARTNERS: Final = """
select partner_id, organisation, branch, level, business_line, merged_into from proj_joint.partners
 where site = $1 and facts_at > 0 and state = 'registered' order by organisation, branch nulls first, partner_id
"""

# The index on joint activities by site and day; a record that stands for several is a lower bound, no meeting.
_MEETINGS: Final = """
select activity_id, number, title, date, first_day, last_day, joint, joint_modes
  from proj_activities.activities
 where site = $1 and kind = 'joint_activity' and first_day between $2 and $3
   and facts_at > 0 and state in ('held', 'recorded') and at_least is null
 order by first_day, activity_id
"""

_PROBLEMS: Final = """
select problem_id, subject, activity_id, agreement_id, raised_by, owner, raised_on, due, solved_on,
       state = 'solved' and (solved_day is null or solved_day <= $4) as solved
  from proj_joint.problems
 where site = $1 and raised_day between $2 and $3 and facts_at > 0 and state in ('raised', 'solved')
 order by raised_day, problem_id
"""

_LISTS: Final = """
select lists from proj_joint.participants where site = $1 and activity_id = any($2::text[])
   and lists is not null and jsonb_array_length(lists) > 0
"""


@dataclass(frozen=True)
class Partner:
    """A partner under the name that counts; `aliases` are the ids that count as it, its own included."""

    id: str
    organisation: str
    branch: str | None
    level: str
    direction: Direction
    business_line: str | None
    aliases: tuple[str, ...]

    @property
    def name(self) -> str:
        """The house and, where it is known, the branch."""
        return self.organisation + (self.branch or "")


@dataclass(frozen=True)
class AgreementRow:
    """An agreement in force at some time of the year; `runs` whether still on the counting day."""

    agreement: Agreement
    number: str | None
    modes: tuple[str, ...]
    planned_a_year: int | None
    signed: str | None
    in_force_to: date | None
    state: str
    runs: bool


@dataclass(frozen=True)
class MeetingRow:
    """A joint activity; `seats` by the parties on its list as they are written, None where nobody says."""

    meeting: Meeting
    number: str | None
    title: str
    date: str
    modes: tuple[str, ...]
    agreement_id: str | None
    lead: Mapping[str, str] | None
    seats: tuple[tuple[Mapping[str, str], int | None], ...]


@dataclass(frozen=True)
class ProblemRow:
    """A problem raised in the year; `state` on the day asked for: solved, overdue or open."""

    id: str
    subject: str
    activity_id: str | None
    agreement_id: str | None
    raised_by: Mapping[str, str] | None
    owner: Mapping[str, str] | None
    raised_on: str
    due: date | None
    solved_on: str | None
    state: str


@dataclass(frozen=True)
class JointYear:
    """What there was; `recent` are the meetings of the days within which a partnership is awake, year or not."""

    day: date
    partners: Mapping[str, Partner]
    agreements: tuple[AgreementRow, ...]
    meetings: tuple[MeetingRow, ...]
    recent: tuple[Meeting, ...]
    problems: tuple[ProblemRow, ...]
    people: int | None
    lists: int

    @property
    def bound_partners(self) -> list[Partner]:
        """Distinct partners that are parties of agreements, in their order."""
        bound = {partner for row in self.agreements for partner in row.agreement.partners}
        return [partner for partner in self.partners.values() if partner.id in bound]

    @property
    def running_pairs(self) -> set[Pair]:
        """Partnerships of the agreements still in force on the counting day."""
        return {pair for row in self.agreements if row.runs for pair in row.agreement.pairs}


async def joint_year(connection: Connection, site: str, year: int, as_of: date) -> JointYear:
    """Everything of joint construction in `year`, as known on `as_of`."""
    first, day = date(year, 1, 1), counting_day(year, as_of)
    own_level = await connection.fetchval("select level from proj_units.courts where site = $1", site)
    partners, counts_as = _partners(await connection.fetch(_PARTNERS, site), own_level)
    agreements = [_agreement(row, counts_as, day) for row in await connection.fetch(_AGREEMENTS, site, first, day)]
    agreements.sort(key=lambda row: _natural(row.number))
    since = min(first, day - timedelta(days=DORMANT_DAYS))
    met = [(row["first_day"], _meeting(row, counts_as)) for row in await connection.fetch(_MEETINGS, site, since, day)]
    meetings = tuple(meeting for began, meeting in met if began >= first)
    lists = await connection.fetch(_LISTS, site, [one.meeting.id for one in meetings])
    people = {person for row in lists for one in orjson.loads(row["lists"]) for person in one["person_ids"]}
    problems = await connection.fetch(_PROBLEMS, site, first, day, as_of)
    return JointYear(
        day, partners, tuple(agreements), meetings, tuple(meeting.meeting for _, meeting in met),
        tuple(_problem(row, as_of) for row in problems), len(people) if lists else None, len(lists),
    )  # fmt: skip


def joint_figures(found: JointYear) -> dict[str, Any]:
    """The figures that the report has: agreements in force at some time of the year, activities whose kind is joint."""
    levels = Counter(partner.level for partner in found.bound_partners)
    seats = [seats for meeting in found.meetings for _, seats in meeting.seats]
    return {
        "agreements": len(found.agreements),
        "partners": len(found.bound_partners),
        "partner_levels": {level: levels[level] for level in LEVELS if levels[level]},
        "joint": len(found.meetings),
        "participations": len(seats),
        "seats": sum(number or 0 for number in seats),
        "problems": len(found.problems),
        "solved": sum(problem.state == "solved" for problem in found.problems),
    }


async def partner_ids(connection: Connection, site: str, partner: str) -> list[str]:
    """Every id under which a partner may stand in a record: its own and its aliases."""
    partners, _ = _partners(await connection.fetch(_PARTNERS, site), None)
    return list(partners[partner].aliases) if partner in partners else [partner]


async def partner_names(connection: Connection, site: str) -> dict[str, str]:
    """Every partner's name by id, an alias under the name that counts."""
    partners, counts_as = _partners(await connection.fetch(_PARTNERS, site), None)
    return {one: partners[counting].name for one, counting in counts_as.items()}


def _partners(rows: list[Any], own_level: str | None) -> tuple[dict[str, Partner], dict[str, str]]:
    counts_as = counting_as({row["partner_id"]: row["merged_into"] for row in rows})
    aliases: dict[str, list[str]] = {}
    for partner, counting in counts_as.items():
        aliases.setdefault(counting, []).append(partner)
    partners = {
        row["partner_id"]: Partner(
            row["partner_id"], row["organisation"], row["branch"], row["level"], direction(own_level, row["level"]),
            row["business_line"], tuple(sorted(aliases[row["partner_id"]])),
        )
        for row in rows
        if row["partner_id"] in aliases
    }  # fmt: skip
    return partners, counts_as


def _natural(number: str | None) -> list[tuple[int, str]]:
    """〔2024〕2号 before 〔2024〕10号; what has no number comes last."""
    parts = re.findall(r"\d+|\D+", number or "\uffff")
    return [(int(part), "") if part.isdecimal() else (10**9, part) for part in parts]


def _agreement(row: Any, counts_as: Mapping[str, str], day: date) -> AgreementRow:
    parties = [orjson.loads(row["proposer"]), *orjson.loads(row["parties"])]
    agreement = Agreement(row["agreement_id"], *_sides(parties, counts_as))
    runs = row["in_force_to"] is None or row["in_force_to"] >= day
    return AgreementRow(
        agreement, row["number"], tuple(orjson.loads(row["joint_modes"] or "[]")), row["planned_a_year"],
        row["signed"], row["in_force_to"], row["state"], runs,
    )  # fmt: skip


def _meeting(row: Any, counts_as: Mapping[str, str]) -> MeetingRow:
    joint = orjson.loads(row["joint"] or "null") or {}
    parts = joint.get("participations", [])
    sides = _sides([part["party"] for part in parts], counts_as)
    return MeetingRow(
        Meeting(row["activity_id"], row["last_day"], *sides), row["number"], row["title"], row["date"],
        tuple(orjson.loads(row["joint_modes"] or "[]")), joint.get("agreement_id"), joint.get("lead"),
        tuple((part["party"], part.get("seats")) for part in parts),
    )  # fmt: skip


def _sides(parties: list[dict[str, str]], counts_as: Mapping[str, str]) -> tuple[frozenset[str], frozenset[str]]:
    """The own units and the partners; a partner that was undone is absent."""
    own = frozenset(party["party_id"] for party in parties if party["party_kind"] == "own_unit")
    others = (party["party_id"] for party in parties if party["party_kind"] == "partner")
    return own, frozenset(counts_as[partner] for partner in others if partner in counts_as)


def _problem(row: Any, as_of: date) -> ProblemRow:
    overdue = row["due"] is not None and row["due"] < as_of
    state = "solved" if row["solved"] else "overdue" if overdue else "open"
    raised_by, owner = (orjson.loads(row[name] or "null") for name in ("raised_by", "owner"))
    return ProblemRow(
        row["problem_id"], row["subject"], row["activity_id"], row["agreement_id"], raised_by, owner,
        row["raised_on"], row["due"], row["solved_on"], state,
    )  # fmt: skip
