"""The join token and the two messages of joining: exactly the form, and nothing that was changed on the way."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from shared.canonical import canonical_bytes
from shared.contracts.links import LinkStatement, SiteKeys
from shared.contracts.members import SigningKey as NamedKey
from shared.links import joining, token
from shared.links.joining import BadJoinMessage, JoinRequest
from shared.links.statement import fingerprint, sign_statement
from shared.links.token import JoinToken
from shared.rejection import Rejected
from shared.sealing.keys import SigningKey

SECRET = bytes(range(32))
UPPER_KEY, LOWER_KEY, OTHER_KEY = SigningKey(b"\1" * 32), SigningKey(b"\2" * 32), SigningKey(b"\3" * 32)


def named(service: str, key: SigningKey) -> NamedKey:
    return NamedKey(service=service, key_id=key.public.key_id, public_key=key.public.text)


def site(name: str, level: str, key: SigningKey) -> SiteKeys:
    keys = [named(service, key).model_dump() for service in ("members", "activities", "reporting")]
    return SiteKeys.model_validate(
        {"site": name, "name": f"{name}法院", "level": level, "court_code": None, "keys": keys}
    )


UPPER, LOWER = site("shi00", "high", UPPER_KEY), site("shi04", "basic", LOWER_KEY)
TOKEN = JoinToken(
    invitation_id="5d0c0f35-2f0f-5b1a-9f43-0a4f6a3d7c12",
    address="amqps://upper.invalid:5671/lianjian",
    ca="-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    secret=SecretStr(b64encode(SECRET).decode()),
    upper=UPPER,
    site="shi04",
    name="shi04法院",
    level="basic",
    withheld_families=("members.membership",),
    expires_at="2026-01-05T08:00:00.000000Z",
)
STATEMENT = LinkStatement(
    invitation_id=TOKEN.invitation_id, upper=UPPER, lower=LOWER, withheld_families=("members.membership",)
)
REQUEST = JoinRequest(
    statement=STATEMENT,
    lower_signature=sign_statement(STATEMENT, LOWER_KEY),
    password_hash=token.password_hash("a password of the lower site"),
    current_key=None,
    time="2026-01-01T08:00:00.000000Z",
)
SENT = joining.message(REQUEST, SECRET)


def changed(**fields: Any) -> str:
    whole = TOKEN.model_dump(mode="json") | fields
    return token.PREFIX + urlsafe_b64encode(canonical_bytes(whole)).decode().rstrip("=")


def without(field: str) -> str:
    whole = {name: value for name, value in TOKEN.model_dump(mode="json").items() if name != field}
    return token.PREFIX + urlsafe_b64encode(canonical_bytes(whole)).decode().rstrip("=")


def refusal(text: str) -> Rejected:
    with pytest.raises(Rejected) as found:
        token.read(text)
    assert found.value.code == "invalid_token"
    assert b64encode(SECRET).decode() not in f"{found.value.problem}{found.value.expected}{found.value.value}"
    return found.value


def test_a_token_is_read_as_it_was_written() -> None:
    assert token.read(token.written(TOKEN)) == TOKEN


def test_the_token_is_the_prefix_and_url_safe_base64_of_canonical_json() -> None:
    word = token.written(TOKEN)
    assert word.startswith("lianjian1:")
    encoded = word.removeprefix("lianjian1:")
    assert not set(encoded) & set("+/=")
    found = json.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    assert (found["format"], found["secret"]) == (
        "lianjian/join/v1",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    )


def test_a_token_broken_over_lines_by_a_mail_program_is_read() -> None:
    word = token.written(TOKEN)
    assert token.read("  " + "\r\n  ".join(word[at : at + 76] for at in range(0, len(word), 76)) + "\n") == TOKEN


def test_nothing_of_the_secret_is_shown_where_a_token_is_printed_by_mistake() -> None:
    assert b64encode(SECRET).decode() not in repr(TOKEN) + str(TOKEN)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "token"),
        ("lianjian2:abc", "token"),
        ("lianjian1:", "token"),
        ("lianjian1:%%%%", "token"),
        (token.written(TOKEN)[:-7], "token"),
        (token.PREFIX + urlsafe_b64encode(b'{"format": "lianjian/join/v1"}').decode(), "token"),
        (token.PREFIX + "A" * token.MOST_CHARACTERS, "token"),
        (changed(format="lianjian/join/v2"), "token.format"),
        (without("upper"), "token.upper"),
        (without("secret"), "token.secret"),
        (changed(more=1), "token.more"),
        (changed(site="Shi04"), "token.site"),
        (changed(level="provincial"), "token.level"),
        (changed(address="https://upper.invalid/"), "token.address"),
        (changed(address="amqps://user@upper.invalid/v"), "token.address"),
        (changed(secret="c2hvcnQ="), "token.secret"),
        (changed(secret="不是"), "token.secret"),
        (changed(expires_at="2026-01-05"), "token.expires_at"),
        (changed(upper=UPPER.model_copy(update={"keys": UPPER.keys[:2]}).model_dump(mode="json")), "token.upper"),
        (changed(ca=None), "token"),
        (changed(address="amqp://upper.invalid/v"), "token"),
        (changed(site="shi00"), "token"),
    ],
)
def test_a_token_that_is_wrong_says_where_and_what_would_be_right(text: str, field: str) -> None:
    found = refusal(text)
    assert found.field == field
    assert found.problem
    assert found.expected


def test_what_is_far_too_long_is_not_looked_into() -> None:
    assert refusal(token.PREFIX + "A" * 40_000).problem == "令牌过长"


def test_a_key_id_that_is_not_the_keys_is_said() -> None:
    keys = [key.model_copy(update={"key_id": "0" * 16}) for key in UPPER.keys]
    wrong = UPPER.model_copy(update={"keys": tuple(keys)}).model_dump(mode="json")
    assert refusal(changed(upper=wrong)).expected == f"members 的 key_id 应为 {UPPER_KEY.public.key_id}"


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_token_in_which_one_character_was_changed_is_another_or_none(place: int, step: int) -> None:
    word = token.written(TOKEN)
    at = place % len(word)
    other = word[:at] + chr(33 + (ord(word[at]) - 33 + step) % 94) + word[at + 1 :]
    try:
        found = token.read(other)
    except Rejected:
        return
    assert (found == TOKEN) == (other == word)


def test_the_password_hash_is_rabbitmqs_salted_sha256() -> None:
    raw = b64decode(token.password_hash("a password"))
    assert len(raw) == 36
    assert raw[4:] == sha256(raw[:4] + b"a password").digest()
    assert token.password_hash("a password") == token.password_hash("a password")


def test_the_join_users_password_follows_from_the_secret_and_does_not_tell_it() -> None:
    # hmac-sha256(00 01 … 1f, "lianjian/join-user/v1")
    assert token.join_password(SECRET) == "6e45168d622605424b8e0bebd3ea8d77eeb7eae77f22afb2bb5ca867a3553405"
    assert TOKEN.access.url.startswith("amqps://join.shi00.shi04:6e45168d6226")
    assert (TOKEN.access.upper, TOKEN.access.state) == ("shi00", "pending")


def test_a_request_is_read_under_the_secret_it_was_written_under() -> None:
    assert joining.read_request(SENT.body, SENT.mac, SECRET) == REQUEST
    assert joining.invitation_named(SENT.body) == TOKEN.invitation_id
    assert joining.is_signed_by(STATEMENT, REQUEST.lower_signature, LOWER.keys, None)


@given(st.binary(min_size=32, max_size=32).filter(lambda other: other != SECRET))
def test_under_another_secret_nothing_is_read(other: bytes) -> None:
    with pytest.raises(BadJoinMessage):
        joining.read_request(SENT.body, SENT.mac, other)


@given(st.integers(0, 100_000), st.integers(1, 255))
def test_a_request_that_was_changed_in_one_byte_is_not_read(place: int, step: int) -> None:
    body = bytearray(SENT.body)
    body[place % len(body)] = (body[place % len(body)] + step) % 256
    with pytest.raises(BadJoinMessage):
        joining.read_request(bytes(body), SENT.mac, SECRET)


@pytest.mark.parametrize("mac", ["", "0" * 64, SENT.mac.upper(), SENT.mac + "0", "é" * 64])
def test_a_mac_of_another_form_is_none(mac: str) -> None:
    with pytest.raises(BadJoinMessage):
        joining.read_request(SENT.body, mac, SECRET)


@pytest.mark.parametrize(
    "fields",
    [{"format": "lianjian/join-request/v2"}, {"more": 1}, {"password_hash": "short"}, {"time": "today"}],
)
def test_a_request_of_another_form_is_not_read_though_the_secret_is_right(fields: dict[str, Any]) -> None:
    body = canonical_bytes(REQUEST.model_dump(mode="json") | fields)
    with pytest.raises(BadJoinMessage):
        joining.read_request(body, joining.mac_of(body, SECRET), SECRET)


def test_a_request_in_other_json_than_canonical_is_not_read() -> None:
    body = json.dumps(REQUEST.model_dump(mode="json")).encode()
    with pytest.raises(BadJoinMessage):
        joining.read_request(body, joining.mac_of(body, SECRET), SECRET)


def test_the_reply_to_the_same_request_is_the_same_and_names_it() -> None:
    signed = sign_statement(STATEMENT, UPPER_KEY)
    reply = joining.accepting(SENT.body, signed, None, SECRET)
    assert reply == joining.accepting(SENT.body, signed, None, SECRET)
    found = joining.read_reply(reply.body, reply.mac, SECRET, SENT.body)
    assert (found.accepted, found.upper_signature, found.problem) == (True, signed, None)
    with pytest.raises(BadJoinMessage, match="another request"):
        joining.read_reply(reply.body, reply.mac, SECRET, SENT.body + b" ")


def test_a_refusal_says_one_of_the_known_words() -> None:
    reply = joining.refusing(SENT.body, "invitation_expired", SECRET)
    found = joining.read_reply(reply.body, reply.mac, SECRET, SENT.body)
    assert (found.accepted, found.upper_signature, found.problem) == (False, None, "invitation_expired")
    assert all("；" in words for words in joining.PROBLEMS.values())


@pytest.mark.parametrize(
    "fields",
    [
        {"accepted": True},
        {"accepted": True, "problem": None},
        {"problem": None},
        {"upper_signature": "x"},
        {"problem": "tired"},
    ],
)
def test_a_reply_that_says_yes_and_no_is_none(fields: dict[str, Any]) -> None:
    refused = joining.refusing(SENT.body, "invitation_expired", SECRET)
    body = canonical_bytes(json.loads(refused.body) | fields)
    with pytest.raises(BadJoinMessage):
        joining.read_reply(body, joining.mac_of(body, SECRET), SECRET, SENT.body)


def test_a_statement_is_signed_by_the_first_key_or_the_one_that_is_named_as_present() -> None:
    line = sign_statement(STATEMENT, OTHER_KEY)
    assert not joining.is_signed_by(STATEMENT, line, LOWER.keys, None)
    assert joining.is_signed_by(STATEMENT, line, LOWER.keys, named("members", OTHER_KEY))
    assert not joining.is_signed_by(STATEMENT, line, LOWER.keys, named("activities", OTHER_KEY))
    assert not joining.is_signed_by(STATEMENT, "no signature", LOWER.keys, None)


def test_both_sides_show_the_same_fingerprint_of_what_they_signed() -> None:
    # the first 80 bits of SHA-256 over the statement's canonical JSON
    digest = sha256(canonical_bytes(STATEMENT.model_dump(mode="json"))).hexdigest()
    assert fingerprint(STATEMENT).replace("-", "") == digest[:20]
    assert fingerprint(STATEMENT.model_copy(update={"withheld_families": ()})) != fingerprint(STATEMENT)
