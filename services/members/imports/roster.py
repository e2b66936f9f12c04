"""A 党员名册 as commands: branches and groups first, then its people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.members.domain.branch import BRANCH, BranchState
from services.members.domain.identifiers import RecordIdentifiers
from services.members.domain.person import (
    PERSON,
    PersonRegistered,
    PersonState,
    RecordMembership,
    RegisterPerson,
)
from services.members.domain.posts import AssignPost, VacatePost
from services.members.imports.namesakes import Recorded, namesakes
from services.members.imports.persons import all_persons, find_persons, keys_of
from services.members.imports.rows import RosterRow, read_row
from services.members.imports.units import RosterUnits, branches_of, unit_acts
from shared.acts import Act, CommandDeps
from shared.contracts.members import MembershipFacts, Post, PostFacts
from shared.ledgers.answers import Prepared
from shared.ledgers.cells import Remark, RowError
from shared.ledgers.importing import Prepare
from shared.ledgers.recognise import Ledger
from shared.ledgers.row_reading import Findings
from shared.ledgers.runs import Claimed
from shared.ledgers.states import load_states
from shared.meta import Source
from shared.personal.keyed_hash import keyed_hash

_BRANCHES: Final = (
    "select substr(stream, 8) as id from events where stream like 'branch-%' and version = 1 order by stream"
)


@dataclass(frozen=True)
class RosterDeps:
    """`hash_key` is the secret of the keyed hashes, from a file outside PostgreSQL."""

    pool: asyncpg.Pool
    commands: CommandDeps
    site: str
    hash_key: bytes


def roster_import(deps: RosterDeps) -> Prepare:
    """How `shared.ledgers.importing` prepares a member_roster."""

    async def prepare(ledger: Ledger, claimed: Claimed) -> Prepared:
        return await prepare_roster(deps, ledger, claimed)

    return prepare


async def prepare_roster(deps: RosterDeps, ledger: Ledger, claimed: Claimed) -> Prepared:
    """The acts of a roster. Persons get their ids now; ids that nothing is recorded under do no harm."""
    findings = Findings(ledger)
    rows = [read for row in ledger.rows if (read := read_row(findings, row, claimed.with_identifiers)) is not None]
    findings.refuse_if_any()
    _remark_repeated(findings, rows)
    units = RosterUnits(deps.site, branches_of(rows), await _recorded_branches(deps))
    _refuse_ambiguous(findings, rows, units)
    _remark_left_out(findings, units)
    known = await all_persons(deps.pool)
    stated = [row.record_id if row.record_id in ledger.recorded else None for row in rows]
    branches = [units.branch_id(row.branch) for row in rows]
    persons = await _persons(deps, rows, branches, stated, keep=not claimed.dry_run)
    states = await load_states(deps.commands, PERSON, [*known, *persons])
    source = Source(kind="import", run=claimed.run_id, sheet=ledger.sheet)
    acts = unit_acts(units, ledger.year, source)
    for row, person in zip(rows, persons, strict=True):
        acts += _person_acts(units, row, person, states[person], ledger.year, source)
    left_out = [person for person in sorted(known - set(persons)) if states[person].details is not None]
    return Prepared(
        acts,
        [f"{PERSON.category}-{person}" for person in persons],
        findings.remarks,
        [{"person_id": person} for person in left_out],
        beginnings=(PersonRegistered,),
    )


async def _recorded_branches(deps: RosterDeps) -> dict[str, BranchState]:
    ids = [row["id"] for row in await deps.pool.fetch(_BRANCHES)]
    return await load_states(deps.commands, BRANCH, ids)


async def _persons(
    deps: RosterDeps, rows: Sequence[RosterRow], branches: Sequence[str], stated: Sequence[str | None], *, keep: bool
) -> list[str]:
    recorded = Recorded(deps.pool, deps.commands, deps.hash_key)

    async def others(unknown: Sequence[int]) -> list[list[str]]:
        return await namesakes(recorded, [rows[index] for index in unknown], [branches[index] for index in unknown])

    keys = keys_of(rows, branches, keyed_hash(deps.hash_key, "person_keys"))
    return await find_persons(deps.pool, keys, stated, others, keep=keep)


def _refuse_ambiguous(findings: Findings, rows: Sequence[RosterRow], units: RosterUnits) -> None:
    """Where several recorded units bear the name, nobody can tell which is meant."""
    expected = "先在系统中给同名的党支部或党小组改名"
    for row in rows:
        if len(units.branches_named(row.branch)) > 1:
            column, code, value, noun = "branch", "unknown_branch", row.branch, "党支部"
        elif row.group is not None and len(units.groups_named(row.branch, row.group)) > 1:
            column, code, value, noun = "group", "unknown_party_group", row.group, "党小组"
        else:
            continue
        heading, problem = findings.ledger.heading(column), f"有几个{noun}叫这个名字，无法分清"
        findings.errors.append(RowError(findings.ledger.sheet, row.number, heading, value, code, problem, expected))
    findings.refuse_if_any()


def _remark_left_out(findings: Findings, units: RosterUnits) -> None:
    if names := units.left_out(findings.ledger.year):
        sentence = f"已有的 {'、'.join(names)} 不在这份名册中，保持不变"
        findings.remarks.append(Remark(findings.ledger.sheet, None, None, "unit_missing_later", sentence))


def _person_acts(
    units: RosterUnits, row: RosterRow, person: str, state: PersonState, year: int, source: Source
) -> list[Act]:
    branch, day = units.branch_id(row.branch), f"{year}-01-01"
    membership = MembershipFacts(
        person_id=person,
        branch_id=branch,
        group_id=None if row.group is None else units.group_id(row.branch, row.group),
        member_kind=row.member_kind,
        standing=row.standing,
        effective_from=day,
    )
    commands: list[Any] = [
        RegisterPerson(details=row.details.model_copy(update={"person_id": person})),
        RecordIdentifiers(identifiers=row.identifiers.model_copy(update={"person_id": person})),
        RecordMembership(facts=membership),
        *_left_posts(state, branch, row.posts, year),
        *(
            AssignPost(facts=PostFacts(person_id=person, branch_id=branch, post=p, effective_from=day))
            for p in row.posts
        ),
    ]
    at = source.model_copy(update={"row": row.number})
    return [Act(PERSON, UUID(person), command, at) for command in commands]


def _left_posts(state: PersonState, branch: str, posts: Sequence[Post], year: int) -> list[VacatePost]:
    """Posts that the roster of the year no longer names ended with the year before."""
    day = f"{year}-01-01"
    return [
        VacatePost(branch_id=held.branch_id, post=held.post, effective_to=f"{year - 1}-12-31")
        for held in state.posts
        if held.effective_from <= day and (held.branch_id != branch or held.post not in posts)
    ]


def _remark_repeated(findings: Findings, rows: Sequence[RosterRow]) -> None:
    seen: set[str] = set()
    ledger = findings.ledger
    for row in rows:
        if row.id_number is not None and row.id_number in seen:
            sentence = "公民身份号码与前面一行相同，按另一人导入"
            heading = ledger.heading("id_number")
            findings.remarks.append(Remark(ledger.sheet, row.number, heading, "id_number_repeated", sentence))
        seen |= {row.id_number} if row.id_number else set()
