"""Values, faults and places of YAML texts."""

import io
from decimal import Decimal

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, SequenceNode
from yaml.cyaml import CParser

from studio_sync.core.values.value import MAX_DEPTH, same
from studio_sync.files.yaml.parser import parser_events as yaml_events
from studio_sync.files.yaml.parser.nodes import compose, node_at, position
from studio_sync.files.yaml.parser.pure import PureParser
from studio_sync.files.yaml.yaml_reader import YamlFault, read_yaml
from tests.files.strategies import written, yaml_faults


@pytest.fixture(autouse=True, params=[CParser, PureParser], ids=["libyaml", "pure"])
def parser(request, monkeypatch):
    monkeypatch.setattr(yaml_events, "Parser", request.param)
    return request.param


def fault(text):
    with pytest.raises(YamlFault) as caught:
        read_yaml(text)
    assert caught.value.faults == yaml_faults(text)
    return caught.value.faults[0]


def place(text):
    found = fault(text)
    return found.code, found.line, found.column


@pytest.mark.parametrize(
    "text", ["a: &x [*x]", "a: " + "[" * 300 + "]" * 300, "a: *x", "a: !!str x", "a: .inf"]
)
def test_what_can_not_be_kept_comes_with_a_way_out(text):
    assert fault(text).hint


@pytest.mark.parametrize(
    "text", ["1e131071", "1.50e131071", "1e-16383", "0." + "1" * 16383, "1" * 131072, "0e131080"]
)
def test_a_number_that_the_database_can_just_hold_is_read(text):
    assert read_yaml(f"a: {text}") == {"a": Decimal(text)}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *((w, None) for w in ("", "~", "null", "Null", "NULL")),
        *((w, True) for w in ("true", "True", "TRUE")),
        *((w, False) for w in ("false", "False", "FALSE")),
        *(
            (w, w)
            for w in ("no", "on", "yes", "y", "tRUE", "nuLL", "12:30", "190:20:30", "2024-01-01", "1_000")
        ),
        *((w, w) for w in ("0b1", "0o8", "0xG", "=", "<<", "1.2.3", "+", "-x", ".", "e3", "1e", "1e+")),
        ("012", 12),
        ("+12", 12),
        ("-0", 0),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.10", Decimal("1.10")),
        ("1e3", Decimal(1000)),
        ("+.5", Decimal("0.5")),
        ("1.", Decimal(1)),
        ("61e9540", Decimal("61e9540")),
        ("123456789012345678", 123456789012345678),
        ("1234567890123456789", Decimal(1234567890123456789)),
        ("0xFFFFFFFFFFFFFFFF", Decimal(2**64 - 1)),
        ('"12"', "12"),
        ("'true'", "true"),
    ],
)
def test_plain_scalars_mean_what_yaml_1_2_core_says(written, value):
    found = read_yaml(f"a: {written}\nb: [{written}]")
    assert found == {"a": value, "b": [value] if written else []}
    assert type(found["a"]) is type(value)


def test_an_empty_text_has_no_value():
    assert (
        read_yaml("") is read_yaml("# only a comment\n") is read_yaml("---\n") is read_yaml("\ufeff") is None
    )


def test_a_plain_key_is_its_written_text():
    assert read_yaml("1: a\n~: b\nno: c\n1.10: d\n<<: e\n") == {
        "1": "a",
        "~": "b",
        "no": "c",
        "1.10": "d",
        "<<": "e",
    }


def test_a_key_written_twice_is_a_fault_that_names_the_first_line():
    found = fault("a: 1\nb: 2\n'a': 3\n")
    assert (found.code, found.line, found.column) == ("yaml-duplicate-key", 3, 1)
    assert "line 1" in found.message
    assert place("1: a\n'1': b")[0] == "yaml-duplicate-key"
    assert place("a: {b: 1, b: 2}") == ("yaml-duplicate-key", 1, 11)


