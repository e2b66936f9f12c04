"""The parameters of a run, its ports and its small files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deploy.local.__main__ import wanted
from deploy.local.court import Court, Demonstration, Wanted, remember, wanted_court
from deploy.local.places import Places, kept_secret, read_json, write_json
from deploy.local.problems import CannotRun
from deploy.local.processes import start_time
from deploy.local.rabbitmq import password_hash
from deploy.local.services import address
from deploy.local.supervisor import next_wait

COURT = Court("shi04", "青岚市中级人民法院", "intermediate")
DEMO = Demonstration((COURT,), COURT)


@pytest.fixture
def here(tmp_path: Path) -> Places:
    return Places(tmp_path)


def test_without_parameters_the_demonstration_runs(here: Places) -> None:
    assert wanted_court(wanted({}), here, DEMO) == COURT


def test_somebody_elses_name_variable_means_nothing_without_a_court() -> None:
    assert wanted({"NAME": "DESKTOP-1", "LEVEL": "7"}) == Wanted()


def test_ledgers_without_a_court_are_refused() -> None:
    with pytest.raises(CannotRun, match="COURT"):
        wanted({"LEDGERS": "somewhere"})


@pytest.mark.parametrize("court", ["Shi04", "4shi", "s", "shi-04", "shi04;drop", "a" * 33, "法院"])
def test_a_court_id_of_another_form_is_refused_by_name(here: Places, court: str) -> None:
    with pytest.raises(CannotRun, match=r"COURT=.*小写字母"):
        wanted_court(Wanted(court, "某法院", "basic"), here, DEMO)


def test_an_unknown_level_is_refused_with_the_known_ones(here: Places) -> None:
    with pytest.raises(CannotRun, match=r"LEVEL=middle.*supreme（最高）、.*、basic（基层）"):
        wanted_court(Wanted("hai2", "某法院", "middle"), here, DEMO)


def test_a_new_court_needs_its_name_and_level(here: Places) -> None:
    with pytest.raises(CannotRun, match="NAME、LEVEL"):
        wanted_court(Wanted("hai2"), here, DEMO)


def test_a_known_court_needs_only_its_id_and_keeps_its_name(here: Places) -> None:
    remember(Court("hai2", "海角区人民法院", "basic"), here)
    assert wanted_court(Wanted("hai2"), here, DEMO) == Court("hai2", "海角区人民法院", "basic")
    with pytest.raises(CannotRun, match="现为 海角区人民法院"):
        wanted_court(Wanted("hai2", "别的法院"), here, DEMO)


def test_secrets_are_made_once_and_read_by_nobody_else(tmp_path: Path) -> None:
    secret = kept_secret(tmp_path / "secrets" / "one")
    assert kept_secret(tmp_path / "secrets" / "one") == secret
    assert len(secret) == 48
    assert (tmp_path / "secrets" / "one").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_a_torn_file_reads_as_none(tmp_path: Path) -> None:
    write_json(tmp_path / "whole.json", {"a": 1})
    (tmp_path / "torn.json").write_text('{"a":')
    assert read_json(tmp_path / "whole.json") == {"a": 1}
    assert read_json(tmp_path / "torn.json") is None
    assert read_json(tmp_path / "absent.json") is None


def test_a_process_is_told_from_another_with_its_number() -> None:
    assert start_time(os.getpid()) == start_time(os.getpid())
    assert start_time(os.getpid()) != start_time(1)
    assert start_time(2**22 + 1) is None


def test_the_brokers_password_hash_is_salt_and_digest() -> None:
    # The worked example of RabbitMQ's documentation of its password hashes: salt 908D C60A, password test12.
    assert password_hash("test12", bytes.fromhex("908DC60A")) == "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR"


def test_the_same_server_under_another_user() -> None:
    assert (
        address("postgresql://root:p%40ss@db.example:5433/postgres?sslmode=require", "a b", "x/y", "court")
        == "postgresql://a%20b:x%2Fy@db.example:5433/court?sslmode=require"
    )


def test_a_child_that_keeps_dying_is_started_ever_more_slowly() -> None:
    assert next_wait(0.5, lived=0.1) == 1.0
    assert next_wait(16.0, lived=0.1) == 30.0
    assert next_wait(30.0, lived=61.0) == 0.5
