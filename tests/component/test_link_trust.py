"""`lianjian link ca` and `link trust`: a changed CA goes to the courts below, which look at its fingerprint first."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from shared.links.access import LinkAccess, read_access, write_access
from shared.links.certificates import ca_of, certificate_fingerprint, ensure_certificates
from tests.component.test_cli import run, written


@pytest.fixture
def below(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of a court that believes the former CA of sheng00; `new` holds the one that follows."""
    for folder in ("former", "new"):
        ensure_certificates(tmp_path / folder, ["127.0.0.1"])
    told = {"link_dir": str(tmp_path / "links"), "ca_file": str(tmp_path / "new" / "ca.pem")}
    monkeypatch.setenv("LIANJIAN_CONFIG", str(written(tmp_path, **told)))
    access(tmp_path, "sheng00", (tmp_path / "former" / "ca.pem").read_text("ascii"))
    return tmp_path


def access(folder: Path, upper: str, ca: str | None) -> None:
    one = LinkAccess(
        upper=upper, name="上级", address="amqps://upper.invalid/v", user="u", password=SecretStr("kept below"),
        ca=ca, withheld_families=(), state="joined",
    )  # fmt: skip
    write_access(folder / "links", one)


def print_of(file: Path) -> str:
    return certificate_fingerprint(ca_of(file.read_bytes()))


def believed(folder: Path) -> str | None:
    return read_access(folder / "links")["sheng00"].ca


def trust(monkeypatch: pytest.MonkeyPatch, file: Path, fingerprint: str, *more: str, site: str = "sheng00") -> int:
    return run(monkeypatch, "link", "trust", site, "--ca", str(file), "--fingerprint", fingerprint, *more)


def test_the_ca_is_printed_as_a_file_and_its_print_beside_it(
    monkeypatch: pytest.MonkeyPatch, below: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "link", "ca") == 0
    told = capfd.readouterr()
    assert told.out.strip() == (below / "new" / "ca.pem").read_text("ascii").strip()
    assert print_of(below / "new" / "ca.pem") in told.err


def test_a_court_without_a_ca_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIANJIAN_CONFIG", str(written(tmp_path)))
    assert run(monkeypatch, "link", "ca") == 1
    assert "LIANJIAN_LINKS_CA_FILE" in capfd.readouterr().err


def test_with_the_print_that_was_told_the_new_ca_alone_is_believed(
    monkeypatch: pytest.MonkeyPatch, below: Path
) -> None:
    new = below / "new" / "ca.pem"
    assert trust(monkeypatch, new, print_of(new).lower().replace(":", " ")) == 0
    assert believed(below) == new.read_text("ascii")
    kept = read_access(below / "links")["sheng00"]
    assert (kept.password.get_secret_value(), kept.state) == ("kept below", "joined")


def test_beside_the_former_one_both_are_believed(monkeypatch: pytest.MonkeyPatch, below: Path) -> None:
    former, new = (below / "former" / "ca.pem").read_text("ascii"), below / "new" / "ca.pem"
    assert trust(monkeypatch, new, print_of(new), "--beside") == 0
    assert believed(below) == new.read_text("ascii") + former
    tls = read_access(below / "links")["sheng00"].tls
    assert tls is not None
    assert len(tls.get_ca_certs()) == 2


@pytest.mark.parametrize(
    ("file", "told_of", "site", "problem"),
    [
        ("new/ca.pem", "former/ca.pem", "sheng00", "与所写的不同；没有改动"),
        ("new/broker.pem", "new/ca.pem", "sheng00", "--ca：broker.pem 不是 CA 证书"),
        ("new/none.pem", "new/ca.pem", "sheng00", "--ca：读不了"),
        ("new/ca.pem", "new/ca.pem", "shi99", "shi99 不是本院已联通的上级法院"),
        ("new/ca.pem", "new/ca.pem", "shi01", "不经 TLS"),
    ],
)
def test_what_is_not_the_ca_that_was_told_of_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, below: Path, capfd: pytest.CaptureFixture[str],
    file: str, told_of: str, site: str, problem: str,
) -> None:  # fmt: skip
    access(below, "shi01", None)
    assert trust(monkeypatch, below / file, print_of(below / told_of), site=site) != 0
    assert problem in capfd.readouterr().err
    assert believed(below) == (below / "former" / "ca.pem").read_text("ascii")
