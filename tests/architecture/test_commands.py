"""The commands of the README are those of the Makefile, and help explains them all."""

from __future__ import annotations

import re
import subprocess

from tests.architecture.sources import ROOT

TARGETS = "help run start stop court court-stop cli test test-fast lint faults soak bench bundle lock clean".split()  # noqa: SIM905 - as one types them
PARAMETERS = "COURT NAME LEVEL CODE LEDGERS YEAR DEMO ARGS TO DATA".split()  # noqa: SIM905


def test_help_explains_every_target_and_parameter() -> None:
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make (\S+) +\S", said, re.MULTILINE) == TARGETS
    assert re.findall(r"^  ([A-Z]+) +\S", said, re.MULTILINE) == PARAMETERS


def test_every_target_is_explained() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    assert set(re.findall(r"^([a-z-]+):", text, re.MULTILINE)) == set(TARGETS)
    assert f".PHONY: {' '.join(TARGETS)}\n" in text


def test_the_checking_machine_runs_what_the_readme_says() -> None:
    assert "make test" in (ROOT / "README.md").read_text("utf-8")
    assert re.search(r"^\{ make test;", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
