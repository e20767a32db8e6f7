import json
from decimal import Decimal, InvalidOperation

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from studio_sync.core.values.value import (
    ABSENT,
    DIGEST_SIZE,
    MAX_DEPTH,
    canonical_text,
    depth,
    digest,
    dump_json,
    json_bytes,
    load_json,
    load_plain_json,
    parse_number,
    plain_json,
    quoted_bytes,
    same,
)

any_text = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
blankish = st.text(st.sampled_from("a \t\n\r\ufeff\x0b\x0c\x85\xa0\u2028\u2029"), max_size=12)
numbers = st.integers(-(10**17), 10**17) | st.decimals(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)


def nested(levels, leaf=None):
    value = leaf
    for i in range(levels):
        value = [value] if i % 2 else {"k": value}
    return value


# --- canonical text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ""),
        ("a", "a"),
        ("a\r\nb\rc\n", "a\nb\nc"),
        ("\ufeffa", "a"),
        ("\ufeff\n\na", "a"),
        ("\n\n  a\n\nb  \n \n", "  a\n\nb  "),
        ("   ", ""),
        (" \n\t\n", ""),
        ("\u00a0\na", "a"),
        ("a\n\u2028", "a"),
        ("\ta", "\ta"),
        ("a\u2028", "a\u2028"),
        ("a\ufeff", "a\ufeff"),
    ],
)
def test_canonical_text_drops_whole_blank_lines_and_nothing_else(text, wanted):
    assert canonical_text(text) == wanted


@given(any_text | blankish)
@example("\ufeff\ufeffa")
@example("\n\ufeffa")
@example("\ufeff \n\ufeff\n\n a")
def test_the_canonical_form_of_a_canonical_text_is_itself(text):
    once = canonical_text(text)
    assert canonical_text(once) == once


@given(any_text | blankish)
def test_a_checkout_with_other_line_ends_changes_no_canonical_text(text):
    text = text.replace("\r", "")
    for newline in ("\r\n", "\r"):
        assert canonical_text(text.replace("\n", newline)) == canonical_text(text)


@given(
    blankish,
    st.sampled_from(["", "\n", "\n\n", " \n", "\ufeff", "\ufeff\r\n", "\t\r\n"]),
    st.sampled_from(["", "\n", "\r\n \n"]),
)
def test_blank_lines_around_a_text_do_not_count(text, before, after):
    assert canonical_text(before + "x\n" + text + "\ny" + after) == canonical_text("x\n" + text + "\ny")


@given(any_text | blankish)
def test_the_words_of_a_canonical_text_are_those_of_the_text(text):
    assert canonical_text(text).replace("\ufeff", "").split() == text.replace("\ufeff", "").split()


# --- numbers


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("1.10", Decimal("1.10")),
        ("1e2", Decimal(100)),
        ("9" * 30, Decimal("9" * 30)),
    ],
)
def test_a_number_is_kept_exactly(text, wanted):
    assert parse_number(text) == wanted


@pytest.mark.parametrize("text", ["", "x", "1.2.3", "--1"])
def test_what_spells_no_number_is_refused(text):
    with pytest.raises((InvalidOperation, ValueError)):
        parse_number(text)


# --- digests


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decimal("1.10"), Decimal("1.1")),
        (Decimal("1e2"), 100),
        (Decimal("100.00"), 100),
        (Decimal("-0"), 0),
        (Decimal("0.000"), 0),
        (Decimal("0E+50"), 0),
        (Decimal(10**25), Decimal("1e25")),
        (10**25, Decimal("1e25")),
        (-(10**25), Decimal("-1.0e25")),
        (10**18, Decimal("1e18")),
        ({"a": 1, "b": [Decimal("2.0")]}, {"b": [2], "a": Decimal("1.0")}),
        ((1, 2), [1, 2]),
    ],
)
def test_values_are_the_same_by_what_they_are_worth(one, other):
    assert same(one, other)
    assert same([one], [other])
    assert same({"k": one}, {"k": other})


DIFFERENT = [
    None,
    True,
    False,
    0,
    1,
    -1,
    Decimal("1.1"),
    Decimal("-1.1"),
    Decimal("1e400"),
    Decimal("1e401"),
    Decimal("1e-400"),
    Decimal(123456789012345678901234567890),
    Decimal(123456789012345678901234567891),
    "",
    "1",
    "1.1",
    "null",
    "true",
    "[]",
    "{}",
    '""',
    '"1"',
    '{"a":1}',
    "j1",
    "s",
    [],
    {},
    [None],
    [[]],
    [1, 2],
    [2, 1],
    ["1", "2"],
    "[1,2]",
    {"a": 1},
    {"a": "1"},
    {"1": "a"},
    ["a", 1],
    [["a", 1]],
]


def test_no_two_different_values_are_the_same():
    digests = [digest(value) for value in DIFFERENT]
    assert len(set(digests)) == len(DIFFERENT)
    assert ABSENT not in digests
    assert {len(d) for d in digests} == {DIGEST_SIZE}


def test_a_digest_is_the_same_on_every_machine():
    assert digest("Trust").hex() == "90cc42f25fba0c2dafe1bc938549be17"
    assert digest({"b": [Decimal("1.50"), True], "a": None}).hex() == "3b54b5ff6809188c473413c8dea5baff"


def worth(value):
    """An independent spelling of what a value is worth: tagged, so that nothing meets by chance."""
    if value is None or isinstance(value, bool | str):
        return (type(value).__name__, value)
    if isinstance(value, int | Decimal):
        return ("number", value)
    if isinstance(value, dict):
        return ("object", frozenset((k, worth(v)) for k, v in value.items()))
    return ("list", tuple(worth(v) for v in value))


