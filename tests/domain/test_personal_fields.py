"""Personal values are encrypted for one field of one event, under the key of a person or of a record."""

from base64 import b64decode
from hashlib import sha256
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.activities.domain.facts import Absence, Attendance, AttendanceRecorded
from services.activities.domain.outside_person import OutsidePersonRegistered
from shared.contracts.personal import FORGOTTEN
from shared.personal.fields import keys_to_seal, opened, seal
from shared.personal.keyed_hash import keyed_hash, request_hash
from shared.personal.sealed import Unreadable, open_value, seal_value

EVENT = UUID("11111111-2222-4333-8444-555555555555")
OTHER_EVENT = UUID("11111111-2222-4333-8444-555555555556")
PERSON = "0b6f7c52-6d0e-4d39-8a35-9c1f20e4a102"
RECORD = "5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7d01"
KEY = bytes(range(32))

# The vector of docs/decisions/0006-personal-data.md.
VECTOR = {
    "enc": "A256GCM",
    "key": f"person:{PERSON}",
    "iv": "AAECAwQFBgcICQoL",
    "ct": "ZeV+kC1aXv488LWwEa/YIsQjAlZ0bjHRjLgy",
}


def test_the_test_vector_of_the_decision_record_is_what_is_written() -> None:
    assert seal_value("程远山", f"person:{PERSON}", KEY, EVENT, "/name", bytes(range(12))) == VECTOR


def test_the_associated_data_are_event_id_slash_pointer_with_its_leading_slash() -> None:
    bound_to = b"11111111-2222-4333-8444-555555555555//name"
    clear = AESGCM(KEY).decrypt(bytes(range(12)), b64decode(VECTOR["ct"]), bound_to)
    assert clear == '"程远山"'.encode()


def test_a_value_does_not_open_in_another_event_or_another_field() -> None:
    assert open_value(VECTOR, KEY, EVENT, "/name") == "程远山"
    with pytest.raises(Unreadable):
        open_value(VECTOR, KEY, OTHER_EVENT, "/name")
    with pytest.raises(Unreadable):
        open_value(VECTOR, KEY, EVENT, "/names")


def test_a_refusal_names_the_field_and_not_the_value() -> None:
    with pytest.raises(Unreadable, match=f"{EVENT}/name") as refusal:
        open_value(VECTOR, bytes(32), EVENT, "/name")
    assert "程远山" not in str(refusal.value)


def attendance() -> AttendanceRecorded:
    return AttendanceRecorded(
        attendance=Attendance(
            absences=(Absence(person_id=PERSON, reason="住院"), Absence(number=2, reason="出差"), Absence(number=1)),
            non_voting_attendees="院领导1人",
        )
    )


def test_a_field_belongs_to_the_person_beside_it_and_otherwise_to_the_record() -> None:
    event = attendance()
    data = event.model_dump(mode="json")
    assert keys_to_seal(AttendanceRecorded, data, RECORD) == {f"person:{PERSON}", f"record:{RECORD}"}
    seal(AttendanceRecorded, data, RECORD, EVENT, {f"person:{PERSON}": KEY, f"record:{RECORD}": bytes(32)})
    absences = data["attendance"]["absences"]
    assert absences[0]["reason"]["key"] == f"person:{PERSON}"
    assert absences[1]["reason"]["key"] == f"record:{RECORD}"
    assert absences[2]["reason"] is None
    assert data["attendance"]["non_voting_attendees"]["key"] == f"record:{RECORD}"
    assert "住院" not in str(data)


def test_what_was_sealed_opens_to_what_it_was() -> None:
    event = attendance()
    data = event.model_dump(mode="json")
    keys = {f"person:{PERSON}": KEY, f"record:{RECORD}": bytes(32)}
    seal(AttendanceRecorded, data, RECORD, EVENT, keys)
    assert AttendanceRecorded.model_validate(opened(data, EVENT, keys)) == event


def test_a_deleted_key_leaves_forgotten_in_its_fields_and_nothing_else() -> None:
    data = attendance().model_dump(mode="json")
    seal(AttendanceRecorded, data, RECORD, EVENT, {f"person:{PERSON}": KEY, f"record:{RECORD}": bytes(32)})
    event = AttendanceRecorded.model_validate(opened(data, EVENT, {f"record:{RECORD}": bytes(32)}))
    assert event.attendance.absences[0].reason is FORGOTTEN
    assert event.attendance.absences[1].reason == "出差"


def test_two_seals_of_one_value_differ() -> None:
    first, second = (seal_value("程远山", "person:x", KEY, EVENT, "/name") for _ in range(2))
    assert first["iv"] != second["iv"]
    assert first["ct"] != second["ct"]


def test_a_forgotten_value_is_stored_as_it_is_without_any_key_and_reads_as_forgotten_again() -> None:
    event = OutsidePersonRegistered(person_id=PERSON, name=FORGOTTEN)
    data = event.model_dump(mode="json")
    assert keys_to_seal(OutsidePersonRegistered, data, RECORD) == set()
    seal(OutsidePersonRegistered, data, RECORD, EVENT, {})
    assert data == {"person_id": PERSON, "name": {"forgotten": True}}
    assert OutsidePersonRegistered.model_validate(opened(data, EVENT, {})) == event


def test_beside_a_forgotten_value_the_others_are_sealed_as_ever() -> None:
    absences = (Absence(person_id=PERSON, reason=FORGOTTEN), Absence(number=2, reason="出差"))
    event = AttendanceRecorded(attendance=Attendance(absences=absences))
    data = event.model_dump(mode="json")
    keys = {f"record:{RECORD}": bytes(32)}
    seal(AttendanceRecorded, data, RECORD, EVENT, keys)
    assert data["attendance"]["absences"][0]["reason"] == {"forgotten": True}
    assert data["attendance"]["absences"][1]["reason"]["key"] == f"record:{RECORD}"
    assert AttendanceRecorded.model_validate(opened(data, EVENT, keys)) == event


def test_nobody_can_send_a_forgotten_value_in() -> None:
    with pytest.raises(ValueError, match="name"):
        OutsidePersonRegistered.model_validate({"person_id": PERSON, "name": {"forgotten": True}})


def test_keyed_hashes_of_different_labels_and_keys_have_nothing_in_common() -> None:
    hashed = keyed_hash(KEY, "name")("顾青禾")
    assert hashed == "b3b3d9f85b452733a1275f33e65d356382a1aeb779b14d1983fb9694a293fb88"
    assert keyed_hash(KEY, "id_number")("顾青禾") != hashed
    assert keyed_hash(bytes(32), "name")("顾青禾") != hashed
    assert keyed_hash(KEY, "name")("顾青", "禾") != keyed_hash(KEY, "name")("顾", "青禾")


def test_the_hash_of_a_request_depends_on_line_content_and_key_and_is_none_that_outsiders_can_make() -> None:
    body = '{"name":"顾青禾"}'.encode()
    hashed = request_hash(KEY)("POST /people", body)
    assert hashed == request_hash(KEY)("POST /people", body)
    assert len(hashed) == 32
    others = [
        request_hash(bytes(32))("POST /people", body),
        request_hash(KEY)("POST /people/x", body),
        request_hash(KEY)("POST /people", body + b" "),
        sha256(body).digest(),
        sha256(b"POST /people\n" + body).digest(),
    ]
    assert hashed not in others
    assert hashed == bytes.fromhex(keyed_hash(KEY, "request")("POST /people", sha256(body).hexdigest()))
