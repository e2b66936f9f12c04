"""A lower site as its reporting knows it: sealed logs in a journal, and the access to an upper site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import SecretStr
from yarl import URL

from shared.broker.delivery import Pace
from shared.contracts.members import SITE_ESTABLISHED
from shared.links.access import LinkAccess
from shared.links.sending import Uplinking
from shared.receiver.receiving import expect
from shared.receiver.trust import trust
from shared.sealing.chain import event_time, first_h
from shared.sealing.control import Head
from shared.sealing.keys import SigningKey
from shared.sealing.note import Seal, sealed
from shared.sealing.origin import Origin, parse_origin
from shared.testing.journal import COLUMNS, Log

LOWER, UPPER, BELOW = "shi99", "sheng9", "ji99"
UPPER_KEY = SigningKey(b"u" * 32)
HURRY = Pace(
    head_every=0.5, head_at_most_every=0.1, resend_after=0.3, look_every=0.1, consumers_every=0.2, refused_every=0.1
)

BRANCH, ATTENDANCE, ACTIVITY = "members.branch", "activities.attendance", "activities.activity"
LINK = "members.link"


def key_of(origin: Origin) -> SigningKey:
    return SigningKey(sha256(f"{origin.site}/{origin.service}".encode()).digest())


def established(site: str) -> dict[str, Any]:
    """The facts that name the first keys of a site."""
    keys = [(service, key_of(Origin(site, service)).public) for service in ("members", "activities", "reporting")]
    return {
        "site": site,
        "name": "某市中级人民法院",
        "level": "intermediate",
        "court_code": None,
        "party_committee_id": "5a6f0a2e-0000-4000-8000-000000000001",
        "signing_keys": [{"service": service, "key_id": key.key_id, "public_key": key.text} for service, key in keys],
    }


@dataclass
class Growing:
    """A log that grows, as its source seals it and reporting keeps it."""

    pool: asyncpg.Pool
    origin: Origin
    log: Log = field(init=False)
    kept: int = 0
    heads: int = 0

    def __post_init__(self) -> None:
        self.log = Log(self.origin.text)

    def add(self, number: int, family: str = BRANCH) -> None:
        for _ in range(number):
            at = len(self.log.rows) + 1
            if at == 1 and self.origin.service == "members":
                self.log.event("site-1", SITE_ESTABLISHED, {"facts": established(self.origin.site)}, "members.site")
                continue
            self.log.event(f"thing-{at}", f"{family}-noted.v1", {"number": at}, family)

    async def keep(self, run: int = 500, hidden: Sequence[int] = ()) -> None:
        """Seal what was added in runs of so many, and keep it in the journal; `hidden` came without contents."""
        rows, first = self.log.rows, self.kept + 1
        async with self.pool.acquire() as connection, connection.transaction():
            await expect(connection, self.origin)
            await trust(connection, self.origin.site, self.origin.service, key_of(self.origin).public, "test")
            for start in range(first, len(rows) + 1, run):
                last = min(start + run - 1, len(rows))
                seal = Seal(self.origin, start, last, self.root(start - 1), rows[last - 1][4], event_time(_at(last)))
                note = sealed(seal, [key_of(self.origin)]).text
                await connection.execute(
                    "insert into runs values ($1, $2, $3, $4)", self.origin.text, start, last, note
                )
            told = [row if row[1] not in hidden else (*row[:5], *([None] * 8)) for row in rows[self.kept :]]
            await connection.copy_records_to_table("journal", records=told, columns=COLUMNS)
            await connection.execute(
                "update receipts set have = $2, h = $3 where origin = $1", self.origin.text, len(rows), rows[-1][4]
            )
            await connection.execute("select pg_notify('journal', $1)", f"{self.origin.text}@{len(rows)}")
        self.kept = len(rows)

    def root(self, position: int) -> bytes:
        found: bytes = self.log.rows[position - 1][4] if position else first_h(self.origin.text)
        return found

    async def head(self) -> tuple[bytes, str]:
        """A later head, as the source signed it."""
        self.heads += 1
        time = _at(self.heads)
        head = Head(self.origin, self.kept, self.root(self.kept), event_time(time))
        signature = key_of(self.origin).sign(head.body).line
        await self.pool.execute(
            "update receipts set head = $2, head_root = $3, head_time = $4, head_body = $5, head_signature = $6"
            " where origin = $1",
            self.origin.text, head.sealed_to, head.root, time, head.body, signature,
        )  # fmt: skip
        return head.body, signature


def _at(seconds: int) -> datetime:
    return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(seconds=seconds)


async def joined(
    pool: asyncpg.Pool,
    parent: str,
    site: str,
    role: str,
    origin: str,
    position: int,
    state: str = "joined",
    withheld: Sequence[str] = (),
) -> None:
    """As the members log of `parent` tells it."""
    await pool.execute(
        "insert into linked_sites (parent, site, role, state, name, level, official_order, withheld, origin, position)"
        " values ($1, $2, $3, $4, '某法院', 'basic', 1, $5, $6, $7)",
        parent, site, role, state, list(withheld), origin, position,
    )  # fmt: skip
    if role == "upper":
        async with pool.acquire() as connection:
            await trust(connection, site, "reporting", UPPER_KEY.public, "test")


def log_of(pool: asyncpg.Pool, origin: str) -> Growing:
    return Growing(pool, parse_origin(origin))


def access_to(broker_url: str, user: str, password: str, state: Any = "joined") -> LinkAccess:
    address = str(URL(broker_url).with_user(None))
    return LinkAccess(
        upper=UPPER, name="某省高级人民法院", address=address, user=user, password=SecretStr(password), ca=None,
        withheld_families=(), state=state,
    )  # fmt: skip


def uplinking(pool: asyncpg.Pool, links: Path, **more: Any) -> Uplinking:
    return Uplinking(pool, LOWER, links, **{"pace": HURRY, "look_at_files_every": 0.1, **more})
