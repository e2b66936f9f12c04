"""How long the certificates of links last: the broker's, its CA, and the CAs of upper sites; warned of in time."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from shared.links.access import read_access
from shared.links.certificates import CERTIFICATE_FILE, days_left, days_left_of
from shared.telemetry.health import Check

WARNINGS: Final = (30, 7, 1)
"""Days before the end of a certificate at which the words become more urgent."""

_REMEDY: Final = {
    "broker": "本机自带的消息代理在重新启动时换发（make stop、make start），其他的请重新签发",
    "ca": "换上新的 CA 证书后，用 lianjian link ca 交给各下级法院，见 docs/how-to/link-courts.md",
    "upper": "请它提供新的 CA 证书，再执行 lianjian link trust",
}


def days_of_certificates(ca_file: Path | None, links: Path, now: datetime | None = None) -> dict[str, int]:
    """Days left by certificate: `broker`, `ca`, and `upper:<site>` of a CA that this site believes.

    What is not there or cannot be read is left out.
    """
    now = datetime.now(UTC) if now is None else now
    found = {}
    for name, path in (("broker", ca_file and ca_file.parent / CERTIFICATE_FILE), ("ca", ca_file)):
        with contextlib.suppress(OSError, ValueError):
            if path is not None:
                found[name] = days_left_of(path, now)
    for upper, access in read_access(links).items():
        with contextlib.suppress(ValueError):
            if access.ca is not None:
                found[f"upper:{upper}"] = days_left(x509.load_pem_x509_certificate(access.ca.encode()), now)
    return found


def named(certificate: str) -> str:
    """What people call a certificate of `days_of_certificates`."""
    named = {"broker": "消息代理的证书", "ca": "本院的 CA 证书"}
    return named.get(certificate) or f"上级法院 {certificate.removeprefix('upper:')} 的 CA 证书"


def warning(days: int, certificate: str) -> str | None:
    """What to say of a certificate with so many days left; None while there are more than 30."""
    what, kind = named(certificate), certificate.partition(":")[0]
    if days > WARNINGS[0]:
        return None
    if days < 0:
        consequence = "本院连不上它" if kind == "upper" else "下级法院连不上"
        return f"{what}已过期 {-days} 天：{consequence}；{_REMEDY[kind]}"
    urgency = next(word for most, word in ((1, "立即"), (7, "本周内"), (30, "尽快")) if days <= most)
    return f"{what}还有 {days} 天到期：请{urgency}更换；{_REMEDY[kind]}"


def certificates_check(ca_file: Path | None, links: Path) -> Check:
    """Warns 30, 7 and 1 days before a certificate of `days_of_certificates` ends."""

    async def check() -> str | None:
        days = await asyncio.to_thread(days_of_certificates, ca_file, links)
        if ca_file is not None and "ca" not in days:
            gone = not await asyncio.to_thread(ca_file.exists)
            return "本院的 CA 证书不在了（LIANJIAN_BROKER_CA_FILE）" if gone else "本院的 CA 证书读不出来"
        return next(filter(None, (warning(left, which) for which, left in days.items())), None)

    return check
