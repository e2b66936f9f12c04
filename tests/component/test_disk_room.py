"""A disk that fills up stops commands before it stops PostgreSQL."""

from pathlib import Path

import pytest

from shared.disk_room import DiskRoom
from tests.component.court import Court
from tests.component.given import a_branch, problem

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_below_a_tenth_of_free_disk_commands_are_refused_and_reads_go_on(
    court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("shared.disk_room.LEAST_FREE", 1.01)  # as if the disk were full
        refused = await court.members.post("/branches", json=a_branch(), headers={"Idempotency-Key": "disk-1"})
        ready = await court.members.get("/health/ready")
        read = await court.members.get("/branches")
    assert problem(refused) == (503, "disk_nearly_full", ["service"])
    assert refused.headers["retry-after"] == "60"
    assert "低于" in ready.json()["concerns"]["disk"]
    assert read.status_code == 200
    again = await court.members.post("/branches", json=a_branch(), headers={"Idempotency-Key": "disk-1"})
    assert again.status_code == 201
    assert "disk" not in (await court.members.get("/health/ready")).json()["concerns"]


@pytest.mark.parametrize("data", [None, Path("/nowhere/at/all")])
async def test_a_disk_that_cannot_be_seen_stops_nothing(data: Path | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.disk_room.LEAST_FREE", 1.0)
    assert await DiskRoom(data).check() is None
