"""Bearer tokens: rows of `access_tokens`, found by their hash. The operator's is one of them, nothing more."""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import dataclass, field

import asyncpg

from shared.meta import Actor

KEPT_SECONDS = 5.0
_KEPT_MOST = 1_000
_FORM = re.compile(r"[A-Za-z0-9_\-]{32,255}")


def token_hash(token: str) -> bytes:
    """SHA-256: enough for a random token of 256 bits, which nobody can guess from its hash."""
    return hashlib.sha256(token.encode()).digest()


@dataclass
class Tokens:
    """Looks tokens up; a found one is remembered for five seconds, so revoking one takes that long."""

    pool: asyncpg.Pool
    _kept: dict[bytes, tuple[float, Actor]] = field(default_factory=dict)

    async def actor(self, token: str) -> Actor | None:
        """Who holds the token; None where it is unknown, expired or no token at all."""
        if not _FORM.fullmatch(token):
            return None
        hashed, now = token_hash(token), time.monotonic()
        kept = self._kept.get(hashed)
        if kept is not None and now - kept[0] < KEPT_SECONDS:
            return kept[1]
        found = await _find(self.pool, hashed)
        if found is None:
            self._kept.pop(hashed, None)
            return None
        if len(self._kept) >= _KEPT_MOST:
            self._kept.clear()
        self._kept[hashed] = (now, found)
        return found


async def _find(pool: asyncpg.Pool, hashed: bytes) -> Actor | None:
    row = await pool.fetchrow(
        "SELECT subject, role, organisation FROM access_tokens"
        " WHERE token_hash = $1 AND (expires_at IS NULL OR expires_at > now())",
        hashed,
    )
    return None if row is None else Actor.model_validate(dict(row))


async def enter_token(connection: asyncpg.Connection, token: str, actor: Actor) -> None:
    """Makes `token` the one with which this subject comes in; an older token of the same subject ends."""
    if not _FORM.fullmatch(token):
        raise ValueError("a token is 32 to 255 letters, digits, - or _")
    async with connection.transaction():
        await connection.execute(
            "DELETE FROM access_tokens WHERE subject = $1 AND token_hash <> $2", actor.subject, token_hash(token)
        )
        await connection.execute(
            "INSERT INTO access_tokens (token_hash, subject, role, organisation) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (token_hash) DO UPDATE SET subject = excluded.subject, role = excluded.role,"
            " organisation = excluded.organisation, expires_at = NULL",
            token_hash(token),
            actor.subject,
            actor.role,
            actor.organisation,
        )
