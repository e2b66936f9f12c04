"""What the two sites are: keys, first events, the statement both signed, and the description a process is given."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import asyncpg

from services.activities.main import SCHEMA as ACTIVITIES
from services.members.main import SCHEMA as MEMBERS
from services.reporting.main import SCHEMA as REPORTING
from shared.contracts.links import SITE_JOINED, LinkStatement, SiteJoined, SiteKeys
from shared.contracts.members import SITE_ESTABLISHED, SigningKey, SiteEstablished, SiteFacts
from shared.contracts.values import Level, Value
from shared.eventstore import ANY, Append, EventStore, NewEvent
from shared.links.statement import sign_statement
from shared.migrations import migrate
from shared.sealing import keys

UPPER: Final = "shi04"
LOWER: Final = "ji0401"
OTHER: Final = "ji0402"
SERVICES: Final = ("members", "activities", "reporting")
PRIVATE: Final = frozenset({"members.person", "activities.attendance"})

_SCHEMAS: Final = {"members": MEMBERS, "activities": ACTIVITIES, "reporting": REPORTING}
_COURTS: Final[dict[str, tuple[str, Level]]] = {
    UPPER: ("青岚市中级人民法院", "intermediate"),
    LOWER: ("青岚市云溪区人民法院", "basic"),
    OTHER: ("青岚市石桥县人民法院", "basic"),
}


@dataclass(frozen=True)
class SiteConfig:
    """Everything one process is told. `accepted` is the folder of the commands that were answered."""

    site: str
    databases: dict[str, str]
    broker_url: str
    links: str
    accepted: str
    management_url: str | None = None

    def written(self, folder: Path) -> Path:
        """As a file that a process can be given."""
        path = folder / f"{self.site}.json"
        path.write_text(json.dumps(asdict(self)))
        return path


def read_config(path: str) -> SiteConfig:
    return SiteConfig(**json.loads(Path(path).read_text()))


def key_of(site: str, service: str) -> keys.SigningKey:
    """Always the same, so that every process of a site has it."""
    return keys.SigningKey(f"{site}/{service}".encode().ljust(keys.SEED_BYTES, b"."))


def site_keys(site: str) -> SiteKeys:
    name, level = _COURTS[site]
    named = [(service, key_of(site, service).public) for service in SERVICES]
    signing = tuple(SigningKey(service=service, key_id=key.key_id, public_key=key.text) for service, key in named)
    return SiteKeys(site=site, name=name, level=level, court_code=None, keys=signing)


def established(site: str) -> SiteEstablished:
    """The first event of a site."""
    own = site_keys(site)
    facts = SiteFacts(
        site=site, name=own.name, level=own.level, court_code=None,
        party_committee_id=str(uuid5(NAMESPACE_URL, f"committee of {site}")), signing_keys=own.keys,
    )  # fmt: skip
    return SiteEstablished(facts=facts)


def statement() -> LinkStatement:
    """Nothing but private families is withheld."""
    return LinkStatement(
        invitation_id=str(uuid5(NAMESPACE_URL, "invitation")),
        upper=site_keys(UPPER),
        lower=site_keys(LOWER),
        withheld_families=(),
    )


def meta(command: str, site: str) -> dict[str, Any]:
    return {
        "actor": {"subject": "operator", "role": "operator", "organisation": site},
        "source": {"kind": "setup"},
        "command_id": command,
        "correlation": command,
    }


async def install(database: str, service: str) -> None:
    """The schema of a service, as its own `migrate` makes it."""
    connection = await asyncpg.connect(database)
    try:
        for directory, scope in _SCHEMAS[service]:
            await migrate(connection, directory, scope)
    finally:
        await connection.close()


async def establish(database: str, site: str) -> None:
    """The first events of the log of `members`: whose deployment this is, and the link."""
    both = statement()
    joined = SiteJoined(
        peer=LOWER if site == UPPER else UPPER,
        role="lower" if site == UPPER else "upper",
        statement=both,
        upper_signature=sign_statement(both, key_of(UPPER, "members")),
        lower_signature=sign_statement(both, key_of(LOWER, "members")),
        official_order=1 if site == UPPER else None,
    )
    async with asyncpg.create_pool(database, min_size=1, max_size=2) as pool:
        store = EventStore(pool)
        await _append(store, site, f"site-{uuid5(NAMESPACE_URL, site)}", SITE_ESTABLISHED, established(site))
        await _append(store, site, f"link-{uuid5(NAMESPACE_URL, 'link')}", SITE_JOINED, joined)


async def _append(store: EventStore, site: str, stream: str, kind: str, event: Value) -> None:
    new = NewEvent(kind, event.model_dump(mode="json"), meta(f"{kind} of {site}", site))
    await store.append([Append(stream, ANY, [new])], f"{kind} of {site}")
