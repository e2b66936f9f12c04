"""`lianjian link`: who is asked what, and where a token comes from and goes to."""

from __future__ import annotations

import io
import json
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.cli import links
from deploy.cli.client import Client
from deploy.cli.running import Running
from tests.component.test_cli import run, written

SEEN = list[tuple[str, Any]]
INVITE = ("link", "invite", "qu01", "--name", "青岚市云溪区人民法院", "--level", "基层", "--order", "3")
FINGERPRINT = "1a2b-3c4d-5e6f-7081-92a3"


def a_link(peer: str, role: str, **changed: Any) -> dict[str, Any]:
    return {
        "peer": peer,
        "role": role,
        "standing": "joined",
        "name": f"{peer}法院",
        "level": "basic",
        "official_order": 1 if role == "lower" else None,
        "grounds": None,
        "fingerprint": FINGERPRINT,
        "withheld_families": [],
        "invitation_expires_at": None,
        "access": "joined" if role == "upper" else None,
        "ca_expires_at": None,
    } | changed


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SEEN:
    """What the services are asked: method and address, and the body."""
    seen: SEEN = []

    def answered(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        seen.append((f"{request.method} {request.url}", body))
        if request.url.path == "/links/invitations":
            return httpx.Response(201, json={"token": "lianjian1:abc", "expires_at": "2026-01-05T08:00:00.000000Z"})
        if request.url.path == "/links/acceptances":
            return httpx.Response(201, json={"peer": "shi04", "name": "上级", "fingerprint": FINGERPRINT})
        found = [a_link("shi04", "upper", standing="suspended", grounds="更换")] if request.url.host == "m" else []
        return httpx.Response(200, json={"links": found})

    def on_that_network(court: Running) -> Client:
        return Client(court, httpx.MockTransport(answered))

    monkeypatch.setattr(links, "Client", on_that_network)
    monkeypatch.setenv("LIANJIAN_CONFIG", str(written(tmp_path)))
    return seen


def test_an_invitation_prints_the_token_alone_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, asked: SEEN, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *INVITE, "--withhold", "members.post", "--valid", "12h") == 0
    body = {
        "site": "qu01",
        "name": "青岚市云溪区人民法院",
        "level": "basic",
        "official_order": 3,
        "withheld_families": ["members.post"],
        "valid_hours": 12,
    }
    assert asked == [("POST http://m/links/invitations", body)]
    said = capsys.readouterr()
    assert said.out == "lianjian1:abc\n"
    assert "lianjian1:abc" not in said.err


def test_the_token_may_go_into_a_file_that_nobody_else_reads(
    monkeypatch: pytest.MonkeyPatch, asked: SEEN, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "token.txt"
    assert run(monkeypatch, *INVITE, "--out", str(file)) == 0
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("lianjian1:abc\n", 0o600)
    assert capsys.readouterr().out == ""
    assert asked[0][1]["valid_hours"] == 168


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--valid", "7"), "7 不是期限"), (("--level", "区级"), "区级 不是法院级别"), (("--valid", "0d"), "0d 不是期限")],
)
def test_what_was_typed_wrongly_is_said(
    monkeypatch: pytest.MonkeyPatch,
    asked: SEEN,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    said: str,
) -> None:
    assert run(monkeypatch, *INVITE, *words) == 2
    assert said in capsys.readouterr().err
    assert asked == []


def test_a_token_comes_from_the_line_a_file_or_standard_input(
    monkeypatch: pytest.MonkeyPatch, asked: SEEN, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "token.txt").write_text("lianjian1:from-file\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("lianjian1:from-stdin\n"))
    assert run(monkeypatch, "link", "accept", "lianjian1:typed") == 0
    assert run(monkeypatch, "link", "accept", "--file", str(tmp_path / "token.txt")) == 0
    assert run(monkeypatch, "link", "accept", "-") == 0
    given = ["lianjian1:typed", "lianjian1:from-file\n", "lianjian1:from-stdin\n"]
    assert asked == [("POST http://m/links/acceptances", {"token": word}) for word in given]
    assert capsys.readouterr().out.count(FINGERPRINT) == 3


def test_a_token_is_given_once(monkeypatch: pytest.MonkeyPatch, asked: SEEN, tmp_path: Path) -> None:
    assert run(monkeypatch, "link", "accept") == 2
    assert run(monkeypatch, "link", "accept", "-", "--file", str(tmp_path / "token.txt")) == 2
    assert run(monkeypatch, "link", "accept", "--file", str(tmp_path / "no such file")) == 2
    assert asked == []


@pytest.mark.parametrize(
    ("verb", "path"), [("suspend", "suspension"), ("resume", "resumption"), ("revoke", "revocation")]
)
def test_a_link_is_governed_with_grounds(monkeypatch: pytest.MonkeyPatch, asked: SEEN, verb: str, path: str) -> None:
    assert run(monkeypatch, "link", verb, "shi04") == 2
    assert run(monkeypatch, "link", verb, "shi04", "--grounds", "更换设备") == 0
    assert asked == [(f"POST http://m/links/shi04/{path}", {"grounds": "更换设备"})]


def test_the_status_is_exit_code_1_where_anything_is_wrong(
    monkeypatch: pytest.MonkeyPatch, asked: SEEN, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "link", "status", "--json") == 1
    (link,) = json.loads(capsys.readouterr().out)
    assert (link["peer"], link["wrong"]) == (
        "shi04",
        [
            "已由人暂停（更换）：可恢复时执行 lianjian link resume shi04 --grounds 理由",
            "reporting 还不知道这条联通（刚联通时属正常）：lianjian status 查看接收到何处",
        ],
    )
