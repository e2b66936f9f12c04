"""The reference documents that are made from the code: `python -m deploy.cli.documents` writes them anew.

A test compares them with the checked-in copies, so that an interface never changes unseen.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from services.activities.main import ROUTERS as ACTIVITIES
from services.members.main import ROUTERS as MEMBERS
from services.reporting.main import ROUTERS as REPORTING
from shared.broker.asyncapi import asyncapi_document
from shared.http.application import routed

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "reference"
_ROUTERS: Final = {"activities": ACTIVITIES, "members": MEMBERS, "reporting": REPORTING}


def _openapi(service: str) -> Callable[[], dict[str, Any]]:
    def document() -> dict[str, Any]:
        found: dict[str, Any] = routed(service, _ROUTERS[service]).state.openapi()
        return found

    return document


def _asyncapi(service: str) -> Callable[[], dict[str, Any]]:
    return lambda: asyncio.run(asyncapi_document(service))


DOCUMENTS: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    **{f"openapi-{service}.json": _openapi(service) for service in _ROUTERS},
    **{f"asyncapi-{service}.json": _asyncapi(service) for service in _ROUTERS},
}


def written(name: str) -> str:
    """The document as it is checked in."""
    return json.dumps(DOCUMENTS[name](), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def main() -> None:
    """Writes all documents."""
    for name in DOCUMENTS:
        (FOLDER / name).write_text(written(name), encoding="utf-8")


if __name__ == "__main__":
    main()
