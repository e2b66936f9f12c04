"""What the routes of `reporting` need, whoever builds it."""

from __future__ import annotations

from typing import Protocol

import asyncpg

from shared.own_keys import OwnKeys


class Parts(Protocol):
    """`address` is where a browser finds this service; a head older than `head_max_age_seconds` is an outage."""

    @property
    def site(self) -> str: ...

    @property
    def site_name(self) -> str: ...

    @property
    def pool(self) -> asyncpg.Pool: ...

    @property
    def address(self) -> str: ...

    @property
    def head_max_age_seconds(self) -> int: ...

    @property
    def own_keys(self) -> OwnKeys: ...
