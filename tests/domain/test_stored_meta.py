"""What stands beside every event is as much a file format as the event: one golden meta per source kind."""

import json
from dataclasses import replace
from typing import Any, Final, get_args

import pytest

from shared.acts import CommandContext
from shared.canonical import canonical_text
from shared.command_path import meta_of
from shared.meta import Actor, Meta, Source
from shared.testing.golden import FOLDER

GOLDEN: Final[dict[str, Any]] = json.loads((FOLDER.parent / "meta.json").read_text("utf-8"))

PLAIN: Final = CommandContext(
    actor=Actor(subject="clock", role="system", organisation="demo1"),
    source=Source(kind="clock"),
    command_id="5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7e01",
    correlation="5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7e02",
    request_hash=b"",
)
FROM_SHEET: Final = Source(kind="import", run="5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7e03", sheet="三会一课记录")
CONTEXTS: Final = {
    "ui": replace(
        PLAIN,
        actor=Actor(subject="clerk-1", role="party_office", organisation="demo1"),
        source=Source(kind="ui"),
        on_behalf_of="第一党支部",
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ),
    "import": replace(PLAIN, actor=Actor(subject="operator", role="operator", organisation="demo1"), source=FROM_SHEET),
    "letter": replace(
        PLAIN,
        actor=Actor(subject="letters", role="system", organisation="demo1"),
        source=Source(kind="letter", letter="5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7e04"),
        to="demo2",
    ),
    "clock": PLAIN,
    "setup": replace(
        PLAIN, actor=Actor(subject="setup", role="system", organisation="demo1"), source=Source(kind="setup")
    ),
}
ACT_SOURCES: Final = {"import": FROM_SHEET.model_copy(update={"row": 4})}


def test_every_kind_of_source_has_a_golden_meta() -> None:
    kinds = get_args(Source.model_fields["kind"].annotation)
    assert sorted(GOLDEN) == sorted(CONTEXTS) == sorted(kinds)


@pytest.mark.parametrize("kind", GOLDEN)
def test_meta_is_written_as_the_golden_file_has_it(kind: str) -> None:
    written = meta_of(CONTEXTS[kind], ACT_SOURCES.get(kind)).stored()
    assert canonical_text(written) == canonical_text(GOLDEN[kind])


@pytest.mark.parametrize("kind", GOLDEN)
def test_a_golden_meta_is_read_and_written_again_as_it_was(kind: str) -> None:
    assert Meta.model_validate(GOLDEN[kind]).stored() == GOLDEN[kind]
