"""A service whose log is not the one its reporting knows: it answers, says why, and takes no command."""

import pytest

from shared.restore.gate import Phase
from shared.testing.databases import fresh_database
from tests.component.court import Court
from tests.component.given import a_branch, problem
from tests.component.test_outages import a_service

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_another_history_is_read_and_not_written(court: Court, postgres_url: str) -> None:
    broker = court.services["members"].settings.broker_url.get_secret_value()
    async with fresh_database(postgres_url) as url, a_service(court, url, broker) as other:
        answer = await other.client.post("/branches", json=a_branch())
        assert other.parts.gate.phase is Phase.DIFFERS
        assert problem(answer) == (503, "read_only", ["service"])
        assert answer.json()["detail"].startswith("只读：日志与账本从位置 1 起不同，须由人核对")
        assert answer.headers["retry-after"] == "2"
        assert (await other.client.get("/branches")).status_code == 200
        ready = await other.client.get("/health/ready")
        assert (ready.status_code, ready.json()["wrong"]) == (200, {})
        assert ready.json()["concerns"]["gate"].startswith("只读：")
        assert (await other.client.get("/status")).json()["concerns"]["gate"].startswith("只读：")
        assert len(await other.parts.deps.store.read_all()) == 1
        assert await other.parts.pool.fetchval("select count(*) from seals") == 0


async def test_a_service_that_agrees_with_its_reporting_has_nothing_to_say(court: Court) -> None:
    for name in ("members", "activities"):
        gate = court.services[name].parts.gate
        await gate.admit()
        assert await gate.check() is None
