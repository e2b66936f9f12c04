"""Throw-away engines for a test session: one PostgreSQL and one RabbitMQ node, a database and a vhost a test."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import external
from deploy.local.engines import Engines, choose_engines, start_engine, wait_engine
from deploy.local.places import make_private, places, read_json, write_json
from deploy.local.processes import Child, clear_leftovers, is_alive, kill, start_time


@dataclass(frozen=True)
class TestEngines:
    """Administrative addresses of the engines the tests use."""

    __test__ = False  # not a test, whatever its name

    postgres_url: str = field(repr=False)
    rabbitmq_url: str = field(repr=False)
    management_url: str = field(repr=False)


_session: TestEngines | None = None


def engines_for_tests() -> TestEngines:
    """Engines for this process, started at the first call and ended with it (also when it is killed).

    Where LIANJIAN_POSTGRES_URL and LIANJIAN_RABBITMQ_URL name engines, those are used. Call it from the main
    thread: the kernel ends the engines when the thread that started them ends.
    """
    global _session  # one node serves a whole session; it costs five seconds to start
    if _session is None:
        _session = _start()
    return _session


def _start() -> TestEngines:
    named = external.from_environment(os.environ)
    if named.postgres_url and named.rabbitmq_url and named.management_url:
        return TestEngines(named.postgres_url, named.rabbitmq_url, named.management_url)
    root = make_private(places().tests, mode=0o711)
    _clear_abandoned(root)
    home = make_private(root / f"session-{os.getpid()}", mode=0o711)
    write_json(home / "owner.json", {"pid": os.getpid(), "started": start_time(os.getpid())})
    engines = choose_engines(home, home / "ports.json", home / "logs", _say)
    started: list[Child] = []
    atexit.register(_end, started, home)
    _run(engines, home, started)
    urls = engines.urls
    return TestEngines(urls.postgres_url, urls.rabbitmq_url, urls.management_url)


def _run(engines: Engines, home: Path, started: list[Child]) -> None:
    children = []
    for engine in engines.private:
        own = start_engine(engine, home / "process-ids")
        started.extend(own)
        children.append((engine, own))
    for engine, own in children:
        wait_engine(engine, own, lambda: True)


def _end(started: list[Child], home: Path) -> None:
    for child in reversed(started):
        kill(child)
    _remove(home)


def _remove(home: Path) -> None:
    elsewhere = read_json(home / "postgres" / "where.json")
    if isinstance(elsewhere, dict):
        shutil.rmtree(elsewhere["folder"], ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


def _clear_abandoned(root: Path) -> None:
    """Removes what test sessions left behind that were killed themselves."""
    for home in root.glob("session-*"):
        if not is_alive(read_json(home / "owner.json")):
            clear_leftovers(home / "process-ids")
            _remove(home)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
