"""Courts of the demonstration with engines, databases and processes of its own, as `make run` starts it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PATIENCE = 500.0


@dataclass
class RunningCourt:
    """A court run by a supervisor in a process of its own."""

    var: Path
    supervisor: subprocess.Popen[bytes]
    output: Path

    @property
    def ledgers(self) -> Path:
        """The generated workbooks it was begun with."""
        return self.var / "shi04" / "demo-ledgers"

    def lianjian(self, *arguments: str, expected: int = 0) -> str:
        """Standard output of the command line; its exit code must be `expected`."""
        done = subprocess.run(
            [CHECKOUT / ".venv" / "bin" / "lianjian", *arguments],
            env={**os.environ, "LIANJIAN_CONFIG": str(self.var / "lianjian.json"), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == expected, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def report(self) -> dict[str, Any]:
        return dict(json.loads(self.lianjian("report", "--year", "2025", "--json")))

    def processes(self) -> dict[str, psutil.Process]:
        """The supervisor's children by the name it gives them."""
        found = {}
        for file in (self.var / "process-ids" / "children").glob("*.json"):
            known = json.loads(file.read_text())
            if psutil.pid_exists(known["pid"]):
                found[file.stem] = psutil.Process(known["pid"])
        return found

    def kill(self, name: str) -> None:
        """SIGKILL, as a power cut would."""
        self.processes()[name if name in ("rabbitmq", "postgres") else f"shi04-{name}"].send_signal(signal.SIGKILL)


def until(settled: Callable[[], bool], what: str) -> None:
    """Wait for something that must come true; the limit only ends a run that never settles."""
    end = time.monotonic() + PATIENCE
    while not settled():
        assert time.monotonic() < end, f"never came true: {what}"
        time.sleep(0.2)


@contextmanager
def started(module: str, **settings: str) -> Iterator[RunningCourt]:
    """What the module runs, ready, with the main court's ledgers in; stopped and gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lianjian-e2e-"))
    folder.chmod(0o711)
    var, output = folder / "var", folder / "output"
    own_engines = {name: value for name, value in os.environ.items() if not name.startswith("LIANJIAN_")}
    with output.open("wb") as written:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", module, str(var)],
            cwd=CHECKOUT,
            env={**own_engines, **settings},
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    running = RunningCourt(var, supervisor, output)
    try:
        until(lambda: supervisor.poll() is not None or "联建已就绪" in output.read_text("utf-8"), "it is ready")
        assert supervisor.poll() is None, output.read_text("utf-8")
        yield running
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(60) == 0, output.read_text("utf-8")
    finally:
        supervisor.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def court() -> Iterator[RunningCourt]:
    """One court of the demonstration."""
    with started("tests.e2e.one_court") as running:
        yield running


@pytest.fixture(scope="module")
def linked() -> Iterator[RunningCourt]:
    """The three linked courts of the demonstration, `shi04` the main one."""
    with started("tests.e2e.linked_courts", LIANJIAN_HEAD_MAX_AGE_SECONDS="30") as running:
        yield running
