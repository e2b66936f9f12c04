"""What a court in containers needs before its services: `python -m deploy.docker.first_run secrets|databases`.

`secrets` makes all passwords and writes what each container is told into a folder (a volume) of its own; it needs no
engine, for the engines start with what it wrote. `databases` makes roles and databases. Both may run again.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg

from deploy.local.court import LEVELS, Court
from deploy.local.engines import EngineUrls
from deploy.local.places import kept_secret, write_private
from deploy.local.problems import CannotRun
from deploy.local.provision import log_permissions, permissions, provision_databases
from deploy.local.rabbitmq import ADMINISTRATOR, definitions, password_hash
from deploy.local.services import SERVICES, ServicePlan, plan
from shared.links.certificates import (
    CA_FILE,
    CA_KEY_FILE,
    CERTIFICATE_FILE,
    KEY_FILE,
    RESTORED,
    ensure_certificates,
    take_over_ca,
)

PORT: Final = 8080
SUPERUSER: Final = "postgres"
FOLDER: Final = Path("/var/lib/lianjian")
LINKS: Final = "LIANJIAN_LINKS_ADDRESS"
BROKER_NAMES: Final = ("rabbitmq", "localhost")


@dataclass(frozen=True)
class Places:
    """Where the volumes are mounted: passwords and keys under `home`, what each container is told under `told`."""

    home: Path

    def told(self, whom: str) -> Path:
        return self.home / "told" / whom


def court_of(environ: Mapping[str, str]) -> Court:
    """The court that the environment names; `CannotRun` names the variable that is missing or wrong."""
    said = {name: environ.get(f"LIANJIAN_SITE{name}", "") for name in ("", "_NAME", "_LEVEL", "_CODE")}
    if missing := [f"LIANJIAN_SITE{name}" for name in ("", "_NAME", "_LEVEL") if not said[name]]:
        raise CannotRun(f"缺少 {'、'.join(missing)}。")
    if said["_LEVEL"] not in LEVELS:
        raise CannotRun(f"LIANJIAN_SITE_LEVEL={said['_LEVEL']} 不是法院级别：应为 {'、'.join(LEVELS)} 之一。")
    return Court(said[""], said["_NAME"], said["_LEVEL"], said["_CODE"] or None)


def engine_urls(environ: Mapping[str, str], places: Places) -> EngineUrls:
    """The engines of the compose file by their names there, or those that LIANJIAN_POSTGRES_URL and its like name."""
    secrets = places.home / "secrets"
    postgres, broker = kept_secret(secrets / "postgres-superuser"), kept_secret(secrets / "rabbitmq-administrator")
    return EngineUrls(
        environ.get("LIANJIAN_POSTGRES_URL") or f"postgresql://{SUPERUSER}:{postgres}@postgres:5432/postgres",
        environ.get("LIANJIAN_RABBITMQ_URL") or f"amqp://{ADMINISTRATOR}:{broker}@rabbitmq:5672/",
        f"http://{ADMINISTRATOR}:{broker}@rabbitmq:15672",
    )


def plans(court: Court, urls: EngineUrls, places: Places) -> list[ServicePlan]:
    return [plan(court, service, urls, places.home, PORT) for service in SERVICES]


def write_secrets(environ: Mapping[str, str], places: Places) -> None:
    """A folder for each container with what it alone may read."""
    court = court_of(environ)
    urls = engine_urls(environ, places)
    planned = plans(court, urls, places)
    secrets = places.home / "secrets"
    _refuse_another_court(court, secrets)
    token = kept_secret(secrets / "operator-token")
    # The engines run as users of their own: they are let in by the group.
    _write(places.told("postgres") / "superuser", kept_secret(secrets / "postgres-superuser"), 0o640)
    broker = broker_definitions(planned, kept_secret(secrets / "rabbitmq-administrator"))
    _write(places.told("rabbitmq") / "definitions.json", json.dumps(broker), 0o640)
    write_certificates(links_names(environ), places)
    for one in planned:
        _write(places.told(one.service) / "database-url", one.database_url)
        _write(places.told(one.service) / "broker-url", one.broker_url)
        _write(places.told(f"{one.service}-owner") / "database-url", one.owner_database_url)
        _write(places.told(f"{one.service}-owner") / "operator-token", token)
    _write(places.told("members") / "broker-management-url", planned[0].management_url or "")
    told = operator_config(court, planned, urls, token, environ.get("LIANJIAN_PUBLIC_ADDRESS", ""))
    told |= {"link_dir": str(places.home / "links"), "ca_file": str(places.told("operator") / CA_FILE)}
    _write(places.told("operator") / "lianjian.json", json.dumps(told, ensure_ascii=False, indent=2))


def links_names(environ: Mapping[str, str]) -> list[str]:
    """Under which names the broker is reached; `CannotRun` where the address for lower courts is none."""
    address = environ.get(LINKS, "")
    if not address:
        return [*BROKER_NAMES]
    parts = urlsplit(address)
    if parts.scheme != "amqps" or not parts.hostname or parts.username or parts.path:
        raise CannotRun(f"{LINKS} 不是下级法院连接用的地址：应形如 amqps://主机:5671，不带用户和路径。")
    return [*BROKER_NAMES, parts.hostname]


def write_certificates(names: Sequence[str], places: Places) -> None:
    """The broker's certificate for whoever shows it or counts its days; the CA's key for whoever makes backups.

    What a restore laid beside the latter's is taken over here.
    """
    kept = places.home / "secrets" / "certificates"
    kept.mkdir(mode=0o700, parents=True, exist_ok=True)
    take_over_ca(places.told("operator") / RESTORED, kept, datetime.now(UTC))
    ensure_certificates(kept, names)
    given = {
        "rabbitmq": (CA_FILE, CERTIFICATE_FILE, KEY_FILE),
        "members": (CA_FILE, CERTIFICATE_FILE),
        "operator": (CA_FILE, CA_KEY_FILE, CERTIFICATE_FILE),
    }
    for whom, files in given.items():
        for name in files:
            text = (kept / name).read_text("ascii").strip()
            _write(places.told(whom) / name, text, 0o640 if whom == "rabbitmq" else 0o600)


def _refuse_another_court(court: Court, secrets: Path) -> None:
    """Volumes of one court started under the name of another would make a second, empty court beside the first."""
    kept = secrets / "court"
    if kept.exists() and (before := kept.read_text("ascii").strip()) != court.id:
        raise CannotRun(
            f"这些数据卷属于法院 {before}，LIANJIAN_SITE 却是 {court.id}；另一法院请用另一个 compose 项目名。"
        )
    write_private(kept, court.id + "\n")


def _write(path: Path, text: str, mode: int = 0o600) -> None:
    write_private(path, text + "\n", mode)
    path.chmod(mode)


def broker_definitions(planned: Sequence[ServicePlan], administrator: str) -> dict[str, Any]:
    """What RabbitMQ imports at its start: administrator, the court's vhost, a user for each service and for links."""
    found: dict[str, Any] = definitions(administrator)
    vhost = planned[0].vhost
    found["vhosts"].append({"name": vhost})
    found["permissions"].append({**found["permissions"][0], "vhost": vhost})
    found["topic_permissions"] = []
    for one in planned:
        account = {"user": one.broker_user, "vhost": vhost}
        found["users"].append(_user(one.broker_user, one.broker_password, ""))
        found["permissions"].append({**account, **permissions(one.service)})
        found["topic_permissions"].append({**account, **log_permissions(one)})
    # Makes the users of links: RabbitMQ lets nobody but an administrator do that.
    links = planned[0].links_user
    found["users"].append(_user(links, planned[0].links_password, "administrator"))
    found["permissions"].append({**found["permissions"][0], "user": links, "vhost": vhost})
    return found


