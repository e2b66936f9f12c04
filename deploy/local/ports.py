"""Loopback ports: chosen once, kept in `var/`, chosen anew only when something else took them."""

from __future__ import annotations

import random
import socket
from collections.abc import Sequence
from pathlib import Path

from deploy.local.places import make_private, read_json, write_json

# Below the range the kernel hands out to outgoing connections, so that a kept port stays free while we are down.
LOWEST, HIGHEST = 20000, 32000
FIRST_PAGE = 8710
PAGES = 10
# Names from when a working copy ran one court.
FORMER = ("members", "activities", "reporting")


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose(taken: set[int]) -> int:
    """A free port in our range, none of `taken`."""
    while True:
        port = random.randint(LOWEST, HIGHEST)  # noqa: S311 - nothing secret about a port
        if port not in taken and is_free(port):
            return port


def kept_ports(file: Path, names: Sequence[str]) -> dict[str, int]:
    """A port for each name: the kept one where it is free, else a new one; the choice is kept."""
    kept = read_json(file)
    ports: dict[str, int] = {str(k): int(v) for k, v in kept.items()} if isinstance(kept, dict) else {}
    for former in FORMER:
        ports.pop(former, None)
    for name in names:
        others = {port for other, port in ports.items() if other != name}
        wished = [ports[name]] if name in ports else _pages() if name.endswith("reporting") else []
        ports[name] = next((port for port in wished if port not in others and is_free(port)), 0) or choose(others)
    make_private(file.parent)
    write_json(file, ports)
    return {name: ports[name] for name in names}


def _pages() -> list[int]:
    """Where courts' pages are found, one beside the other."""
    return list(range(FIRST_PAGE, FIRST_PAGE + PAGES))
