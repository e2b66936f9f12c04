"""Child processes that do not outlive their parent, and the clearing of those that did.

Every child asks the kernel for a signal when its parent dies, and has a file with its pid and start time, so
that a later start can tell a leftover from a stranger with the same number.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.places import make_private, open_log, read_json, write_json

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Account:
    """The system user a child runs as; None stands for the present one."""

    name: str
    uid: int
    gid: int
    home: str


@dataclass(frozen=True)
class Program:
    """One child: what to start, and how to stop it kindly; what stops in the same round stops side by side."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within: float = 20.0
    account: Account | None = None
    folder: Path | None = None
    stops_in: int = 0


@dataclass
class Child:
    program: Program
    process: subprocess.Popen[bytes]
    pid_file: Path


def die_with_parent(with_signal: signal.Signals, parent: int) -> None:
    """The kernel sends this process `with_signal` once its parent is gone."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
    if os.getppid() != parent:  # it died before the request was made
        os.kill(os.getpid(), signal.SIGKILL)


def start(program: Program, pid_folder: Path) -> Child:
    """Starts the child in a session of its own: a Ctrl-C in the terminal reaches the supervisor alone."""
    parent = os.getpid()

    def before_exec() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        die_with_parent(program.stop_signal, parent)

    log = open_log(program.log)
    account = program.account
    try:
        # A single-threaded parent: nothing else can hold a lock between fork and exec.
        process = subprocess.Popen(  # noqa: S603 - the command is the project's own
            list(program.command),
            env=dict(program.environment),
            cwd=program.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            umask=0o077,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=before_exec,
        )
    finally:
        os.close(log)
    pid_file = make_private(pid_folder) / f"{program.name}.json"
    write_json(
        pid_file,
        {
            "pid": process.pid,
            "started": start_time(process.pid),
            "stop_signal": int(program.stop_signal),
            "stop_within": program.stop_within,
        },
    )
    return Child(program, process, pid_file)


def ask_to_stop(child: Child) -> None:
    if child.process.poll() is None:
        child.process.send_signal(child.program.stop_signal)


def wait_stopped(child: Child) -> None:
    """Waits after having asked, then kills; forgets the pid file."""
    if child.process.poll() is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(child.program.stop_within)
    if child.process.poll() is None:
        child.process.kill()
        child.process.wait()
    child.pid_file.unlink(missing_ok=True)


def kill(child: Child) -> None:
    """Ends a throw-away child at once."""
    with contextlib.suppress(ProcessLookupError):
        child.process.kill()
    child.process.wait()
    child.pid_file.unlink(missing_ok=True)


def start_time(pid: int) -> str | None:
    """When a living process began: this boot, and clock ticks since; None when gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return None if fields[0] == "Z" else f"{boot}/{fields[19]}"


def catches(pid: int, number: signal.Signals) -> bool:
    """Whether a living process has a handler for this signal."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
        mask = next(line.split()[1] for line in lines if line.startswith("SigCgt:"))
        return bool(int(mask, 16) >> (number - 1) & 1)
    return False


def parent_goes_on() -> Callable[[], bool]:
    """False once our parent was interrupted. `make`, when it alone gets a SIGINT, takes its handler away and then waits
    for us without a word; a Ctrl-C in a terminal reaches us too.
    """
    parent = os.getppid()
    with contextlib.suppress(OSError):
        if Path(f"/proc/{parent}/comm").read_text().strip() not in ("make", "gmake"):
            return lambda: True
    watched = [number for number in (signal.SIGINT, signal.SIGHUP) if catches(parent, number)]
    return lambda: all(catches(parent, number) for number in watched)


def is_alive(record: object) -> bool:
    """Whether the process a pid file speaks of still lives (the very one, not its number)."""
    if not isinstance(record, dict) or not isinstance(record.get("pid"), int):
        return False
    return record.get("started") is not None and start_time(record["pid"]) == record["started"]


def clear_leftovers(pid_folder: Path) -> list[str]:
    """Ends what an earlier parent left running; returns the names of what had to be ended."""
    ended = []
    files = sorted(pid_folder.glob("*.json"), key=_services_before_engines) if pid_folder.is_dir() else []
    for file in files:
        record = read_json(file)
        if is_alive(record):
            _end(record["pid"], record["started"], record.get("stop_signal", 15), record.get("stop_within", 10))
            ended.append(file.stem)
        file.unlink(missing_ok=True)
    return ended


def _services_before_engines(file: Path) -> tuple[int, str]:
    order = {"rabbitmq": 1, "epmd": 2, "postgres": 3}
    return order.get(file.stem, 0), file.stem


def _end(pid: int, started: str, kindly: int, within: float) -> None:
    for number, patience in ((kindly, within), (int(signal.SIGKILL), 10.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        if wait_until(lambda: start_time(pid) != started, patience):
            return


def wait_until(condition: Callable[[], bool], within: float, every: float = 0.05) -> bool:
    """Whether the condition came true in time."""
    until = time.monotonic() + within
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(every)
    return True
