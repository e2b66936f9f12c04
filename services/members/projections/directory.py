"""The directory follows the service's own log: people, memberships, branches, groups; no name in clear."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from services.members.domain.person import PersonDetails, PersonDetailsCorrected, PersonRegistered
from shared.acts import CommandDeps
from shared.contracts.forgetting import PersonForgotten
from shared.contracts.members import (
    BranchCommitteeCorrected,
    BranchCommitteeDissolved,
    BranchCommitteeFormed,
    BranchCommitteeUndone,
    BranchCorrected,
    BranchEstablished,
    BranchUndone,
    MembershipCorrected,
    MembershipEnded,
    MembershipRecorded,
    MembershipUndone,
    PartyGroupCorrected,
    PartyGroupDissolved,
    PartyGroupFormed,
    PartyGroupUndone,
    PersonUndone,
)
from shared.eventstore import NOTIFY_CHANNEL, RecordedEvent
from shared.leases import until_set
from shared.ledgers.words import compact
from shared.personal.keyed_hash import KeyedHash, keyed_hash
from shared.stored_form import decode_all
from shared.wakening import listening

PAGE: Final = 500
_LOOK_AGAIN: Final = 1.0
_DOTS: Final = str.maketrans("•・‧∙", "····")

_PEOPLE: Final = """
    insert into directory_people select * from unnest($1::uuid[], $2::bigint[], $3::text[])
    on conflict (person_id) do update
       set details_position = excluded.details_position, name_hash = excluded.name_hash
"""
_FORGOTTEN: Final = "update directory_people set name_hash = null where person_id = any($1::uuid[])"
_MEMBERSHIPS: Final = """
    insert into directory_memberships
    select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[])
    on conflict (person_id, effective_from) do update
       set branch_id = excluded.branch_id, group_id = excluded.group_id,
           member_kind = excluded.member_kind, standing = excluded.standing
"""
_BRANCHES: Final = """
    insert into directory_branches (branch_id, name, branch_kind, official_order, effective_from)
    select * from unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::text[])
    on conflict (branch_id) do update
       set name = excluded.name, branch_kind = excluded.branch_kind,
           official_order = excluded.official_order, effective_from = excluded.effective_from
"""
_COMMITTEES: Final = """
    update directory_branches b set committee_from = coalesce(c.began, b.committee_from), committee_to = c.ended
      from unnest($1::uuid[], $2::text[], $3::text[]) as c (branch_id, began, ended)
     where b.branch_id = c.branch_id
"""
_GROUPS: Final = """
    insert into directory_groups (group_id, branch_id, name, official_order, effective_from)
    select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::text[])
    on conflict (group_id) do update
       set name = excluded.name, official_order = excluded.official_order,
           effective_from = excluded.effective_from, effective_to = null
"""
_GROUPS_ENDED: Final = """
    update directory_groups g set effective_to = d.ended
      from unnest($1::uuid[], $2::text[]) as d (group_id, ended)
     where g.group_id = d.group_id
"""
_PEOPLE_GONE: Final = "delete from directory_people where person_id = any($1::uuid[])"
_MEMBERSHIPS_GONE: Final = """
    delete from directory_memberships m using unnest($1::uuid[], $2::text[]) as g (person_id, effective_from)
     where m.person_id = g.person_id and m.effective_from = g.effective_from
"""
_BRANCHES_GONE: Final = "delete from directory_branches where branch_id = any($1::uuid[])"
_COMMITTEES_GONE: Final = """
    update directory_branches set committee_from = null, committee_to = null where branch_id = any($1::uuid[])
