"""A command over HTTP to its stored event, beside the same framework that returns a constant.

Ours is a process `python -m services.activities api` as it is delivered; each request plans an activity, with an
`Idempotency-Key` of its own. Both servers are asked by a process of its own over 32 connections that stay open.
"""

import asyncio
import os
import secrets
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import orjson

from deploy.bench.measure import Bench, CannotMeasure, Pair, Setting
from shared.testing.brokers import fresh_vhost
from shared.testing.databases import fresh_database

CONNECTIONS: Final = 32
READY_WITHIN: Final = 90.0
BRANCH: Final = "0b0d6c3e-7f0e-5d51-9a1a-0c1f6d1f0a01"
BODY: Final = orjson.dumps(
    {
        "facts": {
            "unit_kind": "branch", "unit_id": BRANCH, "branch_id": BRANCH, "kind": "branch_assembly",
            "title": "支部党员大会：学习贯彻全国两会精神", "date": "2024-03-20", "start": "09:30",
            "place": "党员活动室", "expected": 17,
        }
    }
)  # fmt: skip

Measure = Callable[[], Awaitable[Pair]]


def rows() -> list[Bench]:
    return [Bench("command-http", "commands/s", ">=", 0.35, _commands)]


@asynccontextmanager
async def _commands(setting: Setting) -> AsyncIterator[Measure]:
    token, ours, reference = secrets.token_urlsafe(32), free_port(), free_port()
    constant = ("deploy.bench.http_roles", "constant", str(reference))
    async with _migrated(setting, token) as told:
        async with (
            server(("services.activities", "api"), ours, {**told, "LIANJIAN_HTTP_PORT": str(ours)}),
            server(constant, reference, {}),
        ):

            async def measure() -> Pair:
                return await load(ours, setting.seconds, token), await load(reference, setting.seconds, token)

            await load(ours, 0.5, token)  # connections of the pool, plans, caches
            yield measure


@asynccontextmanager
async def _migrated(setting: Setting, token: str) -> AsyncIterator[dict[str, str]]:
    """The environment of an `activities` with one branch, on a database and a virtual host of its own."""
    async with (
        fresh_database(setting.postgres_url) as database,
        fresh_vhost(setting.management_url, setting.rabbitmq_url) as broker,
    ):
        with tempfile.TemporaryDirectory() as folder:
            told = {
                "LIANJIAN_SITE": "shi99",
                "LIANJIAN_SITE_NAME": "青岚市中级人民法院",
                "LIANJIAN_SITE_LEVEL": "intermediate",
                "LIANJIAN_DATABASE_URL": database,
                "LIANJIAN_BROKER_URL": broker,
                "LIANJIAN_KEY_DIR": f"{folder}/activities",
                "LIANJIAN_OPERATOR_TOKEN_FILE": f"{folder}/token",
            }
            Path(folder, "token").write_text(token)  # noqa: ASYNC240 - nobody waits yet
            await _ended("services.activities", "migrate", told=told)
            await enter_branch(database)
            yield told


async def enter_branch(database: str) -> None:
    """As the replica of `members` would hold it."""
    connection = await asyncpg.connect(database)
    await connection.execute(
        "insert into replica_units (unit_id, unit_kind, branch_id, name, official_order)"
        " values ($1::uuid, 'branch', $1::uuid, '第一党支部', 1)",
        BRANCH,
    )
    await connection.close()


@asynccontextmanager
async def server(module: tuple[str, ...], port: int, told: Mapping[str, str]) -> AsyncIterator[int]:
    """A process that answers HTTP at `port`; its process id."""
    process = await started(*module, told=told)
    try:
        await _answers(process, port)
        yield process.pid
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _ended(*module: str, told: Mapping[str, str]) -> None:
    process = await started(*module, told=told)
    if code := await process.wait():
        raise CannotMeasure(f"{' '.join(module)} ended with exit code {code}")


async def started(*module: str, told: Mapping[str, str]) -> asyncio.subprocess.Process:
    own = {name: value for name, value in os.environ.items() if not name.startswith("LIANJIAN_")}
    quiet = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *module), env={**own, **told}, stdout=quiet, stderr=quiet
    )


async def _answers(process: asyncio.subprocess.Process, port: int) -> None:
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(READY_WITHIN):
        while process.returncode is None:
            try:
                await client.get(f"http://127.0.0.1:{port}/health/live")
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return
    raise CannotMeasure(f"a server ended with exit code {process.returncode} before it answered")


async def load(port: int, seconds: float, token: str) -> float:
    """Requests accepted a second, asked by a process of its own."""
    arguments = ("load", str(port), str(seconds), str(CONNECTIONS), token)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.bench.http_roles", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, problems = await process.communicate(BODY)
    if process.returncode:
        raise CannotMeasure(f"the load ended early: {problems.decode(errors='replace').strip()[-300:]}")
    return float(output)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port
