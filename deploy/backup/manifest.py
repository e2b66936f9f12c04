"""What a file of a backup says of itself; checked before anything else is read from it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT: Final = "lianjian/backup/v1"

# Names become parts of statements and paths: a file that says anything else is no backup.
_WORD: Final = r"^[a-z_][a-z0-9_]*$"

Kind = Literal["data", "keys"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Court(_Part):
    """Whose backup it is."""

    site: str = Field(pattern=r"^[a-z][a-z0-9]{1,31}$")
    name: str
    level: str
    code: str | None = None


class Table(_Part):
    """One table's rows, in COPY's text form under `file`."""

    name: str = Field(pattern=_WORD)
    columns: list[Annotated[str, Field(pattern=_WORD)]]
    rows: int = Field(ge=0)
    file: str


class Migration(_Part):
    name: str
    checksum: str


class Head(_Part):
    """How far a log reaches, or how far it is received. `root` is h there in hex, where it is known."""

    origin: str
    position: int
    root: str | None


class Service(_Part):
    """What is held of one service; `…_files` are names of files under `<service>/keys/`, `/links/`, `/ca/`."""

    tables: list[Table]
    migrations: list[Migration] = []
    heads: list[Head] = []
    key_files: list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*\.(key|pub)$")]] = []
    ca_files: list[Literal["ca.key", "ca.pem"]] = []
    link_files: list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{1,31}\.link\.json$")]] = []
    hash_key_id: str
    signing_key_id: str


class Manifest(_Part):
    """`checksums` are SHA-256 in hex of every other file inside; `time` is when the backup began."""

    format: Literal["lianjian/backup/v1"] = FORMAT
    kind: Kind
    court: Court
    time: str = Field(pattern=r"^\d{8}T\d{6}Z$")
    services: dict[str, Service]
    beginning: dict[str, object] | None = None
    checksums: dict[str, str]
