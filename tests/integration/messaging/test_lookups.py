"""Names and persons over the bus."""

from __future__ import annotations

import asyncio

import pytest

from shared.broker.connection import connected, new_link
from shared.broker.lookups import Answering, LookupDenied, Lookups, Unavailable, answer_role, lookups
from shared.broker.topology import own_topology
from shared.contracts.lookups import (
    LookupRefused,
    NameAsked,
    NameFound,
    NamesOf,
    NamesResolved,
    PersonNamed,
    PersonsNamed,
    ResolveNames,
)
from shared.meta import Actor
from shared.testing.brokers import close_connections
from tests.integration.messaging.given import running, until

ACTOR = Actor(subject="operator", role="operator", organisation="shi99")
PERSON = "6d1f0a01-0000-4000-8000-000000000007"


async def resolve(question: ResolveNames) -> NamesResolved | LookupRefused:
    if question.actor.role != "operator":
        return LookupRefused(refused="not_allowed")
    found = NameFound(status="found", person_id=PERSON)
    return NamesResolved(
        answers=tuple(found if asked.name == "甲某" else NameFound(status="unknown") for asked in question.names)
    )


async def name(question: NamesOf) -> PersonsNamed | LookupRefused:
    if len(question.person_ids) > 1:
        raise RuntimeError("the directory broke")
    return PersonsNamed(answers=tuple(PersonNamed(person_id=each, status="forgotten") for each in question.person_ids))


def members(url: str) -> Answering:
    return Answering(url, "shi99", resolve, name)


async def answered(asking: Lookups) -> NamesResolved:
    """Ask until members is there."""
    question = ResolveNames(actor=ACTOR, names=(NameAsked(name="乙某"), NameAsked(name="甲某")))
    for _ in range(40):
        try:
            return await asking.resolve_names(question)
        except Unavailable:
            await asyncio.sleep(0.2)
    raise AssertionError("members never answered")


async def test_names_come_back_in_the_order_asked(broker_url: str) -> None:
    async with running(lambda stop: answer_role(members(broker_url), stop)), lookups(broker_url) as asking:
        found = await answered(asking)
        assert [(each.status, each.person_id) for each in found.answers] == [("unknown", None), ("found", PERSON)]
        named = await asking.names_of(NamesOf(actor=ACTOR, person_ids=(PERSON,)))
        assert [(each.status, each.name) for each in named.answers] == [("forgotten", None)]


async def test_questions_side_by_side_each_get_their_own_answer(broker_url: str) -> None:
    async with running(lambda stop: answer_role(members(broker_url), stop)), lookups(broker_url, 20.0) as asking:
        await answered(asking)
        names = ["甲某", "乙某"] * 10
        questions = [ResolveNames(actor=ACTOR, names=(NameAsked(name=each),)) for each in names]
        found = await asyncio.gather(*(asking.resolve_names(question) for question in questions))
        assert [each.answers[0].status for each in found] == ["found", "unknown"] * 10


async def test_without_members_the_question_ends_as_unavailable(broker_url: str) -> None:
    async with lookups(broker_url, 0.5) as asking:
        with pytest.raises(Unavailable):
            await asking.names_of(NamesOf(actor=ACTOR, person_ids=(PERSON,)))
        declaring = new_link(broker_url, "declares")
        async with connected(declaring, own_topology("shi99")):
            with pytest.raises(Unavailable, match="in time"):
                await asking.names_of(NamesOf(actor=ACTOR, person_ids=(PERSON,)))


async def test_a_refusal_and_a_failure_are_told_apart(broker_url: str) -> None:
    async with running(lambda stop: answer_role(members(broker_url), stop)), lookups(broker_url) as asking:
        await answered(asking)
        guest = Actor(subject="guest", role="member", organisation="shi99")
        with pytest.raises(LookupDenied, match="not_allowed"):
            await asking.resolve_names(ResolveNames(actor=guest, names=(NameAsked(name="甲某"),)))
        with pytest.raises(Unavailable):
            await asking.names_of(NamesOf(actor=ACTOR, person_ids=(PERSON, PERSON)))


async def cut_off(management_url: str, broker_url: str) -> bool:
    return await close_connections(management_url, broker_url) > 0


async def test_after_a_cut_connection_the_next_questions_are_answered(broker_url: str, management_url: str) -> None:
    async with running(lambda stop: answer_role(members(broker_url), stop)), lookups(broker_url) as asking:
        await answered(asking)
        await until(lambda: cut_off(management_url, broker_url), True)
        assert len((await answered(asking)).answers) == 2
