"""One run: engines, one court or several with their ledgers, the closing block; then watching until asked to stop."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Sequence
from types import FrameType

from deploy.local.asking import answer
from deploy.local.block import closing_block
from deploy.local.court import Court, Demonstration, Wanted, beside, ledger_folder, remembered, wanted_court
from deploy.local.courts import Courts
from deploy.local.engines import Engines, choose_engines, start_engine, wait_engine
from deploy.local.first_run import Beginning, beginning
from deploy.local.found import Say
from deploy.local.places import Places, make_private, read_json
from deploy.local.problems import CannotRun
from deploy.local.processes import clear_leftovers, die_with_parent
from deploy.local.serving import Setting
from deploy.local.state import only_one, print_line, write_state
from deploy.local.supervisor import LOOKS_EVERY, Supervisor


class StopAsked(BaseException):
    """A signal asked this run to end."""


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
            write_state(places, "failed", str(reason), wanted.court)
            raise
    return 0


def wanted_courts(wanted: Wanted, setting: Setting) -> list[tuple[Court, Beginning | None]]:
    """The courts of this run, the main one first, and what each begins with: the demonstration's, or the named one.

    Those that were added to earlier runs come along.
    """
    places, demo = setting.places, setting.demo
    main = wanted_court(wanted, places, demo)
    others = [remembered(one.id, places) or one for one in demo.courts if one != main] if wanted.court is None else []
    courts = {one.id: one for one in [main, *others, *beside(main, places)]}
    found = []
    for court in courts.values():
        folder = ledger_folder(wanted) if court == main else None
        invented = demo.court(court.id) is not None
        found.append((court, beginning(court, places.court(court.id), folder, wanted.year, invented=invented)))
    return found


def _run(wanted: Wanted, setting: Setting) -> None:
    places = setting.places
    chosen = wanted_courts(wanted, setting)
    main = chosen[0][0]
    courts: Courts | None = None
    phase = "starting"

    def note(message: str = "") -> None:
        found = courts.found.items() if courts else ()
        told = {name: {"phase": one.phase, "message": one.message} for name, one in found}
        write_state(places, phase, message, main.id, told)

    def say(text: str) -> None:
        note(text)
        print_line(f"· {text}")

    note("刚开始")
    _clear(places, say)
    supervisor = Supervisor(places.processes / "children", say)
    try:
        engines = choose_engines(places.engines, places.ports, places.engine_logs, say)
        _start_engines(engines, supervisor, say)
        courts = Courts(main, setting, engines.urls, supervisor, say, note, several=len(chosen) > 1)
        _bring_up(courts, chosen, supervisor)
        phase = "ready"
        note()
        if setting.foreground:
            print_line(closing_block(places, foreground=True))
        courts.several = True  # what is added from now on speaks to another terminal
        _watch(courts, setting, supervisor)
    finally:
        print_line("· 正在停止……")
        if courts:
            courts.close()
        places.running.unlink(missing_ok=True)
        supervisor.stop()
        write_state(places, "stopped", "", main.id)
        print_line("· 已停止。")


def _clear(places: Places, say: Say) -> None:
    """What a run that was killed left behind."""
    if ended := clear_leftovers(places.processes / "children"):
        say(f"上次没有正常结束，已清理遗留的进程：{'、'.join(ended)}")
    for file in [*places.var.glob("*/lianjian.json"), *places.asked.glob("*.json")]:
        file.unlink(missing_ok=True)


def _start_engines(engines: Engines, supervisor: Supervisor, say: Say) -> None:
    started = []
    for engine in engines.private:
        say(f"启动私有的 {engine.name}……")
        children = start_engine(engine, supervisor.pids)
        supervisor.adopt(children)
        started.append((engine, children))
    for engine, children in started:
        wait_engine(engine, children, lambda: True)


def _bring_up(courts: Courts, chosen: Sequence[tuple[Court, Beginning | None]], supervisor: Supervisor) -> None:
    for court, begin in chosen:
        courts.add(court, begin)
    while not courts.settled:
        supervisor.look()
        courts.look()
        time.sleep(0.05)
        if courts.failure is not None:
            raise CannotRun(courts.failure)
    if courts.failure is not None:
        raise CannotRun(courts.failure)


def _watch(courts: Courts, setting: Setting, supervisor: Supervisor) -> None:
    """Looks after all children, and does what is asked for meanwhile, until asked to stop."""
    go_on = setting.go_on()
    while go_on():
        supervisor.look()
        answer(courts)
        courts.look()
        time.sleep(LOOKS_EVERY)


def already_running(wanted: Wanted, places: Places, demo: Demonstration) -> int:
    """Says where the present run is; refuses when another court was asked for."""
    state = read_json(places.state) or {}
    court = state.get("court")
    if (wanted.court or demo.main.id) not in {court, *state.get("courts", {})}:
        asked = wanted.court or demo.main.id
        raise CannotRun(
            f"本目录正在运行法院 {court}。另起一次：先 make stop，再 make run COURT={asked}；"
            f"加到本次运行中：make court COURT={asked} NAME=… LEVEL=…"
        )
    print_line(f"· 已经在运行（进程 {state.get('pid')}），没有再启动一份。")
    ready = state.get("phase") == "ready"
    print_line(closing_block(places, foreground=False) if ready else "· 它正在启动，还没有就绪。")
    return 0


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
