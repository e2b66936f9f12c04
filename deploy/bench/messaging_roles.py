"""The roles of the messaging bench, a process each as in service: `relay` or `journal`, then two URLs.

`publish` is the reference's sender: two URLs, the queue, the position after which it sends all there is.
"""

import asyncio
import gc
import signal
import sys
from typing import Final

import aio_pika
import asyncpg
import uvloop

from services.reporting.journal import JOURNAL
from shared.eventstore import EventStore
from shared.receiver.consuming import Consuming, consume_role
from shared.receiver.trust import signers_in
from shared.relay import Relaying, relay_role
from shared.sealer import FreshRuns, Sealing, seal_role, sealed_events
from shared.sealing.keys import SigningKey
from shared.sealing.origin import Origin
from shared.sealing.wire import element

SOURCE_KEY: Final = SigningKey(b"bench source key of 32 bytes ...")
RECEIVER_KEY: Final = SigningKey(b"bench receiver key of 32 bytes .")
ORIGIN: Final = Origin("shi99", "activities")
UNDER_WAY: Final = 500


def family_of(_: str) -> str:
    return "activities.activity"


async def _relay(database: str, broker: str, stop: asyncio.Event) -> None:
    fresh = FreshRuns()
    async with asyncpg.create_pool(database, min_size=1, max_size=8) as pool:
        await asyncio.gather(
            seal_role(Sealing(pool, ORIGIN, SOURCE_KEY, family_of, fresh=fresh), stop),
            relay_role(Relaying(pool, broker, ORIGIN, SOURCE_KEY, family_of, signers_in(pool), fresh=fresh), stop),
        )


async def _journal(database: str, broker: str, stop: asyncio.Event) -> None:
    async with asyncpg.create_pool(database, min_size=1, max_size=4) as pool:
        consuming = Consuming(pool, broker, "shi99", "reporting", RECEIVER_KEY, ("activities",), JOURNAL)
        await consume_role(consuming, stop)


async def _publish(database: str, broker: str, queue: str, after: int) -> None:
    async with asyncpg.create_pool(database, min_size=1, max_size=1) as pool, await aio_pika.connect(broker) as link:
        exchange = (await link.channel(publisher_confirms=True)).default_exchange
        print("ready", flush=True)  # noqa: T201 - the bench waits for it, and then says when to begin
        await asyncio.to_thread(sys.stdin.readline)
        while events := await EventStore(pool).read_raw(after, UNDER_WAY):
            bodies = [element(ORIGIN.text, event) for event in sealed_events(events, family_of)]
            persistent = aio_pika.DeliveryMode.PERSISTENT
            messages = [aio_pika.Message(body, delivery_mode=persistent) for body in bodies]
            await asyncio.gather(*(exchange.publish(message, queue) for message in messages))
            after = events[-1].position


async def _main(role: str, database: str, broker: str, queue: str = "", after: str = "0") -> None:
    if role == "publish":
        await _publish(database, broker, queue, int(after))
        return
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await (_relay if role == "relay" else _journal)(database, broker, stop)


if __name__ == "__main__":
    gc.freeze()  # as shared.process does for every service
    uvloop.run(_main(*sys.argv[1:]))
