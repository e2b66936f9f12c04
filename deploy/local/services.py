"""The three services of a court: their databases, broker users, keys and environment."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from deploy.local.court import Court
from deploy.local.engines import EngineUrls
from deploy.local.places import PYTHON, kept_secret, make_private

SERVICES = ("members", "activities", "reporting")
INHERITED = ("LIANJIAN_LOG_FORMAT", "LIANJIAN_LOG_LEVEL", "LIANJIAN_HEAD_MAX_AGE_SECONDS")


@dataclass(frozen=True)
class ServicePlan:
    """Everything one service of one court is told, and where its things lie."""

    site: str
    service: str
    database: str
    owner_role: str
    owner_password: str = field(repr=False)
    role: str
    password: str = field(repr=False)
    database_url: str = field(repr=False)
    owner_database_url: str = field(repr=False)
    broker_user: str
    broker_password: str = field(repr=False)
    vhost: str
    broker_url: str = field(repr=False)
    key_dir: Path
    log: Path
    http_port: int
    instance: str
    postgres_data: Path | None = None
    management_url: str | None = field(default=None, repr=False)
    links_user: str = ""
    links_password: str = field(default="", repr=False)
    public_address: str | None = None
    ca_file: Path | None = None

    @property
    def name(self) -> str:
        """What its process is called among those of a run."""
        return f"{self.site}-{self.service}"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"


def plan(court: Court, service: str, urls: EngineUrls, home: Path, http_port: int) -> ServicePlan:
    """Names and addresses for one service; its passwords are made at the first time and kept, its mark is new."""
    name = f"lianjian_{court.id}_{service}"
    make_private(home / "keys")
    kept = home / "secrets"
    owner_password = kept_secret(kept / f"{service}-owner")
    password = kept_secret(kept / f"{service}-database")
    broker_password = kept_secret(kept / f"{service}-broker")
    vhost = f"lianjian_{court.id}"
    links_user, links_password = f"lianjian_{court.id}_links", kept_secret(kept / "links-broker")
    return ServicePlan(
        site=court.id,
        service=service,
        database=name,
        owner_role=f"{name}_owner",
        owner_password=owner_password,
        role=name,
        password=password,
        database_url=address(urls.postgres_url, name, password, name),
        owner_database_url=address(urls.postgres_url, f"{name}_owner", owner_password, name),
        broker_user=name,
        broker_password=broker_password,
        vhost=vhost,
        broker_url=address(urls.rabbitmq_url, name, broker_password, vhost),
        key_dir=make_private(home / "keys" / service),
        log=home / "logs" / f"{service}.log",
        http_port=http_port,
        instance=secrets.token_hex(8),
        postgres_data=urls.postgres_data,
        management_url=address(urls.management_url, links_user, links_password, "").rstrip("/"),
        links_user=links_user,
        links_password=links_password,
        public_address=None if urls.links_address is None else f"{urls.links_address}/{quote(vhost, safe='')}",
        ca_file=urls.ca_file,
    )


def address(administrative: str, user: str, password: str, path: str) -> str:
    """The same server under another user, with another database or vhost."""
    parts = urlsplit(administrative)
    host = parts.netloc.rpartition("@")[2]
    account = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return urlunsplit((parts.scheme, f"{account}@{host}", f"/{quote(path, safe='')}", parts.query, ""))


def environment(court: Court, plan: ServicePlan, token_file: Path, base: Mapping[str, str]) -> dict[str, str]:
    """The environment of a service process; of what is named LIANJIAN_ only `INHERITED` is inherited."""
    kept = {name: value for name, value in base.items() if not name.startswith(("LIANJIAN_", "PYTHONPATH"))}
    logging = {name: base[name] for name in INHERITED if name in base}
    code = {"LIANJIAN_SITE_CODE": court.code} if court.code else {}
    data = {"LIANJIAN_POSTGRES_DATA": str(plan.postgres_data)} if plan.postgres_data else {}
    return {
        **kept,
        **logging,
        **code,
        **data,
        **links_environment(plan),
        "PYTHONUTF8": "1",
        "LIANJIAN_SITE": court.id,
        "LIANJIAN_SITE_NAME": court.name,
        "LIANJIAN_SITE_LEVEL": court.level,
        "LIANJIAN_DATABASE_URL": plan.database_url,
        "LIANJIAN_BROKER_URL": plan.broker_url,
        "LIANJIAN_HTTP_HOST": "127.0.0.1",
        "LIANJIAN_HTTP_PORT": str(plan.http_port),
        "LIANJIAN_INSTANCE": plan.instance,
        "LIANJIAN_KEY_DIR": str(plan.key_dir),
        "LIANJIAN_OPERATOR_TOKEN_FILE": str(token_file),
    }


def links_environment(plan: ServicePlan) -> dict[str, str]:
    """What `members` needs to invite lower sites: who makes broker users, and how the broker is reached."""
    if plan.service != "members" or plan.management_url is None:
        return {}
    told = {"LIANJIAN_BROKER_MANAGEMENT_URL": plan.management_url}
    if plan.public_address is not None:
        told["LIANJIAN_BROKER_PUBLIC_ADDRESS"] = plan.public_address
    if plan.ca_file is not None:
        told["LIANJIAN_BROKER_CA_FILE"] = str(plan.ca_file)
    return told


def command(service: str, role: str) -> list[str]:
    """How a role of a service is started."""
    return [PYTHON, "-m", f"services.{service}", role]
