"""The units of the court as `members` recorded them: a replica without personal fields (design §5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.broker.tables import Connection
from shared.contracts import forgetting
from shared.contracts import members as contract
from shared.contracts.ids import normalised
from shared.contracts.values import UnitKind
from shared.crash import AFTER_REPLICA_COMMIT
from shared.personal.fields import person_key
from shared.personal.tombstones import bury
from shared.receiver.reading import Row, Run
from shared.receiver.receiving import Sink, own_log
from shared.sealing.chain import first_h

REPLICA_CHANNEL: Final = "replica"
PARTY_COMMITTEE_NAME: Final = "机关党委"
SOURCE: Final = "members"

_UNIT: Final = """
insert into replica_units
       (unit_id, unit_kind, branch_id, name, branch_kind, official_order, effective_from)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (unit_id) do update
   set name = excluded.name, branch_kind = excluded.branch_kind, official_order = excluded.official_order,
       effective_from = excluded.effective_from
"""
_COMMITTEE_FROM: Final = "update replica_units set committee_from = $2, committee_to = null where unit_id = $1"
_COMMITTEE_TO: Final = "update replica_units set committee_to = $2 where unit_id = $1"
_EFFECTIVE_TO: Final = "update replica_units set effective_to = $2 where unit_id = $1"
_COMMITTEE_GONE: Final = "update replica_units set committee_from = null, committee_to = null where unit_id = $1"
_UNIT_GONE: Final = "delete from replica_units where unit_id = $1"
_PEOPLE: Final = """
insert into replica_people (person_id) select unnest($1::uuid[]) on conflict do nothing
"""
_PEOPLE_GONE: Final = "delete from replica_people where person_id = any($1::uuid[])"
_ALL: Final = """
select unit_id::text, unit_kind, branch_id::text, name, branch_kind, official_order, effective_from, effective_to,
       committee_from, committee_to
  from replica_units order by unit_kind, official_order, name
"""


_EPOCHS: Final = "{}/members/log/%"


@dataclass(frozen=True)
class Unit:
    """A branch, party group or the party committee. Days are `2024-01-01`; `effective_to` is its last day, if any.

    `branch_id` is the branch of a group, and the branch itself of a branch. A branch has a 支委会 from
    `committee_from` to `committee_to`; it has none where the former is None.
    """

    unit_id: str
    unit_kind: UnitKind
    branch_id: str | None
    name: str
    branch_kind: contract.BranchKind | None
    official_order: int
    effective_from: str | None
    effective_to: str | None
    committee_from: str | None
    committee_to: str | None


class Units:
    """All units, found by id or by name; names are compared in NFKC."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self.all = tuple(units)
        self._by_id = {unit.unit_id: unit for unit in units}
        self._by_name: dict[str, list[Unit]] = {}
        for unit in units:
            self._by_name.setdefault(normalised(unit.name), []).append(unit)

    def by_id(self, unit_id: str) -> Unit | None:
        return self._by_id.get(unit_id)

    def named(self, name: str, kind: UnitKind | None = None, branch_id: str | None = None) -> list[Unit]:
        """The units of that name, of one kind or of one branch where asked for."""
        return [
            unit
            for unit in self._by_name.get(normalised(name), ())
            if kind in (None, unit.unit_kind) and branch_id in (None, unit.branch_id)
        ]


async def units(connection: Connection) -> Units:
    """Every unit that has arrived here."""
    return Units([Unit(*row) for row in await connection.fetch(_ALL)])


async def have(connection: Connection, site: str) -> int:
    """The position up to which the log of `members` is contained here, in whatever epoch; for `After: members.1@…`."""
    found: int | None = await connection.fetchval(
        "select max(have) from receipts where origin like $1", _EPOCHS.format(site)
    )
    return found or 0


async def rebuild(connection: Connection, site: str) -> None:
    """Forget the replica; `members` sends its log again from the beginning."""
    origin = own_log(site, SOURCE).text
    async with connection.transaction():
        await connection.execute("select from receipts where origin = $1 for update", origin)
        await connection.execute("delete from replica_units")
        await connection.execute("delete from replica_people")
        await connection.execute(
            "delete from receipts where origin like $1 and origin <> $2", _EPOCHS.format(site), origin
        )
        await connection.execute("update receipts set have = 0, h = $2 where origin = $1", origin, first_h(origin))


