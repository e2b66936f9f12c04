"""One court's way up, in steps: databases and broker users, migrations, services, ledgers."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.aside import Steps, goes_on, of_ours, run_aside
from deploy.local.court import Court, Demonstration, remember
from deploy.local.engines import EngineUrls
from deploy.local.found import Say
from deploy.local.places import CHECKOUT, Places, kept_secret, log_tail, write_json
from deploy.local.ports import is_free, kept_ports, listener
from deploy.local.problems import CannotRun
from deploy.local.processes import Program, parent_goes_on, start_time
from deploy.local.provision import provision_broker, provision_databases
from deploy.local.services import SERVICES, ServicePlan, command, environment, plan
from deploy.local.supervisor import Supervisor

READY_WITHIN = 180.0
ASKS_EVERY = 0.3
LONGEST_ANSWER = 64 * 1024

Command = Callable[[str, str], list[str]]
RunAside = Callable[[Sequence[str], Mapping[str, str], Path | None], Generator[None, None, int]]


@dataclass(frozen=True)
class Setting:
    """What a run depends on; tests put stand-ins for the services' commands and the import here."""

    places: Places
    demo: Demonstration
    command: Command = command
    run: RunAside = run_aside
    services: Sequence[str] = SERVICES
    foreground: bool = True

    def go_on(self) -> Callable[[], bool]:
        return parent_goes_on() if self.foreground else lambda: True


def planned(
    court: Court, urls: EngineUrls, places: Places, say: Say, services: Sequence[str] = SERVICES
) -> list[ServicePlan]:
    """The services of a court on these engines, on the ports that are theirs."""
    names = {service: f"{court.id}.{service}" for service in services}
    ports = kept_ports(places.ports, list(names.values()), say)
    home = places.court(court.id)
    return [plan(court, service, urls, home, ports[name]) for service, name in names.items()]


def serve(court: Court, plans: Sequence[ServicePlan], urls: EngineUrls, setting: Setting, keep: Supervisor) -> Steps:
    """Everything until the services of the court are ready."""
    remember(court, setting.places)
    asyncio.run(provision_databases(urls, plans))
    provision_broker(urls, plans)
    yield
    # The first event of `members` names the keys of all services: theirs have to be there before.
    yield from _together([_migrate(court, one, setting) for one in plans if one.service != "members"])
    yield from _together([_migrate(court, one, setting) for one in plans if one.service == "members"])
    for one in plans:
        variables = _environment(court, one, setting)
        command = setting.command(one.service, "serve")
        keep.start(Program(one.name, command, variables, one.log, folder=CHECKOUT))
        yield
    yield from _until_ready(plans, keep)


def _together(several: Sequence[Steps]) -> Steps:
    under_way = list(several)
    try:
        while under_way:
            under_way = [one for one in under_way if goes_on(one)]
            yield
    finally:
        for one in under_way:
            one.close()


def _migrate(court: Court, one: ServicePlan, setting: Setting) -> Steps:
    variables = {**_environment(court, one, setting), "LIANJIAN_OWNER_DATABASE_URL": one.owner_database_url}
    code = yield from run_aside(setting.command(one.service, "migrate"), variables, one.log)
    if code != 0:
        raise CannotRun(f"{one.service} 的数据库没有准备好，日志 {one.log} 的最后几行：\n{log_tail(one.log)}")


def _environment(court: Court, one: ServicePlan, setting: Setting) -> dict[str, str]:
    token_file = setting.places.court(court.id) / "secrets" / "operator-token"
    kept_secret(token_file)
    return environment(court, one, token_file, os.environ)


def _until_ready(plans: Sequence[ServicePlan], keep: Supervisor) -> Steps:
    until = time.monotonic() + READY_WITHIN
    late = list(plans)
    while late := [one for one in late if not is_ready(one)]:
        for one in late:
            _not_taken(one, keep)
        if time.monotonic() > until:
            raise CannotRun(f"{late[0].service} 没有就绪，日志 {late[0].log} 的最后几行：\n{log_tail(late[0].log)}")
        asked = time.monotonic()
        while time.monotonic() < asked + ASKS_EVERY:
            yield


def is_ready(one: ServicePlan) -> bool:
    """Whether this very start of the service answers, and says that it can do its work."""
    asked = http.client.HTTPConnection("127.0.0.1", one.http_port, timeout=3.0)
    with contextlib.closing(asked), contextlib.suppress(OSError, http.client.HTTPException, ValueError):
        asked.request("GET", "/health/ready")
        answer = asked.getresponse()
        said = json.loads(answer.read(LONGEST_ANSWER))
        who = {"site": one.site, "service": one.service, "instance": one.instance}
        return answer.status == http.HTTPStatus.OK and isinstance(said, dict) and who.items() <= said.items()
    return False


def _not_taken(one: ServicePlan, keep: Supervisor) -> None:
    """Refuses to go on where ours is not running and somebody listens on its port all the same."""
    if not keep.lives(one.name) and not is_free(one.http_port):
        raise CannotRun(
            f"端口 {one.http_port} 在启动期间被占用：{listener(one.http_port)}；{one.site} 的 {one.service} 用不了它。"
            "请再运行同一命令，会另选端口；想留用这个端口，先停止占用它的进程。"
        )


def running(court: Court, plans: Sequence[ServicePlan], token: str) -> dict[str, Any]:
    """What the command line needs to reach this run (a 0600 file: it holds the operator's token)."""
    page = next((one for one in plans if one.service == "reporting"), plans[-1])
    return {
        "court": court.id,
        "name": court.name,
        "level": court.level,
        "address": page.address,
        "services": {one.service: one.address for one in plans},
        "instances": {one.service: one.instance for one in plans},
        "token": token,
        "pid": os.getpid(),
        "started": start_time(os.getpid()),
        "databases": {one.service: {"application": one.database_url, "owner": one.owner_database_url} for one in plans},
        "key_dirs": {one.service: str(one.key_dir) for one in plans},
        "logs": {one.service: str(one.log) for one in plans},
        **({"ca_file": str(page.ca_file)} if page.ca_file else {}),
    }


def tell(court: Court, plans: Sequence[ServicePlan], places: Places, *, is_main: bool) -> None:
    """Writes where the command line finds the court."""
    told = running(court, plans, kept_secret(places.court(court.id) / "secrets" / "operator-token"))
    write_json(places.told(court.id), told)
    if is_main:
        write_json(places.running, told)


def asked_of(court: Court, setting: Setting, log: Path | None) -> Callable[[list[str]], Generator[None, None, int]]:
    """Runs commands of ours that speak to this court."""
    return lambda words: setting.run(words, of_ours(setting.places.told(court.id)), log)
