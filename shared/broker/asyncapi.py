"""The AsyncAPI document of each service, by FastStream's own generator from what runs."""

from __future__ import annotations

from typing import Any, Final

import orjson
from faststream.rabbit import RabbitMessage, RabbitQueue
from faststream.specification import AsyncAPI

from shared.broker.connection import new_link
from shared.broker.lookups import subscribe_questions
from shared.broker.sender import LogSender, StateSender
from shared.broker.states import subscribe_control, subscribe_states
from shared.broker.topology import RECEIVERS
from shared.contracts.lookups import JournalAsked, LookupRefused, NamesOf, ResolveNames
from shared.links.publishing import UplinkSender
from shared.links.topology import outbound_queue
from shared.receiver.consuming import subscribe_log
from shared.restore.answering import subscribe_journal
from shared.sealing.origin import Origin
from shared.wakening import Wakening

VERSION: Final = "1"
SITE: Final = "site"
"""Stands for a site's id in the documents."""


async def asyncapi_document(service: str) -> dict[str, Any]:
    """The document of `service`: its publishers and subscribers, registered as at run time, never connected."""
    broker = new_link("amqp://broker/", f"{service} at the site's own broker").broker
    origin = Origin(SITE, service)
    if service in RECEIVERS:
        LogSender(broker, origin)
        subscribe_states(broker, service, _forgotten, Wakening())
    sources = tuple(source for source, receivers in RECEIVERS.items() if service in receivers)
    if sources:
        StateSender(broker, sources)
    for source in sources:
        subscribe_log(broker, service, Origin(SITE, source), _nothing)
    if service == "members":
        subscribe_questions(broker, _unanswered, _unanswered)
    if service == "reporting":
        subscribe_journal(broker, _not_held)
        # At an upper site's broker; the messages are the same.
        UplinkSender(broker, SITE, within=0.0)
        queue = RabbitQueue(outbound_queue(SITE), declare=False)
        subscribe_control(broker, queue, _forgotten, Wakening(), "states from the upper site")
    document = AsyncAPI(broker, title=service, version=VERSION).to_specification().to_json()
    found: dict[str, Any] = orjson.loads(document)
    return found


async def _forgotten(_: bytes, __: str, ___: str) -> None:
    return None


async def _nothing(_: bytes, __: RabbitMessage) -> None:
    return None


async def _not_held(_: JournalAsked) -> None:
    return None


async def _unanswered(_: ResolveNames | NamesOf) -> LookupRefused:
    return LookupRefused(refused="unavailable")
