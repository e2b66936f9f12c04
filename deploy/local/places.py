"""Where things lie under `var/`, and how small files are written there.

Folders that do not belong to a court have a hyphen in their name, which no court id can have.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.problems import CannotRun

CHECKOUT = Path(__file__).resolve().parents[2]
PYTHON = str(CHECKOUT / ".venv" / "bin" / "python")
LIANJIAN = str(CHECKOUT / ".venv" / "bin" / "lianjian")
LOG_ROTATES_AT = 5 * 1024 * 1024


@dataclass(frozen=True)
class Places:
    """The folders of one working copy."""

    var: Path

    @property
    def engines(self) -> Path:
        return self.var / "engine-data"

    @property
    def engine_logs(self) -> Path:
        return self.var / "engine-logs"

    @property
    def processes(self) -> Path:
        return self.var / "process-ids"

    @property
    def tests(self) -> Path:
        return self.var / "test-engines"

    @property
    def ports(self) -> Path:
        return self.var / "engine-data" / "ports.json"

    @property
    def running(self) -> Path:
        """What the command line reads: address, token, databases of the running court, the main one of several."""
        return self.var / "lianjian.json"

    def told(self, court_id: str) -> Path:
        """The same of one court of several."""
        return self.court(court_id) / "lianjian.json"

    @property
    def asked(self) -> Path:
        """What a run is asked for while it runs: a file for each court to add or to stop."""
        return self.processes / "asked"

    @property
    def state(self) -> Path:
        """What the supervisor is doing: phase, message, pid."""
        return self.processes / "state.json"

    def court(self, court_id: str) -> Path:
        return self.var / court_id


def places() -> Places:
    """The places of this working copy; refuses in words when another user owns them."""
    var = CHECKOUT / "var"
    make_private(var, mode=0o755)
    for folder in (var, *(p for p in var.iterdir() if p.is_dir())):
        if folder.stat().st_uid != os.geteuid() and not (os.geteuid() == 0):
            raise CannotRun(
                f"{folder} 属于用户 {owner_name(folder)}，当前用户不能使用。"
                f"请以 {owner_name(folder)} 的身份运行，或另行克隆一份到自己的目录。"
            )
    return Places(var)


def owner_name(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:
        return str(path.stat().st_uid)


def make_private(folder: Path, mode: int = 0o700) -> Path:
    """Makes the folder where absent, with exactly this mode whatever the umask."""
    try:
        folder.mkdir(parents=True)
        folder.chmod(mode)
    except FileExistsError:
        pass
    except PermissionError:
        raise CannotRun(f"不能建立 {folder}：当前用户没有权限。请克隆一份到自己的目录再运行。") from None
    return folder


def write_private(path: Path, text: str, mode: int = 0o600) -> None:
    """Writes the whole file or nothing; nobody but its owner reads it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def write_json(path: Path, value: Any) -> None:
    write_private(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def read_json(path: Path) -> Any:
    """The value in the file, None where there is no file or a torn one."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def kept_secret(path: Path) -> str:
    """The secret in the file; made at random the first time."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_text(encoding="ascii").strip()
    make_private(path.parent)
    secret = secrets.token_hex(24)
    write_private(path, secret + "\n")
    return secret


def open_log(path: Path) -> int:
    """A descriptor that appends to the log; a log grown large is put aside first, one generation."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_ROTATES_AT:
        path.replace(path.with_name(path.name + ".1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def log_tail(path: Path, lines: int = 8) -> str:
    """The last lines of a log, for a message about what went wrong."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 8192))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""
