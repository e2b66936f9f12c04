"""The program as a package: what it needs besides Python files is in it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import asyncpg
import pytest

from shared.sealing.key_files import create_signing_key
from tests.architecture.sources import ROOT

DATA = {".sql", ".json", ".html", ".sh"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "services", "shared", "deploy"):
        (source / name).symlink_to(ROOT / name)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "-w", str(folder), str(source)], check=True, capture_output=True)
    (found,) = folder.glob("lianjian-*.whl")
    return found


def test_every_data_file_of_the_packages_is_in_the_wheel(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    needed = {
        str(path.relative_to(ROOT))
        for folder in ("services", "shared", "deploy")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in DATA and "deploy/observability" not in str(path)
    }
    assert len(needed) > 20
    assert needed - packed == set()


async def test_a_service_can_be_migrated_from_the_wheel_alone(wheel: Path, database: str, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    for service in ("activities", "reporting"):
        create_signing_key(tmp_path / "keys" / service)
    told = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LIANJIAN_")},
        "PYTHONPATH": str(installed),
        "LIANJIAN_SITE": "shi04",
        "LIANJIAN_SITE_NAME": "青岚市中级人民法院",
        "LIANJIAN_SITE_LEVEL": "intermediate",
        "LIANJIAN_BROKER_URL": "amqp://nobody@127.0.0.1:1/",
        "LIANJIAN_KEY_DIR": str(tmp_path / "keys" / "members"),
        "LIANJIAN_DATABASE_URL_FILE": str(tmp_path / "database-url"),
    }
    (tmp_path / "database-url").write_text(database + "\n")
    assert said(["-c", "import services.members.main as main; print(main.__file__)"], told).startswith(str(installed))
    said(["-m", "services.members", "migrate"], told)
    connection = await asyncpg.connect(database)
    assert await connection.fetchval("select type from events where position = 1") == "members.site-established.v1"
    await connection.close()


def said(arguments: list[str], told: dict[str, str]) -> str:
    """What Python prints, started in a folder where none of our code lies."""
    folder = told["LIANJIAN_KEY_DIR"].partition("/keys/")[0]
    done = subprocess.run(
        [sys.executable, *arguments], env=told, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
