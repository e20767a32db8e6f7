"""Where somebody is typing in a YAML text that may not be valid yet."""

import pytest

from studio_sync.files.yaml.cursor import key_at, typing

QUIZ = """\
status: draft
questions:
  # The first one.
  - question: Who: he?
    options:
      - text: a
        co
      - text: b
    type: si
  - que
metadata:
  passing_score: 7
ti
hook: |
  te
learning_objectives:
- a
- b
""".splitlines()


@pytest.mark.parametrize(
    ("row", "column", "path", "begun", "value"),
    [
        (0, 3, (), "sta", False),
        (0, 12, ("status",), "draf", True),
        (6, 10, ("questions", "options"), "co", False),
        (8, 12, ("questions", "type"), "si", True),
        (8, 6, ("questions",), "ty", False),
        (9, 7, ("questions",), "que", False),
        (11, 4, ("metadata",), "pa", False),
        (12, 2, (), "ti", False),
        (14, 4, ("hook",), "te", False),
    ],
)
def test_what_is_typed_and_what_stands_above_it(row, column, path, begun, value):
    found = typing(QUIZ, row, column)
    assert (found.path, found.begun, found.value) == (path, begun, value)


@pytest.mark.parametrize(
    ("row", "column", "beside"),
    [
        (0, 0, {"questions", "metadata", "hook", "learning_objectives"}),
        (6, 8, {"text"}),
        (8, 4, {"question", "options"}),
        (9, 4, set()),
        (11, 2, set()),
    ],
)
def test_keys_of_the_same_mapping_are_known(row, column, beside):
    assert typing(QUIZ, row, column).beside == beside


@pytest.mark.parametrize("text", ["# co", "options: [a, b", "a sentence", "- [a", "url: {a"])
def test_nothing_is_offered_where_neither_a_key_nor_a_plain_value_is_typed(text):
    assert typing([text], 0, len(text)) is None


def test_a_key_is_found_with_what_leads_to_it():
    found = key_at(QUIZ, 5)
    assert (found.path, found.start, found.end) == (("questions", "options", "text"), 8, 12)
    assert key_at(QUIZ, 16) is None
