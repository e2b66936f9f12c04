"""A virtual host of its own for every test that sends messages."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
from yarl import URL


@contextlib.asynccontextmanager
async def fresh_vhost(management_url: str, rabbitmq_url: str) -> AsyncIterator[str]:
    """The AMQP address of a new, empty virtual host, which is deleted in the end."""
    name = f"test-{uuid4().hex}"
    user = URL(rabbitmq_url).user
    async with httpx.AsyncClient(base_url=management_url, trust_env=False, timeout=30) as client:
        (await client.put(f"/api/vhosts/{name}")).raise_for_status()
        rights = {"configure": ".*", "write": ".*", "read": ".*"}
        (await client.put(f"/api/permissions/{name}/{user}", json=rights)).raise_for_status()
        try:
            yield str(URL(rabbitmq_url).with_path(f"/{name}"))
        finally:
            await client.delete(f"/api/vhosts/{name}")


async def purge(management_url: str, amqp_url: str, queue: str) -> None:
    """Throw away what waits in a queue, as a broker that lost its disk would."""
    async with httpx.AsyncClient(base_url=management_url, trust_env=False, timeout=30) as client:
        vhost = URL(amqp_url).path.lstrip("/")
        (await client.delete(f"/api/queues/{vhost}/{quote(queue)}/contents")).raise_for_status()


async def delete_queue(management_url: str, amqp_url: str, queue: str) -> None:
    """Take a queue away with all that waits in it, from under those who consume it."""
    async with httpx.AsyncClient(base_url=management_url, trust_env=False, timeout=30) as client:
        vhost = URL(amqp_url).path.lstrip("/")
        (await client.delete(f"/api/queues/{vhost}/{quote(queue)}")).raise_for_status()


async def close_connections(management_url: str, amqp_url: str) -> int:
    """Close every connection of the virtual host; the number of them."""
    async with httpx.AsyncClient(base_url=management_url, trust_env=False, timeout=30) as client:
        vhost = URL(amqp_url).path.lstrip("/")
        found: list[dict[str, Any]] = json.loads((await client.get(f"/api/vhosts/{vhost}/connections")).content)
        for connection in found:
            await client.delete(f"/api/connections/{quote(connection['name'])}")
        return len(found)
