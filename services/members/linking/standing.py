"""What `members` knows of its links, beside their events: secrets of invitations, hashes of link passwords.

The secret of an invitation is a key of the keyring: it lies wrapped as all others do, is wrapped anew with them, and
is deleted when the invitation has expired. Of a link's password the upper site has the salted hash alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import structlog

from services.members.domain.link import LINK
from services.members.domain.link_state import LinkState, standing
from services.members.domain.site import SITE
from shared.acts import AnyDecider, CommandDeps
from shared.codec import Unknown
from shared.command_path import load_state
from shared.contracts.ids import natural_id
from shared.contracts.links import SiteKeys
from shared.contracts.members import SigningKey as NamedKey
from shared.eventstore import RecordedEvent
from shared.eventstore.categories import event_count, streams
from shared.http.failures import DATABASE_AWAY
from shared.leases import until_set
from shared.links.joining import AskToJoin
from shared.links.token import join_password, password_hash
from shared.sealing.chain import event_time
from shared.sealing.keys import Signer
from shared.settings import ServiceSettings
from shared.stored_form import decode_all

REPLY_KEPT: Final = timedelta(minutes=2)
"""So long after its use a join user lives on, for the reply to be fetched and, if it is lost, asked for again."""

_LOOK_EVERY_SECONDS: Final = 600.0
_INVITATION: Final = "invitation:"
_REMEMBER: Final = """
    insert into link_passwords (invitation_id, peer, password_hash) values ($1, $2, $3)
    on conflict (invitation_id) do update set password_hash = excluded.password_hash, received_at = clock_timestamp()
"""
_HASHES: Final = "select invitation_id::text, password_hash, received_at from link_passwords"
_FORGET: Final = "delete from personal_keys where key_id = any($1::text[])"

_log = structlog.get_logger()


def now() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


@dataclass
class Known:
    """The links after so many events about them: asked for every few seconds, and rarely changed."""

    events: int = 0
    links: list[tuple[str, LinkState]] = field(default_factory=list)


@dataclass(frozen=True)
class Linking:
    """What joining needs: the command path, the key that signs for this site, and how an upper site is asked.

    `again_after`: seconds after which somebody whom the upper broker did not know asks once more.
    """

    settings: ServiceSettings
    pool: asyncpg.Pool
    deps: CommandDeps
    signing: Signer
    ask: AskToJoin
    clock: Callable[[], datetime] = now
    again_after: float = 2.0
    known: Known = field(default_factory=Known)

    @property
    def site(self) -> str:
        """This site."""
        return self.settings.site

    @property
    def at(self) -> str:
        """Now, as events say it."""
        return event_time(self.clock())


class WantedUser(NamedTuple):
    """A broker user for `site`; None where the hash of its password was lost and the site has to join anew."""

    site: str
    password_hash: str | None


class Wanted(NamedTuple):
    """What the broker has to hold now: users of joined links (suspended ones too), users of open invitations."""

    links: tuple[WantedUser, ...]
    invitations: tuple[WantedUser, ...]


def link_id(site: str, peer: str) -> UUID:
    """The aggregate of the link between `site`, whose log it is, and `peer`."""
    return natural_id(site, "link", peer)


async def link_to(linking: Linking, peer: str) -> tuple[LinkState, int]:
    """The link as its own stream has it, and the stream's version; 0 where there is none."""
    state, version = await load_state(linking.deps, LINK, link_id(linking.site, peer))
    assert isinstance(state, LinkState)
    return state, version


async def every_link(linking: Linking) -> list[tuple[str, LinkState]]:
    """Every site there was ever an invitation to or a link with, and how it stands; not in order."""
    counted = await event_count(linking.pool, LINK.category)
    if linking.known.events != counted:
        states = [await _folded(linking, events) async for events in streams(linking.pool, LINK.category)]
        linking.known.links = [(peer, state) for state in states if (peer := _peer(state)) is not None]
        linking.known.events = counted
    return linking.known.links


