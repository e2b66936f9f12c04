"""Engines that are not on the machine: installed by those who may, otherwise said in words."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.local import found
from deploy.local.found import engines_or_install
from deploy.local.problems import CannotRun


def silent(_text: str) -> None:
    pass


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine without engines, for a user who is not root and has no sudo."""
    monkeypatch.setattr(found, "postgres_programs", lambda: None)
    monkeypatch.setattr(found, "rabbitmq_programs", lambda: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda program: None if program == "sudo" else f"/usr/bin/{program}")
    return monkeypatch


def test_an_ordinary_user_is_told_what_the_administrator_does(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match=r"apt-get install --no-install-recommends postgresql rabbitmq-server.*URL"):
        engines_or_install(silent, tmp_path / "log", postgres=True, rabbitmq=True)


def test_only_what_is_wanted_and_missing_is_named(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match=r"本机没有 rabbitmq-server；"):
        engines_or_install(silent, tmp_path / "log", postgres=False, rabbitmq=True)


def test_without_apt_it_says_so(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare.setattr(shutil, "which", lambda program: None)
    with pytest.raises(CannotRun, match=r"也没有 apt-get"):
        engines_or_install(silent, tmp_path / "log", postgres=True, rabbitmq=False)


def test_an_installation_that_did_not_help_shows_its_log(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare.setattr(os, "geteuid", lambda: 0)
    ran: list[list[str]] = []

    def pretend(command: list[str], *, stdout: int, **_: object) -> subprocess.CompletedProcess[bytes]:
        ran.append(command)
        os.write(stdout, b"E: Unable to locate package\n")
        return subprocess.CompletedProcess(command, 100)

    bare.setattr(subprocess, "run", pretend)
    with pytest.raises(CannotRun, match="E: Unable to locate package"):
        engines_or_install(silent, tmp_path / "log", postgres=True, rabbitmq=True)
    assert [command[-2:] for command in ran] == [["postgresql", "rabbitmq-server"]]


def test_the_installation_starts_nothing_now_or_later() -> None:
    script = Path(found.__file__).with_name("install-engines.sh").read_text("utf-8")
    for line in ("exit 101", "create_main_cluster = false", "--no-install-recommends", "systemctl disable"):
        assert line in script
