"""Everything reporting projects from its journal."""

from typing import Final

from services.reporting.projections.activities import ACTIVITIES, EXPLANATIONS
from services.reporting.projections.brands import BRANDS
from services.reporting.projections.cross_court import CROSS_COURT
from services.reporting.projections.joint import JOINT
from services.reporting.projections.links import LINKS
from services.reporting.projections.periods import PERIODS
from services.reporting.projections.units import MEMBERS, UNITS
from shared.projection import Projection

PROJECTIONS: Final[tuple[Projection, ...]] = (
    *(UNITS, MEMBERS, ACTIVITIES, EXPLANATIONS, JOINT, BRANDS),
    *(LINKS, PERIODS, CROSS_COURT),
)

__all__ = [
    "ACTIVITIES",
    "BRANDS",
    "CROSS_COURT",
    "EXPLANATIONS",
    "JOINT",
    "LINKS",
    "MEMBERS",
    "PERIODS",
    "PROJECTIONS",
    "UNITS",
]
