"""What every page stands in: the court, how far and how completely it was read, the templates."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from services.reporting.page import words
from services.reporting.page.periods import period_words
from services.reporting.page.strips import WORDS, list_link, view_link
from services.reporting.queries.answers import completeness
from services.reporting.queries.court_tree import has_lower_courts
from services.reporting.queries.units import court_of
from shared.business_day import CHINA
from shared.contracts.kinds import LABELS
from shared.projection.schema import Connection
from shared.rules.packs import LAYER_WORDS

_CONNECTED_WITHIN: Final = 60.0
_LOGS: Final = {"members": "组织与党员", "activities": "活动"}


async def frame(connection: Connection, site: str, site_name: str, as_of: date, now: datetime) -> dict[str, Any]:
    """What `frame.html` needs; `now` only for the age of the links."""
    court = await court_of(connection, site)
    origins = await completeness(connection, site)
    for origin in origins:
        seen = None if origin["head_time"] is None else datetime.fromisoformat(origin["head_time"])
        origin["what"] = _LOGS.get(origin["origin"].split("/")[1], origin["origin"])
        origin["connected"] = seen is not None and (now - seen).total_seconds() < _CONNECTED_WITHIN
        origin["sealed_at"] = None if seen is None else f"{seen.astimezone(CHINA):%Y-%m-%d %H:%M}"
    return {
        "court": site_name if court is None else court.name,
        "as_of": as_of,
        "origins": origins,
        "has_lower": await has_lower_courts(connection, site),
        "read_at": f"{now.astimezone(CHINA):%Y-%m-%d %H:%M}",
    }


@cache
def templates() -> Environment:
    """The environment of all pages; a name that is missing is an error."""
    found = Environment(
        loader=PackageLoader("services.reporting.page"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals.update(label=LABELS, words=WORDS, layers=LAYER_WORDS, link=list_link, term=words, view=view_link)
    found.filters["period"] = period_words
    found.filters["thin"] = lambda number: f"{number:,}".replace(",", "\u2009")
    return found
