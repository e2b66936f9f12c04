"""What a JSON body may hold, and how a refusal names the place."""

import pytest

from shared.http.problems import Problem
from shared.http.strict_json import read_json


def refused(body: bytes) -> tuple[int, list[str]]:
    with pytest.raises(Problem) as caught:
        read_json(body)
    return caught.value.status, [error.field for error in caught.value.errors]


def test_plain_json_is_read_as_it_is() -> None:
    assert read_json('{"a": [1, -9007199254740991, null, true, "党课"]}'.encode()) == {
        "a": [1, -9007199254740991, None, True, "党课"]
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"present": 12.0}', "present"),
        (b'{"facts": {"present": 1e3}}', "facts.present"),
        (b'{"list": [1, NaN]}', "list.1"),
        (b'{"list": [1, -Infinity]}', "list.1"),
        (b'{"n": 9007199254740992}', "n"),
        (b'{"n": ' + b"9" * 5000 + b"}", "n"),
        (b'{"a": 1, "b": {"a": 1, "a": 2}}', "b.a"),
        (b'{"title": "a\\u0000b"}', "title"),
        (b'{"title": "\\ud800"}', "title"),
        (b"3.5", "body"),
    ],
)
def test_what_cannot_be_stored_is_refused_by_its_path(body: bytes, field: str) -> None:
    assert refused(body) == (422, [field])


@pytest.mark.parametrize("body", [b"", b"{", b'{"a":1}x', b"\xff\xfe", b"[" * 100_000, b'{"a":"\n"}'])
def test_what_is_no_json_is_refused_as_such(body: bytes) -> None:
    assert refused(body) == (400, ["body"])


def test_every_wrong_field_is_named_at_once() -> None:
    assert refused(b'{"a": 1.5, "b": {"c": 2.5}}') == (422, ["a", "b.c"])
