"""A whole run on private engines, with stand-ins for the services: started, doubled, wounded, stopped, killed."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import asyncpg
import httpx
import psutil
import pytest

from deploy.local.places import Places, make_private, places, read_json
from deploy.local.processes import clear_leftovers, wait_until

STAND_IN = str(Path(__file__).with_name("stand_in.py"))


@dataclass
class Run:
    process: subprocess.Popen[str]
    lines: queue.Queue[str]

    def until(self, text: str) -> str:
        """Reads what the run says until it says this; fails with all it said when it ends without."""
        said = []
        while line := self.lines.get(timeout=120):
            said.append(line)
            if text in line:
                return line
        raise AssertionError(f"{text!r} was never said, but: {''.join(said)}")


@pytest.fixture
def var() -> Iterator[Path]:
    folder = make_private(make_private(places().tests, mode=0o711) / f"run-{os.getpid()}", mode=0o755)
    yield folder
    clear_leftovers(folder / "process-ids" / "children")
    elsewhere = read_json(folder / "engine-data" / "postgres" / "where.json")
    if isinstance(elsewhere, dict):
        shutil.rmtree(elsewhere["folder"])
    shutil.rmtree(folder)


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIANJIAN_")}
    return {
        **kept,
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "RABBITMQ_NODENAME": "somebody@elsewhere",
        "PGPORT": "1",
    }


@pytest.fixture
def begin(var: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(*asked: str) -> Run:
        process = subprocess.Popen(
            [sys.executable, STAND_IN, "run", str(var), *asked],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(),
        )  # fmt: skip
        lines: queue.Queue[str] = queue.Queue()
        assert process.stdout is not None
        threading.Thread(target=listen, args=(process.stdout, lines), daemon=True).start()
        runs.append(Run(process, lines))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            run.process.terminate()
            run.process.wait(60)


def listen(said: TextIO, lines: queue.Queue[str]) -> None:
    for line in said:
        lines.put(line)
    lines.put("")


def belonging_to(var: Path) -> list[psutil.Process]:
    """Every process that a run of this folder started: its engines name the folder, its stand-ins have its ports."""
    elsewhere = var / "engine-data" / "postgres" / "where.json"  # a folder that the server's account cannot enter
    folders = [str(var), *json.loads(elsewhere.read_text()).values()] if elsewhere.exists() else [str(var)]
    found = []
    for process in psutil.process_iter():
        try:
            told = " ".join(process.cmdline()) + " ".join(process.environ().values())
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if any(folder in told for folder in folders) and process.pid != os.getpid():
            found.append(process)
    return found


def facts(var: Path) -> dict[str, Any]:
    return dict(json.loads((var / "lianjian.json").read_text("utf-8")))


def child(var: Path, name: str) -> int:
    return int(json.loads((var / "process-ids" / "children" / f"{name}.json").read_text())["pid"])


async def test_a_run_is_ready_once_keeps_its_data_and_leaves_nothing_behind(
    var: Path, begin: Callable[..., Run]
) -> None:
    first = begin()
    first.until("asked of shi04: lianjian import 党员名册.xlsx")
    first.until("联建已就绪：青岚市中级人民法院（shi04）")
    told = facts(var)
    assert (var / "lianjian.json").stat().st_mode & 0o777 == 0o600
    loopback_alone(var)
    await only_its_own_rights(told)
    not_twice(begin)
    a_killed_service_comes_back(var, first, told["services"]["members"])
    ends_without_a_trace(var, first, signal.SIGINT)
    assert not (var / "lianjian.json").exists()

    second = begin()
    second.until("联建已就绪")
    of_each_start = ("pid", "started", "instances")
    assert {key: facts(var)[key] for key in told if key not in of_each_start} == {
        key: told[key] for key in told if key not in of_each_start
    }
    connection = await asyncpg.connect(told["databases"]["members"]["application"])
    assert await connection.fetchval("select count(*) from events") == 1
    await connection.close()
    second.process.kill()
    assert second.process.wait(60) == -signal.SIGKILL
    assert wait_until(lambda: belonging_to(var) == [], 60)

    third = begin()
    third.until("联建已就绪")
    ends_without_a_trace(var, third, signal.SIGTERM)


def loopback_alone(var: Path) -> None:
    assert {process.name() for process in belonging_to(var)} >= {"postgres", "beam.smp", "epmd"}
    listening = {c.laddr.ip for p in belonging_to(var) for c in p.net_connections("inet") if c.status == "LISTEN"}
    assert listening <= {"127.0.0.1", "::1"}


def not_twice(begin: Callable[..., Run]) -> None:
    again = begin()
    again.until("已经在运行")
    again.until("联建已就绪")
    assert again.process.wait(30) == 0
    other = begin("hai2", "海角区人民法院", "basic")
    assert "shi04" in other.until("error:")
    assert other.process.wait(30) == 1


def a_killed_service_comes_back(var: Path, run: Run, address: str) -> None:
    before = child(var, "shi04-members")
    os.kill(before, signal.SIGKILL)
    run.until("members 意外结束")
    assert wait_until(lambda: child(var, "shi04-members") != before and answers(address), 30)


def ends_without_a_trace(var: Path, run: Run, number: signal.Signals) -> None:
    run.process.send_signal(number)
    run.until("已停止")
    assert run.process.wait(60) == 0
    assert belonging_to(var) == []


def answers(address: str) -> bool:
    try:
        return httpx.get(address, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


async def only_its_own_rights(told: dict[str, Any]) -> None:
    """The application adds events and changes rows; it never changes an event, nor enters another's database."""
    connection = await asyncpg.connect(told["databases"]["members"]["application"])
    await connection.execute("insert into events values (1)")
    await connection.execute("insert into rows_that_change values (1, 'a')")
    await connection.execute("update rows_that_change set value = 'b'")
    for forbidden in ("update events set position = 2", "delete from events", "truncate events"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(forbidden)
    await connection.close()
    own = told["databases"]["members"]["application"]
    elsewhere = own.rpartition("/")[0] + "/lianjian_shi04_activities"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(elsewhere)


def test_a_port_taken_while_the_run_comes_up_is_named_with_its_taker(var: Path, begin: Callable[..., Run]) -> None:
    run = begin()
    run.until("准备数据库")
    port = json.loads((var / "engine-data" / "ports.json").read_text())["shi04.members"]
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        said = run.until("error:")
        assert run.process.wait(60) == 1
        assert f"端口 {port} 在启动期间被占用：进程 {os.getpid()}（" in said
        assert belonging_to(var) == []
        again = begin()
        again.until(f"shi04.members 的端口 {port} 已被占用：进程 {os.getpid()}（")
        again.until("联建已就绪")
        ends_without_a_trace(var, again, signal.SIGINT)


def test_ledgers_of_ones_own_do_not_mix_with_the_demonstration(var: Path, begin: Callable[..., Run]) -> None:
    ledgers = make_private(var / "my-ledgers")
    (ledgers / "名册.xlsx").write_bytes(b"mine")
    make_private(Places(var).court("shi04"))
    (var / "shi04" / "imported.json").write_text('{"demo": true, "files": {}}')
    refused = begin("shi04", "青岚市中级人民法院", "intermediate", str(ledgers))
    assert "演示数据" in refused.until("error:")
    assert refused.process.wait(30) == 1
