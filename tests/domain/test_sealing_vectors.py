"""The seal format against its test vectors, and the vectors against a second, straightforward implementation."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.receiver.reading import read_run
from shared.sealing.chain import first_h, leaf, letter_leaf, next_h
from shared.sealing.control import is_signed, parse_head, parse_state
from shared.sealing.keys import SigningKey
from shared.sealing.note import Seal, parse_note, sealed
from shared.sealing.origin import parse_origin
from shared.sealing.wire import SealedEvent, batch, element, withheld_element

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "golden" / "sealing" / "vectors.json").read_text("utf-8")
)


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def commitment_by_hand(event: dict[str, Any]) -> bytes:
    content = {name: event[name] for name in ("stream", "version", "id", "type", "time", "data", "meta")}
    return sha256(bytes.fromhex(event["salt"]) + canonical(content))


def leaf_by_hand(origin: str, position: int, family: str, c: bytes) -> bytes:
    return sha256(b"\x00" + canonical({"origin": origin, "position": position, "family": family, "c": c.hex()}))


def signatures_by_hand(note: str) -> list[tuple[str, bytes]]:
    """(key id, signature) of each line, after the signature over the bytes up to the empty line was checked."""
    signed, _, lines = note.partition("\n\n")
    found = []
    for line in lines.splitlines():
        algorithm, key_id, value = line.split(" ")
        assert algorithm == "ed25519"
        key = next(key for key in VECTORS["keys"] if key["key_id"] == key_id)
        public = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key["seed"])).public_key()
        public.verify(b64decode(value), (signed + "\n\n").encode())
        found.append((key_id, b64decode(value)))
    return found


def sealed_event(event: dict[str, Any], position: int | None = None) -> SealedEvent:
    return SealedEvent(
        position or event["position"],
        event["family"],
        bytes.fromhex(event["salt"]),
        event["stream"],
        event["version"],
        event["id"],
        event["type"],
        event["time"],
        canonical(event["data"]),
        canonical(event["meta"]),
    )


def test_key_ids_are_the_first_half_of_the_hash_of_the_raw_public_key() -> None:
    for key in VECTORS["keys"]:
        raw = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key["seed"])).public_key().public_bytes_raw()
        assert raw.hex() == key["public"]
        assert sha256(raw).hex()[:16] == key["key_id"]
        assert SigningKey(bytes.fromhex(key["seed"])).public.key_id == key["key_id"]


def test_the_chain_of_the_vectors_is_what_the_format_says() -> None:
    origin = VECTORS["origin"]
    h = sha256(b"\x02" + origin.encode())
    assert h.hex() == VECTORS["h0"]
    for event in VECTORS["events"]:
        c = commitment_by_hand(event)
        this_leaf = leaf_by_hand(origin, event["position"], event["family"], c)
        h = sha256(b"\x01" + h + this_leaf)
        assert (c.hex(), this_leaf.hex(), h.hex()) == (event["commitment"], event["leaf"], event["h"])


def test_our_chain_is_that_of_the_vectors() -> None:
    origin = VECTORS["origin"]
    h = first_h(origin)
    for event in VECTORS["events"]:
        c = sealed_event(event).commitment
        assert c.hex() == event["commitment"]
        h = next_h(h, leaf(origin, event["position"], event["family"], c))
        assert h.hex() == event["h"]


def test_the_note_is_signed_by_both_keys_over_the_lines_up_to_the_empty_one() -> None:
    lines = VECTORS["note"].split("\n")
    last = VECTORS["events"][-1]
    assert lines[:8] == [
        "lianjian/seal/v1",
        "shi99/activities/log/1",
        "1",
        "3",
        VECTORS["h0"],
        last["h"],
        "2024-12-31T23:59:59.500000Z",
        "",
    ]
    assert [key_id for key_id, _ in signatures_by_hand(VECTORS["note"])] == [
        key["key_id"] for key in VECTORS["keys"][:2]
    ]


def test_our_note_is_that_of_the_vectors_and_reads_back_to_the_byte() -> None:
    keys = [SigningKey(bytes.fromhex(key["seed"])) for key in VECTORS["keys"][:2]]
    seal = Seal(
        parse_origin("shi99/activities/log/1"),
        1,
        3,
        bytes.fromhex(VECTORS["h0"]),
        bytes.fromhex(VECTORS["events"][-1]["h"]),
        "2024-12-31T23:59:59.500000Z",
    )
    assert sealed(seal, keys).text == VECTORS["note"]
    note = parse_note(VECTORS["note"])
    assert note.text == VECTORS["note"]
    assert note.is_signed_by([keys[1].public])
    assert not note.is_signed_by([SigningKey(b"s" * 32).public])


def test_runs_have_the_bytes_of_the_vectors() -> None:
    origin, events = VECTORS["origin"], VECTORS["events"]
    elements = [element(origin, sealed_event(event)) for event in events]
    assert batch(elements).decode() == VECTORS["run"]
    elements[1] = withheld_element(origin, 2, events[1]["family"], bytes.fromhex(events[1]["commitment"]))
    assert batch(elements).decode() == VECTORS["run_with_one_withheld"]


@pytest.mark.parametrize("which", ["run", "run_with_one_withheld"])
def test_a_run_reads_back_and_hashes_to_its_root_with_and_without_the_withheld_content(which: str) -> None:
    headers = {"lianjian-kind": "run", "lianjian-note": VECTORS["note"]}
    rows = read_run(headers, VECTORS[which].encode()).rows
    assert [row.h.hex() for row in rows] == [event["h"] for event in VECTORS["events"]]
    assert [row.c.hex() for row in rows] == [event["commitment"] for event in VECTORS["events"]]
    assert (rows[1].data is None) == (which == "run_with_one_withheld")


def test_the_opening_fits_the_commitment_of_the_withheld_event() -> None:
    opened = json.loads(VECTORS["opening_of_the_withheld"])[0]
    withheld = json.loads(VECTORS["run_with_one_withheld"])[1]
    content = {
        "stream": opened["subject"],
        "version": opened["streamversion"],
        "id": opened["id"],
        "type": opened["type"],
        "time": opened["time"],
        "data": opened["data"]["data"],
        "meta": opened["data"]["meta"],
    }
    assert sha256(b64decode(opened["salt"]) + canonical(content)).hex() == withheld["commitment"]
    assert withheld.keys() == {"specversion", "id", "source", "type", "position", "family", "commitment"}


def test_a_letter_points_at_its_place_in_the_log() -> None:
    letter, event = VECTORS["letter"], VECTORS["events"][2]
    h0 = sha256(b"\x02" + letter["origin"].encode())
    by_hand = sha256(
        b"\x03" + canonical({"origin": letter["origin"], "position": 1, "log_position": 3, "log_leaf": event["leaf"]})
    )
    assert (h0.hex(), by_hand.hex()) == (letter["h0"], letter["leaf"])
    assert sha256(b"\x01" + h0 + by_hand).hex() == letter["h"]
    assert letter_leaf(letter["origin"], 1, 3, bytes.fromhex(event["leaf"])) == by_hand
    signatures_by_hand(letter["note"])
    rows = read_run({"lianjian-kind": "run", "lianjian-note": letter["note"]}, letter["run"].encode()).rows
    assert rows[0].h.hex() == letter["h"]


def test_heads_and_states_are_canonical_json_with_a_signature_line_over_it() -> None:
    keys = [SigningKey(bytes.fromhex(key["seed"])).public for key in VECTORS["keys"]]
    for which, key in (("head", keys[0]), ("state", keys[2])):
        body, line = VECTORS[which]["body"].encode(), VECTORS[which]["signature"]
        assert canonical(json.loads(body)) == body
        assert is_signed(body, line, key)
        assert not is_signed(body + b" ", line, key)
    assert parse_head(VECTORS["head"]["body"].encode()).body.decode() == VECTORS["head"]["body"]
    assert parse_state(VECTORS["state"]["body"].encode()).body.decode() == VECTORS["state"]["body"]


def test_every_event_on_the_wire_is_a_cloudevent_1_0() -> None:
    for event in json.loads(VECTORS["run_with_one_withheld"]):
        read = JSONFormat().read(CloudEvent, json.dumps(event))
        assert read.get_specversion() == "1.0"
        assert read.get_extension("position") == event["position"]


def test_a_signature_of_another_key_under_a_known_name_does_not_verify() -> None:
    lines = VECTORS["note"].split("\n")
    algorithm, key_id, value = lines[8].split(" ")
    forged = b64encode(bytes([b64decode(value)[0] ^ 1]) + b64decode(value)[1:]).decode()
    lines[8:10] = [f"{algorithm} {key_id} {forged}"]
    with pytest.raises(InvalidSignature):
        signatures_by_hand("\n".join(lines))
    note = parse_note("\n".join(lines))
    assert not note.is_signed_by([SigningKey(bytes.fromhex(VECTORS["keys"][0]["seed"])).public])
