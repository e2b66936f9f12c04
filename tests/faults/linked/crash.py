"""The processes of both sites dying at every named place while a backlog flows."""

from __future__ import annotations

from typing import Final

from shared import crash
from tests.faults.linked.scenarios import Play, process_dies_at
from tests.faults.linked.sites import LOWER, UPPER

_UPPER: Final = (
    crash.AFTER_JOURNAL_COMMIT,
    crash.BEFORE_PROJECTION_COMMIT,
    crash.AFTER_PROJECTION_COMMIT,
)
_LOWER: Final = (
    crash.BEFORE_BATCH_SEND,
    crash.AFTER_BATCH_COMMIT,
    crash.BEFORE_SEAL,
    crash.AFTER_SEAL,
    crash.AFTER_PUBLISH,
    crash.AFTER_JOURNAL_COMMIT,
    crash.BEFORE_PROJECTION_COMMIT,
    crash.AFTER_PROJECTION_COMMIT,
)

DYING: Final[dict[str, Play]] = {
    **{f"upper-dies-{point}": process_dies_at(UPPER, point) for point in _UPPER},
    **{f"lower-dies-{point}": process_dies_at(LOWER, point) for point in _LOWER},
}
