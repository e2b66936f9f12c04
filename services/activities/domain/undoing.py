"""How an import run is taken back: for each kind of aggregate, the command that leads to the state before."""

from __future__ import annotations

from typing import Any, Final

from services.activities.domain.activity import UndoActivity
from services.activities.domain.brand_record import UndoBrand
from services.activities.domain.campaign import UndoCampaign
from services.activities.domain.honour import UndoHonour
from services.activities.domain.joint_agreement import UndoJointAgreement
from services.activities.domain.joint_problem import UndoJointProblem
from services.activities.domain.main_brand import UndoMainBrand
from services.activities.domain.partner import UndoPartner
from services.activities.domain.party_plus_project import UndoProject

UNDO: Final[dict[str, type[Any]]] = {
    "activity": UndoActivity,
    "partner": UndoPartner,
    "joint_agreement": UndoJointAgreement,
    "joint_problem": UndoJointProblem,
    "brand": UndoBrand,
    "main_brand": UndoMainBrand,
    "party_plus_project": UndoProject,
    "campaign": UndoCampaign,
    "honour": UndoHonour,
}
"""By category of the stream, the command class; it is given `before`, the state before the run's first event.

Its events lead from the present state to that one. `Rejected("undo_not_possible")` where no events could.
"""

NOTHING_TO_UNDO: Final = frozenset({"obligation", "outside_person"})
"""Kinds of aggregates whose events stay: they count nowhere by themselves."""
