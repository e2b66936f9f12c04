"""A service as operating-system processes: `python -m services.<name> <role>`, each role kept alive, stopped cleanly.

A role is an endless coroutine. One that ends by itself or fails is started again after a pause that doubles up
to half a minute; until it has run for ten seconds readiness stays red. SIGTERM and SIGINT cancel all roles.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

import structlog
import uvicorn
import uvloop

from shared.settings import ServiceSettings, UnreadableFile
from shared.telemetry.health import Health
from shared.telemetry.logs import configure_logs

Run = Callable[[asyncio.Event], Awaitable[None]]
"""One task of a role: runs until the event is set; what does not listen to it is cancelled some seconds later."""

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_AFTER = 10.0
STOP_WITHIN = 6.0
RUBBISH = 20_000, 20, 10
"""After so many new objects Python looks for cycles: a page of events or an import makes far more than its 700."""

_log = structlog.get_logger()


class CannotStart(Exception):
    """Something outside has to be mended first; the message says what."""


async def keep_running(name: str, run: Run, health: Health, stop: asyncio.Event) -> None:
    """Runs the role until `stop`, however often it fails."""
    pause = FIRST_PAUSE
    while not stop.is_set():
        lasted = await _once(name, run, health, stop)
        if lasted > LONGEST_PAUSE:
            pause = FIRST_PAUSE
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _once(name: str, run: Run, health: Health, stop: asyncio.Event) -> float:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    failed_before = name in health.roles
    steady = loop.call_later(STEADY_AFTER, health.started, name) if failed_before else None
    if steady is None:
        health.started(name)
    try:
        await run(stop)
        problem = "ended by itself"
    except asyncio.CancelledError:
        # A broken broker connection may surface as a cancellation nobody asked for.
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        problem = "connection lost"
    except Exception as error:
        problem = type(error).__name__
        _log.error("role_failed", role=name, error=problem, exc_info=error)
    finally:
        if steady is not None:
            steady.cancel()
    if stop.is_set():
        return loop.time() - begun
    health.died(name, problem)
    _log.warning("role_restarts", role=name, problem=problem)
    return loop.time() - begun


async def run_roles(roles: Mapping[str, Run], health: Health, stop: asyncio.Event) -> None:
    """Runs all roles side by side until `stop` is set, and waits for their end; what lingers is cancelled."""
    tasks = [asyncio.create_task(keep_running(name, run, health, stop), name=name) for name, run in roles.items()]
    await stop.wait()
    if not tasks:
        return
    _, lingering = await asyncio.wait(tasks, timeout=STOP_WITHIN)
    for task in lingering:
        task.cancel()
    _, late = await asyncio.wait(lingering, timeout=STOP_WITHIN) if lingering else (set(), set())
    for task in late:
        _log.error("role_did_not_stop", role=task.get_name())


@contextlib.contextmanager
def stop_on_signals() -> Iterator[asyncio.Event]:
    """An event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def listening(host: str, port: int) -> socket.socket:
    """A bound socket; `CannotStart` where the port is not to be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise CannotStart(
            f"无法监听 {host}:{port}：{error.strerror}。请改用 LIANJIAN_HTTP_PORT 指定其他端口。"
        ) from None
    bound.set_inheritable(True)
    return bound


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the process stops all roles together."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_http(app: Any, bound: socket.socket, stop: asyncio.Event) -> None:
    """Serves until `stop`, then lets the requests under way end."""
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        lifespan="off",
        proxy_headers=False,
        http="httptools",
        h11_max_incomplete_event_size=None,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=5,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[bound.dup()]))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        server.should_exit = True
        await serving


def main(service: str, roles: Sequence[str], run: Callable[[str, ServiceSettings], Awaitable[None]]) -> None:
    """The entry of `python -m services.<service> <role>`: exit code 0 after a clean stop, 2 for what must be mended."""
    chosen = sys.argv[1:]
    if len(chosen) != 1 or chosen[0] not in roles:
        print(f"用法：python -m services.{service} {'|'.join(roles)}", file=sys.stderr)  # noqa: T201 - no log yet
        raise SystemExit(2)
    try:
        settings = ServiceSettings()
        configure_logs(settings.log_format, settings.log_level)
        structlog.contextvars.bind_contextvars(service=service, role=chosen[0], site=settings.site)
        gc.set_threshold(*RUBBISH)
        gc.freeze()  # the imported modules stay; looking through them again and again costs a fifth of reading a log
        uvloop.run(_run(run, chosen[0], settings))
    except (CannotStart, UnreadableFile) as error:
        print(str(error), file=sys.stderr)  # noqa: T201 - for the person who starts it
        raise SystemExit(2) from None
    except ValueError as error:
        print(_named(error), file=sys.stderr)  # noqa: T201 - for the person who starts it
        raise SystemExit(2) from None


async def _run(run: Callable[[str, ServiceSettings], Awaitable[None]], role: str, settings: ServiceSettings) -> None:
    await run(role, settings)


def _named(error: ValueError) -> str:
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        raise error
    names = [f"LIANJIAN_{str(found['loc'][0]).upper()}：{found['msg']}" for found in error.errors(include_input=False)]
    return "环境变量缺少或有误：\n  " + "\n  ".join(names)
