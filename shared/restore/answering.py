"""How reporting answers the services of its site about their own logs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import asyncpg
import structlog
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitResponse

from shared.broker.sender import state_headers
from shared.broker.serving import serve_questions
from shared.broker.topology import JOURNAL, as_queue, lookup_queue, own_topology, receiver_queue
from shared.contracts.lookups import JournalAsked
from shared.receiver.stating import states_of
from shared.restore.above import HEADER, Above, written
from shared.restore.asking import HOLDER
from shared.restore.held import Message, run_covering
from shared.sealing.keys import Signer
from shared.sealing.origin import LOG, parse_origin
from shared.sealing.wire import BATCH_TYPE, JSON_TYPE, KIND
from shared.status import RoleStatus

Answers = Callable[[JournalAsked], Awaitable[Message | None]]
AskedAbove = Callable[[str], Awaitable[Sequence[Above]]]
"""What upper sites have of an origin."""


REFUSED: Final[Message] = ({KIND: "refused"}, b"{}")

log = structlog.get_logger()


async def nobody_above(_: str) -> Sequence[Above]:
    """For a site that is linked below none."""
    return ()


@dataclass(frozen=True)
class JournalAnswering:
    """What reporting answers from: its journal of the logs of its own site, and what upper sites have of them."""

    pool: asyncpg.Pool
    broker_url: str = field(repr=False)
    site: str
    key: Signer
    above: AskedAbove = nobody_above
    status: RoleStatus = field(default_factory=lambda: RoleStatus("journal"))


async def answer_journal_role(answering: JournalAnswering, stop: asyncio.Event) -> None:
    """Answer until `stop`, side by side with other replicas, through outages of the broker."""

    def subscribe(broker: RabbitBroker) -> None:
        subscribe_journal(broker, lambda asked: _answer(answering, asked))

    await serve_questions(answering.broker_url, own_topology(answering.site), subscribe, answering.status, stop)


def subscribe_journal(broker: RabbitBroker, answers: Answers) -> None:
    """Let `answers` answer; None and what it raises become a refusal."""

    @broker.subscriber(
        as_queue(lookup_queue(HOLDER, JOURNAL)),
        ack_policy=AckPolicy.REJECT_ON_ERROR,
        channel=Channel(prefetch_count=4),
        title="journal",
        description="A run as it was received (lianjian-kind: run), or how far the log is received (state), "
        "with how far each upper site has it (lianjian-above).",
    )
    async def answer_journal(question: JournalAsked) -> RabbitResponse:
        try:
            answer = await answers(question)
        except Exception as error:
            log.warning("journal_not_answered", error=type(error).__name__)
            answer = None
        headers, body = answer or REFUSED
        kind = BATCH_TYPE if headers[KIND] == "run" else JSON_TYPE
        return RabbitResponse(body, headers={**headers}, content_type=kind)


async def _answer(answering: JournalAnswering, asked: JournalAsked) -> Message | None:
    try:
        origin = parse_origin(asked.origin)
    except ValueError:
        return None
    if origin.site != answering.site or origin.channel != LOG:
        return None
    async with answering.pool.acquire() as connection:
        if asked.position is not None:
            run = await run_covering(connection, origin.text, asked.position)
            if run is not None:
                return run
    link = receiver_queue(HOLDER, origin.service).name
    epochs = {replace(origin, epoch=epoch): link for epoch in range(max(1, origin.epoch - 1), origin.epoch + 1)}
    states = await states_of(answering.pool, f"{answering.site}/{HOLDER}", epochs)
    if not states:
        return None
    state = max(states, key=lambda one: one.origin.epoch)
    headers = {**state_headers(state.body, answering.key), HEADER: written(await answering.above(origin.text))}
    return {name: str(value) for name, value in headers.items()}, state.body
