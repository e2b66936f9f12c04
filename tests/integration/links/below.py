"""Sites below an upper one, as their messages arrive there: sealed by hand, so that each can be made wrong."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from services.reporting.journal import JOURNAL
from shared.canonical import canonical_bytes
from shared.contracts.links import (
    KEY_CHANGED,
    LINK_RESUMED,
    SITE_JOINED,
    LinkResumed,
    LinkStatement,
    SigningKeyChanged,
    SiteJoined,
    SiteKeys,
)
from shared.contracts.members import SITE_ESTABLISHED
from shared.contracts.members import SigningKey as NamedKey
from shared.links.guarding import from_below
from shared.links.receiving import take
from shared.links.registry import learning
from shared.links.statement import sign_statement
from shared.receiver.receiving import Outcome, expect, receive_run
from shared.sealing.chain import event_time, first_h, leaf, next_h
from shared.sealing.control import Head
from shared.sealing.keys import PublicKey, SigningKey
from shared.sealing.note import Seal, sealed
from shared.sealing.origin import Origin, parse_origin
from shared.sealing.wire import SealedEvent, batch, element, withheld_element
from shared.testing.journal import META
from tests.integration.links.lower import established, key_of

UPPER, SITE, BELOW, STRANGE = "sheng9", "shi99", "ji99", "xian9"
MEMBERS, ACTIVITIES = f"{SITE}/members/log/1", f"{SITE}/activities/log/1"
NEXT_KEY, STRANGERS_KEY = SigningKey(b"n" * 32), SigningKey(b"x" * 32)
BEGIN = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
Message = tuple[dict[str, Any], bytes]
BRANCH, ATTENDANCE, LINK, KEY = "members.branch", "activities.attendance", "members.link", "members.signing_key"


def at(seconds: float) -> str:
    return event_time(BEGIN + timedelta(seconds=seconds))


@dataclass
class Source:
    """One log: `add` grows it, `run` and `head` make the messages that its source and every forwarder send."""

    origin: Origin
    start: int = 0
    root: bytes = b""
    events: list[SealedEvent] = field(default_factory=list)
    roots: list[bytes] = field(default_factory=list)

    def add(self, kind: str, data: Any, family: str, service: str | None = None) -> int:
        position = self.start + len(self.events) + 1
        content = data if isinstance(data, dict) else data.model_dump(mode="json")
        named = f"{self.origin.text}@{position}"
        event = SealedEvent(
            position, family, position.to_bytes(16, "big"), f"thing-{uuid.uuid5(uuid.NAMESPACE_URL, named)}", 1,
            str(uuid.uuid5(uuid.NAMESPACE_URL, named)), kind, at(position), canonical_bytes(content),
            canonical_bytes(META),
        )  # fmt: skip
        self.events.append(event)
        self.roots.append(
            next_h(self.root_at(position - 1), leaf(self.origin.text, position, family, event.commitment))
        )
        return position

    def branches(self, number: int) -> int:
        for _ in range(number):
            self.add("members.branch-established.v1", {"number": len(self.events)}, BRANCH)
        return self.start + len(self.events)

    def root_at(self, position: int) -> bytes:
        return (
            self.roots[position - self.start - 1] if position > self.start else self.root or first_h(self.origin.text)
        )

    def run(
        self,
        first: int,
        last: int,
        *,
        hidden: Collection[int] = (),
        key: SigningKey | None = None,
        sealed_at: float | None = None,
    ) -> Message:
        seal = Seal(
            self.origin, first, last, self.root_at(first - 1), self.root_at(last),
            at(last if sealed_at is None else sealed_at),
        )  # fmt: skip
        told = self.events[first - self.start - 1 : last - self.start]
        body = batch(
            [
                withheld_element(self.origin.text, event.position, event.family, event.commitment)
                if event.position in hidden
                else element(self.origin.text, event)
                for event in told
            ]
        )
        note = sealed(seal, [key or key_of(Origin(self.origin.site, self.origin.service))]).text
        return {"lianjian-kind": "run", "lianjian-note": note}, body

    def head(self, sealed_to: int, seconds: float, key: SigningKey | None = None, root: bytes | None = None) -> Message:
        head = Head(self.origin, sealed_to, root or self.root_at(sealed_to), at(seconds))
        signer = key or key_of(Origin(self.origin.site, self.origin.service))
        return {"lianjian-kind": "head", "lianjian-signature": signer.sign(head.body).line}, head.body


def members_of(site: str) -> Source:
    source = Source(Origin(site, "members"))
    source.add(SITE_ESTABLISHED, {"facts": established(site)}, "members.site")
    return source


def activities_of(site: str) -> Source:
    return Source(Origin(site, "activities"))


def named(service: str, key: PublicKey) -> NamedKey:
    """A key as events tell of it."""
    return NamedKey(service=service, key_id=key.key_id, public_key=key.text)


def site_keys(site: str) -> SiteKeys:
    keys = tuple(
        named(service, key_of(Origin(site, service)).public) for service in ("members", "activities", "reporting")
    )
    return SiteKeys(site=site, name=f"{site}法院", level="intermediate", court_code=None, keys=keys)


def joined(
    upper: str,
    lower: str,
    withheld: Sequence[str] = (),
    role: Any = "lower",
    lower_key: SigningKey | None = None,
    upper_key: SigningKey | None = None,
) -> SiteJoined:
    statement = LinkStatement(
        invitation_id=str(uuid.uuid5(uuid.NAMESPACE_URL, upper + lower)),
        upper=site_keys(upper), lower=site_keys(lower), withheld_families=tuple(withheld),
    )  # fmt: skip
    return SiteJoined(
        peer=lower if role == "lower" else upper,
        role=role,
        statement=statement,
        upper_signature=sign_statement(statement, upper_key or key_of(Origin(upper, "members"))),
        lower_signature=sign_statement(statement, lower_key or key_of(Origin(lower, "members"))),
        official_order=1 if role == "lower" else None,
    )


def joined_under(upper: str, lower: str, first_key: SigningKey) -> SiteJoined:
    """Both have signed that this is the first key of `lower`'s members: whoever holds it need not be `lower`."""
    said = joined(upper, lower)
    others = tuple(key for key in said.statement.lower.keys if key.service != "members")
    keys = said.statement.lower.model_copy(update={"keys": (named("members", first_key.public), *others)})
    statement = said.statement.model_copy(update={"lower": keys})
    signed = {
        "upper_signature": sign_statement(statement, key_of(Origin(upper, "members"))),
        "lower_signature": sign_statement(statement, first_key),
    }
    return said.model_copy(update={"statement": statement, **signed})


