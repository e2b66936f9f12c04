"""Members services of two courts without a broker between them: the one asks, the other's answer comes at once."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from services.members import main as members
from services.members.linking import join
from services.members.main import Parts
from shared.acts import at_once
from shared.links.access import LinkAccess
from shared.links.joining import Fits, Message, NotAnswered, Silence
from shared.sealing.key_files import create_signing_key
from tests.component.court import settings_of

START = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
LOWER_NAME = "青岚市云溪区人民法院"
REACHED = {
    "broker_management_url": "http://admin:secret@127.0.0.1:1",
    "broker_public_address": "amqp://upper.invalid:5672/lianjian",
}


@dataclass
class Site:
    """One court's members: `now` is its clock, `upper` whoever answers where it asks, or why nobody does."""

    parts: Parts
    client: httpx.AsyncClient
    folder: Path
    now: datetime = START
    upper: Site | Silence = "unreachable"
    asked: int = 0

    async def ask(self, access: LinkAccess, site: str, sent: Message, fits: Fits) -> Message:
        """What the transport does, without a broker."""
        self.asked += 1
        if not isinstance(self.upper, Site):
            raise NotAnswered(self.upper)
        reply = await join(self.upper.parts.linking, site, sent.body, sent.mac)
        if reply is None or not fits(*reply):
            raise NotAnswered("silent")
        return reply


@asynccontextmanager
async def members_of(postgres: str, folder: Path, **told: Any) -> AsyncIterator[Site]:
    """Migrated and answering HTTP; no role runs, so nothing is sealed and no broker is asked."""
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    token = secrets.token_urlsafe(32)
    (folder / "token").write_text(token)
    for name in ("activities", "reporting"):
        create_signing_key(folder / name)
    async with AsyncExitStack() as stack:
        settings = await stack.enter_async_context(
            settings_of("members", postgres, "amqp://127.0.0.1:1/", folder, **told)
        )
        await members.migrate(settings)
        parts = await stack.enter_async_context(members.built(settings))
        parts.deps = replace(parts.deps, admit=at_once)
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app=members.app(parts)),
                base_url="http://127.0.0.1",
                headers={"Authorization": f"Bearer {token}"},
                timeout=60.0,
            )
        )
        site = Site(parts, client, folder)
        parts.linking = replace(parts.linking, deps=parts.deps, ask=site.ask, clock=lambda: site.now, again_after=0.0)
        yield site


def peer_name() -> str:
    return f"qu{uuid4().hex[:8]}"


def invitation(site: str, **changed: Any) -> dict[str, Any]:
    return {
        "site": site,
        "name": LOWER_NAME,
        "level": "basic",
        "official_order": 3,
        "withheld_families": ["members.membership"],
        "valid_hours": 72,
    } | changed


async def invited(upper: Site, site: str, **changed: Any) -> str:
    """The token of a new invitation."""
    answer = await upper.client.post("/links/invitations", json=invitation(site, **changed))
    assert answer.status_code == 201, answer.text
    word: str = answer.json()["token"]
    return word
