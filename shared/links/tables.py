"""The tables of links, which reporting alone has: they follow from the logs in its journal."""

from __future__ import annotations

from pathlib import Path
from typing import Final

LINKS: Final = (Path(__file__).parent / "migrations", "links")
"""Migrations of the tree of linked sites, and of what is sent up and received from below."""
