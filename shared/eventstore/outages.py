"""Which errors say nothing about what was asked, only that PostgreSQL could not answer now."""

import asyncpg

_OUTAGES = (
    OSError,  # refused, reset, timed out
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # backend or server shut down, starting up, query cancelled
    asyncpg.TooManyConnectionsError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InternalClientError,
)


def is_outage(error: BaseException, pool: asyncpg.Pool) -> bool:
    """True if the same call may succeed when made again; its outcome is then unknown."""
    if isinstance(error, _OUTAGES):
        return True
    # asyncpg says "connection is closed" with this class; a bad argument is one too, and a ValueError.
    closed = isinstance(error, asyncpg.InterfaceError) and not isinstance(error, ValueError)
    return closed and not pool.is_closing()
