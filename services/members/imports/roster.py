"""A 党员名册 as commands: branches and groups first, then its people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from services.members.domain.person import (
    PERSON,
    AssignPost,
    PersonState,
    RecordMembership,
    RegisterPerson,
    VacatePost,
)
from services.members.imports.persons import all_persons, find_persons, keys_of
from services.members.imports.rows import RosterRow, read_row
from services.members.imports.units import branch_id, branches_of, group_id, unit_acts
from shared.acts import Act, CommandDeps
from shared.contracts.members import MembershipFacts, Post, PostFacts
from shared.ledgers.cells import Remark
from shared.ledgers.importing import Prepare, Prepared
from shared.ledgers.recognise import Ledger
from shared.ledgers.row_reading import Findings
from shared.ledgers.runs import Claimed
from shared.ledgers.states import load_states
from shared.meta import Source
from shared.personal.keyed_hash import keyed_hash


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
    rows = [read for row in ledger.rows if (read := read_row(findings, row)) is not None]
    findings.refuse_if_any()
    _remark_repeated(findings, rows)
    known = await all_persons(deps.pool)
    hashed = keyed_hash(deps.hash_key, "person_keys")
    persons = await find_persons(deps.pool, keys_of(rows, hashed), keep=not claimed.dry_run)
    states = await load_states(deps.commands, PERSON, [*known, *persons])
    source = Source(kind="import", run=claimed.run_id, sheet=ledger.sheet)
    acts = unit_acts(deps.site, branches_of(rows), ledger.year, source)
    for row, person in zip(rows, persons, strict=True):
        acts += _person_acts(deps.site, row, person, states[person], ledger.year, source)
    left_out = [person for person in sorted(known - set(persons)) if states[person].details is not None]
    return Prepared(
        acts,
        [f"{PERSON.category}-{person}" for person in persons],
        findings.remarks,
        [{"person_id": person} for person in left_out],
    )


def _person_acts(site: str, row: RosterRow, person: str, state: PersonState, year: int, source: Source) -> list[Act]:
    branch, day = branch_id(site, row.branch), f"{year}-01-01"
    membership = MembershipFacts(
        person_id=person,
        branch_id=branch,
        group_id=None if row.group is None else group_id(site, row.branch, row.group),
        member_kind=row.member_kind,
        standing=row.standing,
        effective_from=day,
    )
    commands: list[Any] = [
        RegisterPerson(details=row.details.model_copy(update={"person_id": person})),
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