"""
_GROUPS_GONE: Final = "delete from directory_groups where group_id = any($1::uuid[])"
_MOVE: Final = "update directory_cursor set position = $2 where position = $1 returning position"

log = structlog.get_logger()


def name_hash(hash_key: bytes) -> KeyedHash:
    """The keyed hash by which a name is looked up."""
    return keyed_hash(hash_key, "members.directory.name")


def searched(name: str) -> str:
    """A name as it is compared: NFKC, no white space, one kind of middle dot."""
    return compact(name).translate(_DOTS)


@dataclass
class _Changes:
    """Rows by key: the last event of a page about a key decides. What was undone goes first, and may come again."""

    people: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    forgotten: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    memberships: dict[tuple[str, str], tuple[Any, ...]] = field(default_factory=dict)
    branches: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    committees: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    groups: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    groups_ended: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    people_gone: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    memberships_gone: dict[tuple[str, str], tuple[Any, ...]] = field(default_factory=dict)
    branches_gone: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    committees_gone: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    groups_gone: dict[str, tuple[Any, ...]] = field(default_factory=dict)


async def follow(deps: CommandDeps, pool: asyncpg.Pool, hash_key: bytes, stop: asyncio.Event) -> None:
    """The role `project`: keep the directory up to date until `stop`, through outages of PostgreSQL."""
    async with listening(pool, NOTIFY_CHANNEL) as wakening:
        while not stop.is_set():
            try:
                while await follow_page(deps, pool, hash_key) and not stop.is_set():
                    pass
            except Exception as error:
                log.warning("directory_interrupted", error=type(error).__name__)
                await until_set(stop, _LOOK_AGAIN)
            await wakening.wait(_LOOK_AGAIN)


async def follow_page(deps: CommandDeps, pool: asyncpg.Pool, hash_key: bytes, page: int = PAGE) -> int:
    """Apply the next events in one transaction; how many they were. Of two at once, one does nothing."""
    position: int = await pool.fetchval("select position from directory_cursor")
    events = await deps.store.read_all(position, page)
    if not events:
        return 0
    changes = _changes(events, await decode_all(deps.codec, deps.keyring, events), name_hash(hash_key))
    async with pool.acquire() as connection, connection.transaction():
        if await connection.fetchval(_MOVE, position, events[-1].position) is None:
            return 0
        await _write(connection, changes)
    return len(events)


async def make_anew(pool: asyncpg.Pool) -> None:
    """Empty the directory; `follow` fills it from the beginning of the log."""
    tables = ("people", "memberships", "branches", "groups")
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("update directory_cursor set position = 0")
        for table in tables:
            await connection.execute(f"delete from directory_{table}")  # noqa: S608 - names from above


def _changes(recorded: Sequence[RecordedEvent], events: Sequence[Any], hashed: KeyedHash) -> _Changes:
    changes = _Changes()
    for stored, event in zip(recorded, events, strict=True):
        if isinstance(event, PersonRegistered | PersonDetailsCorrected):
            details = event.details
            changes.people[details.person_id] = (details.person_id, stored.position, _hash_of(details, hashed))
        elif isinstance(event, MembershipRecorded | MembershipCorrected):
            facts = event.facts
            changes.memberships[facts.person_id, facts.effective_from] = (
                *(facts.person_id, facts.effective_from, facts.branch_id),
                *(facts.group_id, facts.member_kind, facts.standing),
            )
        elif isinstance(event, MembershipEnded):
            day = (date.fromisoformat(event.effective_to) + timedelta(days=1)).isoformat()
            changes.memberships[event.person_id, day] = (event.person_id, day, None, None, "", "")
        elif isinstance(event, MembershipUndone):
            key = event.person_id, event.effective_from
            _undone(key, changes.memberships, changes.memberships_gone, key)
        elif isinstance(event, PersonUndone):
            _undone(event.person_id, changes.people, changes.people_gone, (event.person_id,))
        elif isinstance(event, PersonForgotten):
            changes.forgotten[event.person_id] = (event.person_id,)
        else:
            _change_unit(changes, UUID(stored.stream[-36:]), event)
    return changes


def _undone(key: Any, present: dict[Any, Any], gone: dict[Any, Any], row: tuple[Any, ...]) -> None:
    present.pop(key, None)
    gone[key] = row


def _hash_of(details: PersonDetails, hashed: KeyedHash) -> str | None:
    return hashed(searched(details.name)) if isinstance(details.name, str) else None


def _change_unit(changes: _Changes, branch_id: UUID, event: Any) -> None:
    key = str(branch_id)
    match event:
        case BranchEstablished(facts=facts) | BranchCorrected(facts=facts):
            changes.branches[key] = (
                *(branch_id, facts.name, facts.branch_kind),
                *(facts.official_order, facts.effective_from),
            )
        case BranchCommitteeFormed(effective_from=day) | BranchCommitteeCorrected(effective_from=day):
            changes.committees[key] = (branch_id, day, None)
        case BranchCommitteeDissolved(effective_to=day):
            _, began, _ = changes.committees.get(key, (branch_id, None, None))
            changes.committees[key] = (branch_id, began, day)
        case PartyGroupFormed(facts=group) | PartyGroupCorrected(facts=group):
            changes.groups[group.group_id] = (
                *(group.group_id, branch_id, group.name),
                *(group.official_order, group.effective_from),
            )
            changes.groups_ended.pop(group.group_id, None)
        case PartyGroupDissolved(group_id=group_id, effective_to=day):
            changes.groups_ended[group_id] = (group_id, day)
        case BranchUndone():
            _undone(key, changes.branches, changes.branches_gone, (branch_id,))
        case BranchCommitteeUndone():
            _undone(key, changes.committees, changes.committees_gone, (branch_id,))
        case PartyGroupUndone(group_id=group_id):
            changes.groups_ended.pop(group_id, None)
            _undone(group_id, changes.groups, changes.groups_gone, (group_id,))
        case _:
            pass


async def _write(connection: Any, changes: _Changes) -> None:
    for statement, rows in (
        (_PEOPLE_GONE, changes.people_gone),
        (_MEMBERSHIPS_GONE, changes.memberships_gone),
        (_BRANCHES_GONE, changes.branches_gone),
        (_COMMITTEES_GONE, changes.committees_gone),
        (_GROUPS_GONE, changes.groups_gone),
        (_PEOPLE, changes.people),
        (_FORGOTTEN, changes.forgotten),
        (_MEMBERSHIPS, changes.memberships),
        (_BRANCHES, changes.branches),
        (_COMMITTEES, changes.committees),
        (_GROUPS, changes.groups),
        (_GROUPS_ENDED, changes.groups_ended),
    ):
        if rows:
            await connection.execute(statement, *(list(column) for column in zip(*rows.values(), strict=True)))
