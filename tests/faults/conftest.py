"""Engines that may be killed, for all trials of a file."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.faults.linked.world import Engines, engines


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made() -> AsyncIterator[Engines]:
    """A broker and a database server for each of two sites."""
    async with engines() as started:
        yield started
