"""What `lianjian doctor` says of a run that was killed, and of an address where somebody else answers."""

from __future__ import annotations

import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.cli import running as where
from deploy.cli.client import Client
from deploy.cli.doctor import Finding, examine
from deploy.cli.running import CannotDo, Running
from deploy.local.places import Places, make_private
from deploy.local.processes import start_time
from deploy.local.state import write_state
from tests.integration.local.test_ports import answering

OWN = {"instance": "00112233445566aa", "wrong": {}, "concerns": {}}


def findings(port: int, **config: Any) -> dict[str, Finding]:
    """What is found of a court whose `members` is at this port, by what was looked at; disks differ."""
    running = Running("shi04", "青岚市中级人民法院", "t", {"members": f"http://127.0.0.1:{port}"}, config)
    with Client(running) as client:
        return {one.what: one for one in examine(client) if one.what != "磁盘"}


def alive() -> dict[str, Any]:
    return {"pid": os.getpid(), "started": start_time(os.getpid())}


@contextmanager
def greeting(words: bytes) -> Iterator[int]:
    """A server that says these words to everybody and hangs up; its port."""

    class Greets(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(words)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Greets) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_a_killed_run_is_said_and_nothing_else_asked() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    assert findings(1, pid=gone.pid, started="a/1") == {
        "运行": Finding(
            "运行", f"进程 {gone.pid} 已不在", "没有正常停止，各服务也已随它结束：再 make start，会先清理遗留，数据都在"
        )
    }


def test_the_service_that_was_started_is_ready() -> None:
    with answering(OWN) as port:
        found = findings(port, **alive(), instances={"members": OWN["instance"]})
    assert found["运行"] == Finding("运行", f"进程 {os.getpid()}")
    assert found["服务 members"] == Finding("服务 members", "就绪")


def test_somebody_else_at_the_address_of_a_service_is_named() -> None:
    answers: tuple[object, ...] = (OWN, {"wrong": {}, "concerns": {}}, "anything")
    for answer in answers:
        with answering(answer) as port:
            found = findings(port, **alive(), instances={"members": "ff112233445566aa"})["服务 members"]
        assert found.seen == f"http://127.0.0.1:{port} 的回答不是本次启动的服务的"
        assert found.wrong is not None
        assert found.wrong.startswith(f"端口被占用：进程 {os.getpid()}（")
        assert found.wrong.endswith("先停止它；或 make stop、make start，会另选端口")


def test_somebody_who_speaks_no_http_at_the_address_of_a_service_is_named() -> None:
    for words in (b"SSH-2.0-OpenSSH_9.2\r\n", b""):
        with greeting(words) as port:
            found = findings(port, logs={"members": "members.log"})["服务 members"]
        assert found.seen == f"没有回答，{port} 端口上却有程序在听"
        assert found.wrong is not None
        assert found.wrong.startswith(f"端口在用：进程 {os.getpid()}（")
        assert found.wrong.endswith(
            "。若不是本次启动的，先停止它；若是，一分钟后仍没有，查看 members.log，再 make stop、make start"
        )


def test_a_service_that_does_not_answer_comes_back_by_itself() -> None:
    with answering(OWN) as port:
        pass
    assert findings(port, logs={"members": "members.log"})["服务 members"] == Finding(
        "服务 members",
        "没有回答",
        "它会自动重新启动；一分钟后仍没有，查看 members.log，再 make stop、make start",
    )


def test_a_court_that_is_coming_up_says_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(where, "CHECKOUT", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LIANJIAN_CONFIG", raising=False)
    here = Places(tmp_path / "var")
    make_private(here.processes)
    with pytest.raises(CannotDo, match="请先 make run 或 make start"):
        where.running()
    write_state(here, "starting", "启动私有的 PostgreSQL……", "shi04")
    with pytest.raises(CannotDo, match="正在启动，还没有就绪；请稍后再试。\n启动私有的 PostgreSQL……"):
        where.running()
    write_state(here, "starting", "", "shi04", {"shi04": {"phase": "starting", "message": "准备数据库"}})
    with pytest.raises(CannotDo, match="正在启动，还没有就绪；请稍后再试。\nshi04：准备数据库"):
        where.running()


def test_a_broker_that_is_away_is_said_once_with_the_roles_that_miss_it() -> None:
    wrong = {"role relay": "AMQPConnectionError", "role joins": "TimeoutError", "role links": "ManagementRefused"}
    concerns = {"links_account": "账户应有 administrator 标签", "consume": "stuck"}
    with answering({"wrong": wrong, "concerns": concerns}) as port:
        found = findings(port, logs={"members": "members.log"})["服务 members"]
    assert found.seen == "连不上 RabbitMQ（relay、joins）；consume：有待处理的事件，一分钟没有进展"
    assert found.wrong == "先看 RabbitMQ 是否在运行，再看 members.log"
