"""A private RabbitMQ node: own home, cookie, ports and port mapper; everything it is comes from files here."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import secrets
import signal
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from deploy.local.found import RabbitPrograms, rabbitmq_programs
from deploy.local.places import kept_secret, make_private, write_private
from deploy.local.problems import CannotRun
from deploy.local.processes import Program
from shared.links.certificates import CA_FILE, CERTIFICATE_FILE, KEY_FILE, ensure_certificates
from shared.receiver.reading import MAX_BODY

ADMINISTRATOR = "lianjian"
PORTS = ("amqp", "amqps", "management", "erlang", "epmd")
REACHED_AS = ("localhost", "127.0.0.1")
# The node resolves nothing through the network: `localhost` is this machine even where /etc/hosts is missing.
RESOLVER = '{host, {127,0,0,1}, ["localhost"]}.\n{lookup, [file, native]}.\n'


@dataclass(frozen=True)
class RabbitMQ:
    """A node's folder, ports and administrator."""

    programs: RabbitPrograms
    home: Path
    ports: dict[str, int]
    password: str = field(repr=False)
    log: Path

    @property
    def url(self) -> str:
        return f"amqp://{ADMINISTRATOR}:{self.password}@127.0.0.1:{self.ports['amqp']}/"

    @property
    def links_address(self) -> str:
        """Where lower sites connect, by TLS; the virtual host of a court follows."""
        return f"amqps://127.0.0.1:{self.ports['amqps']}"

    @property
    def certificates(self) -> Path:
        return self.home / "certificates"

    @property
    def management_url(self) -> str:
        return f"http://{ADMINISTRATOR}:{self.password}@127.0.0.1:{self.ports['management']}"


def prepare(home: Path, ports: dict[str, int], log: Path) -> RabbitMQ:
    """Writes the node's files; data of an earlier run stay."""
    programs = rabbitmq_programs()
    if programs is None:
        raise CannotRun("没有找到 RabbitMQ 的服务器程序（或 Erlang）。")
    make_private(home)
    for folder in ("mnesia", "logs", "schema", "generated"):
        make_private(home / folder)
    node = RabbitMQ(programs, home, ports, kept_secret(home / "administrator"), log)
    cookie = home / ".erlang.cookie"
    if not cookie.exists():
        write_private(cookie, secrets.token_hex(24), mode=0o400)
    ensure_certificates(node.certificates, REACHED_AS)
    write_private(home / "environment.conf", "")
    write_private(home / "advanced.config", "[].\n")
    write_private(home / "resolver.conf", RESOLVER)
    write_private(home / "enabled_plugins", "[rabbitmq_management].\n")
    write_private(home / "definitions.json", json.dumps(definitions(node.password)))
    write_private(home / "rabbitmq.conf", configuration(node))
    return node


def configuration(node: RabbitMQ) -> str:
    lines = {
        "listeners.tcp.1": f"127.0.0.1:{node.ports['amqp']}",
        "listeners.ssl.1": f"127.0.0.1:{node.ports['amqps']}",
        "ssl_options.cacertfile": str(node.certificates / CA_FILE),
        "ssl_options.certfile": str(node.certificates / CERTIFICATE_FILE),
        "ssl_options.keyfile": str(node.certificates / KEY_FILE),
        "ssl_options.verify": "verify_none",  # a lower site shows its account, not a certificate
        "ssl_options.fail_if_no_peer_cert": "false",
        "ssl_options.versions.1": "tlsv1.3",
        "ssl_options.versions.2": "tlsv1.2",
        "management.tcp.ip": "127.0.0.1",
        "management.tcp.port": str(node.ports["management"]),
        "load_definitions": str(node.home / "definitions.json"),
        "heartbeat": "10",
        "max_message_size": str(MAX_BODY),
        "vm_memory_high_watermark.absolute": "1GB",
        "disk_free_limit.absolute": "200MB",
        "log.console": "true",
        "log.console.level": "warning",
        "log.file": "false",
    }
    return "".join(f"{name} = {value}\n" for name, value in lines.items())


def definitions(password: str) -> dict[str, object]:
    """The administrator, and nothing else: courts' vhosts and users are added through the management API."""
    return {
        "users": [
            {
                "name": ADMINISTRATOR,
                "password_hash": password_hash(password),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": "administrator",
            }
        ],
        "vhosts": [{"name": "/"}],
        "permissions": [{"user": ADMINISTRATOR, "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}],
    }


def password_hash(password: str, salt: bytes | None = None) -> str:
    """RabbitMQ's salted form: base64(salt ‖ SHA-256(salt ‖ password)), four bytes of salt."""
    salt = secrets.token_bytes(4) if salt is None else salt
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def environment(node: RabbitMQ) -> dict[str, str]:
    """The node's whole environment; nothing of ours with RABBITMQ_ or ERL_ in its name gets through."""
    kept = {name: os.environ[name] for name in ("PATH", "TZ") if name in os.environ}
    erlang = (
        "-kernel inet_dist_use_interface {127,0,0,1} -kernel shutdown_timeout 500 -start_epmd false +S 2:2 +sbwt none"
    )
    home = node.home
    return {
        **kept,
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "RUNNING_UNDER_SYSTEMD": "true",
        "ERL_EPMD_PORT": str(node.ports["epmd"]),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_INETRC": str(home / "resolver.conf"),
        "ERL_CRASH_DUMP_SECONDS": "0",
        "RABBITMQ_CONF_ENV_FILE": str(home / "environment.conf"),
        "RABBITMQ_NODENAME": "lianjian@localhost",
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home / "logs"),
        "RABBITMQ_SCHEMA_DIR": str(home / "schema"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(home / "generated"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
        "RABBITMQ_DIST_PORT": str(node.ports["erlang"]),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": erlang,
    }


def mapper(node: RabbitMQ) -> Program:
    """Erlang's port mapper, as our own child: one the node starts by itself would outlive it."""
    command = [str(node.programs.epmd), "-port", str(node.ports["epmd"]), "-address", "127.0.0.1"]
    return Program("epmd", command, environment(node), node.log, signal.SIGTERM, 5.0, folder=node.home, stops_in=2)


def program(node: RabbitMQ) -> Program:
    """The broker: under RUNNING_UNDER_SYSTEMD the script becomes the Erlang machine, so SIGTERM is a clean stop."""
    command = [str(node.programs.scripts / "rabbitmq-server")]
    return Program("rabbitmq", command, environment(node), node.log, signal.SIGTERM, 30.0, folder=node.home, stops_in=1)


def is_ready(management_url: str) -> bool:
    """Whether the node answers and no memory or disk alarm is raised."""
    with contextlib.suppress(httpx.HTTPError):
        answer = httpx.get(f"{management_url}/api/health/checks/local-alarms", timeout=3.0, trust_env=False)
        return answer.status_code == 200
    return False
