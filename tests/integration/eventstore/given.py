"""Short words for the tests of the event store."""

from typing import Any
from uuid import UUID

from shared.eventstore import NewEvent

META = {"actor": {"organisation": "shi99", "role": "operator", "subject": "tester"}}


def event(text: str = "held", event_id: UUID | None = None, **data: Any) -> NewEvent:
    """An event whose data says `text`."""
    return NewEvent("tests.happened.v1", {"text": text, **data}, META, event_id)


def events(count: int) -> list[NewEvent]:
    return [event(f"event {number}") for number in range(1, count + 1)]
