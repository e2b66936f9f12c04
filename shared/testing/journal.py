"""Journals for tests: events as reporting received them, written straight into the tables."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from shared.canonical import canonical_bytes
from shared.contracts.activities import ACTIVITY_HELD, ACTIVITY_RECORDED, ActivityFacts, ActivityHeld, ActivityRecorded
from shared.contracts.families import ACTIVITY, BRANCH, MEMBERSHIP, SITE
from shared.contracts.ids import natural_id, party_committee_id
from shared.contracts.members import (
    BRANCH_COMMITTEE_FORMED,
    BRANCH_ESTABLISHED,
    MEMBERSHIP_RECORDED,
    PARTY_GROUP_FORMED,
    SITE_ESTABLISHED,
    BranchCommitteeFormed,
    BranchEstablished,
    BranchFacts,
    MembershipFacts,
    MembershipRecorded,
    PartyGroupFacts,
    PartyGroupFormed,
    SigningKey,
    SiteEstablished,
    SiteFacts,
)
from shared.contracts.values import Level, Value
from shared.projection.schema import Connection
from shared.sealing.chain import event_time, first_h, leaf, next_h
from shared.sealing.wire import SealedEvent

META: Final[dict[str, Any]] = {
    "actor": {"organisation": "hai2", "role": "operator", "subject": "operator"},
    "command_id": "import-1",
    "correlation": "import-1",
    "source": {"kind": "ui"},
}
_BEGIN: Final = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


@dataclass
class Log:
    """One origin as it grows; rows in the order of the journal's columns."""

    origin: str
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    root: bytes = b""

    def event(self, stream: str, kind: str, data: Value | Mapping[str, Any], family: str = "a.b") -> None:
        """The next event of the origin."""
        plain = data.model_dump(mode="json", exclude_none=True) if isinstance(data, Value) else dict(data)
        position = len(self.rows) + 1
        self.versions[stream] += 1
        at = _BEGIN + timedelta(seconds=position)
        sealed = SealedEvent(
            position, family, position.to_bytes(16, "big"), stream, self.versions[stream],
            str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.origin}@{position}")), kind, event_time(at),
            canonical_bytes(plain), canonical_bytes(META),
        )  # fmt: skip
        c = sealed.commitment
        self.root = next_h(self.root or first_h(self.origin), leaf(self.origin, position, family, c))
        self.rows.append(
            (self.origin, position, family, c, self.root, sealed.salt, stream, sealed.version,
             uuid.UUID(sealed.event_id), kind, at, sealed.data.decode(), sealed.meta.decode())
        )  # fmt: skip

    def withheld(self, position: int) -> tuple[Any, ...]:
        """Hide the contents of a position already written, and return the row that opens it again."""
        row = self.rows[position - 1]
        self.rows[position - 1] = (*row[:5], *([None] * 8))
        return row


COLUMNS: Final = (
    "origin", "position", "family", "c", "h", "salt", "stream", "version", "event_id", "type", "time", "data", "meta",
)  # fmt: skip


async def write(connection: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """Rows of a `Log` into `journal`."""
    await connection.copy_records_to_table("journal", records=list(rows), columns=COLUMNS)


async def write_openings(connection: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """Contents that follow later, as `Log.withheld` returned them."""
    records = [(row[0], row[1], *row[5:]) for row in rows]
    await connection.copy_records_to_table("openings", records=records, columns=(*COLUMNS[:2], *COLUMNS[5:]))


async def empty(connection: Connection) -> None:
    """Take everything out of the journal, which only a superuser can."""
    await connection.execute(
        "set session_replication_role = replica; truncate journal, openings; reset session_replication_role"
    )


class Court:
    """An invented court as it writes its two logs."""

    def __init__(
        self,
        site: str = "hai2",
        name: str = "海角市中级人民法院",
        level: Level = "intermediate",
        keys: tuple[SigningKey, ...] = (),
    ) -> None:
        self.site = site
        self.members = Log(f"{site}/members/log/1")
        self.activities = Log(f"{site}/activities/log/1")
        facts = SiteFacts(
            site=site, name=name, level=level, court_code=None,
            party_committee_id=str(party_committee_id(site)), signing_keys=keys,
        )  # fmt: skip
        established = SiteEstablished(facts=facts).model_dump(mode="json")
        self.members.event(f"site-{natural_id(site, 'site')}", SITE_ESTABLISHED, established, SITE.name)

    def branch(self, order: int, name: str, since: str = "2024-01-01", *, committee: bool = True) -> str:
        """A branch; returns its id."""
        branch_id = str(natural_id(self.site, "branch", name))
        facts = BranchFacts(name=name, branch_kind="in_service", official_order=order, effective_from=since)
        self.members.event(f"branch-{branch_id}", BRANCH_ESTABLISHED, BranchEstablished(facts=facts), BRANCH.name)
        if committee:
            formed = BranchCommitteeFormed(effective_from=since)
            self.members.event(f"branch-{branch_id}", BRANCH_COMMITTEE_FORMED, formed, BRANCH.name)
        return branch_id

    def group(self, branch_id: str, order: int, name: str, since: str = "2024-01-01") -> str:
        """A party group; returns its id."""
        group_id = str(natural_id(self.site, "group", name))
        facts = PartyGroupFacts(group_id=group_id, name=name, official_order=order, effective_from=since)
        self.members.event(f"branch-{branch_id}", PARTY_GROUP_FORMED, PartyGroupFormed(facts=facts), BRANCH.name)
        return group_id

    def member(self, number: int, branch_id: str, group_id: str | None = None, since: str = "2024-01-01") -> str:
        """A member; returns the person's id."""
        person_id = str(natural_id(self.site, "person", number))
        facts = MembershipFacts(
            person_id=person_id, branch_id=branch_id, group_id=group_id, member_kind="full_member", standing="normal",
            effective_from=since,
        )  # fmt: skip
        recorded = MembershipRecorded(facts=facts)
        self.members.event(f"person-{person_id}", MEMBERSHIP_RECORDED, recorded, MEMBERSHIP.name)
        return person_id

    def activity(self, facts: ActivityFacts, key: str | None = None) -> str:
        """An activity that was held and recorded; returns its stream."""
        natural = natural_id(self.site, "activity", facts.unit_id, facts.kind, facts.date, facts.title, key or "")
        stream = f"activity-{natural}"
        self.activities.event(stream, ACTIVITY_HELD, ActivityHeld(facts=facts), ACTIVITY.name)
        entered = ActivityRecorded(entry="opening_import")
        self.activities.event(stream, ACTIVITY_RECORDED, entered, ACTIVITY.name)
        return stream

    async def write(self, connection: Connection) -> None:
        """Both logs into the journal of an empty database."""
        await write(connection, self.members.rows)
        await write(connection, self.activities.rows)


def facts_of(unit_kind: Any, unit_id: str, branch_id: str | None, kind: Any, date: str, **more: Any) -> ActivityFacts:
    """The facts of an activity with a title made of its kind and date."""
    given = {"title": f"{kind} {date}", **more}
    return ActivityFacts(unit_kind=unit_kind, unit_id=unit_id, branch_id=branch_id, kind=kind, date=date, **given)
