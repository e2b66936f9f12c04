"""The folder for machines without a network: what is in it, and that a torn copy is seen."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.bundle.__main__ import bundle, checksums, copy_source
from deploy.local.problems import CannotRun
from tests.architecture.sources import ROOT


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(CannotRun, match="里有别的文件"):
        bundle(tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_the_program_is_copied_without_data_and_environments(tmp_path: Path) -> None:
    copy_source(tmp_path / "copy")
    names = {path.name for path in (tmp_path / "copy").iterdir()}
    assert {"Makefile", "deploy", "services", "shared", "requirements.txt"} <= names
    assert not names & {"var", ".venv", ".git", "dist", "build"}


def test_the_checksums_are_those_of_sha256sum(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "one.whl").write_bytes(b"one")
    (tmp_path / "README.md").write_text("two")
    (tmp_path / "SHA256SUMS").write_text(checksums(tmp_path))
    check = ["sha256sum", "--quiet", "--check", "SHA256SUMS"]
    assert subprocess.run(check, cwd=tmp_path, check=False).returncode == 0
    (tmp_path / "wheels" / "one.whl").write_bytes(b"oNe")
    assert subprocess.run(check, cwd=tmp_path, capture_output=True, check=False).returncode == 1


def test_a_torn_copy_is_refused_before_anything_is_installed(tmp_path: Path) -> None:
    for name in ("deploy", "pyproject.toml", "requirements.txt"):
        source = ROOT / name
        shutil.copytree(source, tmp_path / name) if source.is_dir() else shutil.copy(source, tmp_path / name)
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "SHA256SUMS").write_text(f"{'0' * 64}  wheels/one.whl\n")
    command = ["sh", "deploy/local/bootstrap.sh", "run"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "与 SHA256SUMS 不符" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_apt_is_asked_for_nothing_where_a_package_is_not_the_one_that_was_bundled(tmp_path: Path) -> None:
    debs = tmp_path / "bundle" / "debs"
    debs.mkdir(parents=True)
    (debs / "Packages").write_text("Package: postgresql\n")
    (tmp_path / "bundle" / "SHA256SUMS").write_text(checksums(tmp_path / "bundle"), "utf-8")
    script = tmp_path / "deploy" / "bundle" / "apt-get.sh"
    script.parent.mkdir(parents=True)
    script.write_bytes((ROOT / "deploy" / "bundle" / "apt-get.sh").read_bytes())
    asked = tmp_path / "asked"
    (tmp_path / "apt-get").write_text(f'#!/bin/sh\necho "$@" >>"{asked}"\n')
    (tmp_path / "apt-get").chmod(0o755)
    command = ["sh", str(script), "install", "postgresql"]
    told = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert subprocess.run(command, env=told, check=False).returncode == 0
    assert len(asked.read_text().splitlines()) == 2
    asked.unlink()
    (debs / "Packages").write_text("Package: something-else\n")
    refused = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "debs/Packages" in refused.stderr
    assert not asked.exists()
