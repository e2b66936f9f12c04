"""A cable between two sites that can be cut, go silent, or flap."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import Enum


class Cable(Enum):
    """`cut` refuses and drops; `silent` takes everything and delivers nothing, as a black hole does."""

    WHOLE = "whole"
    CUT = "cut"
    SILENT = "silent"


@dataclass
class Proxy:
    """Passes bytes between whoever connects and a server; the state may change at any time."""

    server_port: int
    port: int = 0
    state: Cable = Cable.WHOLE
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _whole: asyncio.Event = field(default_factory=asyncio.Event)

    def set(self, state: Cable) -> None:
        """Change the cable; cutting it drops what is connected, silence holds back what is under way."""
        self.state = state
        if state is Cable.WHOLE:
            self._whole.set()
        else:
            self._whole.clear()
        if state is Cable.CUT:
            for writer in list(self._writers):
                writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self.state is Cable.CUT:
                return
            with contextlib.suppress(OSError):
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.server_port)
                self._writers.add(far_writer)
                ways = [self._pass_on(reader, far_writer), self._pass_on(far_reader, writer)]
                tasks = [asyncio.ensure_future(way) for way in ways]
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in tasks:
                    task.cancel()
                self._writers.discard(far_writer)
                far_writer.transport.abort()
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(65536):
                if self.state is not Cable.WHOLE:
                    await self._whole.wait()
                writer.write(chunk)
                await writer.drain()


@contextlib.asynccontextmanager
async def cable_to(server_port: int) -> AsyncIterator[Proxy]:
    """A whole cable; its near end listens on `port`."""
    proxy = Proxy(server_port)
    proxy.set(Cable.WHOLE)
    listener = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = listener.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        proxy.set(Cable.CUT)
        listener.close()
