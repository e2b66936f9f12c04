"""The mark of a restored log: it may lack what an upper site has signed for, until that was compared or given up."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

FILE: Final = "restored"


def mark_restored(directory: Path, epoch: int) -> None:
    """The log of the service whose keys lie here came out of a backup, in its `epoch`."""
    draft = directory / f".{FILE}.{os.getpid()}"
    draft.write_text(f"{epoch}\n", "ascii")
    draft.chmod(0o600)
    draft.replace(directory / FILE)


def restored_epoch(directory: Path) -> int | None:
    """The epoch in which the log came back; None if it did not."""
    try:
        return int((directory / FILE).read_text("ascii"))
    except FileNotFoundError:
        return None


def clear_restored(directory: Path) -> None:
    """The log is known to lack nothing, or has gone on in another epoch."""
    (directory / FILE).unlink(missing_ok=True)
