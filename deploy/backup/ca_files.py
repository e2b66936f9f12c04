"""The CA of the court's own broker with its key: it vouches for the broker as signing keys do for logs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from deploy.backup.archive import Archive
from deploy.backup.link_files import OWNER
from deploy.local.places import make_private, write_private
from shared.links.certificates import CA_FILE, CA_KEY_FILE, RESTORED, own_ca


def ca_folder(config: Mapping[str, Any]) -> Path | None:
    """Where it lies: beside `ca_file` of `var/lianjian.json`."""
    return Path(config["ca_file"]).parent if config.get("ca_file") else None


def ca_files(config: Mapping[str, Any]) -> dict[str, bytes]:
    """By file name; nothing where the broker's CA is somebody else's."""
    folder = ca_folder(config)
    return {} if folder is None else own_ca(folder)


def ca_held_as(name: str) -> str:
    """The name of a file inside the bundle."""
    return f"{OWNER}/ca/{name}"


def put_back_ca(folder: Path | None, keys: Archive, say: Callable[[str], None]) -> None:
    """Lay the CA of the bundle beside the one that a new machine has made itself; the next start takes it over."""
    if folder is None or not keys.manifest.services[OWNER].ca_files:
        return
    present, former = own_ca(folder), {name: keys.content(ca_held_as(name)) for name in (CA_KEY_FILE, CA_FILE)}
    if present and present != former:
        say("下次启动改用备份中的 CA：它是下级法院所信的。备份之后如因失窃换过 CA，请在启动后再换一次。")
        for name, content in former.items():
            write_private(make_private(folder / RESTORED) / name, content.decode("ascii"))
