"""The site's own CA and the broker's certificate: made once, renewed in time, warned of before they end."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.links.certificates import certificates_check, days_left_of, ensure_certificates, warning

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def test_a_certificate_lasts_398_days_and_its_ca_ten_years(tmp_path: Path) -> None:
    assert ensure_certificates(tmp_path, ["127.0.0.1", "broker.example"], NOW)
    assert days_left_of(tmp_path / "broker.pem", NOW) == 398
    assert days_left_of(tmp_path / "ca.pem", NOW) == 3650


def test_what_is_there_and_lasts_is_left_alone(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, ["127.0.0.1"], NOW)
    before = (tmp_path / "broker.pem").read_bytes()
    assert not ensure_certificates(tmp_path, ["127.0.0.1"], NOW + timedelta(days=367))
    assert (tmp_path / "broker.pem").read_bytes() == before


def test_at_thirty_days_the_server_gets_a_new_one_of_the_same_ca(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, ["127.0.0.1"], NOW)
    ca = (tmp_path / "ca.pem").read_bytes()
    later = NOW + timedelta(days=368)
    assert ensure_certificates(tmp_path, ["127.0.0.1"], later)
    assert days_left_of(tmp_path / "broker.pem", later) == 398
    assert (tmp_path / "ca.pem").read_bytes() == ca


def test_a_renewal_that_was_cut_off_between_key_and_certificate_is_done_again(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, ["127.0.0.1"])
    certificate = (tmp_path / "broker.pem").read_bytes()
    ensure_certificates(tmp_path, ["127.0.0.1", "10.0.0.7"])
    (tmp_path / "broker.pem").write_bytes(certificate)
    assert ensure_certificates(tmp_path, ["127.0.0.1"])
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / "broker.pem", tmp_path / "broker.key")


def test_a_new_name_of_the_broker_makes_a_new_certificate(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, ["127.0.0.1"], NOW)
    assert ensure_certificates(tmp_path, ["127.0.0.1", "10.0.0.7"], NOW)
    assert not ensure_certificates(tmp_path, ["10.0.0.7"], NOW)


def test_the_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, ["127.0.0.1"], NOW)
    assert {path.name: path.stat().st_mode & 0o777 for path in sorted(tmp_path.iterdir())} == {
        "broker.key": 0o600,
        "broker.pem": 0o644,
        "ca.key": 0o600,
        "ca.pem": 0o644,
    }


def test_certificate_and_key_fit_together(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, ["127.0.0.1"])
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / "broker.pem", tmp_path / "broker.key")


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (31, None),
        (30, "证书还有 30 天到期：请尽快重新签发并重启消息代理"),
        (8, "证书还有 8 天到期：请尽快重新签发并重启消息代理"),
        (7, "证书还有 7 天到期：请本周内重新签发并重启消息代理"),
        (1, "证书还有 1 天到期：请立即重新签发并重启消息代理"),
        (-2, "证书已过期 2 天：下级法院连不上；请重新签发后重启消息代理"),
    ],
)
def test_warnings_become_more_urgent(days: int, said: str | None) -> None:
    assert warning(days, "证书") == said


async def test_a_certificate_that_has_ended_is_a_concern_of_the_service(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, ["127.0.0.1"], datetime.now(UTC) - timedelta(days=400))
    said = await certificates_check(tmp_path / "ca.pem")()
    assert said is not None
    assert said.startswith("消息代理的证书已过期")


async def test_without_a_ca_file_there_is_nothing_to_warn_of(tmp_path: Path) -> None:
    assert await certificates_check(None)() is None
    assert await certificates_check(tmp_path / "ca.pem")() == "本院的 CA 证书不在了（LIANJIAN_BROKER_CA_FILE）"