def test_all_faults_are_found_in_one_pass():
    text = "a: !!str 1\nb: .nan\nb: 2\nc: *gone\nd: x: y\n"
    assert [(f.code, f.line) for f in yaml_faults(text)] == [
        ("yaml-tag", 1),
        ("yaml-number", 2),
        ("yaml-duplicate-key", 3),
        ("yaml-alias", 4),
        ("yaml-syntax", 5),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: !x 1", ("yaml-tag", 1, 4)),
        ("a: ! b", ("yaml-tag", 1, 4)),
        ("a: !!python/object/apply:os.system [x]", ("yaml-tag", 1, 4)),
        ("!t\na: b", ("yaml-tag", 1, 1)),
        ("a: 1\n---\nb: 2", ("yaml-second-document", 2, 1)),
        ("%YAML 1.2\n---\na: 1", ("yaml-syntax", 1, 1)),
        ("a: .inf", ("yaml-number", 1, 4)),
        ("a: [-.INF]", ("yaml-number", 1, 5)),
        ("a: 1e131072", ("yaml-number", 1, 4)),
        ("a: 1.5e-16383", ("yaml-number", 1, 4)),
        ("a: 0." + "1" * 16384, ("yaml-number", 1, 4)),
        ("a: " + "1" * 131073, ("yaml-number", 1, 4)),
        ("a: 1e150001", ("yaml-number", 1, 4)),
        ("a: " + "1" * 150001, ("yaml-number", 1, 4)),
        ("a: 1e" + "9" * 5000, ("yaml-number", 1, 4)),
        ("a: x\0y", ("nul", 1, 5)),
        ('a: 1\nb: "\\0"', ("nul", 2, 4)),
        ('a: "\\x00"', ("nul", 1, 4)),
        ("a: \x07", ("yaml-character", 1, 4)),
        ("a: \x7f", ("yaml-character", 1, 4)),
        ("a: \ud800", ("yaml-character", 1, 4)),
        ("a: \ufffe", ("yaml-character", 1, 4)),
        ("a: *b", ("yaml-alias", 1, 4)),
        ("a: &b [*b]", ("yaml-alias", 1, 8)),
        ("[a]: b", ("yaml-key", 1, 1)),
        ("a: {{ b }}", ("yaml-key", 1, 5)),
        ("a: 1\n?\n", ("yaml-key", 2, 2)),
    ],
)
def test_what_json_and_yaml_core_do_not_share_is_a_fault_at_its_place(text, expected):
    assert place(text) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'a: "Well \ud83d\ude00 done"', {"a": "Well \U0001f600 done"}),
        (r'{"a": "\uD83D\uDE00\ud83d\ude01", "b": "x"}', {"a": "\U0001f600\U0001f601", "b": "x"}),
        (r'a: "\\ud83d\\ude00"', {"a": r"\ud83d\ude00"}),
        (r'a: "\\\ud83d\ude00"', {"a": "\\\U0001f600"}),
        (r"a: '\ud83d\ude00'", {"a": r"\ud83d\ude00"}),
        (r"a: \ud83d\ude00 # \ud83d\ude00", {"a": r"\ud83d\ude00"}),
        ("a: |\n  \\ud83d\\ude00\n", {"a": "\\ud83d\\ude00\n"}),
        (r'{"\ud83d\ude00": 1}', {"\U0001f600": 1}),
    ],
)
def test_two_escapes_are_one_character_in_double_quotes_as_in_json(text, value):
    assert read_yaml(text) == value


def test_a_mistake_after_two_escapes_has_its_own_place():
    (found,) = yaml_faults('a: "\\ud83d\\ude00"\nb: "\\q"\n')
    assert (found.line, found.column) == (2, 5)


def test_a_lone_surrogate_from_an_escape_is_a_fault():
    assert fault('a: "\\ud800"').line == 1


def test_an_alias_has_the_value_that_it_repeats():
    assert read_yaml("a: &x {k: [1]}\nb: *x\nc: &y key\n*y : d") == {
        "a": {"k": [1]},
        "b": {"k": [1]},
        "c": "key",
        "key": "d",
    }


def test_an_alias_bomb_is_a_fault():
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    assert fault("\n".join(rows)).code == "yaml-alias"
    assert fault("a: &a '" + "x" * 100_000 + "'\nb: [" + ", ".join(["*a"] * 200) + "]").code == "yaml-alias"


