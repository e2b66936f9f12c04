"""One run of one court: engines, databases, services, ledgers, the closing block; then watching until asked to stop."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import httpx

from deploy.local.block import closing_block
from deploy.local.court import Court, Wanted, ledger_folder, remember, wanted_court
from deploy.local.engines import Engines, choose_engines, start_engine, wait_engine
from deploy.local.first_run import beginning, run_here, take_in
from deploy.local.places import (
    CHECKOUT,
    Places,
    kept_secret,
    log_tail,
    make_private,
    open_log,
    read_json,
    write_json,
)
from deploy.local.ports import kept_ports
from deploy.local.problems import CannotRun
from deploy.local.processes import (
    Program,
    clear_leftovers,
    die_with_parent,
    is_alive,
    parent_goes_on,
    start_time,
    wait_until,
)
from deploy.local.provision import provision_broker, provision_databases
from deploy.local.services import SERVICES, ServicePlan, command, environment, plan
from deploy.local.supervisor import Supervisor

Command = Callable[[str, str], list[str]]


class StopAsked(BaseException):
    """A signal asked this run to end."""


@dataclass(frozen=True)
class Setting:
    """What a run depends on; tests put stand-ins for the services' commands and the import here."""

    places: Places
    demo: Court
    command: Command = command
    run: Callable[[list[str], Callable[[], None]], int] = run_here
    services: Sequence[str] = SERVICES
    foreground: bool = True

    def go_on(self) -> Callable[[], bool]:
        return parent_goes_on() if self.foreground else lambda: True


def run(wanted: Wanted, setting: Setting) -> int:
    """Runs until asked to stop; 0 also when the same court is running already."""
    os.umask(0o077)
    places = setting.places
    make_private(places.processes)
    with contextlib.ExitStack() as stack:
        if not stack.enter_context(only_one(places)):
            return already_running(wanted, places, setting.demo)
        stack.enter_context(_signals(setting.foreground))
        try:
            _run(wanted, setting)
        except StopAsked:
            return 0
        except CannotRun as reason:
            _state(places, "failed", str(reason), wanted.court)
            raise
    return 0


def _run(wanted: Wanted, setting: Setting) -> None:
    places = setting.places
    court = wanted_court(wanted, places, setting.demo)
    home = make_private(places.court(court.id))
    begin = beginning(court, setting.demo, ledger_folder(wanted), wanted.year, home)

    def say(text: str) -> None:
        _state(places, "starting", text, court.id)
        _print(f"· {text}")

    if ended := clear_leftovers(places.processes / "children"):
        say(f"上次没有正常结束，已清理遗留的进程：{'、'.join(ended)}")
    supervisor = Supervisor(places.processes / "children", lambda text: _print(f"· {text}"))
    try:
        engines = choose_engines(places.engines, places.ports, places.engine_logs, say)
        plans = _prepare(court, engines, setting, supervisor, say)
        token_file = home / "secrets" / "operator-token"
        write_json(places.running, running(court, plans, kept_secret(token_file)))
        _serve(court, plans, setting, supervisor, say)
        if begin is not None:
            take_in(begin, court, home, say, lambda command: setting.run(command, supervisor.look))
        _ready(court, setting)
        supervisor.keep(setting.go_on())
    finally:
        _print("· 正在停止……")
        places.running.unlink(missing_ok=True)
        supervisor.stop()
        _state(places, "stopped", "", court.id)
        _print("· 已停止。")


def _prepare(
    court: Court, engines: Engines, setting: Setting, supervisor: Supervisor, say: Callable[[str], None]
) -> list[ServicePlan]:
    started = []
    for engine in engines.private:
        say(f"启动私有的 {engine.name}……")
        children = start_engine(engine, supervisor.pids)
        supervisor.adopt(children)
        started.append((engine, children))
    for engine, children in started:
        wait_engine(engine, children, lambda: True)
    remember(court, setting.places)
    home = setting.places.court(court.id)
    ports = kept_ports(setting.places.ports, list(setting.services))
    plans = [plan(court, service, engines.urls, home, ports[service]) for service in setting.services]
    say("准备各服务的数据库、角色和消息用户……")
    asyncio.run(provision_databases(engines.urls, plans))
    provision_broker(engines.urls, plans)
    # The first event of `members` names the keys of all services: theirs have to be there before.
    for one in sorted(plans, key=lambda one: one.service == "members"):
        _migrate(court, one, setting)
    return plans


