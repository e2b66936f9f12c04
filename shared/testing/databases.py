"""Fresh databases for tests, copied from a template that is prepared once."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg


def with_database(url: str, name: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def database_name(url: str) -> str:
    """The name of the database in an address."""
    return urlsplit(url).path.removeprefix("/")


async def create_database(server_url: str, template: str = "template0") -> str:
    """Copy `template` (a name) into a database with a random name and return its address."""
    name = f"lianjian_test_{uuid.uuid4().hex[:16]}"
    await _execute(server_url, f'create database "{name}" template "{template}" strategy file_copy')
    return with_database(server_url, name)


async def drop_database(url: str, server_url: str) -> None:
    """Drop the database at `url`, whoever is connected to it."""
    await _execute(server_url, f'drop database if exists "{database_name(url)}" with (force)')


async def create_template(server_url: str, prepare: Callable[[str], Awaitable[None]]) -> str:
    """Make a database, let `prepare` fill it through its address, and return its name, to be copied from.

    `prepare` must leave no connection open.
    """
    url = await create_database(server_url)
    try:
        await prepare(url)
    except BaseException:
        await drop_database(url, server_url)
        raise
    return database_name(url)


@asynccontextmanager
async def fresh_database(server_url: str, template: str = "template0") -> AsyncIterator[str]:
    """The address of a fresh database that is dropped afterwards."""
    url = await create_database(server_url, template)
    try:
        yield url
    finally:
        await drop_database(url, server_url)


async def _execute(server_url: str, statement: str) -> None:
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
