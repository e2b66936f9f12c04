"""Two courts are linked, over HTTP and with a database each: inviting, accepting, governing, and what is refused."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from services.members.linking import WantedUser, join, wanted
from services.members.linking.standing import own_site
from shared.contracts.links import LinkStatement
from shared.links import joining, token
from shared.links.access import LinkAccess, forget_access, read_access
from shared.links.joining import Fits, JoinRequest, Message
from shared.links.statement import sign_statement
from shared.sealing.keys import SigningKey
from tests.component.given import problem
from tests.component.link_sites import LOWER_NAME, START, Site, invited, members_of, peer_name

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def lower(postgres_url: str, tmp_path: Path, upper: Site) -> AsyncIterator[Site]:
    """A basic court that has no link yet, and whose questions reach the upper one."""
    upper.now = START
    facts = {"site": peer_name(), "site_name": LOWER_NAME, "site_level": "basic"}
    async with members_of(postgres_url, tmp_path / "lower", **facts) as site:
        site.upper = upper
        yield site


async def accepting(lower: Site, word: str) -> httpx.Response:
    return await lower.client.post("/links/acceptances", json={"token": word})


async def shown(site: Site, peer: str) -> dict[str, Any]:
    found: dict[str, Any] = (await site.client.get(f"/links/{peer}")).json()
    return found


async def test_two_courts_are_linked_and_show_the_same_fingerprint(upper: Site, lower: Site) -> None:
    word = await invited(upper, lower.parts.site)
    answer = await accepting(lower, word)
    assert answer.status_code == 201, answer.text
    above, below = await shown(upper, lower.parts.site), await shown(lower, upper.parts.site)
    assert (above["role"], above["standing"], above["official_order"]) == ("lower", "joined", 3)
    assert (below["role"], below["standing"], below["access"]) == ("upper", "joined", "joined")
    assert above["fingerprint"] == below["fingerprint"] == answer.json()["fingerprint"]
    assert above["withheld_families"] == below["withheld_families"] == ["members.membership"]
    assert above["statement"] == below["statement"]
    keys = [key["key_id"] for key in above["statement"]["lower"]["keys"]]
    assert keys[0] == lower.parts.keys.signing.public.key_id


async def test_the_access_lies_in_a_file_of_its_own_that_nobody_else_reads(upper: Site, lower: Site) -> None:
    await accepting(lower, await invited(upper, lower.parts.site))
    path = lower.parts.settings.links / f"{upper.parts.site}.link.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    access = read_access(lower.parts.settings.links)[upper.parts.site]
    assert (access.user, access.state) == (f"shi04.{lower.parts.site}", "joined")
    kept = await wanted(upper.parts.linking)
    assert WantedUser(lower.parts.site, token.password_hash(access.password.get_secret_value())) in kept.links
    assert await wanted(lower.parts.linking) == ((), ())


async def test_the_password_and_the_secret_stand_in_no_event_and_no_answer(upper: Site, lower: Site) -> None:
    word = await invited(upper, lower.parts.site)
    answer = await accepting(lower, word)
    password = read_access(lower.parts.settings.links)[upper.parts.site].password.get_secret_value()
    secret = token.read(word).secret.get_secret_value()
    lists = [(await site.client.get("/links")).text for site in (upper, lower)]
    for site in (upper, lower):
        lists += [event.data + event.meta for event in await site.parts.deps.store.read_raw(0, 1000)]
    assert not [text for text in [answer.text, *lists] if password in text or secret in text]


async def test_the_same_acceptance_again_changes_nothing_and_asks_nobody(upper: Site, lower: Site) -> None:
    word = await invited(upper, lower.parts.site)
    first, password = await accepting(lower, word), read_access(lower.parts.settings.links)
    heads = [await site.parts.deps.store.head() for site in (upper, lower)]
    again = await accepting(lower, word)
    assert (again.status_code, again.json()["fingerprint"]) == (201, first.json()["fingerprint"])
    assert [await site.parts.deps.store.head() for site in (upper, lower)] == heads
    assert (lower.asked, read_access(lower.parts.settings.links)) == (1, password)


async def test_a_link_that_stands_is_not_led_elsewhere_by_a_token(upper: Site, lower: Site) -> None:
    word = await invited(upper, lower.parts.site)
    await accepting(lower, word)
    before = read_access(lower.parts.settings.links)
    tampered = token.read(word).model_copy(update={"address": "amqp://elsewhere.invalid:5672/x"})
    assert (await accepting(lower, token.written(tampered))).status_code == 201
    assert read_access(lower.parts.settings.links) == before


async def test_a_password_goes_only_where_it_was_made_for(upper: Site, lower: Site) -> None:
    word, lower.upper = await invited(upper, lower.parts.site), "silent"
    await accepting(lower, word)
    first = read_access(lower.parts.settings.links)[upper.parts.site]
    tampered = token.read(word).model_copy(update={"address": "amqp://elsewhere.invalid:5672/x"})
    await accepting(lower, token.written(tampered))
    second = read_access(lower.parts.settings.links)[upper.parts.site]
    assert (second.address, second.password != first.password) == ("amqp://elsewhere.invalid:5672/x", True)


async def test_an_answer_that_was_lost_is_asked_for_again_with_the_same_password(upper: Site, lower: Site) -> None:
    word = await invited(upper, lower.parts.site)
    reached, lower.upper = lower.upper, "silent"
    assert problem(await accepting(lower, word)) == (409, "upper_site_silent", ["token"])
    pending = read_access(lower.parts.settings.links)[upper.parts.site]
    assert pending.state == "pending"
    assert [one["standing"] for one in (await lower.client.get("/links")).json()["links"]] == ["pending"]
    # The upper site heard it, and its answer is lost once more.
    found = token.read(word)
    lower.upper = reached
    statement = LinkStatement(
        invitation_id=found.invitation_id,
        upper=found.upper,
        lower=await own_site(lower.parts.linking),
        withheld_families=found.withheld_families,
    )
    signed = sign_statement(statement, lower.parts.keys.signing)
    hashed = token.password_hash(pending.password.get_secret_value())
    request = JoinRequest(
        statement=statement, lower_signature=signed, password_hash=hashed, current_key=None, time=found.expires_at
    )
    sent = joining.message(request, found.key)
    assert await join(upper.parts.linking, found.site, *sent) is not None
    head = await upper.parts.deps.store.head()
    assert (await accepting(lower, word)).status_code == 201
    assert await upper.parts.deps.store.head() == head
    assert read_access(lower.parts.settings.links)[upper.parts.site].password == pending.password


@pytest.mark.parametrize("silence", ["denied", "unreachable", "untrusted", "silent"])
async def test_why_nobody_answered_is_said(upper: Site, lower: Site, silence: Any) -> None:
    word = await invited(upper, lower.parts.site)
    lower.upper = silence
    assert problem(await accepting(lower, word)) == (409, f"upper_site_{silence}", ["token"])
    assert lower.asked == (2 if silence == "denied" else 1)
    assert (await lower.client.get(f"/links/{upper.parts.site}")).status_code == 404


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"name": "青岚市云溪区法院"}, "token.name"), ({"level": "specialised"}, "token.level")],
)
async def test_a_token_for_another_name_or_level_is_not_asked_with(
    upper: Site, lower: Site, changed: dict[str, Any], field: str
) -> None:
    word = await invited(upper, lower.parts.site, **changed)
    assert problem(await accepting(lower, word)) == (422, "invalid_token", [field])
    assert lower.asked == 0
    assert read_access(lower.parts.settings.links) == {}


async def test_a_token_for_another_site_is_not_asked_with(upper: Site, lower: Site) -> None:
    answer = await accepting(lower, await invited(upper, peer_name()))
    assert problem(answer) == (422, "invalid_token", ["token.site"])
    assert lower.parts.site in answer.json()["errors"][0]["problem"]


async def test_what_this_court_would_not_record_is_not_asked_for(upper: Site, lower: Site) -> None:
    found = token.read(await invited(upper, lower.parts.site))
    private = found.model_copy(update={"withheld_families": ("activities.minutes",)})
    answer = await accepting(lower, token.written(private))
    assert problem(answer) == (422, "invalid_withheld_families", ["withheld_families"])
    assert lower.asked == 0
    assert (await shown(upper, lower.parts.site))["standing"] == "invited"


async def test_an_answer_that_the_upper_site_did_not_sign_is_not_recorded(upper: Site, lower: Site) -> None:
    found = token.read(await invited(upper, lower.parts.site))

    async def lying(_: LinkAccess, __: str, sent: Message, ___: Fits) -> Message:
        line = sign_statement(joining.read_request(*sent, found.key).statement, SigningKey(bytes(32)))
        return joining.accepting(sent.body, line, None, found.key)

    lower.parts.linking = replace(lower.parts.linking, ask=lying)
    assert problem(await accepting(lower, token.written(found))) == (409, "join_refused", ["token"])
    assert (await lower.client.get(f"/links/{upper.parts.site}")).status_code == 404


async def test_a_link_whose_access_was_lost_is_not_made_up_anew(upper: Site, lower: Site) -> None:
    word = await invited(upper, lower.parts.site)
    await accepting(lower, word)
    forget_access(lower.parts.settings.links, upper.parts.site)
    assert problem(await accepting(lower, word)) == (409, "access_lost", ["token"])
    assert (await shown(lower, upper.parts.site))["access"] is None


async def test_a_word_that_is_no_token_is_refused(lower: Site) -> None:
    assert problem(await accepting(lower, "lianjian1:abc")) == (422, "invalid_token", ["token"])
    assert problem(await accepting(lower, "")) == (422, "invalid_fields", ["token"])


async def test_what_the_upper_site_refused_is_said_in_its_words(upper: Site, lower: Site) -> None:
    word = await invited(upper, lower.parts.site)
    await upper.client.post(f"/links/invitations/{lower.parts.site}/withdrawal")
    answer = await accepting(lower, word)
    assert problem(answer) == (409, "join_refused", ["token"])
    assert "撤回" in answer.json()["detail"]


async def test_a_second_link_to_the_same_upper_site_waits_until_the_first_is_revoked(upper: Site, lower: Site) -> None:
    await accepting(lower, await invited(upper, lower.parts.site))
    body = {"grounds": "换设备，重新联通"}
    await upper.client.post(f"/links/{lower.parts.site}/revocation", json=body)
    anew = await invited(upper, lower.parts.site)
    assert problem(await accepting(lower, anew)) == (409, "already_linked", ["peer"])
    path, headers = f"/links/{upper.parts.site}/revocation", {"Idempotency-Key": str(uuid4())}
    revoked = await lower.client.post(path, json=body, headers=headers)
    assert revoked.json()["standing"] == "revoked"
    assert read_access(lower.parts.settings.links) == {}
    assert (await accepting(lower, anew)).status_code == 201
    assert (await shown(upper, lower.parts.site))["standing"] == "joined"
    await lower.client.post(path, json=body, headers=headers)
    assert (await shown(lower, upper.parts.site))["access"] == "joined"


async def test_a_link_is_suspended_and_resumed_with_grounds_on_either_side(upper: Site, lower: Site) -> None:
    await accepting(lower, await invited(upper, lower.parts.site))
    for site, peer in ((upper, lower.parts.site), (lower, upper.parts.site)):
        stopped = await site.client.post(f"/links/{peer}/suspension", json={"grounds": "更换设备"})
        assert stopped.json()["standing"] == "suspended"
        assert (await shown(site, peer))["grounds"] == "更换设备"
        resumed = await site.client.post(f"/links/{peer}/resumption", json={"grounds": "更换完毕"})
        assert resumed.json()["standing"] == "joined"
        assert (await shown(site, peer))["grounds"] is None
    late = await upper.client.post(
        f"/links/{lower.parts.site}/suspension", json={"grounds": "更换设备"}, headers={"If-Match": '"1"'}
    )
    assert problem(late) == (412, "precondition_failed", ["If-Match"])


async def test_epochs_and_keys_of_a_lower_site_are_decided_about(upper: Site) -> None:
    peer = peer_name()
    epoch = {"service": "activities", "epoch": 2, "kept_to": 1200, "h": "0" * 64, "grounds": "磁盘损坏后恢复"}
    key = {"service": "activities", "key_id": "66687aadf862bd77", "from_position": 900, "grounds": "密钥失窃"}
    assert (await upper.client.post(f"/links/{peer}/epochs", json=epoch)).status_code == 200
    assert (await upper.client.post(f"/links/{peer}/key-revocations", json=key)).status_code == 200
    found = await shown(upper, peer)
    assert found["epochs"] == [{"peer": peer, **epoch}]
    assert found["revoked_keys"] == [{"peer": peer, **key}]
    wrong = await upper.client.post(f"/links/{peer}/epochs", json=epoch | {"epoch": 1})
    assert problem(wrong) == (422, "invalid_fields", ["epoch"])
    own = await upper.client.post(f"/links/{upper.parts.site}/epochs", json=epoch)
    assert problem(own) == (422, "invalid_peer", ["peer"])


async def test_the_key_of_an_upper_site_is_replaced_and_shown(upper: Site, lower: Site) -> None:
    await accepting(lower, await invited(upper, lower.parts.site))
    peer, following = upper.parts.site, SigningKey(b"n" * 32).public
    told = {"former_key_id": "66687aadf862bd77", "key": following.text, "grounds": "上级法院告知失窃"}
    address = f"/links/{peer}/key-replacements"
    assert (await lower.client.post(address, json=told)).status_code == 200
    key = {"service": "reporting", "key_id": following.key_id, "public_key": following.text}
    assert (await shown(lower, peer))["replaced_keys"] == [{"peer": peer, "service": "reporting", **told, "key": key}]
    back = await lower.client.post(address, json=told | {"former_key_id": following.key_id})
    assert problem(back) == (409, "key_revoked", ["key"])
    below = await upper.client.post(f"/links/{lower.parts.site}/key-replacements", json=told)
    assert problem(below) == (409, "not_an_upper_site", ["peer"])


async def test_what_is_not_linked_is_not_found(upper: Site) -> None:
    for verb in ("suspension", "resumption", "revocation"):
        answer = await upper.client.post(f"/links/{peer_name()}/{verb}", json={"grounds": "无"})
        assert problem(answer) == (404, "unknown_link", ["peer"])
    assert problem(await upper.client.get(f"/links/{peer_name()}")) == (404, "not_found", ["peer"])
    assert problem(await upper.client.get("/links/Shi04"))[0] == 404
