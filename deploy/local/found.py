"""The engines' programs on this machine: found, or installed with the system's packages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.local.places import log_tail, open_log
from deploy.local.problems import CannotRun

OLDEST_POSTGRES = 15
OLDEST_RABBITMQ = (3, 10)

Say = Callable[[str], None]


@dataclass(frozen=True)
class PostgresPrograms:
    bin: Path
    major: int


@dataclass(frozen=True)
class RabbitPrograms:
    """`scripts` is the upstream folder with `rabbitmq-server`; `epmd` the Erlang port mapper."""

    scripts: Path
    version: tuple[int, ...]
    epmd: Path


def postgres_programs(major: int | None = None) -> PostgresPrograms | None:
    """The newest server programs that will do; with `major`, exactly that one (its data are on disk)."""
    found = {p.major: p for p in _postgres_candidates() if p.major >= OLDEST_POSTGRES}
    if major is not None:
        return found.get(major)
    return found[max(found)] if found else None


def _postgres_candidates() -> Iterator[PostgresPrograms]:
    for folder in _folders("postgres", ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin")):
        if not (folder / "initdb").exists():
            continue
        version = re.search(r"(\d+)", _output([str(folder / "postgres"), "--version"]))
        if version:
            yield PostgresPrograms(folder, int(version[1]))


def rabbitmq_programs() -> RabbitPrograms | None:
    """The newest broker that will do: the upstream scripts, never a distribution's wrapper around them."""
    epmd = shutil.which("epmd") or next(map(str, Path("/usr/lib/erlang").glob("erts-*/bin/epmd")), None)
    erlang = shutil.which("erl")
    found = [
        (version, folder) for folder in _rabbit_folders() if (version := _rabbit_version(folder)) >= OLDEST_RABBITMQ
    ]
    if not found or epmd is None or erlang is None:
        return None
    version, folder = max(found)
    return RabbitPrograms(folder, version, Path(epmd))


def _rabbit_folders() -> Iterator[Path]:
    patterns = (
        "/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin",
        "/opt/rabbitmq*/sbin",
        "/usr/local/lib/rabbitmq*/sbin",
        "/usr/lib/rabbitmq/bin",
    )
    for folder in _folders("rabbitmq-server", patterns):
        if (folder / "rabbitmq-defaults").exists() and (folder / "rabbitmq-server").exists():
            yield folder


def _rabbit_version(scripts: Path) -> tuple[int, ...]:
    """Read from the name of the broker's own plugin, without starting an Erlang machine; () when not told."""
    for place in (scripts.parent, *sorted(scripts.parent.glob("lib/rabbitmq_server-*"), reverse=True)):
        for plugin in place.glob("plugins/rabbit-*"):
            if match := re.match(r"rabbit-(\d+)\.(\d+)\.(\d+)", plugin.name):
                return tuple(int(part) for part in match.groups())
    return ()


def _folders(program: str, patterns: Iterable[str]) -> Iterator[Path]:
    on_path = shutil.which(program)
    seen = set()
    places = [Path(on_path).resolve().parent] if on_path else []
    for pattern in patterns:
        places.extend(sorted(Path("/").glob(pattern.removeprefix("/"))))
    for place in places:
        if place not in seen and os.access(place / program, os.X_OK):
            seen.add(place)
            yield place


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 - found above


def engines_or_install(say: Say, log: Path, *, postgres: bool, rabbitmq: bool) -> None:
    """Sees to it that the wanted engines are on this machine; says in words what an administrator has to do."""
    missing = []
    if postgres and postgres_programs() is None:
        missing.append("postgresql")
    if rabbitmq and rabbitmq_programs() is None:
        missing.append("rabbitmq-server")
    if not missing:
        return
    names = " ".join(missing)
    if shutil.which("apt-get") is None:
        raise CannotRun(f"本机没有 {names}，也没有 apt-get。{_by_hand(names)}")
    prefix = _root_prefix()
    if prefix is None:
        raise CannotRun(f"本机没有 {names}；自动安装需要 root 或免密码的 sudo。{_by_hand(names)}")
    say(f"安装 {names}（系统软件包，不启动任何系统服务，约一两分钟，详见 {log}）……")
    descriptor = open_log(log)
    script = Path(__file__).with_name("install-engines.sh")
    try:
        subprocess.run(  # noqa: S603 - the project's own script
            [*prefix, "sh", str(script), *missing],
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            check=False,
        )
    finally:
        os.close(descriptor)
    if (postgres and postgres_programs() is None) or (rabbitmq and rabbitmq_programs() is None):
        raise CannotRun(
            f"安装 {names} 没有成功，或软件源中的版本太旧（需要 PostgreSQL ≥ {OLDEST_POSTGRES}、RabbitMQ ≥ 3.10）。"
            f"{_by_hand(names)}\n详情：{log}，最后几行：\n{log_tail(log)}"
        )


def _root_prefix() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:  # noqa: S603
        return [sudo, "-n"]
    return None


def _by_hand(names: str) -> str:
    return (
        f"请管理员安装（Debian：apt-get install --no-install-recommends {names}），或用环境变量指定现有的服务："
        "LIANJIAN_POSTGRES_URL、LIANJIAN_RABBITMQ_URL、LIANJIAN_RABBITMQ_MANAGEMENT_URL。"
    )
