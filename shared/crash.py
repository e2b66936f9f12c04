"""Named places where a process can be made to die, to prove that nothing is lost there."""

import os
import signal
from typing import Final

BEFORE_BATCH_SEND: Final = "eventstore.before-batch-send"
AFTER_BATCH_COMMIT: Final = "eventstore.after-batch-commit"
BEFORE_SEAL: Final = "sealer.before-seal"
AFTER_SEAL: Final = "sealer.after-seal"
AFTER_PUBLISH: Final = "relay.after-publish"
AFTER_JOURNAL_COMMIT: Final = "journal.after-commit"
AFTER_REPLICA_COMMIT: Final = "replica.after-commit"
BEFORE_PROJECTION_COMMIT: Final = "projection.before-commit"
AFTER_PROJECTION_COMMIT: Final = "projection.after-commit"

_crash_at = os.environ.get("CRASH_AT")


def crash_points() -> list[str]:
    """The names of all crash points: the constants of this module, so that a test can walk them."""
    return sorted(value for name, value in globals().items() if name.isupper() and not name.startswith("_"))


def crash_point(name: str) -> None:
    """Kill this process, as kill -9 would, if the environment variable CRASH_AT names this point."""
    if name == _crash_at:
        os.kill(os.getpid(), signal.SIGKILL)
