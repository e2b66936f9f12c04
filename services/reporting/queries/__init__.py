"""One async function per question; each answers ready JSON bytes with an ETag from one consistent snapshot."""

from services.reporting.queries.activities import Filter, activities
from services.reporting.queries.answers import Answer, NotBuilt
from services.reporting.queries.brand_view import brands
from services.reporting.queries.campaigns import campaigns
from services.reporting.queries.duplicate_answers import duplicates, partner_claims
from services.reporting.queries.figures import counts, report
from services.reporting.queries.joint_view import joint
from services.reporting.queries.obligations import obligations
from services.reporting.queries.overview_answers import branches, overview
from services.reporting.queries.units import units

__all__ = [
    "Answer",
    "Filter",
    "NotBuilt",
    "activities",
    "branches",
    "brands",
    "campaigns",
    "counts",
    "duplicates",
    "joint",
    "obligations",
    "overview",
    "partner_claims",
    "report",
    "units",
]
