import datetime
import enum
import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.canonical import MAX_DEPTH, canonical_bytes, canonical_each, canonical_text, parse


class _Colour(enum.StrEnum):
    RED = "red"


class _Text(str):
    __slots__ = ()


class _Number(int):
    pass


class _Object(dict[str, Any]):
    pass


_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53 - 1), 2**53 - 1) | _texts,
    lambda inner: st.lists(inner) | st.dictionaries(st.from_regex(r"[A-Za-z0-9_]+", fullmatch=True), inner),
    max_leaves=20,
)


@given(_values)
def test_whoever_parses_and_writes_again_gets_the_same_bytes(value: Any) -> None:
    written = canonical_bytes(value)
    assert parse(written) == value
    assert canonical_bytes(parse(written)) == written
    assert canonical_text(value).encode() == written


@given(_values)
def test_another_writer_of_json_with_sorted_keys_writes_the_same(value: Any) -> None:
    other = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical_text(value) == other


def test_the_form_is_exactly_this() -> None:
    value = {"b": [1, -0, True, False, None], "a_1": {}, "B": [], "Z9": '\\"/\b\t\n\f\r\x1f\x7f\u2028é党𠮷'}
    expected = '{"B":[],"Z9":"\\\\\\"/\\b\\t\\n\\f\\r\\u001f\x7f\u2028é党𠮷","a_1":{},"b":[1,0,true,false,null]}'
    assert canonical_text(value) == expected


def test_text_is_kept_as_given_and_not_normalised() -> None:
    assert canonical_bytes("e\u0301") == b'"e\xcc\x81"'
    assert canonical_bytes("\u00e9") == b'"\xc3\xa9"'


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        (1, 2),
        {1},
        b"bytes",
        datetime.datetime(2024, 2, 20, tzinfo=datetime.UTC),
        datetime.date(2024, 2, 20),
        uuid.UUID(int=1),
        _Colour.RED,
        _Text("x"),
        _Number(1),
        _Object(),
        object(),
    ],
)
def test_nothing_is_converted_in_silence(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^\$: "):
        canonical_bytes(value)
    with pytest.raises(TypeError, match=r"^\$\.a\[1\]\.b: "):
        canonical_bytes({"a": [0, {"b": value}]})


@pytest.mark.parametrize("key", [1, None, True, _Text("text"), _Colour.RED, ("a",)])
def test_keys_are_plain_text(key: Any) -> None:
    canonical_bytes({"text": 1, "red": 2})  # known keys do not open the door to their look-alikes
    with pytest.raises(TypeError, match=r"^\$\.a: key"):
        canonical_bytes({"a": {key: 1}})


@pytest.mark.parametrize("key", ["", "a-b", "a.b", "键", "a ", "a\n", "é"])
def test_keys_are_of_letters_digits_and_underscore(key: str) -> None:
    with pytest.raises(ValueError, match=r"^\$\[0\]: key"):
        canonical_bytes([{key: 1}])


@pytest.mark.parametrize("number", [2**53, -(2**53), 2**63, 2**64, 10**400])
def test_integers_are_exact_for_every_reader(number: int) -> None:
    with pytest.raises(ValueError, match=r"^\$\.n: .*2\^53"):
        canonical_bytes({"n": number})


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "x\udfffy"])
def test_text_that_databases_and_utf8_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^\$\.t: text contains"):
        canonical_bytes({"t": text})


def test_text_that_only_looks_like_an_escaped_nul_is_welcome() -> None:
    assert canonical_bytes("\\u0000") == b'"\\\\u0000"'


def test_values_are_nested_at_most_128_deep() -> None:
    deep: Any = 1
    for _ in range(MAX_DEPTH):
        deep = [deep]
    assert parse(canonical_bytes(deep)) == deep
    with pytest.raises(ValueError, match="nested deeper than 128 levels"):
        canonical_bytes([deep])
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="nested deeper"):
        canonical_bytes(endless)


@pytest.mark.parametrize(
    "written",
    [
        '{"b":1,"a":2}',
        '{"a":1,"a":1}',
        '{"a": 1}',
        "[1.0]",
        "[1e2]",
        "[-0]",
        "9007199254740992",
        "99999999999999999999999",
        r'"\/"',
        r'"\u0041"',
        r'"\u001F"',
        r'"\u0000"',
        r'"\ud800"',
        '"\x01"',
        "[1,]",
        "nul",
        "",
        " 1",
        "1\n",
        "NaN",
        '{"a-b":1}',
        "[" * 200 + "]" * 200,
    ],
)
def test_what_is_not_canonical_is_not_parsed(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each for its own reason
        parse(written)
    with pytest.raises(ValueError):  # noqa: PT011
        parse(written.encode())


def test_bytes_that_are_not_utf8_are_not_parsed() -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse(b'"\xff"')


@given(st.lists(_values))
def test_many_are_written_as_each_by_itself(values: list[Any]) -> None:
    assert canonical_each(values) == [canonical_bytes(value) for value in values]


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ({"a": [{"b": 1.5}]}, r"\$\.a\[0\]\.b: builtins\.float has no canonical JSON"),
        ({"a": {"名": 1}}, "key '名' must be"),
        ({"a": {1: 1}}, "keys are str"),
        ({"a": 2**53}, "outside"),
        ({"a": ["b\0"]}, "NUL"),
        ({"a": "\ud800"}, "lone surrogate"),
        ({"a": (1,)}, "builtins.tuple has no canonical JSON"),
    ],
)
def test_among_many_the_one_without_a_canonical_form_is_named(bad: Any, problem: str) -> None:
    with pytest.raises((TypeError, ValueError), match=problem):
        canonical_each([{"a": {"b": [1]}}, bad, {"a": "b"}])


def test_many_are_nested_at_most_128_deep() -> None:
    value: Any = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    assert canonical_each([1, value]) == [b"1", b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH]
    with pytest.raises(ValueError, match="nested deeper than 128 levels"):
        canonical_each([1, [value]])
