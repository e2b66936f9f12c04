"""How an import run is taken back: for each kind of aggregate, the command that leads to the state before."""

from __future__ import annotations

from typing import Any, Final

UNDO: Final[dict[str, type[Any]]] = {}
"""By category of the stream, the command class; it is given `before`, the state before the run's first event.

Its events lead from the present state to that one. `Rejected("undo_not_possible")` where no events could.
"""

NOTHING_TO_UNDO: Final = frozenset({"obligation", "outside_person"})
"""Kinds of aggregates whose events stay: they count nowhere by themselves."""
