"""What a service process is told by its environment; every name begins with `LIANJIAN_`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from shared.contracts.values import Level

_PREFIX: Final = "LIANJIAN_"
_FROM_FILES: Final = ("database_url", "owner_database_url", "broker_url", "broker_management_url")


class UnreadableFile(Exception):
    """A file that a variable names cannot be read; the message names the variable."""


class ServiceSettings(BaseSettings):
    """Settings of one service process, read from the environment.

    `database_url` is the application role, `owner_database_url` the owner of the schema (only `migrate` needs it).
    `key_dir` holds the service's signing key and key-encryption key, each a 0600 file. `public_keys` is the folder
    with `<service>/signing.pub` of every service of the site, the parent of `key_dir` unless given. `http_names`
    are further host names, separated by commas, under which the service may be addressed; `public_address` is where
    a browser finds it, where that is not `http_host` and `http_port`. `instance` is the mark of this start, which the
    service shows when asked whether it is ready: whoever started it knows its own again. `postgres_data` is the folder
    of PostgreSQL's data, where it lies on this machine: below a tenth of free disk no command is taken. `link_dir`
    holds the access to upper sites, shared by `members` and `reporting` (`links` beside `key_dir` unless given).
    `broker_management_url` is the management API with an administrator, for `members` to make the users of links;
    `broker_public_address` is where lower sites reach this broker (`amqps://host:port/vhost`), `broker_ca_file` the
    PEM of the CA they are to trust. A head of a lower court older than `head_max_age_seconds` is an outage. An
    address with a password may stand in a file instead, which `LIANJIAN_DATABASE_URL_FILE` and its like name: the
    file goes before the variable.
    """

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    site: str = Field(pattern=r"^[a-z][a-z0-9]{1,31}$")
    site_name: str = Field(min_length=1, max_length=255)
    site_level: Level
    site_code: str | None = None
    database_url: SecretStr
    owner_database_url: SecretStr | None = None
    broker_url: SecretStr
    key_dir: Path
    operator_token_file: Path | None = None
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=0, le=65535)
    http_names: str = ""
    instance: str | None = Field(default=None, pattern=r"^[0-9a-f]{16}$")
    public_address: str | None = Field(default=None, pattern=r"^https?://[^/\s]+$")
    public_keys: Path | None = None
    postgres_data: Path | None = None
    link_dir: Path | None = None
    broker_management_url: SecretStr | None = None
    broker_public_address: str | None = Field(default=None, pattern=r"^amqps?://[^/@\s]+/[^/\s]*$")
    broker_ca_file: Path | None = None
    log_format: str = Field(default="json", pattern="^(json|console)$")
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    late_entry_after_workdays: int = Field(default=3, ge=0, le=366)
    head_max_age_seconds: int = Field(default=120, ge=30, le=86_400)
    pool_max: int = Field(default=10, ge=1, le=100)

    @property
    def links(self) -> Path:
        """Where the access to upper sites lies."""
        return self.link_dir or self.key_dir.parent / "links"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - likewise
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - likewise
    ) -> tuple[Any, ...]:
        """What is given in code, then what stands in files, then the environment."""
        return init_settings, _from_files, env_settings


def _from_files() -> dict[str, str]:
    found = {}
    for name in _FROM_FILES:
        variable = f"{_PREFIX}{name.upper()}_FILE"
        if path := os.environ.get(variable):
            try:
                found[name] = Path(path).read_text("utf-8").strip()
            except OSError as error:
                raise UnreadableFile(f"{variable}：读不了 {path}（{type(error).__name__}）") from None
    return found
