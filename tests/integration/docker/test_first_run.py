"""What is made before the first start of a court in containers."""

from __future__ import annotations

import json
import ssl
import stat
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
from cryptography import x509
from faststream.rabbit import RabbitQueue
from yarl import URL

from deploy.backup.here import purge
from deploy.docker.first_run import Places, court_of, engine_urls, make_databases, plans, write_secrets
from deploy.local.problems import CannotRun
from deploy.local.rabbitmq import ADMINISTRATOR, password_hash
from shared.broker.connection import connected, new_link
from shared.broker.topology import as_queue, own_topology
from shared.links.certificates import ca_of, ensure_certificates, own_ca


@pytest.fixture
def told(postgres_url: str, rabbitmq_url: str) -> dict[str, str]:
    return {
        "LIANJIAN_SITE": f"t{uuid4().hex[:12]}",
        "LIANJIAN_SITE_NAME": "青岚市中级人民法院",
        "LIANJIAN_SITE_LEVEL": "intermediate",
        "LIANJIAN_POSTGRES_URL": postgres_url,
        "LIANJIAN_RABBITMQ_URL": rabbitmq_url,
    }


@pytest.fixture
def places(tmp_path: Path) -> Places:
    for name in ("postgres", "rabbitmq", "operator", "members", "activities", "reporting"):
        (tmp_path / "told" / name).mkdir(parents=True)
        (tmp_path / "told" / f"{name}-owner").mkdir()
    return Places(tmp_path)


def modes(places: Places) -> dict[str, str]:
    found = sorted(path for path in places.home.glob("told/*/*") if path.is_file())
    return {str(path.relative_to(places.home / "told")): oct(stat.S_IMODE(path.stat().st_mode)) for path in found}


def test_each_container_gets_a_file_of_its_own_that_nobody_else_reads(told: dict[str, str], places: Places) -> None:
    write_secrets(told, places)
    files = modes(places)
    assert {name: mode for name, mode in files.items() if name.startswith(("postgres/", "rabbitmq/"))} == {
        "postgres/superuser": "0o640",
        "rabbitmq/broker.key": "0o640",
        "rabbitmq/broker.pem": "0o640",
        "rabbitmq/ca.pem": "0o640",
        "rabbitmq/definitions.json": "0o640",
    }
    files = {name: mode for name, mode in files.items() if not name.startswith(("postgres/", "rabbitmq/"))}
    assert set(files.values()) == {"0o600"}
    assert sorted(files) == [
        "activities-owner/database-url",
        "activities-owner/operator-token",
        "activities/broker-url",
        "activities/database-url",
        "members-owner/database-url",
        "members-owner/operator-token",
        "members/broker-management-url",
        "members/broker-url",
        "members/broker.pem",
        "members/ca.pem",
        "members/database-url",
        "operator/broker.pem",
        "operator/ca.key",
        "operator/ca.pem",
        "operator/lianjian.json",
        "reporting-owner/database-url",
        "reporting-owner/operator-token",
        "reporting/broker-url",
        "reporting/database-url",
    ]


def test_a_second_start_keeps_every_password(told: dict[str, str], places: Places) -> None:
    def passwords() -> dict[str, str]:
        files = [path for path in places.home.glob("told/*/*") if path.name != "definitions.json"]
        return {str(path): path.read_text("utf-8") for path in files}

    write_secrets(told, places)
    first = passwords()
    write_secrets(told, places)
    assert passwords() == first


def test_a_ca_that_was_restored_is_that_of_the_next_start(told: dict[str, str], places: Places, tmp_path: Path) -> None:
    ensure_certificates(tmp_path / "former", ["127.0.0.1"])
    former = own_ca(tmp_path / "former")
    write_secrets(told, places)
    restored = places.told("operator") / "restored"
    restored.mkdir()
    for name, content in former.items():
        (restored / name).write_bytes(content)
    write_secrets(told, places)
    assert own_ca(places.told("operator")) == former
    assert not restored.exists()
    shown = x509.load_pem_x509_certificate((places.told("rabbitmq") / "broker.pem").read_bytes())
    shown.verify_directly_issued_by(ca_of(former["ca.pem"]))


