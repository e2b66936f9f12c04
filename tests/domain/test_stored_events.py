"""Stored events are a file format: one golden file per version, never edited."""

import json

import pytest

from services.activities import examples as activities
from services.activities.domain.facts import AttendanceCorrected
from services.activities.domain.outside_person import OutsidePersonRegistered
from services.activities.publications import FAMILIES as ACTIVITY_FAMILIES
from services.activities.stored_events import CODEC as ACTIVITIES
from services.members import examples as members
from services.members.publications import FAMILIES as MEMBER_FAMILIES
from services.members.stored_events import CODEC as MEMBERS
from shared.canonical import canonical_bytes
from shared.codec import Codec, StoredType, Unknown, UnregisteredEvent, Upcaster
from shared.contracts import activities as activity_contract
from shared.contracts import brands as brand_contract
from shared.contracts import cross_court, families, links, periods
from shared.contracts import joint as joint_contract
from shared.contracts import members as member_contract
from shared.contracts.activities import ActivityCorrected, ActivityHeld
from shared.contracts.personal import FORGOTTEN
from shared.contracts.values import ShortText, Value
from shared.personal.fields import keys_to_open, opened, seal
from shared.personal.sealed import is_sealed
from shared.testing.golden import FOLDER, read_golden, sealed_again

EXAMPLES = {**members.EXAMPLES, **activities.EXAMPLES}
FAMILIES = {**MEMBER_FAMILIES, **ACTIVITY_FAMILIES}
NAMES = [*MEMBERS.names, *ACTIVITIES.names]
CURRENT = [stored.name for codec in (MEMBERS, ACTIVITIES) for stored in codec.types]


def codec_of(name: str) -> Codec:
    return MEMBERS if name.startswith("members.") else ACTIVITIES


@pytest.mark.parametrize("name", NAMES)
def test_every_stored_name_has_a_golden_file_that_says_its_name(name: str) -> None:
    assert read_golden(name).type == name


