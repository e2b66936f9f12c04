"""The key with which an upper court signs its states: its own people tell a court below which one to believe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import pytest

from services.reporting.journal import JOURNAL
from shared.contracts.links import (
    SIGNING_KEY_REPLACED,
    SIGNING_KEY_REVOKED,
    SITE_JOINED,
    SigningKeyReplaced,
    SigningKeyRevoked,
)
from shared.contracts.members import SigningKey as NamedKey
from shared.links.countersigning import UpperStates
from shared.links.registry import learning
from shared.receiver.receiving import Outcome, expect, receive_run
from shared.sealing.chain import event_time
from shared.sealing.control import State
from shared.sealing.keys import SigningKey
from shared.sealing.origin import Origin
from shared.sealing.succession import succession_of
from shared.status import RoleStatus
from tests.integration.links.below import BEGIN, LINK, SITE, UPPER, Source, joined, members_of
from tests.integration.links.lower import key_of

FIRST, SECOND, THIRD, FOURTH = (key_of(Origin(UPPER, "reporting")), *(SigningKey(bytes([n]) * 32) for n in (2, 3, 4)))
WHO = f"{UPPER}/reporting"


class Below:
    """A court below, its own log, and what it hears."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool, self.own, self.told, self.said = pool, members_of(SITE), 0, 0
        self.states = UpperStates(pool, UPPER, RoleStatus("uplink"))

    async def record(self) -> Outcome:
        last = len(self.own.events)
        message = self.own.run(self.told + 1, last)
        sink, link = learning(JOURNAL, SITE), "reporting.from.members"
        outcome, _ = await receive_run(self.pool, sink, self.own.origin, link, *message)
        self.told = last
        return outcome

    async def trust(self, key: SigningKey, instead_of: SigningKey) -> None:
        self.own.add(SIGNING_KEY_REPLACED, replaced(instead_of, key), LINK)
        assert await self.record() is Outcome.APPENDED

    async def hears(self, key: SigningKey, after: Sequence[SigningKey] = ()) -> bool:
        """Whether a state counts that `key` signed, with the word of those `after` which it follows."""
        self.said += 1
        time = event_time(BEGIN + timedelta(seconds=self.said))
        state = State(self.own.origin, WHO, self.told, self.own.root_at(self.told), "ok", time)
        succession = "\n".join(succession_of(WHO, after, key.public))
        await self.states.receive(state.body, key.sign(state.body).line, succession)
        return [(one.have, one.alarm) for one in self.states.taken()] == [(self.told, None)]


def replaced(former: SigningKey, key: SigningKey) -> SigningKeyReplaced:
    return SigningKeyReplaced(
        peer=UPPER,
        service="reporting",
        former_key_id=former.public.key_id,
        key=NamedKey(service="reporting", key_id=key.public.key_id, public_key=key.public.text),
        grounds="上级法院告知失窃",
    )


@pytest.fixture
async def below(lower: asyncpg.Pool) -> Below:
    found = Below(lower)
    async with lower.acquire() as connection:
        await expect(connection, found.own.origin)
    found.own.add(SITE_JOINED, joined(UPPER, SITE, role="upper"), LINK)
    assert await found.record() is Outcome.APPENDED
    return found


async def test_a_later_key_is_heard_by_the_word_of_a_former_one(below: Below) -> None:
    assert await below.hears(FIRST)
    assert not await below.hears(THIRD)
    assert await below.hears(THIRD, after=(FIRST, SECOND))


async def test_once_the_first_key_was_stolen_only_the_key_that_people_told_of_is_heard(below: Below) -> None:
    await below.trust(THIRD, instead_of=FIRST)
    assert await below.hears(THIRD, after=(FIRST, SECOND))
    assert not await below.hears(FIRST)
    assert not await below.hears(SECOND, after=(FIRST,))
    assert not await below.hears(FOURTH, after=(FIRST, SECOND))
    assert await below.hears(FOURTH, after=(FIRST, SECOND, THIRD))


async def test_a_key_that_was_trusted_is_replaced_in_its_turn(below: Below) -> None:
    await below.trust(SECOND, instead_of=FIRST)
    await below.trust(THIRD, instead_of=SECOND)
    assert [await below.hears(key) for key in (FIRST, SECOND, THIRD)] == [False, False, True]


async def test_a_key_revoked_without_another_leaves_nobody_to_be_heard_until_one_is_told(below: Below) -> None:
    first = FIRST.public.key_id
    alone = SigningKeyRevoked(peer=UPPER, service="reporting", key_id=first, from_position=1, grounds="密钥失窃")
    below.own.add(SIGNING_KEY_REVOKED, alone, LINK)
    await below.record()
    assert not await below.hears(SECOND, after=(FIRST,))
    await below.trust(SECOND, instead_of=FIRST)
    assert await below.hears(SECOND, after=(FIRST,))


async def test_no_other_court_says_which_key_of_an_upper_one_is_believed(below: Below) -> None:
    stranger = Source(Origin("ji99", "members"))
    stranger.events, stranger.roots = members_of("ji99").events, members_of("ji99").roots
    below.own.add(SITE_JOINED, joined(SITE, "ji99"), LINK)
    await below.record()
    stranger.add(SIGNING_KEY_REPLACED, replaced(FIRST, SECOND), LINK)
    sink = learning(JOURNAL, SITE)
    outcome, _ = await receive_run(below.pool, sink, stranger.origin, "up.ji99", *stranger.run(1, 2))
    assert outcome is Outcome.APPENDED
    assert [await below.hears(FIRST), await below.hears(SECOND)] == [True, False]


async def test_a_key_under_the_id_of_another_is_refused(below: Below) -> None:
    told = replaced(FIRST, SECOND)
    other = told.key.model_copy(update={"key_id": THIRD.public.key_id})
    below.own.add(SIGNING_KEY_REPLACED, told.model_copy(update={"key": other}), LINK)
    assert await below.record() is Outcome.REFUSED
