"""Linked courts of the benches: keys, logs sealed by them, and the events that say who stands below whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import asyncpg
from pydantic import SecretStr
from yarl import URL

from services.reporting.journal import JOURNAL
from shared.broker.connection import connected, declare, new_link
from shared.broker.topology import own_topology
from shared.contracts.ids import natural_id
from shared.contracts.links import SITE_JOINED, LinkStatement, SiteJoined, SiteKeys
from shared.contracts.members import SigningKey as NamedKey
from shared.contracts.values import Level
from shared.links.access import LinkAccess
from shared.links.policy import is_sent_in_full
from shared.links.registry import learning
from shared.links.statement import sign_statement
from shared.links.topology import link_topology
from shared.receiver.receiving import Outcome, expect, own_log, receive_run
from shared.sealing.chain import event_time, first_h
from shared.sealing.control import Head
from shared.sealing.keys import PublicKey, SigningKey
from shared.sealing.note import Seal, sealed
from shared.sealing.origin import parse_origin
from shared.sealing.wire import KIND, NOTE, SIGNATURE, SealedEvent, batch, element, withheld_element
from shared.testing.journal import Court, Log

SERVICES: Final = ("members", "activities", "reporting")
LINK: Final = "members.link"
Message = tuple[dict[str, str], bytes]


def key_of(site: str, service: str) -> SigningKey:
    """A key of a site that has no process of its own in the bench."""
    return SigningKey(sha256(f"bench {site}/{service}".encode()).digest())


def site_keys(site: str, name: str, level: Level, known: Mapping[str, PublicKey] | None = None) -> SiteKeys:
    """The first keys of a site; `known` are those of its processes."""
    keys = {service: key_of(site, service).public for service in SERVICES} | dict(known or {})
    named = tuple(NamedKey(service=service, key_id=key.key_id, public_key=key.text) for service, key in keys.items())
    return SiteKeys(site=site, name=name, level=level, court_code=None, keys=named)


def joined(upper: SiteKeys, lower: SiteKeys, signers: tuple[SigningKey, SigningKey], order: int | None) -> SiteJoined:
    """The event in the log of `upper` where `order` is given, else in that of `lower`; no family may be withheld.

    `signers` are the keys of `members`, above and below.
    """
    invitation = str(natural_id(upper.site, "invitation", lower.site))
    statement = LinkStatement(invitation_id=invitation, upper=upper, lower=lower, withheld_families=())
    return SiteJoined(
        peer=upper.site if order is None else lower.site,
        role="upper" if order is None else "lower",
        statement=statement,
        upper_signature=sign_statement(statement, signers[0]),
        lower_signature=sign_statement(statement, signers[1]),
        official_order=order,
    )


def link_stream(site: str, peer: str) -> str:
    """In the members log of `site`."""
    return f"link-{natural_id(site, 'link', peer)}"


def add_joined(court: Court, peer: str, said: SiteJoined) -> None:
    """The event in the court's members log."""
    court.members.event(link_stream(court.site, peer), SITE_JOINED, said.model_dump(mode="json"), LINK)


@dataclass(frozen=True)
class Source:
    """A log as its site seals and sends it up."""

    log: Log
    key: SigningKey

    @property
    def last(self) -> int:
        return len(self.log.rows)

    def note(self, first: int, last: int) -> str:
        rows = self.log.rows
        before: bytes = rows[first - 2][4] if first > 1 else first_h(self.log.origin)
        seal = Seal(
            parse_origin(self.log.origin), first, last, before, rows[last - 1][4], event_time(rows[last - 1][10])
        )
        return sealed(seal, [self.key]).text

    def run(self, first: int, last: int, *, up: bool = True) -> Message:
        """As it is sent `up`, private families withheld; else as inside the site."""
        body = batch(self._element(row, up) for row in self.log.rows[first - 1 : last])
        return {KIND: "run", NOTE: self.note(first, last)}, body

    def head(self) -> Message:
        """That all is sealed, as of now."""
        root = self.log.rows[-1][4]
        head = Head(parse_origin(self.log.origin), self.last, root, event_time(datetime.now(UTC)))
        return {KIND: "head", SIGNATURE: self.key.sign(head.body).line}, head.body

    def _element(self, row: tuple[Any, ...], up: bool) -> bytes:
        origin, position, family, c, _, salt, stream, version, event_id, kind, time, data, meta = row
        if up and not is_sent_in_full(family, ()):
            return withheld_element(origin, position, family, c)
        told = (stream, version, str(event_id), kind, event_time(time), data.encode(), meta.encode())
        return element(origin, SealedEvent(position, family, salt, *told))


def sources_of(court: Court) -> tuple[Source, Source]:
    """Its two logs: `members`, `activities`."""
    return (
        Source(court.members, key_of(court.site, "members")),
        Source(court.activities, key_of(court.site, "activities")),
    )


def court_of(keys: SiteKeys) -> Court:
    """A court whose first event names these keys."""
    return Court(keys.site, keys.name, keys.level, keys.keys)


async def join_above(pool: asyncpg.Pool, upper: SiteKeys, lower: Sequence[SiteKeys]) -> None:
    """Into the journal of `upper`: its own members log, in which all of `lower` have joined it."""
    court = court_of(upper)
    for order, below in enumerate(lower, 1):
        signers = key_of(upper.site, "members"), key_of(below.site, "members")
        add_joined(court, below.site, joined(upper, below, signers, order))
    await record_own(pool, court)


async def record_own(pool: asyncpg.Pool, court: Court) -> None:
    """A court's own members log, as its reporting takes it in."""
    own, (members, _) = own_log(court.site, "members"), sources_of(court)
    async with pool.acquire() as connection:
        await expect(connection, own)
    sink = learning(JOURNAL, court.site)
    headers, body = members.run(1, members.last, up=False)
    outcome, _ = await receive_run(pool, sink, own, "reporting.from.members", headers, body)
    if outcome is not Outcome.APPENDED:
        raise AssertionError(f"the members log of {court.site} was not taken: {outcome.value}")


async def prepare_links(broker_url: str, upper: str, sites: Sequence[str]) -> None:
    """The objects of these links, as the reconciler of `members` makes them."""
    link = new_link(broker_url, "prepares")
    async with connected(link, own_topology(upper)):
        for site in sites:
            await declare(link.broker, link_topology(site))


def access_to(broker_url: str, upper: SiteKeys) -> LinkAccess:
    """As the file below holds it, with the account of the bench."""
    url = URL(broker_url)
    return LinkAccess(
        upper=upper.site, name=upper.name, address=str(url.with_user(None)), user=url.user or "guest",
        password=SecretStr(url.password or "guest"), ca=None, withheld_families=(), state="joined",
    )  # fmt: skip
