"""The quick look at a run says yes to what our sources write, and to nothing that the careful look would refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.receiver import columns, reading
from shared.receiver.columns import Columns, columns_of
from shared.receiver.reading import read_run
from shared.sealing.chain import event_time, event_times
from shared.sealing.wire import SealedEvent, batch, run_roots, withheld_element
from tests.domain.test_sealing_vectors import VECTORS, sealed_event

BEIJING = timezone(timedelta(hours=8))
ORIGIN = "shi99/activities/log/1"
UUID, TIME = "4f9d2b64-2f0b-4c8e-8d1e-6f2a3b4c5d01", "2024-02-20T01:30:00.123456Z"
HEADERS = {"lianjian-kind": "run", "lianjian-note": VECTORS["note"]}
RUN, WITH_ONE_WITHHELD = VECTORS["run"].encode(), VECTORS["run_with_one_withheld"].encode()
ALL_WITHHELD = batch(
    withheld_element(ORIGIN, event["position"], event["family"], bytes.fromhex(event["commitment"]))
    for event in VECTORS["events"]
)


def look(body: bytes, positions: range = range(1, 4)) -> Columns | None:
    return columns_of(body, ORIGIN, positions)


def compact(elements: Any) -> bytes:
    """As our sources write: no white space, nothing escaped that need not be."""
    return json.dumps(elements, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize("body", [RUN, WITH_ONE_WITHHELD, ALL_WITHHELD], ids=["in full", "one withheld", "withheld"])
def test_what_our_sources_write_is_looked_at_quickly_and_reads_as_carefully(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert look(body) is not None
    quickly = read_run(HEADERS, body).rows
    monkeypatch.setattr(reading, "columns_of", lambda *_: None)
    assert quickly == read_run(HEADERS, body).rows


def test_other_bytes_of_the_same_batch_are_left_to_the_careful_look_and_read_as_well() -> None:
    spaced = json.dumps(json.loads(RUN)).encode()
    assert look(spaced) is None
    assert read_run(HEADERS, spaced).rows == read_run(HEADERS, RUN).rows


def test_a_traceparent_does_not_make_the_look_slower() -> None:
    elements = json.loads(RUN)
    content = elements[0].pop("data")
    elements[0] |= {"traceparent": "00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-01", "data": content}
    assert look(compact(elements)) == look(RUN)


@pytest.mark.parametrize(
    "first",
    [
        b'{"a":1,"b":1.5}',
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'{"a b":1}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\u0000"}',
        b'{"a":9007199254740992}',
        b'{"a":-0}',
        b'{"a":1e2}',
        b'{"a":"\xff"}',
        b'{"a":' + b"[" * 128 + b"]" * 128 + b"}",
        b'{"a":1}}',
        b'["a"]',
        b"{},{}",
        b"1",
        b"",
    ],
)
@pytest.mark.parametrize("field", ["data", "meta"])
def test_a_content_that_is_no_canonical_object_is_left_to_the_careful_look(first: bytes, field: str) -> None:
    event = json.loads(RUN)[0]
    whole = compact(event["data"][field])
    assert RUN.count(b'"%b":%b' % (field.encode(), whole)) == 1
    assert look(RUN.replace(b'"%b":%b' % (field.encode(), whole), b'"%b":%b' % (field.encode(), first))) is None


def change(index: int, attribute: str, value: object) -> Callable[[list[dict[str, Any]]], None]:
    return lambda elements: elements[index].update({attribute: value})


@pytest.mark.parametrize(
    "changed",
    [
        change(0, "traceparent", {"nested": 1}),
        change(0, "extra", "x"),
        change(0, "logposition", 1),
        change(0, "specversion", "1.1"),
        change(0, "source", "shi98/activities/log/1"),
        change(0, "datacontenttype", "text/json"),
        change(0, "position", 2),
        change(0, "position", True),
        change(0, "streamversion", 0),
        change(0, "streamversion", True),
        change(0, "streamversion", 2**53),
        change(0, "id", "4F9D2B64-2F0B-4C8E-8D1E-6F2A3B4C5D01"),
        change(0, "id", f"{UUID}\n{UUID}"),
        change(0, "id", ["x"]),
        change(0, "time", "2024-02-30T01:30:00.123456Z"),
        change(0, "time", "2024-02-20T01:30:00.1234567"),
        change(0, "time", f"{TIME}\n{TIME}"),
        change(0, "family", "activities"),
        change(0, "type", ""),
        change(0, "subject", "x" * 256),
        change(0, "subject", "\0"),
        change(0, "salt", "AAECAwQFBgcICQoLDA0O"),
        change(0, "salt", "AAECAwQFBgcICQoLDA0O\n==="),
        change(0, "salt", "A" * 24),
        change(0, "data", 0),
        change(0, "data", {"data": {}}),
        change(0, "data", {"data": {}, "meta": {}, "more": {}}),
        change(1, "id", "shi99/activities/log/1@3"),
        change(1, "specversion", "1.1"),
        change(1, "source", "shi98/activities/log/1"),
        change(1, "position", 2.0),
        change(1, "position", 3),
        change(1, "extra", "x"),
        change(1, "family", "activities"),
        change(1, "commitment", "AB" * 32),
        change(1, "commitment", "ab" * 31 + " a"),
        change(1, "data", {"data": {}, "meta": {}}),
        lambda elements: elements.pop(),
        lambda elements: elements.append(elements[0]),
        lambda elements: elements.append([]),
    ],
)
def test_an_event_of_another_form_is_left_to_the_careful_look(changed: Callable[[list[dict[str, Any]]], Any]) -> None:
    elements = json.loads(WITH_ONE_WITHHELD)
    assert look(compact(elements)) is not None
    changed(elements)
    assert look(compact(elements)) is None


def test_what_is_no_batch_of_whole_events_is_left_to_the_careful_look() -> None:
    content = RUN[RUN.index(b',"data":{"data":') : RUN.index(b"}}},{") + 3]
    assert content.startswith(b',"data":{"data":{')
    assert content.endswith(b"}}}")
    # A content inside a text, inside another object, twice, or beside what looks as if it had been cut out.
    in_text = RUN.replace(b'"time":"', b'"time":"' + content, 1)
    in_object = RUN.replace(content, b',"traceparent":{"a":1' + content + b',"data":0}', 1)
    in_data = RUN.replace(content, b',"data":{"a":1' + content + b"}", 1)
    twice = RUN.replace(content, content + content, 1)
    assert json.loads(in_object)[0]["traceparent"]["data"].keys() == {"data", "meta"}
    for body in (in_text, in_object, in_data, twice, b"", b"[]", b"[1]", RUN[:-1], RUN + b"]", RUN[1:], b"\xff" + RUN):
        assert look(body) is None


def test_the_roots_of_a_run_are_those_of_the_vectors() -> None:
    run: list[SealedEvent] = [sealed_event(event) for event in VECTORS["events"]]
    assert [h.hex() for h in run_roots(ORIGIN, bytes.fromhex(VECTORS["h0"]), run)] == [
        event["h"] for event in VECTORS["events"]
    ]


MOMENTS = st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30), timezones=st.sampled_from([UTC, BEIJING]))


@given(st.lists(MOMENTS, max_size=5))
def test_many_times_are_written_as_each_of_them(times: list[datetime]) -> None:
    assert event_times(times) == [event_time(time) for time in times]


def test_a_whole_second_has_six_digits_too() -> None:
    given_times = [datetime(2024, 2, 20, 1, 30, tzinfo=UTC), datetime(2024, 2, 20, 1, 30, 0, 120, tzinfo=UTC)]
    assert event_times(given_times) == ["2024-02-20T01:30:00.000000Z", "2024-02-20T01:30:00.000120Z"]


def test_what_stands_for_a_content_is_not_taken_from_the_body() -> None:
    shown = b'{"subject":{"x":1,"data":{"data":{},"meta":{}}},"subject":"s","data":{"data":{},"meta":{}}}'
    twice = b"[" + shown + b',{"a":1,"data":0}]'
    with pytest.raises(ValueError, match="already"):
        columns._apart(twice)
