"""PostgreSQL away: 503 with Retry-After, and recovery by itself. The broker away: commands go on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr

from services.members import main as members
from shared.testing.brokers import fresh_vhost
from shared.testing.databases import fresh_database
from tests.component.court import Court, Service, running
from tests.component.given import a_branch, problem
from tests.component.wire import Wire

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_postgresql_away_is_said_and_passes(
    court: Court, postgres_url: str, management_url: str, rabbitmq_url: str
) -> None:
    async with fresh_database(postgres_url) as url, fresh_vhost(management_url, rabbitmq_url) as broker:
        wire = Wire(url)
        await wire.mend()
        async with a_service(court, wire.url, broker) as one:
            key = {"Idempotency-Key": "before-and-after"}
            assert (await one.client.post("/branches", json=a_branch(name="甲"), headers=key)).status_code == 201
            await wire.cut()
            command = await one.client.post("/branches", json=a_branch(name="乙"))
            read = await one.client.get("/branches")
            assert [problem(answer)[:2] for answer in (command, read)] == [(503, "database_unavailable")] * 2
            assert command.headers["retry-after"] == "2"
            assert (await one.client.get("/health/live")).status_code == 200
            assert (await one.client.get("/health/ready")).status_code == 503
            await wire.mend()
            again = await until_ready(one)
            assert (await again.post("/branches", json=a_branch(name="甲"), headers=key)).status_code == 201
            names = [event.data["facts"]["name"] for event in (await one.parts.deps.store.read_all())[1:]]
            assert names == ["甲"]
        await wire.cut()


async def test_the_broker_away_leaves_commands_and_readiness_alone(court: Court, postgres_url: str) -> None:
    async with fresh_database(postgres_url) as url:
        async with a_service(court, url, "amqp://guest:guest@127.0.0.1:1/nowhere") as one:
            assert (await one.client.post("/branches", json=a_branch())).status_code == 201
            answer = await one.client.get("/health/ready")
            while not answer.json()["concerns"]:
                await asyncio.sleep(0.05)
                answer = await one.client.get("/health/ready")
            assert answer.status_code == 200


@asynccontextmanager
async def a_service(court: Court, database: str, broker: str) -> AsyncIterator[Service]:
    """`members` on a database of its own, with the keys and the token of the court."""
    there = {
        "database_url": SecretStr(database),
        "owner_database_url": SecretStr(database),
        "broker_url": SecretStr(broker),
    }
    settings = court.services["members"].settings.model_copy(update=there)
    await members.migrate(settings)
    async with running(settings, members, court.token, asyncio.Event()) as service:
        yield service


async def until_ready(service: Service) -> httpx.AsyncClient:
    """The service's client, once it can do its work again."""
    while (await service.client.get("/health/ready")).status_code != 200:  # noqa: ASYNC110 - over HTTP nothing wakes us
        await asyncio.sleep(0.05)
    return service.client
