"""What is accepted as a note, a key file, a run: exactly the form, and nothing beside it."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.canonical import canonical_bytes
from shared.receiver.reading import Refused, read_run
from shared.sealing.chain import committed, event_time, first_h, leaf, roots
from shared.sealing.control import BadControl, parse_head, parse_state
from shared.sealing.key_files import KeyFileRefused, create_signing_key, load_public_key, load_signing_key
from shared.sealing.note import BadNote, parse_note
from shared.sealing.origin import Origin, parse_origin
from tests.domain.test_sealing_vectors import VECTORS

TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=40)


@given(TEXT, TEXT, st.integers(1, 2**53 - 1), st.dictionaries(st.from_regex(r"\A[A-Za-z0-9_]{1,8}\Z"), TEXT))
def test_the_committed_object_is_the_canonical_json_of_its_parts(
    stream: str, kind: str, version: int, data: dict[str, str]
) -> None:
    meta = {"actor": {"subject": stream}}
    event_id, time = "4f9d2b64-2f0b-4c8e-8d1e-6f2a3b4c5d01", "2024-02-20T01:30:00.123456Z"
    slow = canonical_bytes(
        {"stream": stream, "version": version, "id": event_id, "type": kind, "time": time, "data": data, "meta": meta}
    )
    assert committed(stream, version, event_id, kind, time, canonical_bytes(data), canonical_bytes(meta)) == slow


def test_the_leaf_hashes_the_canonical_json_of_its_parts() -> None:
    # sha256 of 00 ‖ {"c":"000102…1f","family":"members.site","origin":"shi99/members/log/1","position":7}
    expected = "c17702328d935c991e87a99ecdf1e04c8b628a6308a31e85e2a3086d4112546c"
    assert leaf("shi99/members/log/1", 7, "members.site", bytes(range(32))).hex() == expected


def test_times_are_utc_with_six_digits() -> None:
    assert event_time(datetime(2024, 2, 20, 1, 30, tzinfo=UTC)) == "2024-02-20T01:30:00.000000Z"
    beijing = timezone(timedelta(hours=8))
    assert event_time(datetime(2024, 2, 20, 9, 30, 0, 123456, tzinfo=beijing)) == "2024-02-20T01:30:00.123456Z"


def test_a_changed_moved_or_left_out_event_changes_the_root() -> None:
    entries = [("a.b", bytes([n]) * 32) for n in range(4)]
    root = roots("shi99/members/log/1", first_h("shi99/members/log/1"), 1, entries)[-1]
    changed = [
        [*entries[:3], ("a.c", entries[3][1])],
        [*entries[:3], ("a.b", b"\xff" * 32)],
        [entries[1], entries[0], *entries[2:]],
        entries[1:],
    ]
    for other in changed:
        assert roots("shi99/members/log/1", first_h("shi99/members/log/1"), 1, other)[-1] != root
    assert roots("shi99/members/log/2", first_h("shi99/members/log/2"), 1, entries)[-1] != root


@pytest.mark.parametrize("text", ["shi04/activities/log/1", "shi04/activities/to:shi07/12"])
def test_origins_read_back_as_written(text: str) -> None:
    assert parse_origin(text).text == text


@pytest.mark.parametrize(
    "text",
    ["", "shi04/activities/log", "shi04/activities/log/0", "shi04/activities/log/01", "Shi04/activities/log/1",
     "shi04/activities/to:/1", "shi04/activities/log/1\n", "shi04//log/1", "s/activities/log/1"],
)  # fmt: skip
def test_other_texts_are_no_origins(text: str) -> None:
    with pytest.raises(ValueError, match="is wanted"):
        parse_origin(text)


def test_letters_go_by_another_routing_key_than_the_log() -> None:
    assert Origin("shi04", "activities").routing_key == "shi04.activities.log"
    assert Origin("shi04", "activities", "to:shi07").routing_key == "shi04.activities.to:shi07"


@pytest.mark.parametrize(
    ("line", "text", "field"),
    [
        (0, "lianjian/seal/v2", "format"),
        (1, "shi99/activities", "origin"),
        (2, "0", "first"),
        (2, "01", "first"),
        (2, "4", "last"),
        (3, "9007199254740992", "last"),
        (4, "AB" * 32, "previous root"),
        (5, "ab", "root"),
        (6, "2024-12-31T23:59:59Z", "time"),
        (7, "x", "empty line"),
        (8, "ed25519 0123 AAAA", "signatures"),
        (9, "", "signatures"),
    ],
)
def test_a_note_with_one_wrong_line_is_refused_by_the_name_of_that_line(line: int, text: str, field: str) -> None:
    lines = VECTORS["note"].split("\n")
    lines[line] = text
    with pytest.raises(BadNote) as refused:
        parse_note("\n".join(lines))
    assert refused.value.field == field


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t + "\n", lambda t: t.replace("\n", "\r\n")])
def test_a_note_has_exactly_its_line_ends(change: Any) -> None:
    with pytest.raises(BadNote):
        parse_note(change(VECTORS["note"]))


def test_a_signature_of_an_algorithm_not_known_here_is_carried_along() -> None:
    text = VECTORS["note"] + "sm2 00112233445566ff AAECAwQ=\n"
    assert parse_note(text).text == text


def refusal(change: Any, which: str = "run") -> tuple[str, str]:
    """(reason, problem) after one thing in the vectors' run was changed."""
    elements = json.loads(VECTORS[which])
    headers = {"lianjian-kind": "run", "lianjian-note": VECTORS["note"]}
    elements = change(elements) or elements
    with pytest.raises(Refused) as refused:
        read_run(headers, json.dumps(elements).encode())
    return refused.value.reason, refused.value.problem


