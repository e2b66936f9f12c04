"""Joint activities are found again by their number, and counted by all courts under one id."""

from shared.contracts.ids import joint_activity_id, joint_id


def test_a_joint_activity_is_found_again_by_its_number_and_counted_by_its_authority() -> None:
    identity = joint_activity_id("shi04", "LJ2024-001")
    assert identity == joint_activity_id("shi04", " ＬＪ2024-001")
    assert joint_id("shi04", identity) == joint_id("shi04", identity)
    assert joint_id("shi04", identity) != joint_id("shi05", identity)