def _user(name: str, password: str, tags: str) -> dict[str, str]:
    hashed = {"password_hash": password_hash(password), "hashing_algorithm": "rabbit_password_hashing_sha256"}
    return {"name": name, **hashed, "tags": tags}


def operator_config(
    court: Court, planned: Sequence[ServicePlan], urls: EngineUrls, token: str, address: str
) -> dict[str, Any]:
    """What `lianjian` is told in a container (LIANJIAN_CONFIG)."""
    return {
        "court": court.id,
        "name": court.name,
        "level": court.level,
        "address": address,
        "services": {one.service: f"http://{one.service}-api:{PORT}" for one in planned},
        "token": token,
        "databases": {
            one.service: {"application": one.database_url, "owner": one.owner_database_url} for one in planned
        },
        "broker": {"management": urls.management_url, "vhost": planned[0].vhost},
        "key_dirs": {one.service: str(one.key_dir) for one in planned},
        "logs": {one.service: f"docker compose logs {one.service}-api" for one in planned},
    }


async def make_databases(environ: Mapping[str, str], places: Places) -> None:
    """Roles and databases of all services."""
    urls = engine_urls(environ, places)
    try:
        await provision_databases(urls, plans(court_of(environ), urls, places))
    except (OSError, asyncpg.PostgresError) as error:
        raise CannotRun(f"PostgreSQL 拒绝了准备工作：{type(error).__name__}") from None


def main(arguments: Sequence[str]) -> int:
    places = Places(Path(os.environ.get("LIANJIAN_HOME", FOLDER)))
    try:
        match arguments:
            case ["secrets"]:
                write_secrets(os.environ, places)
            case ["databases"]:
                asyncio.run(make_databases(os.environ, places))
            case _:
                raise CannotRun("用法：python -m deploy.docker.first_run secrets|databases")
    except CannotRun as reason:
        sys.stderr.write(f"错误：{reason}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
