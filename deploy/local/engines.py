"""The engines of a run: private ones started here, or external ones named by URLs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import external, postgres, rabbitmq
from deploy.local.found import Say, engines_or_install
from deploy.local.places import log_tail, make_private
from deploy.local.ports import kept_ports
from deploy.local.problems import CannotRun
from deploy.local.processes import Child, Program, start, wait_until
from shared.links.certificates import CA_FILE


@dataclass(frozen=True)
class EngineUrls:
    """Administrative addresses: a PostgreSQL superuser (or CREATEDB + CREATEROLE), a RabbitMQ administrator.

    `postgres_data` is the folder of a PostgreSQL of this machine, where it is known. `links_address` (`amqps://host:port`)
    is where lower sites reach the broker and `ca_file` the CA they are to trust; without them nobody can be invited.
    """

    postgres_url: str = field(repr=False)
    rabbitmq_url: str = field(repr=False)
    management_url: str = field(repr=False)
    postgres_data: Path | None = None
    links_address: str | None = None
    ca_file: Path | None = None


@dataclass(frozen=True)
class PrivateEngine:
    """One engine of ours: its children in the order of starting, and when it is ready."""

    name: str
    programs: tuple[Program, ...]
    is_ready: Callable[[], bool]


@dataclass(frozen=True)
class Engines:
    urls: EngineUrls
    private: tuple[PrivateEngine, ...]


def choose_engines(home: Path, ports: Path, logs: Path, say: Say, environ: Mapping[str, str] | None = None) -> Engines:
    """External engines where URLs name them, private ones for the rest; nothing is started yet.

    Raises `CannotRun` naming what is missing: a variable, a right, a version, a program.
    """
    make_private(home, mode=0o711)  # the database server's account passes through
    named = external.from_environment(os.environ if environ is None else environ)
    engines_or_install(
        say, logs / "install.log", postgres=named.postgres_url is None, rabbitmq=named.rabbitmq_url is None
    )
    private: list[PrivateEngine] = []
    postgres_data: Path | None = None
    postgres_url, rabbitmq_url, management_url = named.postgres_url, named.rabbitmq_url, named.management_url
    links_address, ca_file = named.links_address, named.ca_file
    if postgres_url is None:
        port = kept_ports(ports, ["postgres"], say)["postgres"]
        spare = Path("/var/lib/lianjian")
        server = postgres.prepare(home / "postgres", port, logs / "postgres.log", say, spare)
        private.append(PrivateEngine("PostgreSQL", (postgres.program(server),), lambda: postgres.is_ready(server)))
        postgres_url, postgres_data = server.url, server.data
    if rabbitmq_url is None or management_url is None:
        node = rabbitmq.prepare(home / "rabbitmq", kept_ports(ports, rabbitmq.PORTS, say), logs / "rabbitmq.log")
        programs = (rabbitmq.mapper(node), rabbitmq.program(node))
        private.append(PrivateEngine("RabbitMQ", programs, lambda: rabbitmq.is_ready(node.management_url)))
        rabbitmq_url, management_url = node.url, node.management_url
        links_address, ca_file = node.links_address, node.certificates / CA_FILE
    urls = EngineUrls(postgres_url, rabbitmq_url, management_url, postgres_data, links_address, ca_file)
    return Engines(urls, tuple(private))


def start_engine(engine: PrivateEngine, pids: Path) -> list[Child]:
    """Starts the engine's children without waiting."""
    return [start(program, pids) for program in engine.programs]


def wait_engine(engine: PrivateEngine, children: list[Child], go_on: Callable[[], bool], within: float = 120.0) -> None:
    """Returns when the engine is ready, or when `go_on` says to stop; raises with the end of its log otherwise."""

    def settled() -> bool:
        return not go_on() or any(c.process.poll() is not None for c in children) or engine.is_ready()

    wait_until(settled, within, every=0.1)
    if go_on() and not engine.is_ready():
        log = children[-1].program.log
        raise CannotRun(f"{engine.name} 没有就绪，日志 {log} 的最后几行：\n{log_tail(log)}")
