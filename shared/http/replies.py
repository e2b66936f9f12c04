"""What a route hands back: bytes that are ready, and what the headers say about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from shared.http.positions import Position


@dataclass(frozen=True)
class Reply:
    """One answer. `positions` are what a write appended, `etag` the validator of what is shown."""

    body: bytes
    status: int = 200
    media_type: str = "application/json"
    etag: str | None = None
    positions: tuple[Position, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(
    value: Any,
    *,
    status: int = 200,
    etag: str | None = None,
    positions: tuple[Position, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """The value as JSON."""
    return Reply(orjson.dumps(value), status, etag=etag, positions=positions, headers=headers or {})
