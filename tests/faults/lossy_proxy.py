"""A line to PostgreSQL that breaks after the question has gone out and before the answer comes back."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class LossyProxy:
    """Passes bytes on; about one answer in `one_in` never arrives, and the connection with it."""

    def __init__(self, port: int, one_in: int, seed: int) -> None:
        self._port = port
        self._one_in = one_in
        self._random = random.Random(seed)
        self.is_calm = False
        self.lost = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._port)
            questions = asyncio.create_task(self._pass_on(reader, server_writer))
            await self._answer(server_reader, writer)
            questions.cancel()
            server_writer.transport.abort()
        writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(65536):
                writer.write(chunk)
                await writer.drain()
        writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            if not self.is_calm and self._random.randrange(self._one_in) == 0:
                self.lost += 1
                return
            writer.write(chunk)
            await writer.drain()


@asynccontextmanager
async def lossy_proxy(server_port: int, one_in: int, seed: int) -> AsyncIterator[tuple[LossyProxy, int]]:
    """The proxy and the port it listens on."""
    proxy = LossyProxy(server_port, one_in, seed)
    listener = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    try:
        yield proxy, listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
