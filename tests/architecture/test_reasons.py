"""Whoever refuses a message gives a reason that people can read."""

from __future__ import annotations

import re

from shared.receiver.reasons import REASONS
from tests.architecture.sources import name, project_files

_GIVEN = re.compile(r'(?<![A-Za-z_])Refused\(\s*"([a-z_]+)"')


def test_every_reason_for_refusing_a_message_has_words() -> None:
    rooms = ("shared/receiver/", "shared/links/", "services/reporting/")
    sources = [path.read_text("utf-8") for path in project_files(".py") if name(path).startswith(rooms)]
    given = {reason for source in sources for reason in _GIVEN.findall(source)}
    # What a family tells is looked up first; a fork is an outcome; a person suspends without refusing anything.
    others = {"withheld", "private", "family", "fork", "person"}
    assert given | others == set(REASONS)
