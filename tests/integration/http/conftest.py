"""The small application, as a client sees it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from shared.http.application import application
from tests.integration.http.toy import Parts, Progress, authenticate, router


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = application(
        "t",
        [router],
        parts=Parts(),
        authenticate=authenticate,
        progress=Progress(),
        hosts=["lian.test"],
        hash_key=bytes(32),
    )
    transport = httpx.ASGITransport(app=app)
    headers = {"Authorization": "Bearer office"}
    async with httpx.AsyncClient(transport=transport, base_url="http://lian.test", headers=headers) as opened:
        yield opened