def _migrate(court: Court, one: ServicePlan, setting: Setting) -> None:
    variables = {**_environment(court, one, setting), "LIANJIAN_OWNER_DATABASE_URL": one.owner_database_url}
    log = open_log(one.log)
    try:
        done = subprocess.run(  # noqa: S603 - the project's own command
            setting.command(one.service, "migrate"),
            env=variables, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False, umask=0o077,
        )  # fmt: skip
    finally:
        os.close(log)
    if done.returncode != 0:
        raise CannotRun(f"{one.service} 的数据库没有准备好，日志 {one.log} 的最后几行：\n{log_tail(one.log)}")


def _environment(court: Court, one: ServicePlan, setting: Setting) -> dict[str, str]:
    token_file = setting.places.court(court.id) / "secrets" / "operator-token"
    kept_secret(token_file)
    return environment(court, one, token_file, os.environ)


def _serve(
    court: Court, plans: Sequence[ServicePlan], setting: Setting, supervisor: Supervisor, say: Callable[[str], None]
) -> None:
    say(f"启动服务：{'、'.join(setting.services)}……")
    for one in plans:
        variables = _environment(court, one, setting)
        program = Program(one.service, setting.command(one.service, "serve"), variables, one.log, folder=CHECKOUT)
        supervisor.start(program)

    def settled() -> bool:
        supervisor.look()
        return all(is_ready(one) for one in plans)

    if not wait_until(settled, within=120.0, every=0.2):
        late = next(one for one in plans if not is_ready(one))
        raise CannotRun(f"{late.service} 没有就绪，日志 {late.log} 的最后几行：\n{log_tail(late.log)}")


def is_ready(one: ServicePlan) -> bool:
    """Whether the service says that it can do its work."""
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"{one.address}/health/ready", timeout=3.0, trust_env=False).status_code == 200
    return False


def running(court: Court, plans: Sequence[ServicePlan], token: str) -> dict[str, Any]:
    """What the command line needs to reach this run (a 0600 file: it holds the operator's token)."""
    page = next((one for one in plans if one.service == "reporting"), plans[-1])
    return {
        "court": court.id,
        "name": court.name,
        "level": court.level,
        "address": page.address,
        "services": {one.service: one.address for one in plans},
        "token": token,
        "pid": os.getpid(),
        "databases": {one.service: {"application": one.database_url, "owner": one.owner_database_url} for one in plans},
        "key_dirs": {one.service: str(one.key_dir) for one in plans},
        "logs": {one.service: str(one.log) for one in plans},
    }


def _ready(court: Court, setting: Setting) -> None:
    _state(setting.places, "ready", "", court.id)
    if setting.foreground:
        _print(closing_block(setting.places, foreground=True))


def already_running(wanted: Wanted, places: Places, demo: Court) -> int:
    """Says where the present run is; refuses when another court was asked for."""
    state = read_json(places.state) or {}
    court = state.get("court")
    if (wanted.court or demo.id) != court:
        raise CannotRun(f"本目录正在运行法院 {court}；一次运行一个。请先 make stop，再运行 {wanted.court or demo.id}。")
    _print(f"· 已经在运行（进程 {state.get('pid')}），没有再启动一份。")
    ready = state.get("phase") == "ready"
    _print(closing_block(places, foreground=False) if ready else "· 它正在启动，还没有就绪。")
    return 0


@contextlib.contextmanager
def only_one(places: Places) -> Iterator[bool]:
    """Holds the lock of this working copy; False when another run holds it. The kernel frees it with its holder."""
    with (places.processes / "supervisor.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


@contextlib.contextmanager
def _signals(foreground: bool) -> Iterator[None]:
    """The first signal ends the run, later ones do not disturb its clearing up."""
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if not asked:
            asked = True
            raise StopAsked

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask)
    if foreground:
        die_with_parent(signal.SIGTERM, os.getppid())
    yield


def _state(places: Places, phase: str, message: str, court: str | None) -> None:
    write_json(
        places.state,
        {"pid": os.getpid(), "started": start_time(os.getpid()), "court": court, "phase": phase, "message": message},
    )


def running_state(places: Places) -> Mapping[str, Any] | None:
    """What a living supervisor of this working copy last said; None when none lives."""
    state = read_json(places.state)
    return state if isinstance(state, dict) and is_alive(state) else None


def _print(text: str) -> None:
    # The terminal may be gone: that must not keep the children from being stopped.
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stdout, flush=True)
