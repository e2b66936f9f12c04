"""A process that works off the oldest run of a service's database: `python -m … URL KEYDIR`."""

import asyncio
import sys
from pathlib import Path

import asyncpg

from shared.ledgers.importing import work_once
from tests.integration.imports.given import members_imports


async def main(url: str, key_dir: Path) -> None:
    async with asyncpg.create_pool(url, min_size=1, max_size=4) as pool:
        await work_once(members_imports(pool, key_dir))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
