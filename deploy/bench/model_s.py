"""Events in the proportions of a court of model S: 46 branches of 12 people, 110 activities a branch and year, each
told by six events. One year is written event by event; further years are made of it by SQL.
"""

from typing import Any, Final

from shared.contracts.activities import (
    ACTIVITY_CORRECTED,
    ACTIVITY_HELD,
    ACTIVITY_PLANNED,
    ACTIVITY_RECORDED,
    ActivityCorrected,
    ActivityFacts,
    ActivityHeld,
    ActivityPlanned,
    ActivityRecorded,
)
from shared.contracts.families import ACTIVITY, ACTIVITY_AMENDMENT, ATTENDANCE, MINUTES
from shared.contracts.kinds import Kind
from shared.projection.schema import Connection
from shared.testing.journal import COLUMNS, META, Court, facts_of, write

SITE: Final = "hai2"
YEAR: Final = 2025
BRANCHES, PEOPLE, ACTIVITIES = 46, 12, 110
YEAR_EVENTS: Final = BRANCHES * ACTIVITIES * 6
_KINDS: Final[tuple[Kind, ...]] = (
    "branch_committee_meeting",
    "party_group_meeting",
    "party_group_meeting",
    "theme_party_day",
    "branch_assembly",
    "party_lesson",
    "study_seminar",
)
_SEALED: Final = {"enc": "A256GCM", "key": "k" * 36, "iv": "i" * 16, "ct": "c" * 400}
_MORE_YEARS: Final = f"""
insert into journal ({", ".join(COLUMNS)})
select origin, position + ago * $2::bigint, family, c, h, salt,
       overlay(stream placing lpad(to_hex(ago), 8, '0') from 10 for 8), version, gen_random_uuid(), type, time,
       replace(data, '"{YEAR}-', '"' || ({YEAR} - ago)::text || '-'), meta
  from journal, generate_series($3::int, $4::int) as ago
 where origin = $1 and position <= $2
"""  # noqa: S608 - constants of this program

_AGAIN: Final = """
insert into events
select position + $1::bigint * $2::bigint, epoch, stream || '-' || $1::text, version, gen_random_uuid(), type, data,
       meta, salt, recorded_at
  from events where position > $3 and position <= $3 + $2
"""

_DONE: Final = """
insert into commands (command_id, actor, request_hash, status, positions, answer)
values ($1, 'operator', '', 'accepted', $2, '{}')
"""


def court_year() -> Court:
    """One year of a court, as its two logs tell it."""
    court = Court(SITE)
    branches = [court.branch(order, f"第{order}党支部", f"{YEAR}-01-01") for order in range(1, BRANCHES + 1)]
    groups = {branch: court.group(branch, 1, f"第一党小组 {branch}", f"{YEAR}-01-01") for branch in branches}
    for number in range(BRANCHES * PEOPLE):
        court.member(number, branches[number % BRANCHES], since=f"{YEAR}-01-01")
    for number in range(BRANCHES * ACTIVITIES):
        branch = branches[number % BRANCHES]
        add_activity(court, branch, groups[branch], number)
    return court


def add_activity(court: Court, branch: str, group: str, number: int) -> None:
    """The six events of one activity."""
    kind = _KINDS[number // BRANCHES % len(_KINDS)]
    unit = ("party_group", group) if kind == "party_group_meeting" else ("branch", branch)
    day = f"{YEAR}-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
    facts = facts_of(
        *unit, branch, kind, day, title=f"活动 {number}", start="09:30", place="党员活动室", expected=12, present=11
    )
    corrected = ActivityFacts(**{**facts.model_dump(), "present": 10})
    stream, log = f"activity-{number:08x}-0000-4000-8000-000000000000", court.activities
    log.event(stream, ACTIVITY_PLANNED, ActivityPlanned(facts=facts), ACTIVITY.name)
    log.event(stream, ACTIVITY_HELD, ActivityHeld(facts=facts), ACTIVITY.name)
    log.event(stream, "activities.attendance-recorded.v1", {"attendance": {"absences": [_SEALED]}}, ATTENDANCE.name)
    log.event(stream, "activities.minutes-recorded.v1", {"minutes": {"content": _SEALED}}, MINUTES.name)
    log.event(stream, ACTIVITY_RECORDED, ActivityRecorded(entry="timely"), ACTIVITY.name)
    amended = ActivityCorrected(facts=corrected, changed=("present",))
    log.event(stream, ACTIVITY_CORRECTED, amended, ACTIVITY_AMENDMENT.name)


async def write_journal(connection: Connection, events: int) -> int:
    """The journal of so many years that they hold about `events` events; how many there are."""
    court = court_year()
    await write(connection, court.members.rows)
    await write(connection, court.activities.rows)
    years = max(0, round(events / YEAR_EVENTS) - 1)
    for first in range(1, years + 1, 10):  # ten years a statement: the server's memory stays small
        last = min(first + 9, years)
        await connection.execute(_MORE_YEARS, court.activities.origin, YEAR_EVENTS, first, last, timeout=600)
    await connection.execute("analyze journal")
    found: int = await connection.fetchval("select count(*) from journal")
    return found


async def write_log(connection: Connection, rows: list[tuple[Any, ...]], events: int) -> int:
    """The log of a service, made of `rows` of its journal as often as it takes; how many events it holds."""
    head = await connection.fetchval("select coalesce(max(position), 0) from events")
    records = [
        (head + at, 1, stream, version, event_id, kind, data, meta, salt, time)
        for at, (_, _, _, _, _, salt, stream, version, event_id, kind, time, data, meta) in enumerate(rows, 1)
    ]
    names = ("position", "epoch", "stream", "version", "event_id", "type", "data", "meta", "salt", "recorded_at")
    await connection.copy_records_to_table("events", records=records, columns=names)
    await connection.execute(_DONE, META["command_id"], list(range(head + 1, head + len(rows) + 1)))
    times = max(1, round(events / len(rows)))
    for again in range(1, times):
        await connection.execute(_AGAIN, again, len(rows), head, timeout=600)
    return times * len(rows)
