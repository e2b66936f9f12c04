"""The site's own CA and its broker's certificate: made and renewed where the broker starts."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_FILE: Final = "ca.pem"
CA_KEY_FILE: Final = "ca.key"
CERTIFICATE_FILE: Final = "broker.pem"
KEY_FILE: Final = "broker.key"
RESTORED: Final = "restored"
"""The folder beside the CA where a restore lays that of the backup; the next start takes it over."""

CA_NAME: Final = "Lianjian site CA"

CA_DAYS: Final = 3650
SERVER_DAYS: Final = 398
RENEWED_AT: Final = 30
_BACKDATED: Final = timedelta(hours=1)


def ensure_certificates(directory: Path, names: Sequence[str], now: datetime | None = None) -> bool:
    """Make what is missing in `directory`; True if the server's certificate is new.

    `names`: host names and addresses under which lower sites reach the broker. The server's certificate is renewed
    at 30 days, or when a name is missing in it; the CA is made once, for ten years.
    """
    now = datetime.now(UTC) if now is None else now
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    take_over_ca(directory / RESTORED, directory, now)
    if not (directory / CA_FILE).exists():
        _make_ca(directory, now)
    certificate = _present(directory)
    if certificate is not None and days_left(certificate, now) > RENEWED_AT and set(names) <= _names_in(certificate):
        return False
    _make_server(directory, names, now)
    return True


def own_ca(directory: Path) -> dict[str, bytes]:
    """The CA and its key by file name, where both lie there and are of this program's making; else nothing."""
    try:
        found = {name: (directory / name).read_bytes() for name in (CA_FILE, CA_KEY_FILE)}
        certificate = ca_of(found[CA_FILE])
        key = serialization.load_pem_private_key(found[CA_KEY_FILE], None)
    except (OSError, ValueError, TypeError, NotACA):
        return {}
    return found if certificate.subject == _name(CA_NAME) and key.public_key() == certificate.public_key() else {}


def take_over_ca(restored: Path, directory: Path, now: datetime) -> None:
    """Put the CA in `restored` in the place of the one in `directory`, unless it has ended; `restored` then goes."""
    found = own_ca(restored)
    if found and days_left(ca_of(found[CA_FILE]), now) >= 0:
        _write(directory / CA_KEY_FILE, found[CA_KEY_FILE], 0o600)
        _write(directory / CA_FILE, found[CA_FILE], 0o644)
    if restored.is_dir():
        # Only now: killed before, it is done again from the start. What a killed restore left there goes too.
        shutil.rmtree(restored)


def _present(directory: Path) -> x509.Certificate | None:
    """The server's certificate, where its key lies beside it and the CA there has signed it.

    A renewal that was cut off left another key, and whoever changes the CA leaves what the former one signed.
    """
    try:
        certificate = x509.load_pem_x509_certificate((directory / CERTIFICATE_FILE).read_bytes())
        key = serialization.load_pem_private_key((directory / KEY_FILE).read_bytes(), None)
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate((directory / CA_FILE).read_bytes()))
    except (OSError, ValueError, TypeError, InvalidSignature):
        return None
    return certificate if key.public_key() == certificate.public_key() else None


def days_left(certificate: x509.Certificate, now: datetime) -> int:
    """Whole days until it ends; negative once it has."""
    return (certificate.not_valid_after_utc - now) // timedelta(days=1)


def days_left_of(path: Path, now: datetime | None = None) -> int:
    """The same of the first certificate in a PEM file."""
    return days_left(x509.load_pem_x509_certificate(path.read_bytes()), datetime.now(UTC) if now is None else now)


def ca_of(pem: bytes) -> x509.Certificate:
    """The CA in a PEM file; raises `NotACA` in words for whoever chose the file."""
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise NotACA("不是 PEM 格式的证书") from None
    if len(found) != 1:
        raise NotACA(f"有 {len(found)} 份证书，应只有 CA 的一份")
    with contextlib.suppress(x509.ExtensionNotFound, ValueError):
        if found[0].extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return found[0]
    raise NotACA("不是 CA 证书，多半是消息代理自己的证书")


class NotACA(Exception):
    """A file is not one CA certificate; the message says what it is."""


def certificate_fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 as `openssl x509 -fingerprint -sha256` writes it: read out over the telephone."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _make_ca(directory: Path, now: datetime) -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), _name(CA_NAME)
    builder = _builder(name, name, key.public_key(), now, CA_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    _write_key(directory / CA_KEY_FILE, key)
    _write(directory / CA_FILE, builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), 0o644)


def _make_server(directory: Path, names: Sequence[str], now: datetime) -> None:
    ca = x509.load_pem_x509_certificate((directory / CA_FILE).read_bytes())
    ca_key = serialization.load_pem_private_key((directory / CA_KEY_FILE).read_bytes(), None)
    assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name("Lianjian broker"), ca.subject, key.public_key(), now, SERVER_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
    )
    _write_key(directory / KEY_FILE, key)
    signed = builder.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    _write(directory / CERTIFICATE_FILE, signed, 0o644)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _names_in(certificate: x509.Certificate) -> set[str]:
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(each.value) for each in found}


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(path, pem, 0o600)


def _write(path: Path, content: bytes, mode: int) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
