import uuid
from typing import Any

import asyncpg
import pytest

from shared.eventstore import ANY, Append, EventStore, NewEvent
from shared.eventstore.form import written
from tests.integration.eventstore.given import META, event


@pytest.fixture
def store(store_pool: asyncpg.Pool) -> EventStore:
    return EventStore(store_pool)


def _new(**changes: Any) -> NewEvent:
    return NewEvent(**{"type": "t.v1", "data": {}, "meta": META} | changes)


_LARGE = 256 * 1024 - len('{"t":""}') - len("{}")


@pytest.mark.parametrize(
    ("appends", "error", "named"),
    [
        (Append("a-1", 0, []), TypeError, "appends"),
        ([("a-1", 0, [])], TypeError, r"appends\[0\]"),
        ([Append("a-1", 0, [{}])], TypeError, r"events\[0\]"),  # type: ignore[list-item]  # what callers do
        ([Append("a-1", 0, _new())], TypeError, "events"),  # type: ignore[arg-type]  # what callers do
        ([Append("", 0, [])], ValueError, r"appends\[0\].stream"),
        ([Append("x" * 256, 0, [])], ValueError, "stream"),
        ([Append("a\0", 0, [])], ValueError, "stream"),
        ([Append("a\ud800", 0, [])], ValueError, "stream"),
        ([Append(7, 0, [])], TypeError, "stream"),  # type: ignore[arg-type]  # what callers do
        ([Append("a-1", -1, [])], ValueError, "expected_version"),
        ([Append("a-1", 2**63, [])], ValueError, "expected_version"),
        ([Append("a-1", True, [])], TypeError, "expected_version"),
        ([Append("a-1", None, [])], TypeError, "expected_version"),  # type: ignore[arg-type]  # what callers do
        ([Append("a-1", 0, []), Append("a-1", 0, [])], ValueError, "twice"),
        ([Append("a-1", 0, [_new(type="")])], ValueError, r"events\[0\].type"),
        ([Append("a-1", 0, [_new(type="t" * 256)])], ValueError, "type"),
        ([Append("a-1", 0, [_new(data=[])])], TypeError, "data"),
        ([Append("a-1", 0, [_new(data={"a": {"b": 0.5}})])], TypeError, r"events\[0\].data: \$\.a\.b"),
        ([Append("a-1", 0, [_new(meta={"a": "\0"})])], ValueError, r"events\[0\].meta: \$\.a"),
        ([Append("a-1", 0, [_new(event_id="x")])], TypeError, "event_id"),
        (
            [Append("a-1", 0, [_new(event_id=uuid.UUID(int=5)), _new(event_id=uuid.UUID(int=5))])],
            ValueError,
            "event_id",
        ),
        ([Append("a-1", 0, [_new(data={"t": "x" * (_LARGE + 1)}, meta={})])], ValueError, "262144"),
    ],
)
def test_what_has_no_form_is_refused_by_name(appends: Any, error: type[Exception], named: str) -> None:
    with pytest.raises(error, match=named):
        written(appends, None, "", None, None)


@pytest.mark.parametrize("command_id", ["", "x" * 256, "a\0", 7])
def test_a_command_id_is_text_or_a_uuid(command_id: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="command_id"):
        written([Append("a-1", 0, [event()])], command_id, "", None, None)


async def test_the_largest_and_longest_are_stored(store: EventStore) -> None:
    large = NewEvent("类" * 255, {"t": "x" * _LARGE}, {})
    await store.append([Append("流" * 255, ANY, [large])], "令" * 255)
    [read] = await store.read_stream("流" * 255)
    assert (read.type, len(read.data["t"])) == ("类" * 255, _LARGE)


async def test_a_bad_append_harms_none_of_its_neighbours(store: EventStore) -> None:
    with pytest.raises(ValueError, match="text contains NUL"):
        await store.append([Append("a-1", 0, [event()]), Append("b-1", 0, [event("\0")])])
    assert (await store.append([Append("a-1", 0, [event()])])).positions == [1]


@pytest.mark.parametrize(
    ("asked", "error", "named"),
    [
        ({"limit": -1}, ValueError, "limit"),
        ({"limit": 2**63}, ValueError, "limit"),
        ({"limit": "10"}, TypeError, "limit"),
        ({"limit": 1.5}, TypeError, "limit"),
        ({"limit": True}, TypeError, "limit"),
        ({"after": 2**63}, ValueError, "after"),
        ({"after": -(2**63) - 1}, ValueError, "after"),
        ({"after": None}, TypeError, "after"),
        ({"after": "1"}, TypeError, "after"),
    ],
)
async def test_a_read_that_cannot_be_is_refused_by_the_name_of_its_argument(
    store: EventStore, asked: dict[str, Any], error: type[Exception], named: str
) -> None:
    with pytest.raises(error, match=f"^{named}: "):
        await store.read_all(**asked)
    with pytest.raises(error, match=f"^{named}: "):
        await store.read_stream("a-1", **asked)
    with pytest.raises(error, match=f"^{named}: "):
        await store.read_raw(**{"after": 0, "limit": 1} | asked)


async def test_a_read_of_nothing_and_one_after_the_last_possible_are_empty(store: EventStore) -> None:
    await store.append([Append("a-1", 0, [event()])])
    assert await store.read_all(limit=0) == []
    assert await store.read_stream("a-1", after=2**63 - 1) == []
    assert len(await store.read_stream("a-1", limit=None)) == 1
    assert len(await store.read_all(after=-1)) == 1