@settings(max_examples=200)
@given(values, values)
def test_digests_are_equal_just_where_values_are_worth_the_same(one, other):
    assert same(one, other) == (worth(one) == worth(other))


@given(values)
def test_the_order_of_keys_does_not_count(value):
    def turned(v):
        if isinstance(v, dict):
            return {k: turned(v[k]) for k in reversed(v)}
        return [turned(i) for i in v] if isinstance(v, list) else v

    assert same(value, turned(value))


def test_infinity_and_nan_have_no_digest():
    for value in (Decimal("NaN"), Decimal("Infinity"), [Decimal("-Infinity")]):
        with pytest.raises(ValueError, match="not a number that JSON knows"):
            digest(value)


def test_what_is_no_value_has_no_digest():
    with pytest.raises(TypeError, match="set is no value"):
        digest([{1}])


def without_the_fast_encoder(monkeypatch):
    def refuse(*_, **__):
        raise orjson.JSONEncodeError("not today")

    monkeypatch.setattr("studio_sync.core.values.value.orjson.dumps", refuse)


@settings(max_examples=300)
@given(values)
@example([2**63, -(2**64), 2**200])
@example({"z": 1, "a": "\ud800", "\udfff": None})
@example({"\uffff": 1, "\U00010000": 2, "": 3, "a\x00": '\x1f\x7f\u2028\\"'})
@example(nested(MAX_DEPTH, Decimal("1.50")))
def test_a_digest_is_the_same_whichever_encoder_made_it(value):
    fast = digest(value)
    with pytest.MonkeyPatch.context() as patch:
        without_the_fast_encoder(patch)
        assert digest(value) == fast


# --- JSON


@settings(max_examples=200)
@given(values)
def test_json_gives_back_exactly_what_was_written(value):
    text = dump_json(value)
    back = load_json(text)
    assert worth(back) == worth(value)
    assert dump_json(back) == text or "E" in text
    json.loads(text)


@settings(max_examples=200)
@given(values)
@example([2**63, Decimal("1.10"), Decimal("1E+2"), Decimal("0.1000000000000000055511"), "\ud800"])
@example(nested(MAX_DEPTH))
def test_json_in_bytes_says_what_json_in_text_does(value):
    text = json_bytes(value).decode("utf-8", "surrogatepass")
    assert load_json(text) == load_json(dump_json(value))
    assert list(map(str, leaves(load_json(text)))) == list(map(str, leaves(load_json(dump_json(value)))))


@settings(max_examples=200)
@given(values)
@example([2**64 - 1, -(2**63)])
@example([2**64])
@example([Decimal("1.10")])
@example("\ud800")
@example(nested(MAX_DEPTH))
def test_what_plain_json_writes_is_read_back_exactly_by_a_parser_that_knows_floats(value):
    text = plain_json(value)
    said = leaves(value)
    beyond = any(isinstance(leaf, Decimal) or leaf in (2**64, "\ud800") for leaf in said)
    assert (text is None) == beyond
    if text is not None:
        found = load_plain_json(b'{"value": ' + text + b"}")["value"]
        assert text == json_bytes(value)
        assert list(map(repr, leaves(found))) == list(map(repr, said))


def leaves(value):
    """The keys and scalars of a value, in order."""
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in (key, *leaves(item))]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


@pytest.mark.parametrize(
    "text", ["1.10", "-0.0", "1E+400", "123456789012345678901234567890", "0.1000000000000000000001"]
)
def test_a_number_keeps_all_its_digits_through_json(text):
    assert dump_json(load_json(text)) == text
    assert dump_json(load_json(f'{{"a": [{text}]}}')) == f'{{"a": [{text}]}}'


def test_json_keeps_the_order_of_keys():
    assert dump_json(load_json('{"b": 1, "a": 2.0}')) == '{"b": 1, "a": 2.0}'


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", "[Infinity]", '{"a": -Infinity}', "[1,]", "'a'", "1e99999999999999999999"]
)
def test_what_is_no_json_is_a_value_error(text):
    with pytest.raises(ValueError):
        load_json(text)


def test_json_nests_as_deep_as_a_value_may_and_no_deeper():
    deepest = nested(MAX_DEPTH)
    assert load_json(json.dumps(deepest)) == deepest
    assert dump_json(deepest) == json.dumps(deepest)
    with pytest.raises(ValueError, match="deeper than 200"):
        load_json(json.dumps(nested(MAX_DEPTH + 1)))


@pytest.mark.parametrize("text", ["[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000])
def test_absurdly_deep_json_is_refused_and_never_a_crash(text):
    with pytest.raises(ValueError, match="deeper than 200"):
        load_json(text)


def test_many_flat_lists_are_not_deep():
    assert load_json("[" + "[], " * 500 + "[]]") == [[]] * 501


def test_depth_counts_the_lists_and_mappings_inside_one_another():
    assert depth("x") == 0
    assert depth([]) == 1
    assert depth({"a": [1, {"b": ()}]}) == 4
    assert depth([[], [[1]]]) == 3


@pytest.mark.parametrize(
    "text", ["", "plain", 'a "quote" and a \\', "two\nlines", "\t\x01\x1f\r", "„ü“ 🙂\x7f"]
)
def test_bytes_are_quoted_as_texts_are(text: str) -> None:
    assert quoted_bytes(text.encode()) == dump_json(text).encode()


def test_numbers_are_spelled_as_they_were_written() -> None:
    value = [Decimal("0.7"), Decimal("1.10"), Decimal("1E+2"), Decimal("0.1000000000000000055511"), 3]

    assert dump_json(value) == "[0.7, 1.10, 1E+2, 0.1000000000000000055511, 3]"
