"""What the routes of `reporting` need, whoever builds it."""

from __future__ import annotations

from typing import Protocol

import asyncpg


class Parts(Protocol):
    """`address` is where a browser finds this service."""

    @property
    def site(self) -> str: ...

    @property
    def site_name(self) -> str: ...

    @property
    def pool(self) -> asyncpg.Pool: ...

    @property
    def address(self) -> str: ...
