"""`python -m deploy.bundle [folder]`: the program, its wheels and the engines' packages in one folder.

`make run` works from a copy of that folder with the network gone: `deploy/local/bootstrap.sh` and
`install-engines.sh` take what they need from `bundle/` inside it, after its checksums have been seen to be right.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.local.places import CHECKOUT
from deploy.local.problems import CannotRun

FOLDER: Final = CHECKOUT / "dist" / "lianjian"
IMAGES: Final = ("lianjian", "lianjian-gateway", "lianjian-rabbitmq")
PACKAGES: Final = ("postgresql", "rabbitmq-server", "python3", "python3-venv", "make", "ca-certificates")
_NOT_COPIED: Final = shutil.ignore_patterns(
    "var", ".venv", "dist", "build", ".git", "__pycache__", "*.egg-info", ".*_cache"
)


def bundle(folder: Path) -> None:
    """Make the folder anew; `CannotRun` says what is missing."""
    if folder.exists() and any(folder.iterdir()) and not (folder / "bundle" / "SHA256SUMS").exists():
        raise CannotRun(f"{folder} 里有别的文件；请另写一个目录，例：make bundle TO=另一个目录")
    shutil.rmtree(folder, ignore_errors=True)
    _say(f"复制程序到 {folder}……")
    copy_source(folder)
    inside = folder / "bundle"
    inside.mkdir()
    _say("下载锁定的 Python 软件包……")
    fetch_wheels(folder, inside / "wheels")
    has_packages, has_images = fetch_packages(inside / "debs"), save_images(inside / "images")
    if not (has_packages or has_images):
        _say("注意：本机既没有 apt-get 也没有 docker，其中不含 PostgreSQL 和 RabbitMQ；目标机器上须已装好。")
    (inside / "README.md").write_text(readme(has_packages=has_packages, has_images=has_images), "utf-8")
    (inside / "SHA256SUMS").write_text(checksums(inside), "utf-8")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    _say(f"完成：{folder}，共 {size / 2**20:.0f} MiB。整个目录拷到目标机器，进入后 make run。")


def copy_source(folder: Path) -> None:
    """What is checked in, or everything but data where there is no git."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, check=False)  # noqa: S607
    if listed.returncode != 0 or not listed.stdout:
        shutil.copytree(CHECKOUT, folder, ignore=_NOT_COPIED)
        return
    for name in listed.stdout.decode().rstrip("\0").split("\0"):
        source = CHECKOUT / name
        if source.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)


def fetch_wheels(program: Path, folder: Path) -> None:
    """The locked dependencies by hash, and the project itself."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    lock = str(program / "requirements.txt")
    _run([*pip, "download", "--only-binary", ":all:", "--require-hashes", "-r", lock, "-d", str(folder)])
    with tempfile.TemporaryDirectory() as built:
        # Building leaves its traces beside the source: beside a copy of it.
        source = Path(built) / "lianjian"
        shutil.copytree(program, source, ignore=lambda at, _: ["bundle"] if Path(at) == program else [])
        _run([*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(folder), str(source)])


def fetch_packages(folder: Path) -> bool:
    """The engines' Debian packages with all they depend on, as if nothing were installed here; False without apt."""
    if shutil.which("apt-get") is None:
        return False
    _say("下载 PostgreSQL、RabbitMQ 及其依赖的系统软件包……")
    (folder / "partial").mkdir(parents=True)
    nothing = folder / "status"
    nothing.touch()
    options = {
        "Dir::State::status": nothing,
        "Dir::Cache::archives": folder,
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "",
        "Debug::NoLocking": "true",
    }
    told = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    _run(["apt-get", *told, "-q", "-y", "--download-only", "install", *PACKAGES])
    shutil.rmtree(folder / "partial")
    nothing.unlink()
    (folder / "lock").unlink(missing_ok=True)
    (folder / "Packages").write_text("\n".join(_entry(deb) for deb in sorted(folder.glob("*.deb"))), "utf-8")
    return True


def _entry(deb: Path) -> str:
    """What apt wants to know of a package."""
    # A version with an epoch has a colon, which the file's name writes as %3a: apt would take it back.
    plain = deb.rename(deb.with_name(deb.name.replace("%3a", ".")))
    control = subprocess.run(["dpkg-deb", "-f", str(plain)], capture_output=True, text=True, check=True).stdout  # noqa: S603, S607
    return f"{control.rstrip()}\nFilename: ./{plain.name}\nSize: {plain.stat().st_size}\nSHA256: {digest(plain)}\n"


def save_images(folder: Path) -> bool:
    """The images of the compose file, where docker runs here."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "info"], capture_output=True, check=False).returncode != 0:  # noqa: S603
        return False
    _say("构建并导出容器镜像……")
    folder.mkdir()
    compose = [docker, "compose", "-f", str(CHECKOUT / "docker-compose.yml")]
    _run([*compose, "build"])
    _run([*compose, "pull", "--ignore-buildable"])
    listed = subprocess.run([*compose, "config", "--images"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    _run([docker, "save", "-o", str(folder / "images.tar"), *sorted(set(listed.split()))])
    return True


def checksums(folder: Path) -> str:
    """In the form of `sha256sum`, names relative to the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    return "".join(f"{digest(path)}  {path.relative_to(folder)}\n" for path in files)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def readme(*, has_packages: bool, has_images: bool) -> str:
    """What is in it, for whom, and what to type."""
    python, platform = f"{sys.version_info.major}.{sys.version_info.minor}", sysconfig.get_platform()
    engines = "系统软件包（debs/，含全部依赖，Debian/Ubuntu，需要 root 或 sudo）" if has_packages else "不含系统软件包"
    images = "；容器镜像（images/images.tar）：docker load -i bundle/images/images.tar" if has_images else ""
    return (
        "# 离线安装\n\n"
        f"在没有网络的机器上：把整个目录拷过去，进入目录，`make run`（Python {python}，{platform}）。\n\n"
        f"- wheels/：锁定的 Python 软件包和本程序\n- {engines}{images}\n"
        "- SHA256SUMS：每次安装前自动核对；自行核对：`cd bundle && sha256sum -c SHA256SUMS`\n\n"
        "连 make 和 python3 也没有的机器，先以 root 执行："
        "`sh deploy/bundle/apt-get.sh install --no-install-recommends make python3 python3-venv`\n\n"
        "详见 docs/how-to/offline-bundle.md。\n"
    )


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise CannotRun(f"没有成功：{' '.join(command[:4])}……\n{(done.stderr or done.stdout)[-1500:]}")


def _say(text: str) -> None:
    sys.stdout.write(f"· {text}\n")
    sys.stdout.flush()


def main() -> int:
    try:
        bundle(Path(os.environ.get("TO") or FOLDER).expanduser().resolve())
    except CannotRun as reason:
        sys.stderr.write(f"错误：{reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
