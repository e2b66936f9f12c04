"""`lianjian link ca | trust`: handing the CA of an upper court's broker to the courts below when it changes."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from rich.console import Console

from deploy.backup.link_files import link_folder
from deploy.cli.running import CannotDo, running
from deploy.cli.words import Command
from shared.links.access import LinkAccess, read_access, write_access
from shared.links.certificates import NotACA, ca_of, certificate_fingerprint, days_left

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def show_ca() -> None:
    """The CA alone on standard output, so that it can be sent as a file; its fingerprint beside it."""
    file = running().config.get("ca_file")
    if file is None:
        raise CannotDo("本院没有 CA 证书：下级法院还不能经 TLS 连接（LIANJIAN_LINKS_CA_FILE）。", 1)
    certificate = read_ca(Path(file), "ca_file")
    sys.stdout.write(certificate.public_bytes(Encoding.PEM).decode("ascii"))
    err.print(f"SHA-256 指纹 {certificate_fingerprint(certificate)}", markup=False, soft_wrap=True)
    err.print("证书可经任何途径交给下级法院，指纹请另行告知（如电话），供其 lianjian link trust 核对。", soft_wrap=True)


def trust(
    site: Annotated[str, typer.Argument(metavar="站点", help="上级法院的站点；lianjian link status 列出")],
    ca: Annotated[Path, typer.Option("--ca", metavar="文件", help="上级法院 lianjian link ca 给出的证书（PEM）")],
    fingerprint: Annotated[
        str, typer.Option("--fingerprint", metavar="指纹", help="上级法院另行告知的 SHA-256 指纹，不要照抄文件里的")
    ],
    beside: Annotated[bool, typer.Option("--beside", help="原 CA 也仍信任：上级法院尚未换上新证书时")] = False,
) -> None:
    """Believe another CA of an upper court from now on; the link connects anew by itself."""
    folder = link_folder(running().config)
    access = access_of(folder, site)
    certificate = read_ca(ca, "--ca")
    if letters(fingerprint) != letters(certificate_fingerprint(certificate)):
        raise CannotDo(
            f"--fingerprint：{ca.name} 的指纹是 {certificate_fingerprint(certificate)}，与所写的不同；"
            "没有改动。请与上级法院核对，途中可能被人换过。",
            1,
        )
    if (days := days_left(certificate, datetime.now(UTC))) < 0:
        raise CannotDo(f"--ca：{ca.name} 已过期 {-days} 天；没有改动。应为上级法院现在的 CA 证书。", 1)
    write_access(folder, access.model_copy(update={"ca": believed(access, certificate, beside=beside)}))
    told = f"✓ 已信任 {site} 的 CA 证书，还有 {days} 天到期；随即重新连接，见 lianjian link status。"
    out.print(told, markup=False, soft_wrap=True)


def access_of(folder: Path, site: str) -> LinkAccess:
    """How `site` is reached by TLS; `CannotDo` where it is not."""
    access = read_access(folder).get(site)
    if access is None:
        raise CannotDo(f"{site} 不是本院已联通的上级法院；lianjian link status 列出全部。", 1)
    if access.ca is None:
        raise CannotDo(f"与 {site} 的联通不经 TLS（amqp），没有 CA 证书可换。", 1)
    return access


def read_ca(path: Path, field: str) -> x509.Certificate:
    """The CA in the file; `CannotDo` names the field."""
    try:
        return ca_of(path.read_bytes())
    except OSError as error:
        raise CannotDo(f"{field}：读不了 {path}（{type(error).__name__}）。", 2) from None
    except NotACA as wrong:
        raise CannotDo(f"{field}：{path.name} {wrong}；应为上级法院 lianjian link ca 给出的文件。", 1) from None


def believed(access: LinkAccess, certificate: x509.Certificate, *, beside: bool) -> str:
    """The PEM to keep, the new CA first."""
    new = certificate.public_bytes(Encoding.PEM).decode("ascii")
    former = access.ca or ""
    return new if not beside or new.strip() == former.strip() else new + former


def letters(fingerprint: str) -> str:
    """A fingerprint as people write it, without what makes it readable."""
    return "".join(fingerprint.split()).replace(":", "").lower()


def register(app: typer.Typer) -> None:
    """Beside the other commands of links."""
    app.command("ca", cls=Command, help="本院消息代理的 CA 证书及其指纹，交给下级法院")(show_ca)
    app.command("trust", cls=Command, help="上级法院换了 CA 证书：核对指纹后信任新的")(trust)
