"""One declared route: what `routing` collects and `handling` answers."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from shared.http.replies import Reply
from shared.identity.access import Requirement

Handler = Callable[..., Awaitable[Reply]]
Page = Callable[[str, int], Reply]


@dataclass(frozen=True)
class Route:
    """One declared route; `body` is the model of its JSON body, if it takes one."""

    method: str
    path: str
    handler: Handler
    requires: Requirement | None
    summary: str
    status: int
    body: type[BaseModel] | None
    takes: Mapping[str, inspect.Parameter]
    raw_body: str | None
    conditional: bool
    strangers: Page | None
