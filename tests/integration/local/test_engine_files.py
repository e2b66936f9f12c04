"""What the private engines are made from, and what the broker is asked to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local import rabbitmq
from deploy.local.found import rabbitmq_programs
from deploy.local.provision import permissions
from shared.broker.topology import UNROUTED, own_topology

PORTS = {"amqp": 20001, "amqps": 20005, "management": 20002, "erlang": 20003, "epmd": 20004}
# Gone in RabbitMQ 4: mirrored classic queues, lazy mode, transient queues without a single owner.
REMOVED_IN_4 = {"x-ha-policy", "ha-mode", "x-queue-mode"}


def test_the_broker_has_one_plugin_and_listens_on_loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RABBITMQ_NODENAME", "somebody@elsewhere")
    monkeypatch.setenv("ERL_FLAGS", "+S 64")
    node = rabbitmq.prepare(tmp_path, PORTS, tmp_path / "log")
    assert (tmp_path / "enabled_plugins").read_text() == "[rabbitmq_management].\n"
    configuration = (tmp_path / "rabbitmq.conf").read_text()
    assert "listeners.tcp.1 = 127.0.0.1:20001\n" in configuration
    assert "listeners.ssl.1 = 127.0.0.1:20005\n" in configuration
    assert "management.tcp.ip = 127.0.0.1\n" in configuration
    assert node.password not in configuration + (tmp_path / "definitions.json").read_text()
    assert (tmp_path / ".erlang.cookie").stat().st_mode & 0o777 == 0o400
    variables = rabbitmq.environment(node)
    assert variables["RABBITMQ_NODENAME"] == "lianjian@localhost"
    assert "ERL_FLAGS" not in variables
    assert "-start_epmd false" in variables["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"]


def test_the_broker_found_is_new_enough_and_not_the_distributions_wrapper() -> None:
    programs = rabbitmq_programs()
    assert programs is not None
    assert programs.version >= (3, 10)
    assert "lib/rabbitmq" in str(programs.scripts) or "opt" in str(programs.scripts)


def test_whatever_finds_no_queue_is_kept_to_be_seen() -> None:
    topology = own_topology("shi04")
    into_others = [exchange for exchange in topology.exchanges if exchange.name != UNROUTED]
    assert len(into_others) == 2
    assert {exchange.arguments.get("alternate-exchange") for exchange in into_others} == {UNROUTED}


def test_the_topology_has_nothing_that_rabbitmq_4_removed() -> None:
    topology = own_topology("shi04")
    of_exchanges = {key for exchange in topology.exchanges for key in exchange.arguments}
    arguments = of_exchanges | {key for queue in topology.queues for key in queue.arguments}
    assert arguments & REMOVED_IN_4 == set()
    assert {queue.kind for queue in topology.queues} <= {"quorum", "classic"}


def test_a_service_reads_its_own_queues_alone() -> None:
    assert permissions("members") == {
        "configure": ".*",
        "write": ".*",
        "read": r"^(lianjian\.|unrouted$|amq\.|members\.)",
    }


def test_reporting_alone_reads_what_comes_from_lower_sites() -> None:
    assert permissions("reporting")["read"] == r"^(lianjian\.|unrouted$|amq\.|reporting\.|up\.)"
    assert "up" not in permissions("activities")["read"]
