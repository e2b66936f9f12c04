"""A service as a process: what it says when it cannot start, and that it stops cleanly."""

import asyncio
import os
import signal
import socket
import sys

import httpx
import pytest

from shared.http.positions import Position
from tests.component.court import Court

pytestmark = pytest.mark.asyncio(loop_scope="session")


def environment(court: Court, service: str, port: int) -> dict[str, str]:
    """What a process of this court is told."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIANJIAN_")}
    told = court.services[service].settings
    return kept | {
        "LIANJIAN_SITE": told.site,
        "LIANJIAN_SITE_NAME": told.site_name,
        "LIANJIAN_SITE_LEVEL": told.site_level,
        "LIANJIAN_DATABASE_URL": told.database_url.get_secret_value(),
        "LIANJIAN_BROKER_URL": told.broker_url.get_secret_value(),
        "LIANJIAN_KEY_DIR": str(told.key_dir),
        "LIANJIAN_HTTP_PORT": str(port),
    }


async def started(service: str, role: str, told: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"services.{service}", role, env=told, stderr=asyncio.subprocess.PIPE
    )


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, str]:
    _, said = await process.communicate()
    return process.returncode, said.decode()


@pytest.mark.parametrize(("role", "least"), [("serve", 8), ("api", 4), ("relay", 4)])
async def test_a_service_answers_its_health_and_stops_at_sigterm(court: Court, role: str, least: int) -> None:
    port = free_port()
    told = environment(court, "members", port) | {"LIANJIAN_POOL_MAX": str(least)}
    process = await started("members", role, told)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        while not await is_ready(client):  # noqa: ASYNC110 - over HTTP nothing wakes us
            await asyncio.sleep(0.1)
        assert "lianjian_role_alive" in (await client.get("/metrics")).text
        headers = {"Authorization": f"Bearer {court.token}"}
        head = await court.services["members"].parts.deps.store.head()
        assert (await client.get("/status", headers=headers)).headers["position"] == str(Position("members", 1, head))
    process.send_signal(signal.SIGTERM)
    code, said = await ended(process)
    assert code == 0
    assert court.token not in said
    assert "Traceback" not in said


async def test_missing_settings_are_named() -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIANJIAN_")}
    code, said = await ended(await started("members", "api", kept))
    assert code == 2
    assert "LIANJIAN_DATABASE_URL" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(("role", "given"), [("serve", 7), ("relay", 3)])
async def test_a_pool_in_which_a_role_would_wait_for_itself_is_refused(court: Court, role: str, given: int) -> None:
    told = environment(court, "members", 0) | {"LIANJIAN_POOL_MAX": str(given)}
    code, said = await ended(await started("members", role, told))
    assert code == 2
    assert f"LIANJIAN_POOL_MAX：{given} 太小，{role} 会等不到连接；应至少为 {given + 1}。" in said


async def test_an_unknown_role_is_answered_with_those_there_are() -> None:
    code, said = await ended(await started("members", "everything", dict(os.environ)))
    assert code == 2
    assert "api|relay|consume|project|clock|migrate|serve" in said


async def test_a_taken_port_is_said(court: Court) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        told = environment(court, "members", held.getsockname()[1])
        code, said = await ended(await started("members", "api", told))
    assert code == 2
    assert "LIANJIAN_HTTP_PORT" in said


async def test_a_missing_key_is_said(court: Court) -> None:
    told = environment(court, "members", 0) | {"LIANJIAN_KEY_DIR": "/nonexistent"}
    code, said = await ended(await started("members", "api", told))
    assert code == 2
    assert "signing.key is missing" in said


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health/ready")).status_code == 200
    except httpx.TransportError:
        return False
