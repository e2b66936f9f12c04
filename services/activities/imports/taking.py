"""A ledger of activities as commands, one for each row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from services.activities.domain.activity import ACTIVITY, ActivityState, RecordActivity
from services.activities.domain.facts import Absence, Attendance
from services.activities.imports.brand_taking import prepare_brands
from services.activities.imports.drafts import Draft, activity_ids
from services.activities.imports.joint_taking import prepare_agreements, prepare_joint_activities
from services.activities.imports.meetings import read_meeting
from services.activities.imports.names import People, mentions
from services.activities.imports.naming import court_units, people_named, source_of
from services.activities.imports.recorded import NEVER_TOO_LATE, ActivitiesDeps, held_before
from services.activities.imports.theme_days import read_theme_day
from services.activities.imports.units import LedgerUnits
from shared.acts import Act
from shared.contracts.activities import ActivityHeld
from shared.ledgers.answers import Prepared
from shared.ledgers.columns import LedgerKind
from shared.ledgers.importing import Prepare
from shared.ledgers.people import Absence as WrittenAbsence
from shared.ledgers.people import CountedAbsence
from shared.ledgers.recognise import Ledger, Row
from shared.ledgers.row_reading import Findings
from shared.ledgers.runs import Claimed
from shared.ledgers.states import load_states
from shared.meta import Source

ReadRow = Callable[[Findings, LedgerUnits, Row, str], Draft | None]


def activities_imports(deps: ActivitiesDeps) -> dict[LedgerKind, Prepare]:
    """How `shared.ledgers.importing` prepares the ledgers of activities."""
    return {
        "meeting_records": _prepare_by(deps, read_meeting),
        "theme_days": _prepare_by(deps, read_theme_day),
        "joint_agreements": partial(prepare_agreements, deps),
        "joint_activities": partial(prepare_joint_activities, deps),
        "brands": partial(prepare_brands, deps),
    }


def _prepare_by(deps: ActivitiesDeps, read: ReadRow) -> Callable[[Ledger, Claimed], Awaitable[Prepared]]:
    async def prepare(ledger: Ledger, claimed: Claimed) -> Prepared:
        return await prepare_activities(deps, read, ledger, claimed)

    return prepare


async def prepare_activities(deps: ActivitiesDeps, read: ReadRow, ledger: Ledger, claimed: Claimed) -> Prepared:
    """The acts of a ledger. Ids are known before the append; nothing is recorded under them if it fails."""
    findings = Findings(ledger)
    known, position = await court_units(deps)
    drafts = [draft for row in ledger.rows if (draft := read(findings, known, row, deps.today())) is not None]
    people, registered = await people_named(deps, findings, claimed, list(mentions(drafts)), position)
    ids = activity_ids(deps.site, ledger, drafts)
    left_out = await held_before(deps, ledger, ids, keep=not claimed.dry_run)
    return Prepared(
        [*registered, *_acts(drafts, ids, people, source_of(ledger, claimed))],
        [f"{ACTIVITY.category}-{identity}" for identity in ids],
        findings.remarks,
        await activities_left_out(deps, left_out),
        beginnings=(ActivityHeld,),
    )


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
        today=NEVER_TOO_LATE,
    )


def _absence(draft: Draft, entry: WrittenAbsence, people: People) -> Absence:
    if isinstance(entry, CountedAbsence):
        return Absence(number=entry.count, reason=entry.reason)
    return Absence(person_id=people.person_id(draft, "absences", entry.person), reason=entry.reason)


async def activities_left_out(deps: ActivitiesDeps, left_out: Sequence[str]) -> list[dict[str, Any]]:
    """Those of them that still stand, as an answer shows them."""
    states: dict[str, ActivityState] = await load_states(deps.commands, ACTIVITY, left_out)
    return [
        {"activity_id": identity, "kind": state.facts.kind, "title": state.facts.title, "date": state.facts.date}
        for identity, state in states.items()
        if state.facts is not None and state.status != "cancelled"
    ]
