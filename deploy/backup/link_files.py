"""The access to upper courts (`<upper>.link.json`): it holds a password, so it lies in the key bundle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from deploy.backup.archive import Archive
from deploy.local.places import make_private, write_private
from shared.links.access import SUFFIX, read_access

OWNER: Final = "members"
"""The service in whose part of the bundle the files lie: it writes them."""


def link_folder(config: Mapping[str, Any]) -> Path:
    """Where they lie: `link_dir` of `var/lianjian.json`, else `links` beside the key folders."""
    named = config.get("link_dir")
    return Path(named) if named else Path(config["key_dirs"][OWNER]).parent / "links"


def link_files(folder: Path) -> dict[str, bytes]:
    """Those that can be read as such, by file name."""
    return {f"{upper}{SUFFIX}": (folder / f"{upper}{SUFFIX}").read_bytes() for upper in read_access(folder)}


def held_as(name: str) -> str:
    """The name of a file inside the bundle."""
    return f"{OWNER}/links/{name}"


def put_back_links(folder: Path, keys: Archive) -> None:
    """Those of the bundle that are not there. One that led to its court already is younger and stays."""
    joined = {f"{upper}{SUFFIX}" for upper, one in read_access(folder).items() if one.state == "joined"}
    for name in keys.manifest.services[OWNER].link_files:
        if name not in joined:
            write_private(make_private(folder) / name, keys.content(held_as(name)).decode())
