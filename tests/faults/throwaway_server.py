"""A PostgreSQL server of a test's own, to be killed and started again."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from deploy.local.found import postgres_programs
from deploy.local.postgres import server_account


class ThrowawayServer:
    """Listens on loopback, trusts everybody, and lives in a folder that is removed with it."""

    def __init__(self, folder: Path, port: int) -> None:
        programs = postgres_programs()
        assert programs is not None, "the PostgreSQL server programs are missing"
        self._bin = programs.bin
        self._data = folder / "data"
        self._log = folder / "log"
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"

    def _as_server_account(self) -> dict[str, Any]:
        account = server_account()
        return {"cwd": "/"} | ({"user": account.uid, "group": account.gid, "extra_groups": []} if account else {})

    def initialise(self) -> None:
        how = ["--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"]
        subprocess.run(
            [self._bin / "initdb", "--pgdata", self._data, *how],
            check=True,
            capture_output=True,
            **self._as_server_account(),
        )

    async def start(self) -> None:
        self._spawn()
        await self._wait()

    def _spawn(self) -> None:
        settings = {
            "port": self._port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._data),
            "shared_buffers": "32MB",
            "fsync": "off",  # what kill -9 leaves to the kernel is kept; only the machine itself must not die
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._data, *options],
                stdout=log,
                stderr=log,
                **self._as_server_account(),
            )

    async def _wait(self) -> None:
        for _ in range(600):
            with suppress(OSError, asyncpg.PostgresError):
                await (await asyncpg.connect(self.url, timeout=5)).close()
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"the server did not start: {self._log.read_text()[-2000:]}")

    def kill(self) -> None:
        """kill -9 for the server and every process of it, at once."""
        if self._process is not None:
            family = [psutil.Process(self._process.pid)]
            family += family[0].children(recursive=True)
            for member in family:
                with suppress(psutil.NoSuchProcess):
                    member.send_signal(signal.SIGKILL)
            self._process.wait()
            psutil.wait_procs(family[1:], timeout=10)
            self._process = None


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@asynccontextmanager
async def throwaway_server() -> AsyncIterator[ThrowawayServer]:
    """A server that runs, and is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lianjian-test-"))
    account = server_account()
    if account:
        os.chown(folder, account.uid, account.gid)
    server = ThrowawayServer(folder, free_port())
    try:
        server.initialise()
        await server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
