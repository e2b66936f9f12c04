"""The generated logs of the benches are what real sites send."""

from __future__ import annotations

from deploy.bench.linked_sites import court_of, key_of, site_keys, sources_of
from deploy.bench.model_s import add_activity
from shared.receiver.reading import read_run
from shared.sealing.control import is_signed

BRANCH = "0b0d6c3e-7f0e-5d51-9a1a-0c1f6d1f0a01"


def test_a_generated_run_verifies_and_leaves_out_what_is_private() -> None:
    court = court_of(site_keys("ji001", "第一基层人民法院", "basic"))
    add_activity(court, BRANCH, BRANCH, 0)
    _, activities = sources_of(court)
    run = read_run(*activities.run(1, 6))
    assert run.note.is_signed_by([key_of("ji001", "activities").public])
    assert [row.family for row in run.rows if row.type is None] == ["activities.attendance", "activities.minutes"]


def test_a_generated_head_is_signed_by_its_log() -> None:
    members, _ = sources_of(court_of(site_keys("ji001", "第一基层人民法院", "basic")))
    headers, body = members.head()
    assert is_signed(body, headers["lianjian-signature"], key_of("ji001", "members").public)
