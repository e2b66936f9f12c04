"""One request as a route sees it: who, under which command id, on condition of which version, after which positions."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from shared.http.bodies import read_body
from shared.http.positions import Position
from shared.http.preconditions import command_id, expected_version
from shared.http.problems import forbidden
from shared.identity.access import ACTIONS, Relation, Requirement, covers
from shared.meta import Actor
from shared.personal.keyed_hash import RequestHash


@dataclass
class Call:
    """Handed to every route. The actor is only to be had together with what is acted upon: see `actor_on`."""

    request: Request
    requirement: Requirement | None
    holder: Actor | None
    relation: Relation | None
    after: tuple[Position, ...] = ()
    stale: tuple[str, ...] = ()
    traceparent: str | None = None
    written: bytes = b""
    _command_id: str | None = None

    def actor_on(self, target: str) -> Actor:
        """The actor, once it is certain that he may do this on the organisation path `target`; else 403."""
        if self.holder is None or self.relation is None or self.requirement is None:
            raise LookupError("a public route has no actor")
        if not covers(self.holder, self.relation, target):
            raise forbidden(ACTIONS[self.requirement.action])
        return self.holder

    @property
    def command_id(self) -> str:
        """The `Idempotency-Key`, made if absent; the answer returns it."""
        if self._command_id is None:
            self._command_id = command_id(self.request.headers.get("idempotency-key"))
        return self._command_id

    @property
    def expected_version(self) -> int | None:
        """The version of `If-Match`, None where the write is unconditional."""
        return expected_version(self.request.headers.get("if-match"))

    @property
    def request_hash(self) -> bytes:
        """Of method, path and body: what makes two requests under one command id the same one."""
        hashed: RequestHash | None = self.request.app.state.request_hash
        if hashed is None:
            raise LookupError("a service that remembers commands is built with its hash key")
        return hashed(f"{self.request.method} {self.request.scope['path']}", self.written)

    async def body(self, limit: int) -> bytes:
        """The raw body of a route that takes no JSON; 413 above `limit`."""
        return await read_body(self.request, limit)
