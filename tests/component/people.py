"""Somebody other than the operator who speaks to `activities`."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx

from shared.identity.tokens import enter_token
from shared.meta import Actor
from tests.component.court import Court


@asynccontextmanager
async def as_secretary_of(court: Court, branch_id: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of somebody who keeps the records of one branch."""
    token, service = secrets.token_urlsafe(32), court.services["activities"]
    url = service.settings.owner_database_url
    assert url is not None
    connection = await asyncpg.connect(url.get_secret_value())
    actor = Actor(subject=f"s-{branch_id}", role="branch_secretary", organisation=f"{court.site}.{branch_id}")
    await enter_token(connection, token, actor)
    await connection.close()
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=service.client._transport.app),  # type: ignore[attr-defined] # it is one
        base_url="http://127.0.0.1",
        headers=headers,
        timeout=60.0,
    ) as client:
        yield client
