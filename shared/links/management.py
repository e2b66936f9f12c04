"""The management HTTP API of a broker, as far as links need it: users, permissions, objects of one virtual host."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import httpx

_PATIENCE_SECONDS: Final = 10.0


class ManagementRefused(Exception):
    """The API does not do what is asked; the message names method, path and status, never an account."""


class Account(NamedTuple):
    """A user of the broker; one with a tag may use the management API too."""

    password_hash: str
    is_tagged: bool


class Made(NamedTuple):
    """How an exchange or a queue was made: its type, its arguments."""

    kind: str
    arguments: dict[str, Any]


class MadeQueue(NamedTuple):
    """`messages` lags behind by seconds; None: the broker has not counted yet."""

    made: Made
    messages: int | None


class Management:
    """One virtual host, through an account that may make users."""

    def __init__(self, client: httpx.AsyncClient, vhost: str) -> None:
        self._client = client
        self._vhost = quote(vhost, safe="")

    async def users(self) -> dict[str, Account]:
        """By name; the password hash is empty where a user has none."""
        found = await self._got("/api/users")
        return {one["name"]: Account(one.get("password_hash") or "", bool(one.get("tags"))) for one in found}

    async def permissions(self) -> dict[str, dict[str, str]]:
        """What each user may do in the virtual host: `configure`, `write`, `read`."""
        found = await self._got(f"/api/vhosts/{self._vhost}/permissions")
        return {one["user"]: {name: one[name] for name in ("configure", "write", "read")} for one in found}

    async def exchanges(self) -> dict[str, Made]:
        found = await self._got(f"/api/exchanges/{self._vhost}?columns=name,type,arguments")
        return {one["name"]: Made(one["type"], dict(one["arguments"])) for one in found}

    async def queues(self) -> dict[str, MadeQueue]:
        found = await self._got(f"/api/queues/{self._vhost}?columns=name,type,arguments,messages")
        return {one["name"]: MadeQueue(Made(one["type"], dict(one["arguments"])), one.get("messages")) for one in found}

    async def bindings(self) -> set[tuple[str, str, str]]:
        """(exchange, queue, routing key)."""
        found = await self._got(f"/api/bindings/{self._vhost}")
        queues = (one for one in found if one["destination_type"] == "queue")
        return {(one["source"], one["destination"], one["routing_key"]) for one in queues}

    async def make_user(self, name: str, password_hash: str) -> None:
        """A user without any tag: it may use the broker, not the management API."""
        body = {"password_hash": password_hash, "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": ""}
        await self._done("PUT", f"/api/users/{quote(name, safe='')}", body)

    async def allow(self, name: str, permissions: Mapping[str, str]) -> None:
        await self._done("PUT", f"/api/permissions/{self._vhost}/{quote(name, safe='')}", dict(permissions))

    async def remove_user(self, name: str) -> None:
        """The broker closes its connections."""
        await self._done("DELETE", f"/api/users/{quote(name, safe='')}")

    async def make_exchange(self, name: str, kind: str, arguments: Mapping[str, Any]) -> None:
        body = {"type": kind, "durable": True, "arguments": dict(arguments)}
        await self._done("PUT", f"/api/exchanges/{self._vhost}/{quote(name, safe='')}", body)

    async def make_queue(self, name: str, arguments: Mapping[str, Any]) -> None:
        """A durable queue; `arguments` name its type."""
        body = {"durable": True, "arguments": dict(arguments)}
        await self._done("PUT", f"/api/queues/{self._vhost}/{quote(name, safe='')}", body)

    async def bind(self, exchange: str, queue: str, key: str) -> None:
        path = f"/api/bindings/{self._vhost}/e/{quote(exchange, safe='')}/q/{quote(queue, safe='')}"
        await self._done("POST", path, {"routing_key": key})

    async def remove_exchange(self, name: str) -> None:
        await self._done("DELETE", f"/api/exchanges/{self._vhost}/{quote(name, safe='')}")

    async def remove_queue(self, name: str) -> None:
        await self._done("DELETE", f"/api/queues/{self._vhost}/{quote(name, safe='')}")

    async def _got(self, path: str) -> Any:
        answer = await self._asked("GET", path)
        return answer.json()

    async def _done(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> None:
        await self._asked(method, path, body)

    async def _asked(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        try:
            answer = await self._client.request(method, path, json=None if body is None else dict(body))
        except httpx.HTTPError as error:
            raise ManagementRefused(f"{method} {path}: {type(error).__name__}") from None
        gone = method == "DELETE" and answer.status_code == HTTPStatus.NOT_FOUND
        if not answer.is_success and not gone:
            raise ManagementRefused(f"{method} {path}: {answer.status_code}")
        return answer


@contextlib.asynccontextmanager
async def management(url: str, vhost: str) -> AsyncIterator[Management]:
    """The API at `url`, which holds the account."""
    async with httpx.AsyncClient(base_url=url, timeout=_PATIENCE_SECONDS, trust_env=False) as client:
        yield Management(client, vhost)
