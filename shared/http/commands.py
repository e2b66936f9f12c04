"""From a request to the command path and back: the context of a command, and what its outcome answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared.acts import CommandContext, CommandDeps, Outcome
from shared.http.calls import Call
from shared.http.positions import Position
from shared.http.preconditions import etag
from shared.http.replies import Reply, json_reply
from shared.meta import Actor, Source

_SCREEN: Final = Source(kind="ui")


def context(call: Call, actor: Actor) -> CommandContext:
    """Who acts by which command; a command of one's own begins a correlation."""
    return CommandContext(
        actor=actor,
        source=_SCREEN,
        command_id=call.command_id,
        correlation=call.command_id,
        request_hash=call.request_hash,
        traceparent=call.traceparent,
    )


async def accepted(
    deps: CommandDeps, service: str, outcome: Outcome, told: Mapping[str, Any], *, location: str | None = None
) -> Reply:
    """201 with `Location` for something new, else 200; with the stream's version and the position to wait for."""
    # What was a repetition without events may rest on events the caller has not seen: then the head is the place.
    position = max(outcome.positions) if outcome.positions else await deps.store.head()
    body = {**told, **(outcome.answer or {}), "version": outcome.version}
    headers = {} if location is None else {"Location": location}
    return json_reply(
        body,
        status=200 if location is None else 201,
        etag=etag(outcome.version),
        positions=(Position(service, await deps.store.epoch(), position),),
        headers=headers,
    )
