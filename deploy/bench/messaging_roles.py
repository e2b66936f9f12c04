"""The roles of the messaging bench, a process each as in service: `relay` or `journal`, then two URLs."""

import asyncio
import gc
import signal
import sys
from typing import Final

import asyncpg
import uvloop

from services.reporting.journal import JOURNAL
from shared.receiver.consuming import Consuming, consume_role
from shared.receiver.trust import signers_in
from shared.relay import Relaying, relay_role
from shared.sealer import FreshRuns, Sealing, seal_role
from shared.sealing.keys import SigningKey
from shared.sealing.origin import Origin

SOURCE_KEY: Final = SigningKey(b"bench source key of 32 bytes ...")
RECEIVER_KEY: Final = SigningKey(b"bench receiver key of 32 bytes .")
ORIGIN: Final = Origin("shi99", "activities")


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


async def _main(role: str, database: str, broker: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await (_relay if role == "relay" else _journal)(database, broker, stop)


if __name__ == "__main__":
    gc.freeze()  # as shared.process does for every service
    uvloop.run(_main(*sys.argv[1:4]))
