from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from studio_sync.files.markdown import front_matter as markdown
from studio_sync.files.yaml.parser import parse as yaml_parse
from studio_sync.files.yaml.parser import plain as yaml_plain
from studio_sync.files.yaml.parser.scalar import Unusual

EXAMPLES = Path(__file__).parents[2] / "examples" / "content"

words = st.sampled_from(
    [
        "word",
        "two words",
        "1.10",
        "12:30",
        "-5",
        "-x",
        "- x",
        "no",
        "null",
        "~",
        ".5",
        "0o7",
        "x: y",
        "x:y",
        "x:",
        "x #c",
        "x#c",
        "#c",
        "# c",
        '"q"',
        '"a\\"b"',
        '"a" b',
        '"open',
        '""',
        '"',
        '"a": b',
        "'it''s'",
        "'open",
        "''",
        "'",
        "'a' b",
        "[a, b]",
        "[a",
        "[a]: b",
        "[a] b",
        "[]",
        "[null, a-b]",
        "[a,b]",
        "{a: 1}",
        "{a",
        "{}",
        "{a: b, a: c}",
        '{ a: "x: y # z", b: "" }',
        '{a: "x"}',
        '{ a: "x", a: "y" }',
        '{ a: "x" , b: "y" }',
        '{ a: "x\\n" }',
        "[*x]",
        "|",
        "|-",
        "|+",
        "|2",
        "| #c",
        ">",
        "&x 1",
        "*x",
        "!t 1",
        "? x",
        "%d",
        "@x",
        "`x",
        ",x",
        ": x",
        "---",
        "...",
        "--- x",
        "„x“ 🙂",
        "é: ü",
        ".inf",
        "1e999999999",
        "<<: x",
        "a, b] c}",
        "\\",
        "x'y\"z",
        "",
        "trailing ",
        "\xa0",
        "a\u2028b",
        "a\tb",
        "a\rb",
        "\ufeff",
        "\x01",
    ]
)
indents = st.sampled_from(["", "", "  ", "    ", "      ", " ", "   "])
dashes = st.sampled_from(["", "", "- ", "- - "])
keys = st.sampled_from(
    ["", "a:", "b:", "key_1:", "null:", "a: ", "b: ", "c: ", "d: ", "1: ", "two words: ", "é: "]
)
lines = st.builds("{}{}{}{}".format, indents, dashes, keys, words)
texts = st.builds(
    lambda found, end: "\n".join(found) + end, st.lists(lines, max_size=8), st.sampled_from(["", "\n"])
)


def agrees_with_the_parser(text: str) -> bool:
    """Whether the text was plain; where it is, both must say the same."""
    found = yaml_plain.read_plain_yaml(text)
    if isinstance(found, Unusual):
        return False
    assert repr(found) == repr(yaml_parse.parse_fast(text))
    return True


@given(texts)
@settings(max_examples=1_000)
@example("a:\n- x\n- y\nb: 1\n")
@example("a:\n  - b:\n    - x\n  - c: |\n      one\n\n      two\n\n# end\nd:\n")
@example("a: |\n  text")
@example("a: |-\n  text\n   \n  more\n")
@example("- a\n- b: 1\n  c: 2\n- |\n  x\n")
def test_what_is_plain_means_what_the_parser_says(text: str) -> None:
    agrees_with_the_parser(text)


@pytest.mark.slow
@given(texts)
@settings(max_examples=20_000)
def test_what_is_plain_means_what_the_parser_says_in_many_more_cases(text: str) -> None:
    agrees_with_the_parser(text)


def test_nearly_every_file_of_the_example_is_plain() -> None:
    found = []
    for path in EXAMPLES.rglob("*.*"):
        if path.suffix in (".md", ".yaml"):
            text = path.read_text("utf-8")
            parts = markdown.split_document(text) if path.suffix == ".md" else None
            found.append(agrees_with_the_parser(text[parts.front_start : parts.front_end] if parts else text))
    assert sum(found) > 0.7 * len(found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: one\n  two\n",
        "a: >\n  x\n",
        "a: &x 1\nb: *x\n",
        "a: 1\na: 2\n",
        "a: 1\n---\nb: 2\n",
        "a:\tx\n",
        "a: 1\r\nb: 2\r\n",
        "? a\n: b\n",
    ],
)
def test_what_depends_on_more_than_its_line_is_left_to_the_parser(text: str) -> None:
    assert isinstance(yaml_plain.read_plain_yaml(text), Unusual)


def test_a_flow_mapping_of_quoted_texts_needs_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_parse, "parse_fast", None)

    found = yaml_plain.read_plain_yaml('anchor: { concept: "one: two # three", more: "" }\n')

    assert found == {"anchor": {"concept": "one: two # three", "more": ""}}
