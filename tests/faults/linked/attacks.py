"""What a lower site must not be able to deliver, though it is signed with real keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import aio_pika

from shared.canonical import canonical_bytes
from shared.contracts.families import SITE
from shared.contracts.members import SITE_ESTABLISHED
from shared.links.topology import inbound_exchange
from shared.sealing.chain import event_time, first_h, roots
from shared.sealing.note import Seal, sealed
from shared.sealing.origin import Origin
from shared.sealing.wire import BATCH_TYPE, KIND, NOTE, SealedEvent, batch, element
from tests.faults.linked.scenarios import Play, Scale, both, quiet
from tests.faults.linked.sites import LOWER, OTHER, UPPER, established, key_of, meta
from tests.faults.linked.world import World, until

_FAMILY: Final = "members.branch"
_KIND: Final = "members.branch-established.v1"


def forged_run(site: str, events: int, saying: str) -> tuple[dict[str, str], bytes]:
    """A run of positions 1 to `events` of a site's members log, in perfect order, signed with the site's own key."""
    origin, now = Origin(site, "members"), event_time(datetime.now(UTC))
    made = [_event(site, position, now, saying) for position in range(1, events + 1)]
    root = roots(origin.text, first_h(origin.text), 1, ((event.family, event.commitment) for event in made))[-1]
    note = sealed(Seal(origin, 1, events, first_h(origin.text), root, now), [key_of(site, "members")])
    return {KIND: "run", NOTE: note.text}, batch(element(origin.text, event) for event in made)


def _event(site: str, position: int, now: str, saying: str) -> SealedEvent:
    family, kind, data = _FAMILY, _KIND, {"facts": {"name": saying}}
    if position == 1:
        family, kind, data = SITE.name, SITE_ESTABLISHED, established(site).model_dump(mode="json")
    return SealedEvent(
        position, family, bytes(16), f"branch-{uuid5(NAMESPACE_URL, f'forged {position}')}", 1,
        str(uuid5(NAMESPACE_URL, f"forged event {position}")), kind, now, canonical_bytes(data),
        canonical_bytes(meta(f"forged {position}", site)),
    )  # fmt: skip


async def delivered(world: World, headers: dict[str, str], body: bytes) -> None:
    """Put a message where only the lower site's own user could have put it."""
    connection = await aio_pika.connect(world.engines.nodes[UPPER].url())
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(inbound_exchange(LOWER), ensure=False)
        message = aio_pika.Message(body, headers=headers, content_type=BATCH_TYPE, delivery_mode=2)  # type: ignore[arg-type]
        await exchange.publish(message, "")


def attack(site: str, reason: str) -> Play:
    """A forged run of `site` over the lower site's link; it must be refused for `reason` and the link suspended."""

    async def play(world: World, scale: Scale, plant: str | None) -> None:
        await both(world, plant)
        await world.written(scale.some)
        await quiet(world)
        world.expected_suspension = reason
        await delivered(world, *forged_run(site, 2, "从未有过的党支部"))

        async def is_suspended() -> bool:
            return await world.suspension() is not None

        try:
            await until(is_suspended, 15, "the suspension")
        except TimeoutError:
            return  # the check says that it was awaited

    return play


ATTACKS: Final[dict[str, Play]] = {
    "attack-foreign-origin": attack(OTHER, "subtree"),
    "attack-own-origin": attack(UPPER, "subtree"),
    "attack-rewritten-past": attack(LOWER, "fork"),
}