def test_the_broker_shows_a_certificate_for_the_address_of_lower_courts(told: dict[str, str], places: Places) -> None:
    write_secrets(told, places)
    write_secrets({**told, "LIANJIAN_LINKS_ADDRESS": "amqps://broker.shi04.example:5671"}, places)
    folder = places.told("rabbitmq")
    shown = x509.load_pem_x509_certificate((folder / "broker.pem").read_bytes())
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "broker.shi04.example" in names.get_values_for_type(x509.DNSName)
    shown.verify_directly_issued_by(x509.load_pem_x509_certificate((places.told("members") / "ca.pem").read_bytes()))
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(folder / "broker.pem", folder / "broker.key")
    config = json.loads((places.told("operator") / "lianjian.json").read_text("utf-8"))
    assert config["link_dir"] == str(places.home / "links")
    assert Path(config["ca_file"]).read_bytes() == (folder / "ca.pem").read_bytes()


@pytest.mark.parametrize(
    "address", ["broker.example:5671", "amqp://broker.example:5671", "amqps://u:p@b:1", "amqps://b/v"]
)
def test_an_address_that_lower_courts_cannot_use_is_refused(told: dict[str, str], places: Places, address: str) -> None:
    with pytest.raises(CannotRun, match=r"LIANJIAN_LINKS_ADDRESS .*amqps://主机:5671"):
        write_secrets({**told, "LIANJIAN_LINKS_ADDRESS": address}, places)


def test_the_account_for_links_is_an_administrator_with_the_password_that_members_is_told(
    told: dict[str, str], places: Places
) -> None:
    write_secrets(told, places)
    site = told["LIANJIAN_SITE"]
    found = json.loads((places.told("rabbitmq") / "definitions.json").read_text("utf-8"))
    (links,) = [user for user in found["users"] if user["name"] == f"lianjian_{site}_links"]
    url = URL((places.told("members") / "broker-management-url").read_text("utf-8").strip())
    assert (url.scheme, url.host, url.port, url.user) == ("http", "rabbitmq", 15672, links["name"])
    salt = b64decode(links["password_hash"])[:4]
    assert links["password_hash"] == password_hash(url.password or "", salt)
    assert links["tags"] == "administrator"
    (rights,) = [one for one in found["permissions"] if one["user"] == links["name"]]
    assert (rights["vhost"], rights["read"]) == (f"lianjian_{site}", ".*")


def test_volumes_of_one_court_are_not_started_under_the_name_of_another(told: dict[str, str], places: Places) -> None:
    write_secrets(told, places)
    with pytest.raises(CannotRun, match="这些数据卷属于法院"):
        write_secrets({**told, "LIANJIAN_SITE": "hai2"}, places)


@pytest.mark.parametrize("name", ["LIANJIAN_SITE", "LIANJIAN_SITE_NAME", "LIANJIAN_SITE_LEVEL"])
def test_a_missing_variable_is_named(told: dict[str, str], name: str) -> None:
    with pytest.raises(CannotRun, match=rf"缺少 {name}。"):
        court_of({**told, name: ""})


def test_a_wrong_level_is_named_with_those_there_are() -> None:
    told = {"LIANJIAN_SITE": "hai2", "LIANJIAN_SITE_NAME": "某院", "LIANJIAN_SITE_LEVEL": "middle"}
    with pytest.raises(CannotRun, match="应为 supreme、high、intermediate、basic、specialised 之一"):
        court_of(told)