async def keep(connection: Connection, _: Run, rows: Sequence[Row]) -> None:
    """Apply the new events of a verified run; types that say nothing about units are passed over."""
    await _people(connection, rows)
    await _forgotten(connection, rows)
    for row in rows:
        if row.type is None or row.stream is None or row.data is None:
            continue
        if row.stream.startswith("branch-"):
            await _apply_to_branch(connection, row.type, UUID(row.stream.removeprefix("branch-")), row.data)
        elif row.type == contract.SITE_ESTABLISHED:
            facts = contract.SiteEstablished.model_validate_json(row.data).facts
            committee = UUID(facts.party_committee_id)
            await connection.execute(_UNIT, committee, "party_committee", None, PARTY_COMMITTEE_NAME, None, 0, None)


async def _people(connection: Connection, rows: Sequence[Row]) -> None:
    """Whoever has a membership, until the person is undone; the last of the rows about somebody decides."""
    said = {
        UUID(row.stream.removeprefix("person-")): row.type == contract.MEMBERSHIP_RECORDED
        for row in rows
        if row.type in (contract.MEMBERSHIP_RECORDED, contract.PERSON_UNDONE) and row.stream is not None
    }
    here, gone = (sorted(person for person, known in said.items() if known is wanted) for wanted in (True, False))
    if here:
        await connection.execute(_PEOPLE, here)
    if gone:
        await connection.execute(_PEOPLE_GONE, gone)


async def _forgotten(connection: Connection, rows: Sequence[Row]) -> None:
    """What this service holds under the key of somebody who was forgotten opens no more, from this commit on."""
    people = {
        row.stream.removeprefix("person-")
        for row in rows
        if row.type == forgetting.PERSON_FORGOTTEN and row.stream is not None
    }
    if people:
        await bury(connection, map(person_key, people))


async def _apply_to_branch(connection: Connection, kind: str, branch: UUID, data: str) -> None:
    match kind:
        case contract.BRANCH_ESTABLISHED:
            await _branch(connection, branch, contract.BranchEstablished.model_validate_json(data).facts)
        case contract.BRANCH_CORRECTED:
            await _branch(connection, branch, contract.BranchCorrected.model_validate_json(data).facts)
        case contract.PARTY_GROUP_FORMED:
            await _group(connection, branch, contract.PartyGroupFormed.model_validate_json(data).facts)
        case contract.PARTY_GROUP_CORRECTED:
            await _group(connection, branch, contract.PartyGroupCorrected.model_validate_json(data).facts)
        case contract.PARTY_GROUP_DISSOLVED:
            ended = contract.PartyGroupDissolved.model_validate_json(data)
            await connection.execute(_EFFECTIVE_TO, UUID(ended.group_id), ended.effective_to)
        case contract.BRANCH_COMMITTEE_FORMED | contract.BRANCH_COMMITTEE_CORRECTED:
            begun = contract.BranchCommitteeFormed.model_validate_json(data)
            await connection.execute(_COMMITTEE_FROM, branch, begun.effective_from)
        case contract.BRANCH_COMMITTEE_DISSOLVED:
            over = contract.BranchCommitteeDissolved.model_validate_json(data)
            await connection.execute(_COMMITTEE_TO, branch, over.effective_to)
        case contract.BRANCH_UNDONE | contract.BRANCH_COMMITTEE_UNDONE | contract.PARTY_GROUP_UNDONE:
            await _apply_undone(connection, kind, branch, data)


async def _apply_undone(connection: Connection, kind: str, branch: UUID, data: str) -> None:
    if kind == contract.BRANCH_COMMITTEE_UNDONE:
        await connection.execute(_COMMITTEE_GONE, branch)
    elif kind == contract.PARTY_GROUP_UNDONE:
        group = contract.PartyGroupUndone.model_validate_json(data).group_id
        await connection.execute(_UNIT_GONE, UUID(group))
    else:
        await connection.execute(_UNIT_GONE, branch)


async def _branch(connection: Connection, branch: UUID, facts: contract.BranchFacts) -> None:
    await connection.execute(
        _UNIT, branch, "branch", branch, facts.name, facts.branch_kind, facts.official_order, facts.effective_from
    )


async def _group(connection: Connection, branch: UUID, facts: contract.PartyGroupFacts) -> None:
    group = UUID(facts.group_id)
    await connection.execute(
        _UNIT, group, "party_group", branch, facts.name, None, facts.official_order, facts.effective_from
    )


REPLICA: Final = Sink(keep, None, None, REPLICA_CHANNEL, AFTER_REPLICA_COMMIT)
