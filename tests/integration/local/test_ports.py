"""Ports of a run: its own from the choice on, and never another's for its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from deploy.local.court import Court
from deploy.local.engines import EngineUrls
from deploy.local.ports import choose, kept_ports, listener, reserve
from deploy.local.services import ServicePlan, plan
from deploy.local.serving import is_ready

OTHER_RUN = """
import sys
from deploy.local.ports import reserve
print(reserve(int(sys.argv[1])), flush=True)
sys.stdin.read()
"""
URLS = EngineUrls("postgresql://a:b@127.0.0.1:1/", "amqp://a:b@127.0.0.1:1/", "http://a:b@127.0.0.1:1")


def told(_text: str) -> None:
    pass


@contextmanager
def stranger_on(port: int) -> Iterator[None]:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        yield


@contextmanager
def another_run_with(port: int) -> Iterator[str]:
    """A process that asks for the port as a run does; what it was told."""
    command = [sys.executable, "-c", OTHER_RUN, str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        yield other.stdout.readline().strip()
        other.kill()


def unused() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def members(home: Path, port: int) -> ServicePlan:
    return plan(Court("hai2", "海角区人民法院", "basic"), "members", URLS, home, port)


@contextmanager
def answering(answer: object, status: int = 200) -> Iterator[int]:
    """A server whose every answer is this; its port."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_ports_stay_the_same_until_something_else_takes_one(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    said: list[str] = []
    first = kept_ports(file, ["postgres", "amqp"], said.append)
    assert kept_ports(file, ["amqp", "postgres"], said.append) == first
    assert said == []
    with stranger_on(first["amqp"]):
        second = kept_ports(file, ["postgres", "amqp"], said.append)
    assert second["postgres"] == first["postgres"]
    assert second["amqp"] != first["amqp"]
    assert kept_ports(file, ["amqp"], said.append)["amqp"] == second["amqp"]
    here = Path("/proc/self")
    taker = f"进程 {os.getpid()}（{(here / 'comm').read_text().strip()}，目录 {Path.cwd()}，用户 {here.owner()}）"
    assert said == [f"amqp 的端口 {first['amqp']} 已被占用：{taker}；改用 {second['amqp']}"]


def test_a_page_that_lost_its_port_is_found_beside_the_others(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    lost = choose(set())
    file.write_text(json.dumps({"hai2.reporting": lost}))
    with stranger_on(lost):
        found = kept_ports(file, ["hai2.reporting", "hai3.reporting"], told)
    assert len({lost, *found.values()}) == 3
    assert all(8710 <= port <= 8719 for port in found.values())


def test_a_port_is_a_runs_own_before_anything_listens_and_until_it_ends() -> None:
    port = unused()
    with another_run_with(port) as first:
        assert first == "True"
        assert listener(port) == "由本机另一进程，或另一次正在启动的运行"
        assert not reserve(port)
    assert reserve(port)
    with another_run_with(port) as second:
        assert second == "False"


def test_a_port_that_others_have_is_not_reserved() -> None:
    port = unused()
    with stranger_on(port):
        assert not reserve(port)
    assert reserve(port)


def test_ready_is_this_start_of_this_service_and_nobody_else(tmp_path: Path) -> None:
    mark = members(tmp_path, 1).instance
    own = {"site": "hai2", "service": "members", "instance": mark, "ready": True}
    seen = {}
    answers: dict[str, object] = {
        "own": own,
        "of another court": {**own, "site": "hai3"},
        "of another service": {**own, "service": "reporting"},
        "of another start": {**own, "instance": members(tmp_path, 1).instance},
        "of a version that does not say": {"ready": True},
        "of something else": "ready",
    }
    for whose, answer in answers.items():
        with answering(answer) as port:
            seen[whose] = is_ready(replace(members(tmp_path, port), instance=mark))
    assert seen == {whose: whose == "own" for whose in answers}
    with answering(own, 503) as port:
        assert not is_ready(replace(members(tmp_path, port), instance=mark))
