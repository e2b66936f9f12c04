"""`lianjian link revoke-key`, `trust-key`, `rotate-key`: what is looked at before, and what a person is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.cli import link_keys
from deploy.cli.client import Client
from deploy.cli.running import Running
from shared.sealing.keys import SigningKey
from tests.component.test_cli import run, written

FORMER, PRESENT = "e8dad9411b7d6635", "66687aadf862bd77"
Seen = list[tuple[str, Any]]


def a_key(key_id: str, to: int | None, revoked: int | None = None, service: str = "activities") -> dict[str, Any]:
    return {"service": service, "key_id": key_id, "from_position": 1, "to_position": to, "revoked_from": revoked}


@pytest.fixture
def known() -> dict[str, Any]:
    """What reporting knows of the keys of the court that is asked about."""
    return {"is_above": False, "keys": [a_key(FORMER, 120), a_key(PRESENT, None)]}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, known: dict[str, Any]) -> Seen:
    """What was sent: address and body."""
    seen: Seen = []

    def answered(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            assert str(request.url) in {f"http://r/links/keys?site={site}" for site in ("qu01", "sheng00")}
            return httpx.Response(200, json=known)
        body = json.loads(request.content) if request.content else None
        seen.append((f"{request.method} {request.url}", body))
        changed = {"former_key_id": FORMER, "key_id": PRESENT, "public_key": "p" * 43 + "=", "changed_at": 120}
        return httpx.Response(200, json=changed)

    def on_that_network(court: Running) -> Client:
        return Client(court, httpx.MockTransport(answered))

    monkeypatch.setattr(link_keys, "Client", on_that_network)
    monkeypatch.setenv("LIANJIAN_CONFIG", str(written(tmp_path)))
    return seen


def revoke(monkeypatch: pytest.MonkeyPatch, key: str, *more: str) -> int:
    words = ("--service", "activities", "--key", key, "--grounds", "密钥失窃")
    return run(monkeypatch, "link", "revoke-key", "qu01", *words, *more)


def sent(position: int, key: str = FORMER) -> Seen:
    body = {"service": "activities", "key_id": key, "from_position": position, "grounds": "密钥失窃"}
    return [("POST http://m/links/qu01/key-revocations", body)]


def test_a_key_that_was_changed_is_revoked_from_the_position_after_its_change_on(
    monkeypatch: pytest.MonkeyPatch, told: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    assert revoke(monkeypatch, FORMER) == 1
    assert told == []
    assert "第 121 条" in capsys.readouterr().err
    assert revoke(monkeypatch, FORMER, "--yes") == 0
    assert told == sent(121)


def test_the_event_that_changes_a_key_stays_believed(
    monkeypatch: pytest.MonkeyPatch, told: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    assert revoke(monkeypatch, FORMER, "--from", "120", "--yes") == 1
    assert told == []
    assert "应不小于 121" in capsys.readouterr().err
    assert revoke(monkeypatch, FORMER, "--from", "122", "--yes") == 0
    assert told == sent(122)


def test_a_present_key_is_not_revoked_and_both_commands_are_told(
    monkeypatch: pytest.MonkeyPatch, told: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    for more in ((), ("--from", "130")):
        assert revoke(monkeypatch, PRESENT, *more, "--yes") == 1
        said = capsys.readouterr().err
        assert "1. 由 qu01 执行：lianjian link rotate-key --service activities" in said
        again = f"lianjian link revoke-key qu01 --service activities --key {PRESENT} --grounds 密钥失窃 --yes"
        assert f"2. 本院收到那一条后执行：{again}" in said
    assert told == []


def test_a_present_key_that_was_revoked_too_early_is_let_seal_its_change(
    monkeypatch: pytest.MonkeyPatch, told: Seen, known: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    known["keys"][1]["revoked_from"] = 130
    for more in ((), ("--from", "130"), ("--from", "129")):
        assert revoke(monkeypatch, PRESENT, *more, "--yes") == 1
        assert "--from 更换那一条的下一条" in capsys.readouterr().err
    assert told == []
    assert revoke(monkeypatch, PRESENT, "--from", "132", "--yes") == 0
    assert told == sent(132, PRESENT)


def test_a_key_that_nobody_knows_is_answered_with_those_that_are_known(
    monkeypatch: pytest.MonkeyPatch, told: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    assert revoke(monkeypatch, "0" * 16, "--yes") == 1
    assert told == []
    assert f"{FORMER}（用至第 120 条）、{PRESENT}（现用）" in capsys.readouterr().err


def test_whoever_changes_a_key_is_told_what_is_done_above_if_it_was_stolen(
    monkeypatch: pytest.MonkeyPatch, told: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "link", "rotate-key", "--service", "activities") == 0
    said = capsys.readouterr().out
    assert f"activities：签名密钥由 {FORMER} 换为 {PRESENT}（第 120 条）。" in said
    assert f"lianjian link revoke-key shi04 --service activities --key {FORMER} --grounds 密钥失窃 --yes" in said
    assert told == [("POST http://a/keys/rotation", None)]


NEXT = SigningKey(b"n" * 32).public


@pytest.fixture
def above(known: dict[str, Any]) -> list[dict[str, Any]]:
    """The keys known of an upper court."""
    known["is_above"] = True
    known["keys"] = [a_key(FORMER, None, service="members"), a_key(FORMER, None, service="reporting")]
    keys: list[dict[str, Any]] = known["keys"]
    return keys


def trust(monkeypatch: pytest.MonkeyPatch, *more: str, key: str = NEXT.text) -> int:
    return run(monkeypatch, "link", "trust-key", "sheng00", "--key", key, "--grounds", "密钥失窃", *more)


def replacing(key: str) -> tuple[str, dict[str, Any]]:
    body = {"former_key_id": key, "key": NEXT.text, "grounds": "密钥失窃"}
    return "POST http://m/links/sheng00/key-replacements", body


def test_another_key_of_an_upper_court_is_believed_once_its_id_was_compared(
    monkeypatch: pytest.MonkeyPatch,
    told: Seen,
    above: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert trust(monkeypatch) == 1
    assert told == []
    assert f"新公钥的编号是 {NEXT.key_id}" in capsys.readouterr().err
    assert trust(monkeypatch, "--yes") == 0
    assert told == [replacing(FORMER)]


def test_to_believe_another_key_again_does_what_is_left_of_it(
    monkeypatch: pytest.MonkeyPatch, told: Seen, above: list[dict[str, Any]]
) -> None:
    above[1]["revoked_from"] = 1
    assert trust(monkeypatch, "--yes") == 0
    assert told == [replacing(FORMER)]
    told.clear()
    above.append(a_key(NEXT.key_id, None, service="reporting"))
    assert trust(monkeypatch) == 0
    assert told == []
    above.append(a_key(PRESENT, None, service="reporting"))
    assert trust(monkeypatch, "--yes") == 0
    assert told == [replacing(PRESENT)]


def test_neither_a_revoked_key_nor_one_of_a_court_below_nor_what_is_no_key_is_believed(
    monkeypatch: pytest.MonkeyPatch, told: Seen, known: dict[str, Any], above: list[dict[str, Any]]
) -> None:
    assert trust(monkeypatch, "--yes", key="x" * 44) == 2
    above.append(a_key(NEXT.key_id, None, 1, "reporting"))
    assert trust(monkeypatch, "--yes") == 1
    above.pop()
    known["is_above"] = False
    assert trust(monkeypatch, "--yes") == 1
    assert told == []


def test_a_key_of_an_upper_court_is_not_revoked_alone(
    monkeypatch: pytest.MonkeyPatch, told: Seen, above: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--service", "reporting", "--key", FORMER, "--grounds", "密钥失窃", "--yes")
    assert run(monkeypatch, "link", "revoke-key", "sheng00", *words) == 1
    assert told == []
    assert "lianjian link trust-key sheng00" in capsys.readouterr().err


def test_whoever_changes_the_key_of_reporting_is_told_what_is_done_below_if_it_was_stolen(
    monkeypatch: pytest.MonkeyPatch, told: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "link", "rotate-key", "--service", "reporting") == 0
    assert f"lianjian link trust-key shi04 --key {'p' * 43}= --grounds 密钥失窃" in capsys.readouterr().out
