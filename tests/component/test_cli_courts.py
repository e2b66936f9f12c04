"""Which of several running courts a command speaks to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploy.cli.running import CannotDo, running

NAMES = {"shi04": "青岚市中级人民法院", "shi00": "云岭省高级人民法院", "ji0401": "青岚市白鹭县人民法院"}


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working copy in which three courts run, `shi04` the main one."""
    monkeypatch.delenv("LIANJIAN_CONFIG", raising=False)
    monkeypatch.delenv("LIANJIAN_COURT", raising=False)
    monkeypatch.chdir(tmp_path)
    var = tmp_path / "var"
    for court in NAMES:
        tells(var / court / "lianjian.json", court)
    tells(var / "lianjian.json", "shi04")
    return var


def tells(path: Path, court: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"court": court, "name": NAMES[court], "token": "t", "services": {"members": f"http://{court}"}}
    path.write_text(json.dumps(told), encoding="utf-8")


def test_the_main_court_is_meant_where_none_is_named_and_the_others_are_said(
    var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert running().court == "shi04"
    said = capsys.readouterr()
    assert said.err == "· 青岚市中级人民法院（shi04）；另有 ji0401、shi00，以 --court 指定。\n"
    assert said.out == ""


def test_a_named_court_is_spoken_to_without_a_word(
    var: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIANJIAN_COURT", "ji0401")
    assert running().services == {"members": "http://ji0401"}
    assert capsys.readouterr().err == ""


def test_a_named_file_may_be_that_of_any_court(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANJIAN_CONFIG", str(var / "ji0401" / "lianjian.json"))
    assert running().court == "ji0401"
    monkeypatch.setenv("LIANJIAN_COURT", "shi00")
    assert running().court == "shi00"


def test_a_court_that_does_not_run_is_refused_with_those_that_do(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANJIAN_COURT", "ji0409")
    with pytest.raises(CannotDo, match=r"--court ji0409：.*ji0401、shi00、shi04"):
        running()


def test_one_court_alone_is_spoken_to_without_a_word(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for other in ("shi00", "ji0401"):
        (var / other / "lianjian.json").unlink()
    assert running().court == "shi04"
    assert capsys.readouterr().err == ""
