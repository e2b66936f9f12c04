"""The site's own CA and the broker's certificate: made once, renewed in time, warned of before they end."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from pydantic import SecretStr

from shared.links import certificates
from shared.links.access import LinkAccess, write_access
from shared.links.certificates import (
    NotACA,
    ca_of,
    certificate_fingerprint,
    days_left_of,
    ensure_certificates,
    own_ca,
)
from shared.links.expiry import certificates_check, days_of_certificates, warning

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


def test_with_another_ca_the_server_gets_a_certificate_of_that_one(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, ["127.0.0.1"])
    for gone in ("ca.pem", "ca.key"):
        (tmp_path / gone).unlink()
    assert ensure_certificates(tmp_path, ["127.0.0.1"])
    ca = ca_of((tmp_path / "ca.pem").read_bytes())
    x509.load_pem_x509_certificate((tmp_path / "broker.pem").read_bytes()).verify_directly_issued_by(ca)


def test_a_ca_that_a_restore_laid_beside_is_taken_over_with_its_key_and_again_after_a_kill(tmp_path: Path) -> None:
    ensure_certificates(tmp_path / "former", ["127.0.0.1"])
    former, here = own_ca(tmp_path / "former"), tmp_path / "here"
    assert sorted(former) == ["ca.key", "ca.pem"]
    ensure_certificates(here, ["127.0.0.1"])
    for cut_off in (False, True):
        (here / "restored").mkdir()
        for name, content in former.items():
            (here / "restored" / name).write_bytes(content)
        (here / "restored" / ".ca.key.4711").write_bytes(b"half a file of a killed restore")
        if cut_off:
            (here / "ca.pem").write_bytes((here / "broker.pem").read_bytes())
        assert ensure_certificates(here, ["127.0.0.1"]) is not cut_off
        assert own_ca(here) == former
        assert not (here / "restored").exists()
    ca = ca_of(former["ca.pem"])
    x509.load_pem_x509_certificate((here / "broker.pem").read_bytes()).verify_directly_issued_by(ca)
    assert (here / "ca.key").stat().st_mode & 0o777 == 0o600


def test_half_a_ca_or_one_that_has_ended_is_not_taken_over(tmp_path: Path) -> None:
    ensure_certificates(tmp_path / "former", ["127.0.0.1"], NOW - timedelta(days=3651))
    ensure_certificates(tmp_path / "here", ["127.0.0.1"], NOW)
    present = own_ca(tmp_path / "here")
    for names in (["ca.key"], ["ca.pem"], ["ca.key", "ca.pem"]):
        (tmp_path / "here" / "restored").mkdir()
        for name in names:
            (tmp_path / "here" / "restored" / name).write_bytes((tmp_path / "former" / name).read_bytes())
        ensure_certificates(tmp_path / "here", ["127.0.0.1"], NOW)
        assert own_ca(tmp_path / "here") == present
        assert not (tmp_path / "here" / "restored").exists()


def test_a_ca_of_others_is_none_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_ca(tmp_path) == {}
    with monkeypatch.context() as theirs:
        theirs.setattr(certificates, "CA_NAME", "CA of the county")
        ensure_certificates(tmp_path, ["127.0.0.1"])
    assert own_ca(tmp_path) == {}


@pytest.mark.parametrize("files", [["ca.pem"], ["ca.key"], ["ca.pem", "ca.key"]])
def test_what_is_no_ca_or_has_another_key_is_none_of_ours(tmp_path: Path, files: list[str]) -> None:
    ensure_certificates(tmp_path, ["127.0.0.1"])
    for name in files:
        (tmp_path / name).write_bytes((tmp_path / name.replace("ca", "broker")).read_bytes())
    assert own_ca(tmp_path) == {}


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
    ("days", "certificate", "said"),
    [
        (31, "broker", None),
        (30, "broker", "消息代理的证书还有 30 天到期：请尽快更换；本机自带的消息代理在重新启动时换发"),
        (8, "ca", "本院的 CA 证书还有 8 天到期：请尽快更换；换上新的 CA 证书后，用 lianjian link ca 交给各下级法院"),
        (7, "ca", "本院的 CA 证书还有 7 天到期：请本周内更换；"),
        (
            1,
            "upper:shi04",
            "上级法院 shi04 的 CA 证书还有 1 天到期：请立即更换；请它提供新的 CA 证书，再执行 lianjian link trust",
        ),
        (-2, "upper:shi04", "上级法院 shi04 的 CA 证书已过期 2 天：本院连不上它；请它提供"),
        (-2, "broker", "消息代理的证书已过期 2 天：下级法院连不上；本机自带"),
    ],
)
def test_warnings_become_more_urgent(days: int, certificate: str, said: str | None) -> None:
    told = warning(days, certificate)
    assert told is None if said is None else (told or "").startswith(said)


async def test_a_certificate_that_has_ended_is_a_concern_of_the_service(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, ["127.0.0.1"], datetime.now(UTC) - timedelta(days=400))
    said = await certificates_check(tmp_path / "ca.pem", tmp_path / "links")()
    assert said is not None
    assert said.startswith("消息代理的证书已过期")


async def test_without_a_ca_file_there_is_nothing_to_warn_of(tmp_path: Path) -> None:
    assert await certificates_check(None, tmp_path)() is None
    said = await certificates_check(tmp_path / "ca.pem", tmp_path)()
    assert said == "本院的 CA 证书不在了（LIANJIAN_BROKER_CA_FILE）"
    (tmp_path / "ca.pem").write_text("no certificate")
    assert await certificates_check(tmp_path / "ca.pem", tmp_path)() == "本院的 CA 证书读不出来"


def believed(folder: Path, upper: str, ca: Path) -> None:
    """An access whose upper site has that CA."""
    access = LinkAccess(
        upper=upper, name="上级", address="amqps://upper.invalid/v", user="u", password=SecretStr("p"),
        ca=ca.read_text("ascii"), withheld_families=(), state="joined",
    )  # fmt: skip
    write_access(folder, access)


async def test_a_lower_site_counts_the_days_of_the_ca_it_believes(tmp_path: Path) -> None:
    ensure_certificates(tmp_path / "own", ["127.0.0.1"], NOW - timedelta(days=100))
    ensure_certificates(tmp_path / "upper", ["127.0.0.1"], NOW - timedelta(days=3645))
    believed(tmp_path / "links", "sheng00", tmp_path / "upper" / "ca.pem")
    days = days_of_certificates(tmp_path / "own" / "ca.pem", tmp_path / "links", NOW)
    assert days == {"broker": 298, "ca": 3550, "upper:sheng00": 5}
    assert days_of_certificates(None, tmp_path / "links", NOW) == {"upper:sheng00": 5}


async def test_the_ca_of_an_upper_site_is_warned_of_too(tmp_path: Path) -> None:
    ensure_certificates(tmp_path / "upper", ["127.0.0.1"], datetime.now(UTC) - timedelta(days=3660))
    believed(tmp_path / "links", "sheng00", tmp_path / "upper" / "ca.pem")
    said = await certificates_check(None, tmp_path / "links")()
    assert said is not None
    assert said.startswith("上级法院 sheng00 的 CA 证书已过期")


def test_one_ca_certificate_is_told_from_anything_else(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, ["127.0.0.1"], NOW)
    ca, server = (tmp_path / "ca.pem").read_bytes(), (tmp_path / "broker.pem").read_bytes()
    fingerprint = certificate_fingerprint(ca_of(ca))
    assert [len(part) for part in fingerprint.split(":")] == [2] * 32
    for content, problem in ((b"words", "不是 PEM"), (ca + ca, "有 2 份证书"), (server, "不是 CA 证书")):
        with pytest.raises(NotACA, match=problem):
            ca_of(content)
