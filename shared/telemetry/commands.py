"""Commands counted by what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from shared.telemetry.metrics import COMMANDS

ACCEPTED: Final = "accepted"
UNCHANGED: Final = "unchanged"
REPEATED: Final = "repeated"


class Counted:
    """One command under way; `result` says what it came to when it ends without an error."""

    result: str = ACCEPTED


@contextmanager
def counted(category: str, errors: Mapping[type[BaseException], str]) -> Iterator[Counted]:
    """Count one command on an aggregate of `category`; `errors` names what an exception means, else `failed`."""
    command = Counted()
    try:
        yield command
    except BaseException as error:
        command.result = next((word for kind, word in errors.items() if isinstance(error, kind)), "failed")
        raise
    finally:
        COMMANDS.labels(category, command.result).inc()
