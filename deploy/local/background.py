"""`make start` and `make stop`: the same run without a terminal."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from deploy.local.block import closing_block
from deploy.local.court import Demonstration, Wanted
from deploy.local.places import Places, make_private, open_log, read_json
from deploy.local.problems import CannotRun
from deploy.local.processes import clear_leftovers, start_time, wait_until
from deploy.local.run import already_running
from deploy.local.state import running_state

STOPS_WITHIN = 150.0


def start(wanted: Wanted, places: Places, demo: Demonstration) -> int:
    """Starts a run in the background and returns when it is ready; its words are shown as they come."""
    if running_state(places) is not None:
        return already_running(wanted, places, demo)
    make_private(places.processes)
    log = places.engine_logs / "background.log"
    descriptor = open_log(log)
    offset = log.stat().st_size
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.local", "background"],
            stdin=subprocess.DEVNULL, stdout=descriptor, stderr=descriptor, start_new_session=True,
        )  # fmt: skip
    finally:
        os.close(descriptor)
    try:
        while process.poll() is None:
            offset = _show(log, offset)
            state = read_json(places.state)
            if isinstance(state, dict) and state.get("pid") == process.pid and state.get("phase") == "ready":
                _show(log, offset)
                print(closing_block(places, foreground=False))
                return 0
            time.sleep(0.2)
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
    _show(log, offset)
    if process.returncode < 0:
        print(
            f"启动的进程 {process.pid} 被信号 {-process.returncode} 终止；再执行 make start，会先清理遗留，数据都在。"
        )
    return 1


def _show(log: Path, offset: int) -> int:
    with log.open("rb") as file:
        file.seek(offset)
        text = file.read()
    sys.stdout.write(text.decode("utf-8", "replace"))
    sys.stdout.flush()
    return offset + len(text)


def stop(places: Places) -> int:
    """Ends the run of this working copy, wherever it was started, and whatever a killed one left behind."""
    state = running_state(places)
    courts = "、".join(state.get("courts", {})) if state else ""
    if state is not None and state.get("phase") != "stopped":
        pid, started = int(state["pid"]), state["started"]
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        print(f"· 正在停止 {courts or '启动中的运行'}（进程 {pid}）……", flush=True)
        if not wait_until(lambda: start_time(pid) != started, STOPS_WITHIN, every=0.1):
            raise CannotRun(f"进程 {pid} 在 {STOPS_WITHIN:g} 秒内没有结束；请查看 {places.engine_logs}。")
    ended = clear_leftovers(places.processes / "children")
    places.running.unlink(missing_ok=True)
    if ended:
        print(f"· 已清理遗留的进程：{'、'.join(ended)}")
    kept = f"数据留在 {places.var}。"
    print(f"· 已停止，{kept}" if state or ended else f"本目录（{places.var.parent}）没有在运行的法院。")
    return 0


def erase(places: Places) -> int:
    """Removes every court's data of this working copy, also PostgreSQL's where it had to lie elsewhere."""
    if running_state(places) is not None:
        raise CannotRun("正在运行；请先 make stop。")
    elsewhere = read_json(places.engines / "postgres" / "where.json")
    if isinstance(elsewhere, dict):
        shutil.rmtree(elsewhere["folder"], ignore_errors=True)
    shutil.rmtree(places.var, ignore_errors=True)
    print("· var/ 下的全部数据已删除。")
    return 0
