"""A private PostgreSQL: its own data folder, loopback only, passwords in files that only the owner reads."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.found import PostgresPrograms, Say, postgres_programs
from deploy.local.places import kept_secret, make_private, read_json, write_json, write_private
from deploy.local.problems import CannotRun
from deploy.local.processes import Account, Program, die_with_parent

SUPERUSER = "lianjian"
SOCKET_PATH_LIMIT = 90  # a Unix socket's whole path has room for 107 bytes
ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class Postgres:
    """A data folder and what is needed to start a server on it."""

    programs: PostgresPrograms
    data: Path
    account: Account | None
    password: str = field(repr=False)
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/postgres"


def server_account() -> Account | None:
    """The system user the server runs as: none but ourselves, unless we are root (the server refuses root)."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid, entry.pw_dir)
    raise CannotRun("PostgreSQL 不能以 root 运行，本机又没有 postgres 用户。请建立：useradd --system postgres")


def prepare(home: Path, port: int, log: Path, say: Say, spare: Path) -> Postgres:
    """The instance whose data belong to `home`; made the first time.

    Where the server's account cannot reach `home` (a working copy under a private home, run as root), the data lie in a
    new folder under `spare`; `home` remembers which.
    """
    account = server_account()
    data = _base_folder(make_private(home, mode=0o711), account, say, spare) / "data"
    password = kept_secret(home / "superuser")
    version = data / "PG_VERSION"
    if not version.exists():
        programs = postgres_programs()
        if programs is None:
            raise CannotRun("没有找到 PostgreSQL 的服务器程序。")
        say(f"建立私有的 PostgreSQL {programs.major} 数据目录……")
        _initialise(programs, data, account, password)
    major = int(version.read_text(encoding="ascii").strip())
    fitting = postgres_programs(major)
    if fitting is None:
        raise CannotRun(
            f"{data} 中的数据是 PostgreSQL {major} 的，本机没有这个版本的程序。"
            f"请安装 postgresql-{major}，或用 pg_upgrade 升级该目录。"
        )
    return Postgres(fitting, data, account, password, port, log)


def _base_folder(home: Path, account: Account | None, say: Say, spare: Path) -> Path:
    kept = read_json(home / "where.json")
    if isinstance(kept, dict) and Path(kept["folder"]).is_dir():
        return Path(kept["folder"])
    if account is None or reaches(account, home):
        return home
    base = Path(tempfile.mkdtemp(prefix="postgres-", dir=make_private(spare, mode=0o711)))
    base.chmod(0o711)
    if not reaches(account, base):
        raise CannotRun(f"PostgreSQL 以用户 {account.name} 运行，但它进不了 {home}，也进不了 {spare}。")
    say(f"用户 {account.name} 进不了 {home}，PostgreSQL 的数据放在 {base}")
    write_json(home / "where.json", {"folder": str(base)})
    return base


def reaches(account: Account | None, folder: Path) -> bool:
    """Whether the account can enter the folder; tried, not computed."""
    if account is None:
        return True
    tried = subprocess.run(  # noqa: S603 - a shell that only changes folder
        ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        check=False,
    )
    return tried.returncode == 0


def _initialise(programs: PostgresPrograms, data: Path, account: Account | None, password: str) -> None:
    """Made beside and renamed when whole, so that an interrupted first run leaves no half a data folder."""
    draft = data.with_name("data.draft")
    shutil.rmtree(draft, ignore_errors=True)
    make_private(draft)
    password_file = data.with_name("password.draft")
    write_private(password_file, password)
    for path in (draft, password_file):
        if account:
            os.chown(path, account.uid, account.gid)
    where = ["--pgdata", str(draft), "--username", SUPERUSER, "--pwfile", str(password_file)]
    how = ["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--data-checksums"]
    done = _run([str(programs.bin / "initdb"), *where, *how], account)
    password_file.unlink()
    if done.returncode != 0:
        raise CannotRun(f"建立 PostgreSQL 数据目录没有成功：\n{done.stdout}{done.stderr}")
    draft.rename(data)


def _run(command: Sequence[str], account: Account | None) -> subprocess.CompletedProcess[str]:
    parent = os.getpid()
    return subprocess.run(  # noqa: S603 - programs found on this machine
        command,
        preexec_fn=lambda: die_with_parent(signal.SIGTERM, parent),
        env=environment(account),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        umask=0o077,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def environment(account: Account | None) -> dict[str, str]:
    """What the server sees of ours: no PG* variable may change what it does."""
    kept = {name: os.environ[name] for name in ("PATH", "TZ") if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", "HOME": account.home if account else os.environ.get("HOME", "/")}


def program(instance: Postgres) -> Program:
    """The server as a child; SIGINT is its fast shutdown."""
    socket = str(instance.data) if len(str(instance.data).encode()) <= SOCKET_PATH_LIMIT else ""
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(instance.port),
        "unix_socket_directories": socket,
        "unix_socket_permissions": "0700",
        "max_connections": "400",
        # Short statements from many connections: what each of them would load to compile one costs more than it saves.
        "jit": "off",
        "shared_buffers": "64MB",
        "password_encryption": "scram-sha-256",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "timezone": "UTC",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Program(
        name="postgres",
        command=[str(instance.programs.bin / "postgres"), "-D", str(instance.data), *options],
        environment=environment(instance.account),
        log=instance.log,
        stop_signal=signal.SIGINT,
        stop_within=60.0,
        account=instance.account,
        folder=Path("/"),
        stops_in=1,
    )


def is_ready(instance: Postgres) -> bool:
    """The server itself writes `ready` into its pid file once it takes connections (as pg_ctl waits for)."""
    try:
        lines = (instance.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, PermissionError):
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready" and lines[3].strip() == str(instance.port)