@pytest.fixture
def imported(told: dict[str, str], places: Places, management_url: str) -> Iterator[None]:
    """The definitions of the file as a broker imports them at its start, less the administrator."""
    write_secrets(told, places)
    found = json.loads((places.told("rabbitmq") / "definitions.json").read_text("utf-8"))
    found["users"] = [user for user in found["users"] if user["name"] != ADMINISTRATOR]
    found["permissions"] = [one for one in found["permissions"] if one["user"].startswith("lianjian_")]
    found["vhosts"] = [one for one in found["vhosts"] if one["name"] != "/"]
    with httpx.Client(base_url=management_url, timeout=30, trust_env=False) as client:
        client.post("/api/definitions", json=found).raise_for_status()
        yield
        for vhost in found["vhosts"]:
            client.delete(f"/api/vhosts/{vhost['name']}")
        for user in found["users"]:
            client.delete(f"/api/users/{user['name']}")


@pytest.mark.usefixtures("imported")
async def test_the_definitions_let_each_service_in_and_no_further(told: dict[str, str], places: Places) -> None:
    site = told["LIANJIAN_SITE"]
    for service in ("members", "activities", "reporting"):
        url = (places.told(service) / "broker-url").read_text("utf-8").strip()
        async with connected(new_link(url, "test"), own_topology(site)):
            pass
    link = new_link((places.told("reporting") / "broker-url").read_text("utf-8").strip(), "test")
    async with connected(link):
        with pytest.raises(Exception, match="ACCESS_REFUSED"):
            await link.broker.publish(b"", exchange="lianjian.log", routing_key=f"{site}.members.log", persist=True)


@pytest.mark.usefixtures("imported")
async def test_what_comes_from_lower_courts_is_read_by_reporting_alone(places: Places) -> None:
    from_below = RabbitQueue("up.hai2", durable=True)
    for service, may in (("reporting", True), ("members", False), ("activities", False)):
        link = new_link((places.told(service) / "broker-url").read_text("utf-8").strip(), "test")
        async with connected(link):
            queue = await link.broker.declare_queue(from_below)
            if may:
                assert await queue.get(fail=False) is None
            else:
                with pytest.raises(Exception, match="ACCESS_REFUSED"):
                    await queue.get(fail=False)


@pytest.mark.usefixtures("imported")
async def test_the_command_line_empties_every_queue_of_the_court_before_a_restore(
    told: dict[str, str], places: Places, management_url: str
) -> None:
    vhost = json.loads((places.told("operator") / "lianjian.json").read_text("utf-8"))["broker"]["vhost"]
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    async with httpx.AsyncClient(base_url=management_url, timeout=30, trust_env=False) as client:
        (await client.put(f"/api/permissions/{vhost}/{URL(management_url).user}", json=everything)).raise_for_status()
    link = new_link((places.told("reporting") / "broker-url").read_text("utf-8").strip(), "test")
    async with connected(link, own_topology(told["LIANJIAN_SITE"])):
        queues = [
            one
            for one in own_topology(told["LIANJIAN_SITE"]).queues
            if one.name in ("unrouted", "reporting.lookup.journal")
        ]
        for one in queues:
            await link.broker.publish(b"of the former life", one.name, persist=True)
        assert purge({"management": management_url, "vhost": vhost})
        assert len(queues) == 2
        for one in queues:
            assert await (await link.broker.declare_queue(as_queue(one))).get(fail=False) is None
    assert not purge(None)


async def test_roles_and_databases_are_made_and_may_be_made_again(
    told: dict[str, str], places: Places, postgres_url: str
) -> None:
    write_secrets(told, places)
    planned = plans(court_of(told), engine_urls(told, places), places)
    try:
        for _ in range(2):
            await make_databases(told, places)
        for one in planned:
            connection = await asyncpg.connect((places.told(one.service) / "database-url").read_text("utf-8").strip())
            assert await connection.fetchval("select current_user::text") == one.role
            await connection.close()
    finally:
        connection = await asyncpg.connect(postgres_url)
        for one in planned:
            await connection.execute(f'drop database if exists "{one.database}" with (force)')
            await connection.execute(f'drop role if exists "{one.role}"')
            await connection.execute(f'drop role if exists "{one.owner_role}"')
        await connection.close()
