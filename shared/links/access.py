"""How a lower site reaches an upper one: a 0600 file that `members` writes and `reporting` reads."""

from __future__ import annotations

import json
import os
import ssl
from pathlib import Path
from typing import Final, Literal

from pydantic import SecretStr, ValidationError, field_serializer
from yarl import URL

from shared.contracts.links import SiteId
from shared.contracts.values import ShortText, Value

SUFFIX: Final = ".link.json"


class LinkAccess(Value):
    """`address` is `amqps://host:port/vhost` without an account; `ca` the PEM of the upper site's CA, None for `amqp`.

    `password` never leaves this site. `state` is `pending` until the upper site has said yes.
    """

    upper: SiteId
    name: ShortText
    address: ShortText
    user: ShortText
    password: SecretStr
    ca: str | None
    withheld_families: tuple[ShortText, ...]
    state: Literal["pending", "joined"]

    @field_serializer("password")
    def _written(self, password: SecretStr) -> str:
        return password.get_secret_value()

    @property
    def url(self) -> str:
        """With the account."""
        return str(URL(self.address).with_user(self.user).with_password(self.password.get_secret_value()))

    @property
    def tls(self) -> ssl.SSLContext | None:
        """A context that believes this CA alone."""
        return None if self.ca is None else ssl.create_default_context(cadata=self.ca)


def write_access(directory: Path, access: LinkAccess) -> None:
    """Write the whole file or nothing."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / f"{access.upper}{SUFFIX}"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(access.model_dump(mode="json"), ensure_ascii=False))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_access(directory: Path) -> dict[str, LinkAccess]:
    """By upper site; a torn or foreign file counts as absent."""
    found = {}
    for path in sorted(directory.glob(f"*{SUFFIX}")):
        try:
            access = LinkAccess.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            continue
        found[access.upper] = access
    return found


def forget_access(directory: Path, upper: str) -> None:
    """After the link was revoked."""
    (directory / f"{upper}{SUFFIX}").unlink(missing_ok=True)
