"""What a service process is told by its environment; every name begins with `LIANJIAN_`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.contracts.values import Level


class ServiceSettings(BaseSettings):
    """Settings of one service process, read from the environment.

    `database_url` is the application role, `owner_database_url` the owner of the schema (only `migrate` needs it).
    `key_dir` holds the service's signing key and key-encryption key, each a 0600 file. `public_keys` is the folder
    with `<service>/signing.pub` of every service of the site, the parent of `key_dir` unless given. `http_names` are
    further host names, separated by commas, under which the service may be addressed.
    """

    model_config = SettingsConfigDict(env_prefix="LIANJIAN_", extra="ignore", frozen=True)

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
    public_keys: Path | None = None
    log_format: str = Field(default="json", pattern="^(json|console)$")
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    late_entry_after_workdays: int = Field(default=3, ge=0, le=366)
    pool_max: int = Field(default=10, ge=1, le=100)
