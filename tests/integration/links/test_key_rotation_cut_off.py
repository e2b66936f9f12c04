"""A change of keys is cut off: after the key's file or after the event, what was recorded says which key signs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.own_keys import OwnKeys, changes_in_log
from shared.sealing import key_files
from tests.component.link_sites import Site, members_of


class Killed(BaseException):
    """Nothing catches it, as nothing catches kill -9."""


@pytest.fixture
async def site(postgres_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    """Members without its roles: nobody looks which key counts."""
    async with members_of(postgres_url, tmp_path / "site", site="ji0401") as found:
        yield found


def started_anew(site: Site) -> OwnKeys:
    """The keys as the service reads them when it starts."""
    return OwnKeys(site.parts.settings.key_dir, "ji0401", "members", changes_in_log("ji0401", "members"))


def later_keys(site: Site) -> set[str]:
    return {path.stem.removeprefix("signing-") for path in site.parts.settings.key_dir.glob("signing-*.key")}


async def test_a_key_that_no_event_names_signs_nothing_and_is_taken_next(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: str) -> None:
        raise Killed

    with monkeypatch.context() as cut:
        cut.setattr(key_files, "crash_point", killed)
        with pytest.raises(Killed):
            await site.client.post("/keys/rotation")
    left = later_keys(site)
    assert len(left) == 1
    own = started_anew(site)
    async with site.parts.tasks.acquire() as connection:
        await own.look(connection)
        assert own.public.key_id == own.first.public.key_id
    answer = (await site.client.post("/keys/rotation")).raise_for_status().json()
    assert (answer["former_key_id"], {answer["key_id"]}) == (own.first.public.key_id, left)
    assert later_keys(site) == left


async def test_a_change_that_was_recorded_counts_from_the_next_position_on(site: Site) -> None:
    answer = (await site.client.post("/keys/rotation")).raise_for_status().json()
    head = await site.parts.deps.store.head()
    own = started_anew(site)
    async with site.parts.tasks.acquire() as connection:
        assert (await own.at(connection, head)).public.key_id == answer["former_key_id"]
        assert (await own.at(connection, head + 1)).public.key_id == answer["key_id"]
        await own.look(connection)
    assert own.public.key_id == answer["key_id"]
    assert answer["key_id"] != answer["former_key_id"]
