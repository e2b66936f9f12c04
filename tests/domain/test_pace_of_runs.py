"""How fast runs leave, and what a relay is handed of those just sealed."""

from shared.sealer import FreshRuns, Pace
from shared.sealing.wire import SealedEvent


def run(first: int, last: int) -> list[SealedEvent]:
    stream = "activity-00000000-0000-0000-0000-000000000001"
    return [
        SealedEvent(
            *(position, "activities.activity", b"s" * 16, stream, position, f"{position:032}"),
            *("activities.activity-held.v2", "2024-02-20T04:00:00.000000Z", b"{}", b"{}"),
        )
        for position in range(first, last + 1)
    ]


def test_after_a_pause_five_runs_leave_at_once_and_then_one_every_20_ms() -> None:
    now = 100.0
    pace = Pace(lambda: now)
    assert [round(pace.pause(), 3) for _ in range(7)] == [0, 0, 0, 0, 0, 0.02, 0.04]
    now += 0.04 + 0.02
    assert round(pace.pause(), 3) == 0
    now += 10
    assert [round(pace.pause(), 3) for _ in range(6)] == [0, 0, 0, 0, 0, 0.02]


def test_fresh_runs_are_given_in_order_as_long_as_none_is_missing() -> None:
    fresh = FreshRuns()
    for first, last in ((1, 3), (4, 4), (6, 9)):
        fresh.put(run(first, last), f"note {first}")
    assert fresh.after(0) == [(1, 3, "note 1"), (4, 4, "note 4")]
    assert fresh.after(3) == [(4, 4, "note 4")]
    assert fresh.after(4) == []
    taken = fresh.take(4, 4)
    assert taken is not None
    assert [event.position for event in taken] == [4]
    assert fresh.after(0) == []
    assert fresh.after(5) == [(6, 9, "note 6")]


def test_it_is_known_how_far_was_sealed_even_where_no_more_runs_are_held() -> None:
    fresh = FreshRuns(most=1)
    fresh.put(run(1, 2), "note 1")
    fresh.put(run(3, 5), "note 3")
    assert (fresh.after(0), fresh.sealed_to) == ([(1, 2, "note 1")], 5)
