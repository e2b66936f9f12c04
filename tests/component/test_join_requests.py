"""What the upper site does with a request to join: granted once, answered the same way again, refused by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.members.linking import WantedUser, forget_spent_secrets, join, wanted
from shared.contracts.links import LinkStatement, SiteKeys
from shared.links import joining, token
from shared.links.joining import JoinReply, JoinRequest
from shared.links.statement import sign_statement
from shared.links.token import JoinToken
from shared.sealing.keys import SigningKey
from tests.component.link_sites import START, Site, invited, peer_name
from tests.domain.test_joining import named

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEY, THIEFS_KEY, PRESENT_KEY = SigningKey(b"\x07" * 32), SigningKey(b"\x08" * 32), SigningKey(b"\x0a" * 32)
PASSWORD = "a long password of the lower site"


@dataclass(frozen=True)
class Asking:
    """A lower site that is only a key and a token: what it sends can be spoiled in every place."""

    token: JoinToken
    key: SigningKey = KEY

    @property
    def lower(self) -> SiteKeys:
        keys = tuple(named(service, self.key) for service in ("members", "activities", "reporting"))
        found = self.token
        return SiteKeys(site=found.site, name=found.name, level=found.level, court_code=None, keys=keys)

    def statement(self, **changed: Any) -> LinkStatement:
        whole = {
            "invitation_id": self.token.invitation_id,
            "upper": self.token.upper,
            "lower": self.lower,
            "withheld_families": self.token.withheld_families,
        }
        return LinkStatement.model_validate(whole | changed)

    def request(self, statement: LinkStatement | None = None, **changed: Any) -> JoinRequest:
        signed = statement or self.statement()
        whole = {
            "statement": signed,
            "lower_signature": sign_statement(signed, self.key),
            "password_hash": token.password_hash(PASSWORD),
            "current_key": None,
            "time": "2026-01-01T08:00:01.000000Z",
        }
        return JoinRequest.model_validate(whole | changed)

    async def ask(self, upper: Site, request: JoinRequest, *, through: str | None = None) -> JoinReply | None:
        """What the upper site answers to what came through the exchange of the site `through`."""
        sent = joining.message(request, self.token.key)
        reply = await join(upper.parts.linking, through or self.token.site, sent.body, sent.mac)
        return None if reply is None else joining.read_reply(reply.body, reply.mac, self.token.key, sent.body)


async def asking(upper: Site) -> Asking:
    upper.now = START
    return Asking(token.read(await invited(upper, peer_name())))


async def refused(upper: Site, asked: Asking, request: JoinRequest, **how: Any) -> str | None:
    """The word of the refusal; nothing is recorded by it."""
    before = await upper.parts.deps.store.head()
    reply = await asked.ask(upper, request, **how)
    assert reply is not None
    assert not reply.accepted
    assert await upper.parts.deps.store.head() == before
    return reply.problem


async def test_the_upper_site_answers_the_same_request_in_the_same_way(upper: Site) -> None:
    asked = await asking(upper)
    first = await asked.ask(upper, asked.request())
    head = await upper.parts.deps.store.head()
    assert first is not None
    assert first.accepted
    later = asked.request(time="2026-01-01T09:00:00.000000Z")
    again = await asked.ask(upper, later)
    assert again is not None
    assert (again.accepted, again.upper_signature) == (True, first.upper_signature)
    assert await upper.parts.deps.store.head() == head
    assert joining.is_signed_by(asked.statement(), first.upper_signature or "", asked.token.upper.keys, None)


async def test_a_used_invitation_lets_nobody_else_in(upper: Site) -> None:
    asked = await asking(upper)
    await asked.ask(upper, asked.request())
    other = token.password_hash("another password")
    assert await refused(upper, asked, asked.request(password_hash=other)) == "invitation_used"
    thief = Asking(asked.token, THIEFS_KEY)
    assert await refused(upper, thief, thief.request()) == "invitation_used"
    kept = await wanted(upper.parts.linking)
    assert WantedUser(asked.token.site, token.password_hash(PASSWORD)) in kept.links


async def test_an_expired_or_withdrawn_invitation_opens_nothing(upper: Site) -> None:
    late, taken_back = await asking(upper), await asking(upper)
    await upper.client.post(f"/links/invitations/{taken_back.token.site}/withdrawal")
    assert await refused(upper, taken_back, taken_back.request()) == "invitation_withdrawn"
    upper.now = START + timedelta(hours=72)
    assert await refused(upper, late, late.request()) == "invitation_expired"


async def test_whoever_does_not_know_the_secret_is_not_answered(upper: Site) -> None:
    asked = await asking(upper)
    sent = joining.message(asked.request(), bytes(32))
    linking, site = upper.parts.linking, asked.token.site
    assert await join(linking, site, sent.body, sent.mac) is None
    assert await join(linking, site, b"not a request", sent.mac) is None
    elsewhere = asked.request(asked.statement(invitation_id=str(uuid4())))
    unknown = joining.message(elsewhere, asked.token.key)
    assert await join(linking, site, unknown.body, unknown.mac) is None
    assert (await upper.client.get(f"/links/{site}")).json()["standing"] == "invited"


@pytest.mark.parametrize("changed", [{"name": "别院"}, {"level": "specialised"}, {"site": "other1"}])
async def test_another_site_name_or_level_than_invited_does_not_join(upper: Site, changed: dict[str, str]) -> None:
    asked = await asking(upper)
    statement = asked.statement(lower=asked.lower.model_copy(update=changed))
    assert await refused(upper, asked, asked.request(statement)) == "statement_differs"


async def test_other_families_or_another_upper_site_than_offered_are_not_signed(upper: Site) -> None:
    asked = await asking(upper)
    more = asked.statement(withheld_families=("members.membership", "members.post"))
    assert await refused(upper, asked, asked.request(more)) == "statement_differs"
    elsewhere = asked.statement(upper=asked.token.upper.model_copy(update={"name": "别院"}))
    assert await refused(upper, asked, asked.request(elsewhere)) == "statement_differs"


async def test_a_request_through_the_exchange_of_another_site_does_not_join(upper: Site) -> None:
    asked = await asking(upper)
    assert await refused(upper, asked, asked.request(), through="other1") == "statement_differs"


async def test_a_site_that_did_not_sign_or_names_no_good_keys_does_not_join(upper: Site) -> None:
    asked = await asking(upper)
    forged = sign_statement(asked.statement(), THIEFS_KEY)
    assert await refused(upper, asked, asked.request(lower_signature=forged)) == "signature_invalid"
    two = asked.statement(lower=asked.lower.model_copy(update={"keys": asked.lower.keys[:2]}))
    assert await refused(upper, asked, asked.request(two)) == "keys_invalid"


async def test_a_site_whose_key_was_changed_since_its_first_event_joins_by_the_present_one(upper: Site) -> None:
    asked = await asking(upper)
    signed = sign_statement(asked.statement(), PRESENT_KEY)
    unnamed = asked.request(lower_signature=signed)
    assert await refused(upper, asked, unnamed) == "signature_invalid"
    reply = await asked.ask(upper, asked.request(lower_signature=signed, current_key=named("members", PRESENT_KEY)))
    assert reply is not None
    assert reply.accepted


async def test_the_broker_is_to_hold_the_join_user_until_use_or_expiry_and_then_the_links(upper: Site) -> None:
    open_one, used = await asking(upper), await asking(upper)
    await used.ask(upper, used.request())

    async def sites() -> tuple[bool, bool, bool, bool]:
        found = await wanted(upper.parts.linking)
        links, invitations = {one.site for one in found.links}, {one.site for one in found.invitations}
        return (
            open_one.token.site in links,
            open_one.token.site in invitations,
            used.token.site in links,
            used.token.site in invitations,
        )

    query = "select received_at from link_passwords where peer = $1"
    received = await upper.parts.pool.fetchval(query, used.token.site)
    upper.now = received + timedelta(seconds=119)
    assert (await sites())[2:] == (True, True)
    upper.now = received + timedelta(seconds=120)
    assert (await sites())[2:] == (True, False)
    upper.now = START + timedelta(hours=71)
    assert (await sites())[:2] == (False, True)
    upper.now = START + timedelta(hours=72)
    assert (await sites())[:2] == (False, False)
    await upper.client.post(f"/links/{used.token.site}/revocation", json={"grounds": "机构合并"})
    assert (await sites())[2:] == (False, False)


async def test_the_secret_of_an_invitation_is_gone_once_it_has_expired(upper: Site) -> None:
    asked = await asking(upper)
    await forget_spent(upper)
    assert await refused(upper, asked, asked.request(lower_signature="no line")) == "signature_invalid"
    upper.now = START + timedelta(hours=72)
    await forget_spent(upper)
    assert await asked.ask(upper, asked.request()) is None
    rows = await upper.parts.pool.fetch("select key_id from personal_keys where key_id like 'invitation:%'")
    assert f"invitation:{asked.token.invitation_id}" not in [row["key_id"] for row in rows]


async def forget_spent(upper: Site) -> None:
    await forget_spent_secrets(upper.parts.linking)
    upper.parts.deps.keyring.drop_cached()
