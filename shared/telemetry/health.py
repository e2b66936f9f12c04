"""What is alive and what is not, for `/health/ready`, the metrics and `lianjian status`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.telemetry.metrics import ROLE_ALIVE, ROLE_RESTARTS

Check = Callable[[], Awaitable[str | None]]
"""None where all is well, else what is wrong, in words without personal data."""

CHECK_SECONDS = 2.0


@dataclass
class RoleState:
    """One role of this process. A role that failed stays `alive = False` until it has run again for a while."""

    alive: bool = False
    since: float = field(default_factory=time.time)
    restarts: int = 0
    last_error: str | None = None


@dataclass
class Health:
    """The roles of this process by name."""

    roles: dict[str, RoleState] = field(default_factory=dict)

    def started(self, role: str) -> None:
        """The role runs."""
        state = self.roles.setdefault(role, RoleState())
        state.alive, state.since = True, time.time()
        ROLE_ALIVE.labels(role).set(1)

    def died(self, role: str, error: str) -> None:
        """The role ended though nobody asked it to; `error` names the class of the failure."""
        state = self.roles.setdefault(role, RoleState())
        state.alive, state.since, state.last_error = False, time.time(), error
        state.restarts += 1
        ROLE_ALIVE.labels(role).set(0)
        ROLE_RESTARTS.labels(role).inc()

    def as_json(self) -> dict[str, Any]:
        """Each role with its state."""
        return {
            name: {
                "alive": state.alive,
                "seconds": round(time.time() - state.since),
                "restarts": state.restarts,
                "last_error": state.last_error,
            }
            for name, state in self.roles.items()
        }


async def readiness(health: Health, checks: Mapping[str, Check]) -> dict[str, str]:
    """What is wrong, by name; empty when ready."""
    wrong = {
        f"role {name}": state.last_error or "not started" for name, state in health.roles.items() if not state.alive
    }
    return wrong | await found_by(checks)


async def found_by(checks: Mapping[str, Check]) -> dict[str, str]:
    """What the checks find wrong, by name."""
    found = await asyncio.gather(*(_found(check) for check in checks.values()))
    return {name: wrong for name, wrong in zip(checks, found, strict=True) if wrong is not None}


async def _found(check: Check) -> str | None:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except TimeoutError:
        return "no answer in time"
    except Exception as error:
        return type(error).__name__