def key_changed(source: Source, key: SigningKey, former: SigningKey | None = None) -> int:
    service = source.origin.service
    before = former or key_of(Origin(source.origin.site, service))
    fact = SigningKeyChanged(service=service, former_key_id=before.public.key_id, key=named(service, key.public))
    return source.add(KEY_CHANGED[service], fact, f"{service}.signing_key")


@dataclass
class Court:
    """The upper court's reporting: its own members log, and what its links deliver."""

    pool: asyncpg.Pool
    own: Source = field(default_factory=lambda: members_of(UPPER))
    told: int = 0

    async def begin(self, withheld: Sequence[str] = ()) -> None:
        """Established, and linked with `SITE`."""
        async with self.pool.acquire() as connection:
            await expect(connection, self.own.origin)
        await self.link(SITE, withheld)

    async def link(self, site: str, withheld: Sequence[str] = ()) -> Outcome:
        """A further site joins."""
        self.own.add(SITE_JOINED, joined(UPPER, site, withheld), LINK)
        return await self.record()

    async def record(self) -> Outcome:
        """Keep what was added to the own members log, as the role `consume` does."""
        last = self.own.start + len(self.own.events)
        message = self.own.run(self.told + 1, last)
        outcome, _ = await receive_run(
            self.pool, learning(JOURNAL, UPPER), self.own.origin, "reporting.from.members", *message
        )
        self.told = last
        return outcome

    async def resume(self, site: str = SITE) -> None:
        self.own.add(LINK_RESUMED, LinkResumed(peer=site, grounds="已查明"), LINK)
        await self.record()

    async def deliver(self, message: Message, site: str = SITE) -> Outcome:
        return (await take(self.pool, from_below(JOURNAL, UPPER), UPPER, site, *message)).outcome

    async def deliver_all(self, *messages: Message) -> list[Outcome]:
        return [await self.deliver(message) for message in messages]

    async def suspension(self, site: str = SITE) -> tuple[str, str, int | None] | None:
        row = await self.pool.fetchrow(
            "select reason, origin, position from inbound_links where link = $1 and suspended_at is not null",
            f"up.{site}",
        )
        return None if row is None else tuple(row)

    async def kept(self, origin: str) -> int:
        """How many events of a log the journal has."""
        found: int = await self.pool.fetchval("select count(*) from journal where origin = $1", origin)
        return found

    async def have(self, origin: str) -> int | None:
        found: int | None = await self.pool.fetchval("select have from receipts where origin = $1", origin)
        return found


def origin_of(text: str) -> Origin:
    return parse_origin(text)
