"""How a browser comes in: a ticket that works once becomes a server-side session behind an HttpOnly cookie."""

from __future__ import annotations

import secrets

import asyncpg

from shared.identity.tokens import token_hash
from shared.meta import Actor

TICKET_MINUTES = 10
SESSION_SECONDS = 12 * 60 * 60


def cookie_of(site: str) -> str:
    """A cookie's name: browsers tell hosts apart, not ports, and several sites may be on one host."""
    return f"lianjian_session_{site}"


async def issue_ticket(pool: asyncpg.Pool, actor: Actor) -> str:
    """A ticket that turns one browser into this actor, once, within ten minutes."""
    ticket = secrets.token_urlsafe(32)
    await pool.execute(
        "INSERT INTO browser_tickets (ticket_hash, subject, role, organisation, expires_at)"
        " VALUES ($1, $2, $3, $4, now() + make_interval(mins => $5))",
        token_hash(ticket),
        actor.subject,
        actor.role,
        actor.organisation,
        TICKET_MINUTES,
    )
    return ticket


async def redeem_ticket(pool: asyncpg.Pool, ticket: str) -> str | None:
    """The name of a new session for this ticket; None where it was used, is too old or never was."""
    session = secrets.token_urlsafe(32)
    made = await pool.fetchval(
        "WITH used AS (DELETE FROM browser_tickets WHERE ticket_hash = $1"
        " RETURNING subject, role, organisation, expires_at)"
        " INSERT INTO browser_sessions (session_hash, subject, role, organisation, expires_at)"
        " SELECT $2, subject, role, organisation, now() + make_interval(secs => $3) FROM used"
        " WHERE expires_at > now() RETURNING true",
        token_hash(ticket),
        token_hash(session),
        float(SESSION_SECONDS),
    )
    return session if made else None


async def session_actor(pool: asyncpg.Pool, session: str) -> Actor | None:
    """Whose session it is; None where it has ended."""
    row = await pool.fetchrow(
        "SELECT subject, role, organisation FROM browser_sessions WHERE session_hash = $1 AND expires_at > now()",
        token_hash(session),
    )
    return None if row is None else Actor.model_validate(dict(row))


async def remove_expired(pool: asyncpg.Pool) -> int:
    """Removes tickets, sessions and tokens whose time is over; how many went."""
    removed = 0
    for table in ("browser_tickets", "browser_sessions", "access_tokens"):
        status = await pool.execute(f"DELETE FROM {table} WHERE expires_at <= now()")  # noqa: S608 - fixed names
        removed += int(status.rsplit(" ", 1)[-1])
    return removed
