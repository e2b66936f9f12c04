"""What the routes of `members` need, whoever builds it."""

from __future__ import annotations

from typing import Protocol

import asyncpg

from services.members.linking import Linking
from shared.acts import CommandDeps


class Parts(Protocol):
    """`site` is the root of the organisation paths, `deps` the command path's, `linking` what joining needs."""

    @property
    def site(self) -> str: ...

    @property
    def pool(self) -> asyncpg.Pool: ...

    @property
    def deps(self) -> CommandDeps: ...

    @property
    def linking(self) -> Linking: ...
