"""The court in containers as the compose file says it: nothing loose, nothing public, no secret in the open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from shared.service import ROLES
from tests.architecture.sources import ROOT

SERVICES = ("members", "activities", "reporting")
COMPOSE = Path(sys.executable).parent / "docker-compose"


@cache
def compose(*files: str) -> dict[str, Any]:
    """The whole configuration as compose understands it, without anybody's own settings."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("LIANJIAN_")}
    plain |= {"LIANJIAN_CERTIFICATE": "c.pem", "LIANJIAN_CERTIFICATE_KEY": "k.pem"}
    plain |= {"LIANJIAN_LINKS_ADDRESS": "amqps://broker.shi04.example:5671"}
    told = [word for file in ("docker-compose.yml", *files) for word in ("-f", str(ROOT / file))]
    command = [str(COMPOSE), *told, "--profile", "cli", "config", "--format", "json"]
    done = subprocess.run(command, env=plain, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def containers() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


NAMES = sorted(containers())


@pytest.mark.parametrize("name", NAMES)
def test_every_container_is_closed_to_what_it_does_not_need(name: str) -> None:
    one = containers()[name]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert int(one["user"].partition(":")[0]) > 0
    assert not one.get("privileged")
    limits = one["deploy"]["resources"]["limits"]
    assert limits.keys() >= {"cpus", "memory", "pids"}
    assert one["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name", NAMES)
def test_what_runs_on_is_asked_for_its_health_and_started_again(name: str) -> None:
    one = containers()[name]
    if one["restart"] == "no":
        assert name in {"secrets", "databases", "cli"} or name.endswith("-migrate")
    else:
        assert one["restart"] == "unless-stopped"
        assert one["healthcheck"]["test"][0] == "CMD"


def test_only_the_gateway_has_a_port_outside_and_that_on_loopback() -> None:
    published = {name: one["ports"] for name, one in containers().items() if one.get("ports")}
    assert list(published) == ["gateway"]
    assert [port["host_ip"] for port in published["gateway"]] == ["127.0.0.1"]
    outside = {name for name, one in containers().items() if set(one["networks"]) != {"inside"}}
    assert outside == {"gateway"}
    assert compose()["networks"]["inside"]["internal"] is True


def test_the_gateway_with_tls_has_that_port_alone() -> None:
    (port,) = compose("deploy/docker/tls.yml")["services"]["gateway"]["ports"]
    assert (port["host_ip"], port["target"]) == ("127.0.0.1", 8443)


def test_for_courts_below_the_broker_alone_has_a_port_more_and_that_on_loopback() -> None:
    told = compose("deploy/docker/link-down.yml")["services"]
    published = {name: one["ports"] for name, one in told.items() if one.get("ports")}
    assert sorted(published) == ["gateway", "rabbitmq"]
    (port,) = published["rabbitmq"]
    assert (port["host_ip"], port["target"], port["published"]) == ("127.0.0.1", 5671, "5671")
    assert {name for name, one in told.items() if set(one["networks"]) != {"inside"}} == {"gateway", "rabbitmq"}


def test_for_courts_below_members_alone_is_told_how_links_are_made() -> None:
    told = compose("deploy/docker/link-down.yml")["services"]
    knowing = {name for name, one in told.items() if "LIANJIAN_BROKER_CA_FILE" in one.get("environment", {})}
    assert knowing == {"members-api", "members-consume"}
    for name in knowing:
        variables = told[name]["environment"]
        assert variables["LIANJIAN_BROKER_PUBLIC_ADDRESS"] == "amqps://broker.shi04.example:5671/lianjian_shi04"
        assert variables["LIANJIAN_BROKER_MANAGEMENT_URL_FILE"].startswith("/var/lib/lianjian/told/members/")
        assert variables["LIANJIAN_DATABASE_URL_FILE"] == "/var/lib/lianjian/told/members/database-url"
    assert told["secrets"]["environment"]["LIANJIAN_LINKS_ADDRESS"] == "amqps://broker.shi04.example:5671"


def test_for_a_court_above_two_roles_alone_have_a_way_out() -> None:
    told = compose("deploy/docker/link-up.yml")["services"]
    outside = {name for name, one in told.items() if "outside" in one["networks"]}
    assert outside == {"gateway", "members-api", "reporting-relay"}
    assert {name for name, one in told.items() if one.get("ports")} == {"gateway"}


def test_the_access_to_upper_courts_is_written_by_members_and_read_by_reporting() -> None:
    seen: dict[bool, set[str]] = {True: set(), False: set()}
    for name, one in containers().items():
        for volume in one.get("volumes", []):
            if volume["source"] == "links":
                assert volume["target"] == "/var/lib/lianjian/links"
                seen[bool(volume.get("read_only"))].add(name.partition("-")[0])
        if name.startswith(("members-", "reporting-")):
            assert one["environment"]["LIANJIAN_LINK_DIR"] == "/var/lib/lianjian/links"
    assert seen == {False: {"members", "cli"}, True: {"reporting"}}


def test_the_images_are_of_the_version_of_the_product() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    built = [one["image"] for one in containers().values() if one["image"].startswith("lianjian")]
    assert {image.partition(":")[2] for image in built} == {version}
    latest = next(line for line in (ROOT / "CHANGELOG.md").read_text("utf-8").splitlines() if line.startswith("## "))
    assert latest.split()[1] == version


@pytest.mark.parametrize("name", NAMES)
def test_no_secret_stands_in_an_environment(name: str) -> None:
    told = containers()[name].get("environment", {})
    for variable, value in told.items():
        assert "://" not in str(value) or variable == "LIANJIAN_PUBLIC_ADDRESS", variable
        if any(word in variable for word in ("PASSWORD", "URL", "TOKEN", "SECRET")):
            assert variable.endswith("_FILE"), variable


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_mounted_from_the_machine_that_starts_it(name: str) -> None:
    assert {volume["type"] for volume in containers()[name].get("volumes", [])} <= {"volume"}


@pytest.mark.parametrize("service", SERVICES)
def test_every_role_of_every_service_is_a_container_that_can_be_scaled(service: str) -> None:
    for role in ROLES:
        if role == "serve":
            continue
        one = containers()[f"{service}-{role}"]
        assert one["command"] == ["python", "-m", f"services.{service}", role]
        assert "container_name" not in one
        assert "hostname" not in one


@pytest.mark.parametrize("service", SERVICES)
def test_only_the_migration_of_a_service_holds_its_owners_password_and_writes_its_keys(service: str) -> None:
    owners, writers = set(), set()
    for name, one in containers().items():
        for volume in one.get("volumes", []):
            if volume["source"] == f"told-{service}-owner":
                owners.add(name)
            if volume["source"] == f"keys-{service}" and not volume.get("read_only"):
                writers.add(name)
    assert owners == {"secrets", f"{service}-migrate"}
    assert writers == {"secrets", f"{service}-migrate", "cli"}


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_sees_another_services_keys_or_passwords(service: str) -> None:
    others = [name for name in SERVICES if name != service]
    for role in ("api", "relay", "consume", "project", "clock", "migrate"):
        sources = {volume["source"] for volume in containers()[f"{service}-{role}"]["volumes"]}
        assert not sources & {f"{kind}-{other}" for kind in ("keys", "told") for other in others}
        assert not sources & {"passwords", "told-operator", "told-postgres", "told-rabbitmq"}


def test_every_volume_is_a_folder_of_the_image_with_the_right_owner() -> None:
    """A volume made over a folder that is not in the image belongs to root, and nobody here is root."""
    dockerfile = (ROOT / "deploy" / "docker" / "Dockerfile").read_text("utf-8")
    for name, one in containers().items():
        if one["image"].startswith("lianjian:"):
            for volume in one.get("volumes", []):
                assert volume["target"] in dockerfile, (name, volume["target"])


def test_a_pool_of_every_process_and_two_more_of_each_worker_fit_into_the_server() -> None:
    command = containers()["postgres"]["command"]
    most = int(next(word.partition("=")[2] for word in command if word.startswith("max_connections=")))
    processes = [name for name in NAMES if name.rpartition("-")[2] in ("api", "relay", "consume", "project", "clock")]
    pool = int(containers()["members-api"]["environment"]["LIANJIAN_POOL_MAX"])
    # A process has two pools: one for its routes, one for its tasks.
    assert (len(processes) + 2 * len(SERVICES)) * 2 * pool <= most


def test_the_images_name_no_registry_and_no_moving_tag() -> None:
    for path in (ROOT / "deploy" / "docker").rglob("Dockerfile"):
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("FROM "):
                image = line.split()[1]
                assert "/" not in image, path
                assert ":" in image, path
                assert not image.endswith(":latest"), path


def test_python_packages_come_with_their_hashes_alone() -> None:
    dockerfile = (ROOT / "deploy" / "docker" / "Dockerfile").read_text("utf-8")
    assert "--require-hashes -r requirements.txt" in dockerfile
    assert "--no-deps --no-build-isolation ." in dockerfile
