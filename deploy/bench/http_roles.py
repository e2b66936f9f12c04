"""The roles of the HTTP bench, a process each: `constant` is the reference's server, `load` asks either of them.

`constant PORT` serves a FastAPI application that answers the same request with a constant, on the same server with
the same options. `load` takes the port, the seconds, the connections and a token; the body of the request comes by
standard input, and how many were answered a second with 201 goes to standard output.
"""

import asyncio
import gc
import sys
import time
import uuid
from typing import Final, cast

import uvloop
from fastapi import FastAPI

from shared.process import listening, serve_http, stop_on_signals

_CONSTANT: Final[dict[str, str | int]] = {"activity_id": "0f8fad5b-d9cb-469f-a165-70867728950e", "version": 1}
_LENGTH: Final = b"content-length: "
LATE_SECONDS: Final = 10.0


async def _constant(port: int) -> None:
    app = FastAPI()

    @app.post("/activities", status_code=201)
    async def constant() -> dict[str, str | int]:
        return _CONSTANT

    with listening("127.0.0.1", port) as bound, stop_on_signals() as stop:
        await serve_http(app, bound, stop)


class _Asking(asyncio.Protocol):
    """One connection: the next request goes out as soon as the last one is answered. Reads no more than it must."""

    def __init__(self, before: bytes, after: bytes, until: float) -> None:
        self._before, self._after, self._until = before, after, until
        self._name, self._number = uuid.uuid4().hex, 0
        self._received = b""
        self.answered = 0
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's is none by inheritance
        self._ask()

    def _ask(self) -> None:
        self._number += 1
        self._transport.write(b"%b%b-%d%b" % (self._before, self._name.encode(), self._number, self._after))

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.partition(_LENGTH)[2].partition(b"\r\n")[0]):
            return
        if not head.startswith(b"HTTP/1.1 201"):
            self._end(RuntimeError(f"not accepted: {self._received.decode(errors='replace')[:2000]}"))
            return
        self.answered += 1
        self._received = b""
        if time.perf_counter() < self._until:
            self._ask()
        else:
            self._end()

    def connection_lost(self, _: Exception | None) -> None:
        self._end(ConnectionError("the server hung up"))

    def _end(self, error: Exception | None = None) -> None:
        if not self.ended.done():
            self.ended.set_result(None) if error is None else self.ended.set_exception(error)
        self._transport.close()


async def _load(port: int, seconds: float, connections: int, token: str) -> float:
    body = sys.stdin.buffer.read()
    before = (
        f"POST /activities HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nIdempotency-Key: "
    ).encode()
    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    opened = [
        loop.create_connection(lambda: _Asking(before, b"\r\n\r\n" + body, began + seconds), "127.0.0.1", port)
        for _ in range(connections)
    ]
    asking = [protocol for _, protocol in await asyncio.gather(*opened)]
    async with asyncio.timeout(seconds + LATE_SECONDS):
        await asyncio.gather(*(one.ended for one in asking))
    return sum(one.answered for one in asking) / (time.perf_counter() - began)


def main() -> None:
    gc.freeze()
    match sys.argv[1:]:
        case ["constant", port]:
            uvloop.run(_constant(int(port)))
        case ["load", port, seconds, connections, token]:
            rate = uvloop.run(_load(int(port), float(seconds), int(connections), token))
            sys.stdout.write(f"{rate}\n")
        case other:
            raise SystemExit(f"no such role: {other}")


if __name__ == "__main__":
    main()