async def _folded(linking: Linking, events: list[RecordedEvent]) -> LinkState:
    decoded = await decode_all(linking.deps.codec, linking.deps.keyring, events)
    decider: AnyDecider = LINK
    state = decider.fold(event for event in decoded if not isinstance(event, Unknown))
    assert isinstance(state, LinkState)
    return state


def _peer(state: LinkState) -> str | None:
    named = state.joined or state.invitation
    return None if named is None else named.peer


async def own_site(linking: Linking) -> SiteKeys:
    """This site with its first keys, as the first event of the log names them."""
    state, _ = await load_state(linking.deps, SITE, natural_id(linking.site, "site"))
    facts = state.facts
    return SiteKeys(
        site=facts.site, name=facts.name, level=facts.level, court_code=facts.court_code, keys=facts.signing_keys
    )


def present_key(linking: Linking, own: SiteKeys) -> NamedKey | None:
    """The key that signs now, where it is not the first."""
    key = linking.signing.public
    if any(first.key_id == key.key_id for first in own.keys):
        return None
    return NamedKey(service="members", key_id=key.key_id, public_key=key.text)


async def make_secret(linking: Linking, invitation_id: str) -> bytes:
    """The secret of an invitation, made where there is none yet."""
    name = _INVITATION + invitation_id
    return (await linking.deps.keyring.get_or_make([name]))[name]


async def secret_of(linking: Linking, invitation_id: str) -> bytes | None:
    """The secret of an invitation; None once it has expired."""
    name = _INVITATION + invitation_id
    return (await linking.deps.keyring.existing([name])).get(name)


async def remember_password(linking: Linking, invitation_id: str, peer: str, hashed: str) -> None:
    """With which password hash a site asked to join."""
    await linking.pool.execute(_REMEMBER, UUID(invitation_id), peer, hashed)


async def remembered_password(linking: Linking, invitation_id: str) -> str | None:
    """What `remember_password` kept."""
    found: str | None = await linking.pool.fetchval(
        "select password_hash from link_passwords where invitation_id = $1", UUID(invitation_id)
    )
    return found


async def wanted(linking: Linking) -> Wanted:
    """From the events of all links: the users the broker has to hold now, in order of their sites."""
    rows = {row["invitation_id"]: row for row in await linking.pool.fetch(_HASHES)}
    links, invitations = [], []
    for peer, state in await every_link(linking):
        if state.linked and state.joined is not None and state.joined.role == "lower":
            used = state.joined.statement.invitation_id
            row = rows.get(used)
            links.append(WantedUser(peer, None if row is None else row["password_hash"]))
            opened = used if row is not None and linking.clock() - row["received_at"] < REPLY_KEPT else None
        else:
            invited = state.waiting if standing(state, linking.at) == "invited" else None
            opened = None if invited is None else invited.invitation_id
        if opened is not None and (secret := await secret_of(linking, opened)) is not None:
            invitations.append(WantedUser(peer, password_hash(join_password(secret))))
    return Wanted(tuple(sorted(links)), tuple(sorted(invitations)))


async def forget_spent_secrets(linking: Linking) -> None:
    """Delete the secrets of invitations whose time is over, also of those that were used or withdrawn."""
    spent = [
        state.invitation.invitation_id
        for _, state in await every_link(linking)
        if state.invitation is not None and state.invitation.expires_at <= linking.at
    ]
    await forget_secrets(linking, spent)


async def forget_secrets(linking: Linking, invitation_ids: Sequence[str]) -> None:
    """Delete the secrets of these invitations."""
    await linking.pool.execute(_FORGET, [_INVITATION + one for one in invitation_ids])


async def forget_role(linking: Linking, stop: asyncio.Event) -> None:
    """The task that deletes secrets whose time is over, until `stop`."""
    while not stop.is_set():
        try:
            await forget_spent_secrets(linking)
        except DATABASE_AWAY as error:
            _log.warning("secrets_not_looked_through", error=type(error).__name__)
        await until_set(stop, _LOOK_EVERY_SECONDS)