def setting(index: int, field: str, value: object) -> Any:
    def change(elements: list[dict[str, Any]]) -> None:
        elements[index][field] = value

    return change


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("specversion", "1.1"),
        ("id", "4F9D2B64-2F0B-4C8E-8D1E-6F2A3B4C5D01"),
        ("source", "shi98/activities/log/1"),
        ("type", ""),
        ("time", "2024-02-30T01:30:00.123456Z"),
        ("time", "2024-02-20T01:30:00Z"),
        ("subject", 7),
        ("streamversion", 0),
        ("streamversion", True),
        ("position", 2),
        ("position", 1.0),
        ("family", "activities"),
        ("salt", "AAECAwQFBgcICQoLDA0O"),
        ("datacontenttype", "text/json"),
        ("data", {"data": {}}),
        ("data", {"data": {"a": 1.5}, "meta": {}}),
        ("data", {"data": {"a b": 1}, "meta": {}}),
        ("data", {"data": {"a": "\0"}, "meta": {}}),
        ("data", {"data": [], "meta": {}}),
        ("extra", "x"),
    ],
)
def test_an_event_of_another_form_is_refused_with_its_position(field: str, value: object) -> None:
    reason, problem = refusal(setting(0, field, value))
    assert reason == "schema"
    assert problem.startswith("position 1")


@pytest.mark.parametrize(
    ("field", "value"),
    [("commitment", "00"), ("id", "shi99/activities/log/1@3"), ("data", {"data": {}, "meta": {}})],
)
def test_a_withheld_event_says_nothing_but_its_place_and_commitment(field: str, value: object) -> None:
    assert refusal(setting(1, field, value), "run_with_one_withheld")[0] == "schema"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("family", "activities.activity_amendment"),
        ("time", "2024-02-20T01:30:00.123457Z"),
        ("streamversion", 2),
        ("subject", "activity-0b0d6c3e-7f0e-5d51-9a1a-0c1f6d1f0a09"),
        ("type", "activities.activity-held.v2"),
        ("salt", "AAECAwQFBgcICQoLDA0OEA=="),
    ],
)
def test_any_other_content_does_not_hash_to_the_signed_root(field: str, value: object) -> None:
    assert refusal(setting(0, field, value))[0] == "chain"


def test_a_run_with_an_event_too_few_or_too_many_is_refused() -> None:
    assert refusal(lambda elements: elements[:2])[0] == "length"
    assert refusal(lambda elements: [*elements, elements[0]])[0] == "length"
    assert refusal(lambda _: {"no": "list"})[0] == "schema"


def test_traceparent_counts_for_nothing() -> None:
    elements = json.loads(VECTORS["run"])
    elements[0]["traceparent"] = "00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-01"
    headers = {"lianjian-kind": "run", "lianjian-note": VECTORS["note"]}
    assert len(read_run(headers, json.dumps(elements).encode()).rows) == 3


def test_heads_and_states_of_another_form_are_refused() -> None:
    head, state = json.loads(VECTORS["head"]["body"]), json.loads(VECTORS["state"]["body"])
    for change in ({"sealed_to": -1}, {"time": "2025"}, {"root": "00"}, {"origin": "x"}, {"more": 1}, {"format": "x"}):
        with pytest.raises(BadControl):
            parse_head(canonical_bytes(head | change))
    for other in ({"have": True}, {"status": "fine"}, {"receiver": "shi99"}, {"more": 1}):
        with pytest.raises(BadControl):
            parse_state(canonical_bytes(state | other))
    with pytest.raises(BadControl):
        parse_head(json.dumps(head).encode())


def test_a_signing_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    assert create_signing_key(keys) is True
    first = load_signing_key(keys).public.raw
    assert create_signing_key(keys) is False
    assert load_signing_key(keys).public.raw == first == load_public_key(keys).raw
    assert stat.S_IMODE((keys / "signing.key").stat().st_mode) == 0o600
    assert len((keys / "signing.key").read_bytes()) == 32
    assert sorted(path.name for path in keys.iterdir()) == ["signing.key", "signing.pub"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_signing_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    create_signing_key(tmp_path)
    (tmp_path / "signing.key").chmod(mode)
    with pytest.raises(KeyFileRefused, match="0600"):
        load_signing_key(tmp_path)


def test_a_missing_or_cut_off_signing_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileRefused, match="missing"):
        load_signing_key(tmp_path)
    create_signing_key(tmp_path)
    (tmp_path / "signing.key").write_bytes(b"short")
    with pytest.raises(KeyFileRefused, match="32 bytes"):
        load_signing_key(tmp_path)