def test_nesting_is_taken_up_to_the_common_depth():
    assert read_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert fault("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)).code == "yaml-depth"
    assert fault("[" * 100_000).code == "yaml-depth"
    assert fault("- " * 1_500 + "a").code == "yaml-depth"
    half = MAX_DEPTH // 2
    nested = "a: &a " + "[" * half + "]" * half + "\nb: " + "[" * half + "*a" + "]" * half
    assert fault(nested).code == "yaml-depth"


def test_line_separators_of_unicode_end_no_line():
    text = "a: x\u2028y\nb: 'p\u2029q'\nc: |\n  r\x85s\nd: \"\ufeff\\L\"\n\u2028: 1\n"
    assert read_yaml(text) == {
        "a": "x\u2028y",
        "b": "p\u2029q",
        "c": "r\x85s\n",
        "d": "\ufeff\u2028",
        "\u2028": 1,
    }
    assert place(text + "e: x: y") == ("yaml-syntax", 7, 5)


def test_an_escaped_private_character_is_not_mistaken_for_a_line_separator():
    assert read_yaml('a: "\\uE000 \u2028 \\ue001"') == {"a": "\ue000 \u2028 \ue001"}


def test_places_count_characters_and_tolerate_a_byte_order_mark():
    text = "\ufeffa: 😀é\r\nb: '😀' \r\nc: x: y"
    found = fault(text)
    assert (found.line, found.column, found.index) == (3, 5, text.index(": y"))
    root = compose("\ufeffa: 😀é\r\nb: '😀' # c\r\n")
    assert root is not None
    assert [(v.start, v.end) for _, v in root.entries] == [(4, 6), (11, 14)]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_end_is_one(newline):
    text = newline.join(["a: |", "  x", "  y", "b: 'p", "  q'", "c:", "  - 1", ""])
    assert read_yaml(text) == {"a": "x\ny\n", "b": "p q", "c": [1]}
    assert position(text, text.index("c:")) == (6, 1)
    assert position("a\r\nb", 2) == (1, 3)


@pytest.mark.parametrize(
    ("text", "line", "column", "told"),
    [
        ("x: 1\ntitle: Why: because # c\n", 2, 11, 'in quotes: title: "Why: because"'),
        ("q:\n  - question: What is: this?\n", 2, 22, 'question: "What is: this?"'),
        ("title: “Why: because”\n", 1, 8, 'straight ones: title: "Why: because"'),
        ("a:\n\tb: c", 2, 1, "spaces"),
        ("a:\n  - x\n\t- y\n", 3, 1, "spaces"),
        ('title: "Why\nb: 1\n', 1, 8, 'type " where'),
        ('s:\n- t: x\n  url: "http://x\n- t: y\n  url: "http://y"\n', 3, 8, 'type " where'),
        ("title: 'Why\nb: 'x'\n", 1, 8, "type ' where"),
        ("title: 'it's me'\nb: 1\n", 1, 11, 'title: "it\'s me"'),
        ('title: "He said "hi" to me"\n', 1, 17, "title: 'He said \"hi\" to me'"),
        ('path: "C:\\path"\n', 1, 10, "single quotes"),
        ("title: @home\n", 1, 8, 'title: "@home"'),
        ("title: `code` x\n", 1, 8, 'title: "`code` x"'),
        ("title: %x\n", 1, 8, 'title: "%x"'),
        ("title: *Important* note\n", 1, 8, 'title: "*Important* note"'),
        ("title: & co\n", 1, 8, 'title: "& co"'),
        ("title: [Draft] My title\nb: 1\n", 1, 8, 'title: "[Draft] My title"'),
        ("title: {x} y\nb: 1", 1, 8, 'title: "{x} y"'),
        ("a: [x, y\nb: c\n", 1, 4, "type ]"),
        ("title: - foo\n", 1, 8, 'title: "- foo"'),
        ("title: > foo\n  bar", 1, 8, 'title: "> foo"'),
        ("a: 1\ntitle:foo\nb: 2\n", 2, 6, "title: foo"),
        ("title:foo\nb: 2\n", 1, 6, "title: foo"),
        ("title:\xa0foo\nb: 2\n", 1, 6, "title: foo"),
        ("a: 1\njust text\nb: 2\n", 2, 1, "name: value"),
        ("a: 1\n  b: 2\n", 2, 3, "indent"),
        ("a:\n  b: 1\n c: 2\n", 3, 2, "indent"),
        ("a:\n  - x\n - y\nb: 1\n", 3, 2, "indent"),
        ("a: [1,,2]\n", 1, 7, "delete the comma"),
    ],
)
def test_a_usual_slip_is_told_where_it_is_with_what_to_type(text, line, column, told):
    found = fault(text)
    assert found.code == "yaml-syntax" or (found.code == "yaml-alias" and yaml_events.Parser is PureParser)
    assert (found.line, found.column) == (line, column)
    assert told in found.hint or found.code == "yaml-alias"


def test_a_quote_over_two_lines_is_not_blamed_for_a_later_slip():
    assert place('a: "ok\n  still"\nb: x: y') == ("yaml-syntax", 3, 5)


ROWS = """a: &x |2+ # c
   foo

b:   # hi
- 'x'
-   y z   # c
- {a: 1,b , c: , "d" : [1, x: y ]}
-
c: >-

  foo
    bar

# end
e: # nothing
"""


def test_a_node_ends_with_its_last_character():
    root = compose(ROWS)
    assert root is not None

    def shown(*path, key=False):
        node = node_at(root, path, key=key)
        return node and ROWS[node.start : node.end]

    assert shown("a") == "|2+ # c\n   foo\n"
    assert shown("a", key=True) == "a"
    assert shown("b") == "- 'x'\n-   y z   # c\n- {a: 1,b , c: , \"d\" : [1, x: y ]}\n-"
    assert shown("b", 1) == "y z"
    assert shown("b", 2, "b") == shown("b", 2, "c") == shown("b", 3) == shown("e") == ""
    assert shown("b", 2, "d", 1) == "x: y"
    assert shown("b", 2, "d", key=True) == '"d"'
    assert shown("c") == ">-\n\n  foo\n    bar"
    assert shown("nowhere") is shown("b", 9) is shown("a", "x") is None
    assert root.entries[-1][1].start == ROWS.index("e: # ") + 2


@settings(max_examples=100, deadline=None)
@given(written())
def test_composing_and_reading_agree_and_nodes_end_tightly(form):
    text = form.text
    assume(yaml_events.Parser is not PureParser or "\t" not in text)
    root = compose(text)
    assert (root.value if root else None) == read_yaml(text)
    nodes = [root] if root else []
    while nodes:
        node = nodes.pop()
        shown = text[node.start : node.end]
        assert shown == shown.strip() or "|" in shown or ">" in shown
        assert text[node.end : node.end + 1] in ("", " ", "\t", "\r", "\n", ",", "]", "}", ":")
        nodes += [n for pair in node.entries for n in pair]
        nodes += node.items


def _ruamel(node):
    if isinstance(node, MappingNode):
        return {k.value: _ruamel(v) for k, v in node.value}
    return [_ruamel(v) for v in node.value] if isinstance(node, SequenceNode) else node.value


def _texts(value, other):
    """Whether all strings of `value` stand in `other`, whose scalars are all strings."""
    if isinstance(value, dict):
        return value.keys() == other.keys() and all(_texts(v, other[k]) for k, v in value.items())
    if isinstance(value, list):
        return len(value) == len(other) and all(map(_texts, value, other))
    return not isinstance(value, str) or value == other


@settings(max_examples=100, deadline=None)
@given(written())
def test_texts_are_what_another_yaml_1_2_reader_sees(form):
    try:
        other = YAML(typ="safe", pure=True).compose(io.StringIO(form.text))
    except YAMLError:
        return  # it takes no tab before a comment
    assert _texts(read_yaml(form.text), _ruamel(other))


@settings(max_examples=150, deadline=None)
@example(">>>>>>>")
@given(st.text(st.sampled_from("a b\n:-\"'|>{}[],&*#\t~1@`%!?\\x.é\u2028\ufeff\r\0\x01"), max_size=60))
def test_any_text_has_a_value_or_faults_that_stand_in_it(text):
    faults = yaml_faults(text)
    assert all(0 <= f.index <= len(text) and position(text, f.index) == (f.line, f.column) for f in faults)
    if faults:
        assert fault(text) == faults[0]
    else:
        assert same(read_yaml(text), read_yaml(text))
