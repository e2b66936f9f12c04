"""A RabbitMQ node of a test's own: killed, wiped, alarmed and started again."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from deploy.local import rabbitmq
from deploy.local.places import make_private
from deploy.local.processes import Child, kill, start
from tests.faults.throwaway_server import free_port

VHOST = "faults"


@dataclass
class Node:
    """Listens on loopback and lives in a folder that is removed with it."""

    folder: Path
    prepared: rabbitmq.RabbitMQ
    _children: list[Child] = field(default_factory=list)

    @property
    def amqp_port(self) -> int:
        return self.prepared.ports["amqp"]

    def url(self, port: int | None = None) -> str:
        """An administrator in the virtual host of the test, by way of another port where given."""
        account = f"{rabbitmq.ADMINISTRATOR}:{self.prepared.password}"
        return f"amqp://{account}@127.0.0.1:{port or self.amqp_port}/{VHOST}"

    @property
    def management_url(self) -> str:
        return self.prepared.management_url

    async def start(self) -> None:
        """Returns when the node takes messages; the virtual host is there."""
        pids = make_private(self.folder / "process-ids")
        self._children = [start(rabbitmq.mapper(self.prepared), pids), start(rabbitmq.program(self.prepared), pids)]
        for _ in range(600):
            if await asyncio.to_thread(rabbitmq.is_ready, self.management_url):
                break
            await asyncio.sleep(0.1)
        else:
            raise AssertionError("the node did not start")
        await self._vhost("PUT")

    async def empty(self) -> None:
        """A virtual host in which nothing has been yet."""
        await self._vhost("DELETE")
        await self._vhost("PUT")

    async def _vhost(self, method: str) -> None:
        async with httpx.AsyncClient(base_url=self.management_url, trust_env=False, timeout=30) as client:
            (await client.request(method, f"/api/vhosts/{VHOST}", json={})).raise_for_status()
            if method == "PUT":
                full = {"configure": ".*", "write": ".*", "read": ".*"}
                where = f"/api/permissions/{VHOST}/{rabbitmq.ADMINISTRATOR}"
                (await client.put(where, json=full)).raise_for_status()

    def kill(self) -> None:
        """kill -9 for the broker and its port mapper."""
        for child in reversed(self._children):
            kill(child)
        self._children = []

    def wipe(self) -> None:
        """Everything the broker knew is gone; it must not be running."""
        assert not self._children
        shutil.rmtree(self.folder / "node" / "mnesia")
        make_private(self.folder / "node" / "mnesia")

    async def alarm(self, *, memory: bool = False, disk: bool = False) -> None:
        """Raise the alarms asked for and lift the others: publishers are held back while one stands."""
        await self._control("set_vm_memory_high_watermark", "0.00001" if memory else "0.6")
        await self._control("set_disk_free_limit", "1000000000000000" if disk else "1000000")

    async def _control(self, *words: str) -> None:
        program = self.prepared.programs.scripts / "rabbitmqctl"
        process = await asyncio.create_subprocess_exec(
            str(program), "-q", "-n", "lianjian@localhost", *words,
            env=rabbitmq.environment(self.prepared), cwd=self.folder,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
        if process.returncode != 0:
            raise AssertionError(f"rabbitmqctl {words[0]}: {said.decode()[-500:]}")


@asynccontextmanager
async def throwaway_node() -> AsyncIterator[Node]:
    """A node that runs, and is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lianjian-node-"))
    os.chmod(folder, 0o711)
    ports = {name: free_port() for name in (*rabbitmq.PORTS, "amqps")}
    node = Node(folder, rabbitmq.prepare(folder / "node", ports, folder / "node.log"))
    try:
        await node.start()
        yield node
    finally:
        node.kill()
        shutil.rmtree(folder, ignore_errors=True)
