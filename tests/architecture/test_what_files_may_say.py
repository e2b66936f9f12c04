"""No address of a package registry, no path of one machine, no borrowed names for rooms."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, name, project_files

TEXT = {"", ".py", ".sh", ".md", ".toml", ".txt", ".sql", ".json", ".yml", ".yaml", ".html", ".css", ".js", ".cfg"}
# Written apart, so that this file does not say what it forbids.
REGISTRIES = tuple("".join(parts) for parts in (
    ("pypi", ".org"), ("python", "hosted.org"), ("npmjs", ".org"), ("npmjs", ".com"), ("npmmirror", ".com"),
    ("deb.", "debian.org"), ("docker", ".io"), ("mirrors.", "aliyun"), ("tuna.", "tsinghua"), ("crates", ".io"),
))  # fmt: skip
PATHS = re.compile(
    r"(?<![\w.$}<~/-])/(?:" + "|".join(("wo" + "rk", "fa" + "rm", "ro" + "ot", "ho" + "me/[a-z]")) + r")\b"
)
ROOMS = {"utils", "util", "common", "helpers", "helper", "manager", "managers", "base", "misc", "lib"}


def texts() -> list[Path]:
    return [path for path in project_files() if path.suffix in TEXT]


def findings(text: str) -> list[str]:
    lowered = text.lower()
    return [host for host in REGISTRIES if host in lowered] + PATHS.findall(text)


def test_no_file_names_a_registry_or_a_path_of_one_machine() -> None:
    found = {name(path): hits for path in texts() if (hits := findings(path.read_text("utf-8")))}
    assert found == {}


@pytest.mark.parametrize("text", ["see https://" + "pypi" + ".org/simple", "cd /" + "work/main", "/ro" + "ot/.config"])
def test_the_check_sees_them(text: str) -> None:
    assert len(findings(text)) == 1


def test_no_room_is_named_after_nothing() -> None:
    named = {name(path) for path in project_files(".py") if {path.stem, *path.relative_to(ROOT).parts[:-1]} & ROOMS}
    assert named == set()


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt", "requirements-bench.txt"])
def test_every_dependency_is_pinned_with_hashes(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text("utf-8").strip())
    assert len(entries) > 40
    loose = [
        entry.split("\n")[0]
        for entry in entries
        if not re.match(r"^[a-z0-9][a-z0-9._-]*(\[[a-z,]+\])?==\S+", entry) or "--hash=sha256:" not in entry
    ]
    assert loose == []


def test_the_locks_hold_each_other() -> None:
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9._\[\],-]+==\S+)", (ROOT / lock).read_text("utf-8"), re.MULTILINE))

    run, dev, bench = pins("requirements.txt"), pins("requirements-dev.txt"), pins("requirements-bench.txt")
    assert {pin.split("[")[0].split("==")[0] for pin in run} <= {pin.split("[")[0].split("==")[0] for pin in dev}
    assert dev <= bench


def test_nothing_listens_beyond_loopback_unless_told() -> None:
    everywhere = [".".join("0000"), "[" + "::]"]
    said = {
        name(path) for path in project_files(".py", ".sh", ".toml") if any(a in path.read_text() for a in everywhere)
    }
    assert said == set()
