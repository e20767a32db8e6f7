"""An edit near an anchor or an alias touches the smallest node, and keeps every comment and quote."""

import pytest

from studio_sync.core.values.value import same
from studio_sync.files.yaml.splice.splice import replace_value
from studio_sync.files.yaml.yaml_reader import read_yaml

QUIZ = """\
questions:
  - id: illusion   # the first one
    asked: 2026-01-01
    level: &an {a: [1, 2]}   # shared
    text: 'in quotes'
    copy: *an
  - id: second
    # why this one
    text: "Why?"
    copy: *an   # the same
"""


def wanted(text, *path_and_value):
    """The value of a text with another value at a path."""
    *path, last, value = path_and_value
    root = read_yaml(text)
    node = root
    for step in path:
        node = node[step]
    node[last] = value
    return root


def lines_changed(text, value):
    """The numbers and new forms of the lines that an edit changes one by one."""
    after = replace_value(text, value)
    assert same(read_yaml(after), value)
    old, new = text.splitlines(), after.splitlines()
    assert len(old) == len(new), after
    return {
        number: line.strip() for number, (was, line) in enumerate(zip(old, new, strict=True)) if was != line
    }


def question(number, **fields):
    """The quiz with other fields of one question."""
    return wanted(QUIZ, "questions", number, {**read_yaml(QUIZ)["questions"][number], **fields})


@pytest.mark.parametrize(
    ("value", "changed"),
    [
        (
            question(0, level={"a": [1, 3]}),
            {
                3: "level: &an {a: [1, 3]}   # shared",
                5: "copy: {a: [1, 2]}",
                9: "copy: {a: [1, 2]}   # the same",
            },
        ),
        (question(0, copy={"a": [1, 3]}), {5: "copy: {a: [1, 3]}"}),
        (question(1, copy={"a": [1, 3]}), {9: "copy: {a: [1, 3]}   # the same"}),
        (question(0, text="other"), {4: "text: 'other'"}),
        (question(1, text="other"), {8: 'text: "other"'}),
        (
            question(0, level="none"),
            {3: "level: &an none   # shared", 5: "copy: {a: [1, 2]}", 9: "copy: {a: [1, 2]}   # the same"},
        ),
    ],
)
def test_one_value_near_an_anchor_changes_alone(value, changed):
    assert lines_changed(QUIZ, value) == changed


def test_an_alias_follows_its_anchor_when_both_change_alike():
    value = question(0, level={"a": [1, 3]}, copy={"a": [1, 3]})
    value["questions"][1]["copy"] = {"a": [1, 3]}
    assert lines_changed(QUIZ, value) == {3: "level: &an {a: [1, 3]}   # shared"}


def test_an_alias_outlives_the_item_with_its_anchor():
    value = read_yaml(QUIZ)
    del value["questions"][0]
    assert replace_value(QUIZ, value) == (
        "questions:\n"
        "  - id: second\n"
        "    # why this one\n"
        '    text: "Why?"\n'
        "    copy: {a: [1, 2]}   # the same\n"
    )


def test_an_alias_takes_the_quotes_of_what_it_repeats():
    text = "- &a 'it''s'\n- *a   # second\n- *a\n"
    assert replace_value(text, ["new", "it's", "it's"]) == "- &a 'new'\n- 'it''s'   # second\n- 'it''s'\n"
    assert replace_value(text, ["it's", "new", "it's"]) == "- &a 'it''s'\n- 'new'   # second\n- *a\n"


def test_an_item_that_is_an_anchor_or_alias_is_edited_inside():
    text = "- &q\n  id: 1   # one\n  text: 'x'\n- *q   # again\n- id: 2\n  also: [*q, 'y']   # both\n"
    new = read_yaml(text)
    new[0] = {"id": 1, "text": "z"}
    assert replace_value(text, new) == (
        "- &q\n  id: 1   # one\n  text: 'z'\n- id: 1\n  text: x   # again\n- id: 2\n"
        "  also: [{id: 1, text: x}, 'y']   # both\n"
    )
