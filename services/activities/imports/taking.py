"""A ledger of activities as commands, one for each row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.activities.domain.activity import ACTIVITY, ActivityState, RecordActivity
from services.activities.domain.facts import Absence, Attendance
from services.activities.imports.drafts import Draft, activity_ids
from services.activities.imports.meetings import read_meeting
from services.activities.imports.names import (
    Mention,
    People,
    Resolve,
    ask_members,
    mentions,
    outside_people,
    refuse_ambiguous,
    registrations,
)
from services.activities.imports.theme_days import read_theme_day
from services.activities.imports.units import LedgerUnits
from services.activities.replica import have, units
from shared.acts import Act, CommandDeps
from shared.broker.lookups import LookupDenied
from shared.contracts.lookups import NameAsked, NameFound
from shared.ledgers.cells import Refused, RowError
from shared.ledgers.columns import LedgerKind
from shared.ledgers.importing import Prepare, Prepared
from shared.ledgers.people import Absence as WrittenAbsence
from shared.ledgers.people import CountedAbsence
from shared.ledgers.recognise import Ledger, Row
from shared.ledgers.row_reading import Findings
from shared.ledgers.runs import Claimed
from shared.ledgers.states import load_states
from shared.meta import Source
from shared.personal.keyed_hash import keyed_hash

_NEVER_TOO_LATE: Final = "2200-12-31"  # a date still to come is odd in a ledger, not refused
_EARLIER: Final = "select activity_id::text as id from ledger_records where ledger = $1 and year = $2"
_KEEP: Final = """
    insert into ledger_records (ledger, year, activity_id) select $1, $2, unnest($3::uuid[]) on conflict do nothing
"""

ReadRow = Callable[[Findings, LedgerUnits, Row, str], Draft | None]


@dataclass(frozen=True)
class ActivitiesDeps:
    """`resolve` asks members; `today` is the court's calendar day, `2024-02-20`."""

    pool: asyncpg.Pool
    commands: CommandDeps
    site: str
    hash_key: bytes
    resolve: Resolve
    today: Callable[[], str]


def activities_imports(deps: ActivitiesDeps) -> dict[LedgerKind, Prepare]:
    """How `shared.ledgers.importing` prepares the two ledgers of activities."""
    return {"meeting_records": _prepare_by(deps, read_meeting), "theme_days": _prepare_by(deps, read_theme_day)}


def _prepare_by(deps: ActivitiesDeps, read: ReadRow) -> Callable[[Ledger, Claimed], Awaitable[Prepared]]:
    async def prepare(ledger: Ledger, claimed: Claimed) -> Prepared:
        return await prepare_activities(deps, read, ledger, claimed)

    return prepare


async def prepare_activities(deps: ActivitiesDeps, read: ReadRow, ledger: Ledger, claimed: Claimed) -> Prepared:
    """The acts of a ledger. Ids are known before the append; nothing is recorded under them if it fails."""
    findings = Findings(ledger)
    async with deps.pool.acquire() as connection:
        known, position = LedgerUnits(deps.site, await units(connection)), await have(connection, deps.site)
    drafts = [draft for row in ledger.rows if (draft := read(findings, known, row, deps.today())) is not None]
    every = list(mentions(drafts))
    found = await _asked(deps, ledger, claimed, every, f"members.1@{position}")
    refuse_ambiguous(every, found)
    findings.refuse_if_any()
    strangers = [mention for mention in every if found[mention.asked].status == "unknown"]
    hashed, keep = keyed_hash(deps.hash_key, "outside_person_keys"), not claimed.dry_run
    outside = await outside_people(deps.pool, hashed, strangers, keep=keep)
    people = People({asked: one.person_id for asked, one in found.items() if one.person_id is not None}, outside)
    ids = activity_ids(deps.site, ledger.kind, drafts)
    source = Source(kind="import", run=claimed.run_id, sheet=ledger.sheet)
    missing = await _missing_later(deps, ledger, ids)
    if keep:
        await deps.pool.execute(_KEEP, ledger.kind, ledger.year, ids)
    return Prepared(
        [*registrations(strangers, outside, source), *_acts(drafts, ids, people, source)],
        [f"{ACTIVITY.category}-{identity}" for identity in ids],
        findings.remarks,
        missing,
    )


async def _asked(
    deps: ActivitiesDeps, ledger: Ledger, claimed: Claimed, every: Sequence[Mention], after: str
) -> dict[NameAsked, NameFound]:
    try:
        return await ask_members(deps.resolve, claimed.actor, after, every) if every else {}
    except LookupDenied:
        problem, expected = "没有查询姓名的权限", "由有权查看全院姓名的人导入"
        raise Refused([RowError(ledger.sheet, None, None, None, "lookup_denied", problem, expected)]) from None


def _acts(drafts: Sequence[Draft], ids: Sequence[UUID], people: People, source: Source) -> list[Act]:
    return [
        Act(
            ACTIVITY,
            identity,
            record_command(draft, people),
            source.model_copy(update={"row": draft.reading.row.number}),
        )
        for draft, identity in zip(drafts, ids, strict=True)
    ]


def record_command(draft: Draft, people: People) -> RecordActivity:
    """What a row comes to once its names are ids."""
    attendance = Attendance(
        chair_id=people.person_id(draft, "chair", draft.chair),
        recorder_id=people.person_id(draft, "recorder", draft.recorder),
        absences=tuple(_absence(draft, entry, people) for entry in draft.absences),
        non_voting_attendees=draft.non_voting,
    )
    return RecordActivity(
        facts=draft.facts,
        attendance=attendance,
        minutes=draft.minutes,
        entry="opening_import",
        remarks=tuple(dict.fromkeys(draft.reading.codes)),
        today=_NEVER_TOO_LATE,
    )


def _absence(draft: Draft, entry: WrittenAbsence, people: People) -> Absence:
    if isinstance(entry, CountedAbsence):
        return Absence(number=entry.count, reason=entry.reason)
    return Absence(person_id=people.person_id(draft, "absences", entry.person), reason=entry.reason)


async def _missing_later(deps: ActivitiesDeps, ledger: Ledger, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Records of earlier workbooks of the same ledger and year that this one leaves out; they stay."""
    rows = await deps.pool.fetch(_EARLIER, ledger.kind, ledger.year)
    left_out = sorted({row["id"] for row in rows} - {str(identity) for identity in ids})
    states: dict[str, ActivityState] = await load_states(deps.commands, ACTIVITY, left_out)
    return [
        {"activity_id": identity, "kind": state.facts.kind, "title": state.facts.title, "date": state.facts.date}
        for identity, state in states.items()
        if state.facts is not None and state.status != "cancelled"
    ]
