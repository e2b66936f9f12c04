"""A backup or a restore by a process of its own, to be killed: `python -m tests.faults.backup_site take|restore TOLD`.

TOLD is a JSON file: what `take` or `restore` is to be given.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.backup.taking import take
from tests.component.backups import place_told, put_back


async def live(what: str, told: dict[str, Any]) -> None:
    if what == "take":
        await take(told["config"], Path(told["folder"]), None, print, datetime.now(UTC))
    else:
        await put_back(place_told(told["config"]), Path(told["data"]), Path(told["keys"]), replace=told["replace"])


if __name__ == "__main__":
    asyncio.run(live(sys.argv[1], json.loads(Path(sys.argv[2]).read_text("utf-8"))))
