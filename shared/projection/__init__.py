"""Projections: tables that answer questions, filled set-wise from the journal, rebuilt beside, never patched."""

from shared.projection.batch import CursorMoved, apply_batch, catch_up
from shared.projection.compare import Difference, compare
from shared.projection.definition import Projection, guarded_upsert
from shared.projection.rebuild import Progress, Rebuilt, ensure_built, rebuild
from shared.projection.role import project_role
from shared.projection.schema import cursors
from shared.projection.status import Lag, Status, projected, status

__all__ = [
    "CursorMoved",
    "Difference",
    "Lag",
    "Progress",
    "Projection",
    "Rebuilt",
    "Status",
    "apply_batch",
    "catch_up",
    "compare",
    "cursors",
    "ensure_built",
    "guarded_upsert",
    "project_role",
    "projected",
    "rebuild",
    "status",
]
