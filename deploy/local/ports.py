"""Loopback ports: chosen once, kept in `var/`, chosen anew only when something else took them.

A port is free for a while between its choice and the day its server listens. Meanwhile it is this process's by a name
in the kernel's list of abstract sockets, which every run on this machine asks first, and which ends with the process.
"""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Sequence
from pathlib import Path

from deploy.local.found import Say
from deploy.local.places import make_private, owner_name, read_json, write_json

# Below the range the kernel hands out to outgoing connections, so that a kept port stays free while we are down.
LOWEST, HIGHEST = 20000, 32000
FIRST_PAGE = 8710
PAGES = 10
# Names from when a working copy ran one court.
FORMER = ("members", "activities", "reporting")

_LISTENING = "0A"
_reserved: dict[int, socket.socket] = {}


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def reserve(port: int) -> bool:
    """Whether the port is this process's until it ends: no other run on this machine has it, and nobody listens."""
    if port in _reserved:
        return is_free(port)
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0lianjian-port-{port}")
    except OSError:
        name.close()
        return False
    if not is_free(port):
        name.close()
        return False
    _reserved[port] = name
    return True


def choose(taken: set[int]) -> int:
    """A port in our range, none of `taken`, reserved."""
    while True:
        port = random.randint(LOWEST, HIGHEST)  # noqa: S311 - nothing secret about a port
        if port not in taken and reserve(port):
            return port


def kept_ports(file: Path, names: Sequence[str], say: Say) -> dict[str, int]:
    """A reserved port for each name: the kept one where it is free, else a new one, which is said and kept."""
    kept = read_json(file)
    ports: dict[str, int] = {str(k): int(v) for k, v in kept.items()} if isinstance(kept, dict) else {}
    for former in FORMER:
        ports.pop(former, None)
    for name in names:
        others = {port for other, port in ports.items() if other != name}
        before = ports.get(name)
        wished = ([] if before is None else [before]) + (_pages() if name.endswith("reporting") else [])
        ports[name] = next((port for port in wished if port not in others and reserve(port)), 0) or choose(others)
        if before is not None and before != ports[name]:
            say(f"{name} 的端口 {before} 已被占用：{listener(before)}；改用 {ports[name]}")
    make_private(file.parent)
    write_json(file, ports)
    return {name: ports[name] for name in names}


def _pages() -> list[int]:
    """Where courts' pages are found, one beside the other."""
    return list(range(FIRST_PAGE, FIRST_PAGE + PAGES))


def listener(port: int) -> str:
    """Who listens on the port, in words; of other users' processes only root sees which it is."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    if not sockets:
        return "由本机另一进程，或另一次正在启动的运行"
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(str(opened.readlink()) in sockets for opened in (process / "fd").iterdir()):
                program, folder = (process / "comm").read_text().strip(), (process / "cwd").readlink()
                return f"进程 {process.name}（{program}，目录 {folder}，用户 {owner_name(process)}）"
    return "其他用户的进程"


def _inodes(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    found.add(fields[9])
    return found
