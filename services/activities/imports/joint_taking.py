"""联建协议 and 联建活动 as commands: partners first, then agreements; activities, then their problems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from services.activities.domain.activity import ACTIVITY, ActivityState, RecordActivity
from services.activities.domain.joint_agreement import (
    JOINT_AGREEMENT,
    JointAgreementDetailsRecorded,
    JointAgreementState,
    RecordJointAgreement,
)
from services.activities.domain.joint_problem import JOINT_PROBLEM, JointProblemState, RecordJointProblem
from services.activities.domain.partner import PARTNER, RecordPartner
from services.activities.imports.agreements import AgreementDraft, Standing, joined, number_key, read_agreement
from services.activities.imports.joint_activities import (
    Agreements,
    JointDraft,
    WrittenProblem,
    read_joint_activity,
)
from services.activities.imports.names import Mention, People
from services.activities.imports.naming import court_units, people_named, source_of
from services.activities.imports.parties import Parties
from services.activities.imports.recorded import (
    NEVER_TOO_LATE,
    ActivitiesDeps,
    given_id,
    held_before,
    recorded_agreements,
    recorded_parties,
)
from shared.acts import Act
from shared.contracts.activities import ActivityHeld
from shared.contracts.ids import joint_activity_id, joint_agreement_id, joint_problem_id
from shared.contracts.joint import JointProblemFacts
from shared.ledgers.answers import Prepared
from shared.ledgers.recognise import Ledger
from shared.ledgers.row_reading import Findings
from shared.ledgers.runs import Claimed
from shared.ledgers.states import load_states
from shared.meta import Source

_STATED: Final = ("title", "date", "place", "joint_modes", "number", "joint", "unit_kind", "unit_id", "branch_id")
_STATED_MINUTES: Final = ("agenda", "outcome", "remark")


async def prepare_agreements(deps: ActivitiesDeps, ledger: Ledger, claimed: Claimed) -> Prepared:
    """The acts of a ledger of agreements."""
    findings = Findings(ledger)
    units, position = await court_units(deps)
    parties, aliases = await recorded_parties(deps, units)
    known = await recorded_agreements(deps, aliases)
    read = [read_agreement(findings, parties, row, deps.today()) for row in ledger.rows]
    drafts = joined([draft for draft in read if draft is not None])
    contacts = [Mention(draft, "contact", draft.contact) for draft in drafts if draft.contact is not None]
    people, registered = await people_named(deps, findings, claimed, contacts, position)
    ids = [_agreement_id(deps.site, draft, known) for draft in drafts]
    source = source_of(ledger, claimed)
    acts = [
        Act(JOINT_AGREEMENT, UUID(identity), _agreement_command(draft, people, known.states.get(identity)), at)
        for draft, identity in zip(drafts, ids, strict=True)
        for at in [_at(source, draft.reading.row.number)]
    ]
    left_out = await held_before(deps, ledger, ids, keep=not claimed.dry_run)
    return Prepared(
        [*registered, *partner_acts(deps, parties, source), *acts],
        [f"{JOINT_AGREEMENT.category}-{identity}" for identity in ids],
        findings.remarks,
        [_agreement_left_out(identity, known) for identity in left_out if identity in known.states],
        beginnings=(JointAgreementDetailsRecorded,),
    )


def partner_acts(deps: ActivitiesDeps, parties: Parties, source: Source) -> list[Act]:
    """One act for each partner that the rows state."""
    return [
        Act(PARTNER, UUID(one.partner_id), RecordPartner(facts=one.facts, court=deps.court), _at(source, one.row))
        for one in parties.registered.values()
    ]


def _agreement_id(site: str, draft: AgreementDraft, known: Agreements) -> str:
    number = draft.facts.number or ""
    given = given_id(draft.reading.row)
    if given is not None and given in known.states:
        return given
    return known.ids.get(number_key(number)) or str(joint_agreement_id(site, number))


def _agreement_command(
    draft: AgreementDraft, people: People, known: JointAgreementState | None
) -> RecordJointAgreement:
    contact = people.person_id(draft, "contact", draft.contact)
    standing = draft.standing or _standing_of(known)
    return RecordJointAgreement(
        facts=draft.facts,
        details=draft.details.model_copy(update={"contact_id": contact}),
        signed=standing.signed,
        ended=standing.ended,
        effective_to=standing.effective_to,
        today=NEVER_TOO_LATE,
    )


def _standing_of(known: JointAgreementState | None) -> Standing:
    """Where the row does not say, the agreement stays as it is."""
    if known is None:
        return Standing()
    ending = known.ending
    if ending is not None:
        return Standing(True, ending.cause, ending.effective_to)
    return Standing(signed=known.status != "proposed")


def _agreement_left_out(identity: str, known: Agreements) -> dict[str, Any]:
    facts = known.states[identity].facts
    return {"agreement_id": identity, "number": facts and facts.number, "signed": facts and facts.signed}


async def prepare_joint_activities(deps: ActivitiesDeps, ledger: Ledger, claimed: Claimed) -> Prepared:
    """The acts of a ledger of joint activities."""
    findings = Findings(ledger)
    units, _ = await court_units(deps)
    parties, aliases = await recorded_parties(deps, units)
    agreements = await recorded_agreements(deps, aliases)
    read = [read_joint_activity(findings, parties, agreements, row, deps.today()) for row in ledger.rows]
    drafts = [draft for draft in read if draft is not None]
    _refuse_repeated(drafts)
    findings.refuse_if_any()
    ids = [given_id(draft.reading.row) or str(joint_activity_id(deps.site, draft.key)) for draft in drafts]
    known: dict[str, ActivityState] = await load_states(deps.commands, ACTIVITY, ids)
    ids = [_held_or_natural(deps, draft, identity, known) for draft, identity in zip(drafts, ids, strict=True)]
    problems = [_problem_ids(deps.site, draft) for draft in drafts]
    raised: dict[str, JointProblemState] = await load_states(
        deps.commands, JOINT_PROBLEM, [identity for every in problems for identity in every]
    )
    source = source_of(ledger, claimed)
    acts = partner_acts(deps, parties, source)
    for draft, identity, named in zip(drafts, ids, problems, strict=True):
        at = _at(source, draft.reading.row.number)
        acts.append(Act(ACTIVITY, UUID(identity), _activity_command(draft, known.get(identity)), at))
        acts += [
            Act(JOINT_PROBLEM, UUID(one), _problem_command(draft, identity, written, raised[one]), at)
            for one, written in zip(named, draft.problems, strict=True)
        ]
    left_out = await held_before(deps, ledger, ids, keep=not claimed.dry_run)
    return Prepared(
        acts,
        [f"{ACTIVITY.category}-{identity}" for identity in ids],
        findings.remarks,
        await _activities_left_out(deps, left_out),
        beginnings=(ActivityHeld,),
    )


def _held_or_natural(deps: ActivitiesDeps, draft: JointDraft, identity: str, known: dict[str, ActivityState]) -> str:
    """An id from an exported workbook counts only where such an activity is recorded."""
    return identity if known[identity].facts is not None else str(joint_activity_id(deps.site, draft.key))


def _refuse_repeated(drafts: Sequence[JointDraft]) -> None:
    seen: dict[str, int] = {}
    for draft in drafts:
        first = seen.setdefault(draft.key, draft.reading.row.number)
        if first != draft.reading.row.number:
            problem = f"活动编号与第 {first} 行相同"
            draft.reading.error("number", "number_repeated", problem, "每项活动有自己的编号；一项活动写一行")


def _activity_command(draft: JointDraft, known: ActivityState | None) -> RecordActivity:
    """What the ledger has no column for stays as it is known."""
    state = known if known is not None and known.status == "recorded" else ActivityState()
    facts, minutes = draft.facts, draft.minutes
    if state.facts is not None:
        facts = state.facts.model_copy(update={name: getattr(facts, name) for name in _STATED})
        minutes = state.minutes.model_copy(update={name: getattr(minutes, name) for name in _STATED_MINUTES})
    return RecordActivity(
        facts=facts,
        attendance=state.attendance,
        minutes=minutes,
        entry="opening_import",
        remarks=tuple(dict.fromkeys(draft.reading.codes)),
        today=NEVER_TOO_LATE,
    )


def _problem_ids(site: str, draft: JointDraft) -> list[str]:
    return [str(joint_problem_id(site, draft.key, number)) for number in range(1, len(draft.problems) + 1)]


def _problem_command(
    draft: JointDraft, activity_id: str, written: WrittenProblem, known: JointProblemState
) -> RecordJointProblem:
    """Who has to solve it by when stays as it is known; so does how it stands, where the row does not say."""
    joint, standing = draft.facts.joint, known if known.stands else JointProblemState()
    assert joint is not None
    facts = JointProblemFacts(
        subject=written.subject,
        activity_id=activity_id,
        agreement_id=joint.agreement_id,
        raised_by=joint.lead,
        owner=standing.facts and standing.facts.owner,
        raised_on=draft.facts.date,
        due=standing.facts and standing.facts.due,
    )
    if written.note is None:
        solved, solved_on = standing.status == "solved", standing.solved_on
        note = standing.note if isinstance(standing.note, str) else None
        return RecordJointProblem(facts=facts, solved=solved, solved_on=solved_on, note=note, today=NEVER_TOO_LATE)
    solved_on = written.solved_on or (standing.solved_on if written.solved else None)
    return RecordJointProblem(
        facts=facts, solved=written.solved, solved_on=solved_on, note=written.note, today=NEVER_TOO_LATE
    )


async def _activities_left_out(deps: ActivitiesDeps, left_out: Sequence[str]) -> list[dict[str, Any]]:
    states: dict[str, ActivityState] = await load_states(deps.commands, ACTIVITY, left_out)
    return [
        {"activity_id": identity, "kind": state.facts.kind, "title": state.facts.title, "date": state.facts.date}
        for identity, state in states.items()
        if state.facts is not None and state.status != "cancelled"
    ]


def _at(source: Source, row: int) -> Source:
    return source.model_copy(update={"row": row})
