"""When a receiver gets runs again."""

from __future__ import annotations

from shared.broker.peers import Peer


def test_a_receiver_that_moves_gets_nothing_again() -> None:
    peer = Peer("q")
    peer.on_sent(0.0)
    peer.on_state(50, "ok", 100, 4.0)
    peer.on_state(90, "ok", 100, 8.9)
    peer.on_state(100, "ok", 100, 12.0)
    assert peer.resend_after(100) is None


def test_one_that_has_not_moved_for_five_seconds_gets_it_again_from_what_it_has() -> None:
    peer = Peer("q", have=40)
    peer.on_sent(10.0)
    peer.on_state(40, "ok", 100, 14.9)
    assert peer.resend_after(100) is None
    peer.on_state(40, "ok", 100, 15.0)
    assert peer.resend_after(100) == 40


def test_one_that_says_nothing_gets_nothing_again() -> None:
    peer = Peer("q", have=40)
    peer.on_sent(0.0)
    assert peer.resend_after(100) is None


def test_time_without_anything_to_send_is_not_time_without_progress() -> None:
    peer = Peer("q")
    peer.on_state(100, "ok", 100, 0.0)
    peer.on_sent(3600.0)
    peer.on_state(100, "ok", 101, 3600.1)
    assert peer.resend_after(101) is None


def test_a_lower_have_is_a_wish_that_is_granted_at_once() -> None:
    peer = Peer("q")
    peer.on_state(100, "ok", 100, 0.0)
    peer.on_state(0, "ok", 100, 1.0)
    assert peer.resend_after(100) == 0


def test_resending_goes_on_in_windows_until_everything_was_sent_again() -> None:
    peer = Peer("q")
    peer.on_state(90, "ok", 100, 0.0)
    peer.on_state(0, "ok", 100, 1.0)
    peer.on_resent(30, 100, 1.1)
    assert peer.resend_after(100, window=30) is None
    peer.on_state(30, "ok", 100, 2.0)
    assert peer.resend_after(100, window=30) == 30
    peer.on_resent(60, 100, 2.1)
    peer.on_state(60, "ok", 100, 3.0)
    peer.on_resent(100, 100, 3.1)
    assert peer.resend_after(100, window=30) is None


def test_resending_that_gets_lost_begins_again() -> None:
    peer = Peer("q")
    peer.on_state(90, "ok", 100, 0.0)
    peer.on_state(0, "ok", 100, 1.0)
    peer.on_resent(100, 100, 1.1)
    peer.on_state(0, "ok", 100, 3.0)
    assert peer.resend_after(100) is None
    peer.on_state(0, "ok", 100, 6.2)
    assert peer.resend_after(100) == 0


def test_a_suspended_receiver_is_left_alone() -> None:
    peer = Peer("q", have=40)
    peer.on_sent(0.0)
    peer.on_state(40, "suspended", 100, 60.0)
    assert peer.resend_after(100) is None
