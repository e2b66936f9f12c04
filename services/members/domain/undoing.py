"""How an import run is taken back: for each kind of aggregate, the command that leads to the state before."""

from __future__ import annotations

from typing import Any, Final

from services.members.domain.branch import UndoBranch
from services.members.domain.person import UndoPerson

UNDO: Final[dict[str, type[Any]]] = {"branch": UndoBranch, "person": UndoPerson}
"""By category of the stream, the command class; it is given `before`, the state before the run's first event."""