def test_no_golden_file_is_left_without_a_stored_name() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == sorted(NAMES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_is_written_exactly_as_the_golden_file(name: str) -> None:
    golden, (stream, event) = read_golden(name), EXAMPLES[name]
    stored_name, data = codec_of(name).encode(event)
    assert (stored_name, stream) == (name, golden.stream)
    assert canonical_bytes(data) == canonical_bytes(golden.clear)
    sealed = sealed_again(golden.data, data, golden.event_id, golden.keys)
    assert canonical_bytes(sealed) == canonical_bytes(golden.data)


@pytest.mark.parametrize("name", CURRENT)
def test_a_golden_file_is_read_and_written_again_byte_for_byte(name: str) -> None:
    golden, codec = read_golden(name), codec_of(name)
    event = codec.decode(name, opened(golden.data, golden.event_id, golden.keys))
    assert not isinstance(event, Unknown)
    _, data = codec.encode(event)
    assert canonical_bytes(sealed_again(golden.data, data, golden.event_id, golden.keys)) == canonical_bytes(
        golden.data
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_file_is_readable_when_every_key_is_gone(name: str) -> None:
    golden = read_golden(name)
    assert keys_to_open(golden.data) == set(golden.keys)
    event = codec_of(name).decode(name, opened(golden.data, golden.event_id, {}))
    assert not isinstance(event, Unknown)
    assert ("FORGOTTEN" in repr(event)) == bool(golden.keys)


def test_a_correction_that_states_a_forgotten_value_again_has_a_golden_file() -> None:
    name = "activities.attendance-corrected.v1"
    golden = read_golden(name, FOLDER.parent / "forgotten")
    event = ACTIVITIES.decode(name, opened(golden.data, golden.event_id, golden.keys))
    assert isinstance(event, AttendanceCorrected)
    assert event.attendance.absences[0].reason is FORGOTTEN
    assert event.attendance.absences[1].reason == "出差"
    _, data = ACTIVITIES.encode(event)
    assert data == golden.clear
    sealed = sealed_again(golden.data, data, golden.event_id, golden.keys)
    assert canonical_bytes(sealed) == canonical_bytes(golden.data)
    seal(AttendanceCorrected, data, golden.stream.partition("-")[2], golden.event_id, golden.keys)
    assert sealed_pointers(data) == sealed_pointers(golden.data)


@pytest.mark.parametrize("name", EXAMPLES)
def test_exactly_the_fields_that_are_encrypted_in_the_golden_file_are_encrypted_today(name: str) -> None:
    golden, (_, event) = read_golden(name), EXAMPLES[name]
    _, data = codec_of(name).encode(event)
    seal(type(event), data, golden.stream.partition("-")[2], golden.event_id, golden.keys)
    assert sealed_pointers(data) == sealed_pointers(golden.data)


def sealed_pointers(data: object, pointer: str = "") -> set[str]:
    if is_sealed(data):
        return {pointer}
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return {found for name, part in parts for found in sealed_pointers(part, f"{pointer}/{name}")}


def test_the_shared_contracts_name_exactly_the_stored_events_of_shared_families() -> None:
    shared = {name for name, family in FAMILIES.items() if family.shared}
    former = set(ACTIVITIES.names) - set(CURRENT)
    contracts = (member_contract, activity_contract, joint_contract, brand_contract, links, periods, cross_court)
    assert shared - former == {name for contract in contracts for name in contract.EVENTS}


def test_no_event_of_a_shared_family_holds_a_personal_field() -> None:
    shared = {name for name, family in FAMILIES.items() if family.shared}
    assert {name for name in shared if read_golden(name).keys} == set()


def test_what_corrects_or_ends_a_shared_figure_can_never_be_withheld() -> None:
    amending = (
        *("-corrected.", "-cancelled.", "-dissolved.", "-withdrawn.", "-undone.", "-revoked.", "-merged."),
        *("-returned.", "-released.", "-separated.", "-reopened.", "-resumed."),
    )
    listed = {name for name, family in FAMILIES.items() if family.shared and any(word in name for word in amending)}
    assert {"activities.activity-cancelled.v1", "members.membership-corrected.v1"} <= listed
    assert {name for name in listed if FAMILIES[name].withholdable} == set()


def test_an_activity_stored_with_its_one_campaign_is_read_with_a_list_of_campaigns() -> None:
    golden = read_golden("activities.activity-held.v1")
    event = ACTIVITIES.decode(golden.type, golden.data)
    assert isinstance(event, ActivityHeld)
    assert (event.facts.campaigns, event.facts.number, event.facts.joint) == (("党纪学习教育",), None, None)
    assert event.facts.model_dump(exclude={"campaigns", "number", "joint"}, mode="json") == {
        name: value for name, value in golden.clear["facts"].items() if name != "campaign"
    }


def test_a_corrected_campaign_was_a_correction_of_the_campaigns() -> None:
    data = read_golden("activities.activity-corrected.v1").data | {"changed": ["campaign", "title"]}
    event = ACTIVITIES.decode("activities.activity-corrected.v1", data)
    assert isinstance(event, ActivityCorrected)
    assert event.facts.campaigns == ()
    assert event.changed == ("campaigns", "title")


class Renamed(Value):
    """A later version of a made-up event."""

    title: ShortText
    place: ShortText | None


def test_an_old_version_is_read_through_its_chain_of_upcasters() -> None:
    codec = Codec(
        [StoredType("demo.renamed.v3", Renamed, families.ACTIVITY)],
        [
            Upcaster("demo.renamed.v1", "demo.renamed.v2", lambda data: {"title": data["name"]}),
            Upcaster("demo.renamed.v2", "demo.renamed.v3", lambda data: data | {"place": None}),
        ],
    )
    assert codec.decode("demo.renamed.v1", {"name": "第一次"}) == Renamed(title="第一次", place=None)
    assert codec.families["demo.renamed.v1"] is families.ACTIVITY
    assert codec.names == ("demo.renamed.v3", "demo.renamed.v1", "demo.renamed.v2")


def test_an_upcaster_carries_a_forgotten_value_along() -> None:
    codec = Codec(
        [StoredType("demo.outside.v2", OutsidePersonRegistered, families.OUTSIDE_PERSON)],
        [Upcaster("demo.outside.v1", "demo.outside.v2", lambda data: {"person_id": data["id"], "name": data["name"]})],
    )
    event = codec.decode("demo.outside.v1", {"id": activities.CHAIR_ID, "name": FORGOTTEN})
    assert event == OutsidePersonRegistered(person_id=activities.CHAIR_ID, name=FORGOTTEN)


def test_an_event_of_a_newer_program_is_kept_as_unknown() -> None:
    data = {"anything": [1, 2]}
    assert MEMBERS.decode("members.branch-merged.v7", data) == Unknown("members.branch-merged.v7", data)


def test_an_event_class_without_a_stored_name_cannot_be_written() -> None:
    with pytest.raises(UnregisteredEvent, match="Renamed has no stored name"):
        MEMBERS.encode(Renamed(title="x", place=None))


def test_a_codec_refuses_an_upcaster_that_leads_nowhere() -> None:
    with pytest.raises(ValueError, match=r"demo\.renamed\.v2 is neither"):
        Codec([], [Upcaster("demo.renamed.v1", "demo.renamed.v2", dict)])


def test_a_codec_refuses_two_types_of_one_name() -> None:
    stored = StoredType("demo.renamed.v1", Renamed, families.ACTIVITY)
    with pytest.raises(ValueError, match="registered twice"):
        Codec([stored, stored])


def test_numbers_of_identity_cards_and_telephones_stand_encrypted_in_the_one_event_meant_for_them() -> None:
    for path in FOLDER.glob("*.json"):
        file = json.loads(path.read_text("utf-8"))
        meant = path.stem == "members.person-identifiers-recorded.v1"
        stored = json.dumps(file["clear" if not meant else "data"])
        assert not any(said in stored for said in ("9901", "10000000001", "8235")), path.name
        assert any(field in stored for field in ("id_number", "phone", "dues")) == meant, path.name
