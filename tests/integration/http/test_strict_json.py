"""What a JSON body may hold, and how a refusal names the place."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http.problems import Problem
from shared.http.strict_json import canonical_if_plain, read_json


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


_KEYS = st.sampled_from(["a", "b", "title", "名", "a b", "\0"])
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**54), 2**54),
    st.floats(),
    st.text(max_size=3),
    st.sampled_from(["\ud800"]),
)


def _nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(_KEYS, inner), max_size=3)  # a key may come twice
    objects = pairs.map(lambda found: "{" + ",".join(f"{json.dumps(key)}:{text}" for key, text in found) + "}")
    return st.one_of(objects, st.lists(inner, max_size=3).map(lambda texts: "[" + ",".join(texts) + "]"))


def _written(value: Any) -> st.SearchStrategy[str]:
    return st.sampled_from([json.dumps(value, ensure_ascii=is_ascii) for is_ascii in (True, False)])


@given(st.recursive(_SCALARS.flatmap(_written), _nested, max_leaves=8), st.sampled_from(["", " "]))
def test_the_quick_look_takes_nothing_that_the_strict_one_refuses_and_reads_the_same(text: str, space: str) -> None:
    body = (space + text).encode(errors="surrogatepass")
    quick = canonical_if_plain(body)
    assert quick is None or quick == orjson.dumps(read_json(body), option=orjson.OPT_SORT_KEYS)


def test_the_quick_look_takes_what_browsers_and_programs_send() -> None:
    assert canonical_if_plain('{"title":"党课","present":12,"tags":["a",null,true]}'.encode()) == (
        '{"present":12,"tags":["a",null,true],"title":"党课"}'.encode()
    )
